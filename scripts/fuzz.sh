#!/usr/bin/env bash
# fuzz.sh TIME [PACKAGE/TARGET...]: fuzzes each target for that long, one after the other; without targets, all of the module.
# Ends with one line per target: "fuzz PACKAGE/TARGET good|FAILED EXECS executions, N new". What a crash leaves in testdata is
# kept: commit it with the mend. CACHE=FOLDER keeps what fuzzing learned there instead of in the build cache; with an empty
# folder the time goes into new input instead of into what is known. LINES_FILE=FILE gets each line as soon as it is known, and targets
# that stand there are left out.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
go=${GO:-go}
time=${1:?how long per target, as 10m}
shift

# all names every target, from the sources: listing by `go test -list` would build every test first.
all() {
	grep -rE --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]+' . | sed -E 's|^\./(.*)/[^/]*:func (Fuzz.*)$|\1/\2|' | grep -v '/testdata/' | sort
}

# only_late: the one thing that go reports is that the time ran out while an input was under way ("context deadline exceeded"),
# which it takes for a failure now and then (golang/go#75804, mended in Go 1.27). A crash, a hang or a failing input says more than that.
only_late() {
	[[ $(grep -A1 -E '^--- FAIL: ' <<<"$1" | tail -n +2) =~ ^[[:space:]]+context\ deadline\ exceeded$ ]] && ! grep -qE 'Failing input|panic:|DATA RACE|hung or terminated' <<<"$1"
}

targets=("$@")
((${#targets[@]})) || mapfile -t targets < <(all)
lines=()
code=0
for target in "${targets[@]}"; do
	package=${target%/*} name=${target##*/}
	if [[ -n ${LINES_FILE:-} ]] && grep -qsF "fuzz $target " "$LINES_FILE"; then
		echo "fuzzing $target: has run"
		continue
	fi
	if ! all | grep -qxF "$target"; then
		lines+=("fuzz $target FAILED there is no such target")
		code=1
		continue
	fi
	echo "fuzzing $target for $time"
	out=$("$go" test -run='^$' -fuzz="^$name\$" -fuzztime="$time" "./$package" ${CACHE:+"-test.fuzzcachedir=$CACHE"} 2>&1)
	if (($? == 0)) || only_late "$out"; then
		verdict=good
	else
		verdict=FAILED
		code=1
		echo "$out" | tail -40
	fi
	last=$(grep -E 'execs: [0-9]+' <<<"$out" | tail -1)
	execs=$(sed -nE 's/.*execs: ([0-9]+).*/\1/p' <<<"$last")
	fresh=$(sed -nE 's/.*new interesting: ([0-9]+).*/\1/p' <<<"$last")
	lines+=("fuzz $target $verdict ${execs:-0} executions, ${fresh:-0} new")
	[[ -n ${LINES_FILE:-} ]] && echo "${lines[-1]}, $time, $(git rev-parse --short=12 HEAD 2>/dev/null)" >>"$LINES_FILE"
done
printf '%s\n' "${lines[@]}"
exit "$code"
