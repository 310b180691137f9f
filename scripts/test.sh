#!/usr/bin/env bash
# Everything that CI checks, quick checks first. A stage that fails does not hide what the later ones would say: all run,
# and the end names those that failed. `go test` is the last one, so that its lines are the end of the output.
# SKIP="drill fuzz" leaves stages out (for a developer; CI skips nothing).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
go=${GO:-go}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=()

# stage NAME COMMAND...: runs it, says how long it took.
stage() {
	local name=$1 began=$SECONDS
	shift
	if [[ " ${SKIP:-} " == *" $name "* ]]; then
		echo "== $name: left out"
		return
	fi
	echo "== $name"
	if "$@"; then
		echo "== $name: good, $((SECONDS - began)) s"
	else
		echo "== $name: FAILED, $((SECONDS - began)) s"
		failed+=("$name")
	fi
}

formats() {
	local loose
	loose=$(find . -name '*.go' -not -path './.*/*' -print0 | xargs -0 gofmt -l) || return 1
	if [[ -n $loose ]]; then
		printf 'not as gofmt writes it (make fmt):\n%s\n' "$loose"
		return 1
	fi
}

# modules: go.mod says exactly what is imported. Tidy also reads modules that only the tests of our modules need; where the
# proxy cannot be reached and they are not in the cache, that cannot be known, and is no fault of the code.
modules() {
	local diff
	if diff=$("$go" mod tidy -diff 2>"$scratch/tidy"); then
		return 0
	fi
	if [[ -n $diff ]]; then
		printf 'go.mod or go.sum is not tidy (go mod tidy):\n%s\n' "$(head -60 <<<"$diff")"
		return 1
	fi
	if grep -qE 'dial tcp|lookup|connection refused|timeout|module lookup disabled' "$scratch/tidy"; then
		echo "not checked: a module is missing in the cache and no proxy answers"
		return 0
	fi
	cat "$scratch/tidy"
	return 1
}

# drill: the program as a user runs it, on the reference design, in a folder of its own.
drill() {
	"$go" build -o "$scratch/siteswap" ./cmd/siteswap || return 1
	mkdir -p "$scratch/drill"
	(cd "$scratch/drill" && "$scratch/siteswap" drill --report report.html </dev/null) || {
		echo "the drill ended with exit code $?"
		return 1
	}
	[[ -s $scratch/drill/report.html ]] || {
		echo "the drill wrote no report"
		return 1
	}
}

# fuzz: 3 s each for what reads bytes that others wrote, 8 s for answers of DNS servers, 6 s for what anybody may send to a
# redirector. The long way is `make soak`.
fuzz() {
	mkdir -p "$scratch/fuzz"
	CACHE=$scratch/fuzz scripts/fuzz.sh 3s internal/document/FuzzDecode internal/controller/FuzzEntry umredirect/directory/FuzzEUM || return 1
	CACHE=$scratch/fuzz scripts/fuzz.sh 8s dnsupdate/FuzzQuery dnsupdate/FuzzJudge dnsupdate/FuzzAnswers internal/config/FuzzDNS || return 1
	CACHE=$scratch/fuzz scripts/fuzz.sh 6s umredirect/FuzzHandle umredirect/FuzzDecide umredirect/FuzzFastIsSlow umredirect/mailbox/FuzzRead umredirect/hep/FuzzPacket umredirect/health/FuzzAnswer
}

tests() { "$go" test -race -shuffle=on -timeout 15m ./...; }

# rehearsals: whole drills as a user runs them, with their processes: planted violations, misbehaving cmdlets, Ctrl-C, two at
# once, the lab. They have the machine for themselves, and run without the race detector, which the other tests have.
rehearsals() { SITESWAP_DRILLS=1 "$go" test -count=1 -timeout 10m -run 'TestDrills' ./cmd/siteswap; }

# peers: tests that start servers and callers of other people's (scripts/packages.txt), on loopback and in namespaces, and one
# drill with a real domain and real file servers (root). Without the race detector, which the same packages have above. The domain
# is provisioned once, into the user's cache folder.
peers() {
	SITESWAP_PEERS=1 "$go" test -count=1 -timeout 10m -p 1 ./internal/peers ./internal/lab/phone ./witness ./dnsupdate ./umredirect/... || return 1
	SITESWAP_PEERS=1 "$go" test -count=1 -run '^TestWitnessCheckAsksTheShares$' ./cmd/siteswap || return 1
	"$go" build -o "$scratch/siteswap" ./cmd/siteswap || return 1
	mkdir -p "$scratch/peers"
	(cd "$scratch/peers" && timeout 300 "$scratch/siteswap" drill --dns samba --witness smb --report report.html </dev/null) || {
		echo "the drill with real servers ended with exit code $?"
		return 1
	}
}

# mutants: a sample of the rules of the model made wrong, one at a time; its tests must notice. The whole is in `make soak`.
mutants() { "$go" run ./internal/mutate/cmd -package dag -sample 24 -seed 3 -least 95; }

stage formats formats
stage vet "$go" vet ./...
stage modules modules
stage drill drill
stage fuzz fuzz
stage tests tests
stage mutants mutants
stage rehearsals rehearsals
stage peers peers

if ((${#failed[@]})); then
	echo "FAILED after $SECONDS s: ${failed[*]}"
	exit 1
fi
echo "All good in $SECONDS s."
