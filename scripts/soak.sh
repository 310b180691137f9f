#!/usr/bin/env bash
# Every long check, with its figures in docs/soak.md.
#
#   RUNS=20            drills in a row
#   FUZZTIME=10m       per fuzz target; TARGETS="PACKAGE/TARGET ..." for some of them only
#   DURATION=10m       of the UM redirector under load
#   PARTS="drills sites scenarios peers um mutants designs fuzz"   what to do (also: stretched, six members over two sites). mutants:
#                      every rule of the model and every safety rule made wrong in turn; designs: a switchover and a failback of
#                      DESIGNS=2000 random designs. The figures of other parts stay, if they are of the same program
#   FRESH=1            forget what ran before
#   EXAMPLES=FOLDER    where reference.yaml and stretched.yaml lie (default: ../shared/examples)
#
# What has run with the same program (by its checksum) is not run again, good or bad, so a soak that was broken off goes on
# with the same command. It ends with exit code 1 if any run of this program was bad.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
go=${GO:-go}
runs=${RUNS:-20}
fuzztime=${FUZZTIME:-10m}
parts=${PARTS:-drills sites scenarios peers um mutants designs fuzz}
examples=$(cd "${EXAMPLES:-../shared/examples}" 2>/dev/null && pwd || true)

command -v node >/dev/null || {
	echo "soak: node is needed to read the reports of the drills (apt-get install nodejs)" >&2
	exit 2
}
mkdir -p .soak
"$go" build -trimpath -buildvcs=false -o .soak/siteswap ./cmd/siteswap || exit 1
sum=$(sha256sum .soak/siteswap | cut -c1-12)
out=$root/.soak/$sum
[[ -n ${FRESH:-} ]] && rm -rf "$out"
mkdir -p "$out/sites" "$out/drills" "$out/fuzz"
cp .soak/siteswap "$out/siteswap"
commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo none)
[[ -n $(git status --porcelain -- '*.go' '*.yaml' go.mod 2>/dev/null) ]] && commit="$commit with changes"

wants() { [[ " $parts " == *" $1 "* ]]; }

# one NAME ARGUMENTS...: one drill; its report, its lines, its exit code and how long it took.
one() {
	local name=$1 dir=$out/drills/$1 began code
	shift
	if [[ -s $dir/exit ]]; then
		echo "soak: $name: has run, exit code $(cat "$dir/exit")"
		return
	fi
	rm -rf "$dir"
	mkdir -p "$dir"
	began=$(date +%s.%N)
	(cd "$dir" && exec "$out/siteswap" drill --json --report report.html "$@" </dev/null >report.json 2>lines.txt)
	code=$?
	echo "drill $*" >"$dir/command"
	echo "$began $(date +%s.%N)" | awk '{printf "%.1f\n", $2 - $1}' >"$dir/wall"
	echo "$code" >"$dir/exit"
	echo "soak: $name: exit code $code after $(cat "$dir/wall") s: $(tail -n 1 "$dir/lines.txt")"
}

# sites makes the site files that are a copy of the reference design with a change.
sites() {
	local ref=$examples/reference.yaml
	awk '{print} /name: DB1,/ {for (i = 2; i <= 5; i++) {line = $0; sub(/DB1/, "DB" i, line); print line}}' "$ref" >"$out/sites/five-databases.yaml"
	awk '
		/name: EX2010-3,/ {print; line = $0; gsub(/EX2010-3/, "EX2010-4", line); gsub(/ex2010-3/, "ex2010-4", line); sub(/10\.0\.2\.13/, "10.0.2.14", line); print line; next}
		/vip: .address: 10\.0\.2\.13/ {print "    vip: {address: 10.0.2.10, pool: [EX2010-3, EX2010-4]}"; next}
		/copies:/ {sub(/EX2010-3\]/, "EX2010-3, EX2010-4]")}
		/targets:/ {sub(/DR: \[10\.0\.2\.13\]/, "DR: [10.0.2.10]")}
		{print}' "$ref" >"$out/sites/two-servers-in-dr.yaml"
	cp "$ref" "$out/sites/reference.yaml"
}

# figures writes what there is so far; its exit code says whether all of it was good.
figures() { COMMIT=$commit PROGRAM=$sum node scripts/soak.mjs "$out" docs/soak.md; }

if wants drills; then
	for ((i = 1; i <= runs; i++)); do one "site-loss-$(printf %03d "$i")"; done
	figures >/dev/null
fi
if wants sites; then
	if [[ -n $examples && -s $examples/reference.yaml ]]; then
		sites
		for file in "$out"/sites/*.yaml; do one "site-$(basename "$file" .yaml)" --config "$file"; done
		figures >/dev/null
	else
		echo "soak: no reference.yaml in ${EXAMPLES:-../shared/examples}: the part sites is left out"
	fi
fi
if wants stretched; then
	for name in stretched stretched-west; do one "site-$name" --config "$examples/$name.yaml"; done
fi
if wants scenarios; then
	# All built-in scenarios, some side by side. Each is then counted as a drill of its own.
	if [[ ! -s $out/all.json ]]; then
		(cd "$out" && ./siteswap drill --scenario all --json --report "$out/all" </dev/null >all.new 2>all.txt)
		echo "soak: all scenarios: exit code $?: $(tail -n 1 "$out/all.txt")"
		mv "$out/all.new" "$out/all.json"
	fi
	node -e '
		const fs = require("fs"), [out] = process.argv.slice(1);
		for (const s of JSON.parse(fs.readFileSync(`${out}/all.json`, "utf8")).scenarios) {
			const dir = `${out}/drills/${s.scenario}`;
			fs.mkdirSync(dir, {recursive: true});
			if (s.report) fs.copyFileSync(`${out}/all/${s.scenario}.json`, `${dir}/report.json`);
			fs.writeFileSync(`${dir}/command`, `drill --scenario ${s.scenario}\n`);
			fs.writeFileSync(`${dir}/wall`, `${s.duration.toFixed(1)}\n`);
			fs.writeFileSync(`${dir}/exit`, `${s.exit}\n`);
		}' "$out"
fi
# peers: the drill with real servers in place of emulated ones (root, after make deps).
if wants peers; then
	for dns in bind knot samba; do
		one "dns-$dns" --dns "$dns"
		one "dns-$dns-smb" --dns "$dns" --witness smb
	done
	one witness-smb --witness smb
	one server-loss-samba --scenario server-loss --dns samba --witness smb
	one wan-cut-samba --scenario wan-cut --dns samba --witness smb
fi
# um: calls at most of the redirector's peak, with garbage, INVITEs that are sent twice, and strangers; then SIGTERM and SIGKILL.
if wants um && [[ ! -s $out/um/exit ]]; then
	mkdir -p "$out/um"
	pin=()
	cpu=
	(($(nproc) > 1)) && pin=(taskset -c 1) cpu=0
	"$go" build -o "$out/umbench" ./internal/umbench || exit 1
	"${pin[@]}" "$out/umbench" -siteswap "$out/siteswap" -server-cpu "$cpu" -duration "${DURATION:-10m}" soak 2>&1 | tee "$out/um/lines"
	code=${PIPESTATUS[0]}
	"${pin[@]}" "$out/umbench" -siteswap "$out/siteswap" -server-cpu "$cpu" -rounds 10 sipp 2>&1 | tee -a "$out/um/lines"
	echo "$((code + PIPESTATUS[0]))" >"$out/um/exit"
	figures >/dev/null
fi
# once NAME COMMAND...: a part that is one command; its lines that count, its exit code and its commit.
once() {
	local name=$1 pattern=$2 code
	shift 2
	if [[ -s $out/$name.exit ]]; then
		echo "soak: $name: has run, exit code $(cat "$out/$name.exit")"
		return
	fi
	echo "soak: $name"
	"$@" >"$out/$name.all" 2>&1
	code=$?
	{
		grep -E "$pattern" "$out/$name.all"
		echo "commit $commit"
	} | tee "$out/$name"
	echo "$code" >"$out/$name.exit"
	figures >/dev/null
}
if wants mutants; then
	once mutants '^(mutants|survived)' "$go" run ./internal/mutate/cmd -state "$root/.soak/mutants-state"
fi
if wants designs; then
	once designs 'there and back|FAIL' "$go" test -count=1 -timeout 4h -run 'TestAnyDesign' ./internal/run -rapid.checks="${DESIGNS:-2000}" -v
fi
if wants fuzz; then
	LINES_FILE=$out/fuzz/lines scripts/fuzz.sh "$fuzztime" ${TARGETS:-} 2>&1 | grep --line-buffered -v '^fuzz '
fi

figures
