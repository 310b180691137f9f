#!/usr/bin/env bash
# Ratios and curves. A figure alone says little on an unknown machine; how it grows with the size says what the code does.
#
#   BENCHTIME=1s   per benchmark
#   PARTS="plan model commit drill dns um"   dns: against nsupdate, with real servers;
#                  um: the redirector against Kamailio and against servers that only echo, on two processors
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
go=${GO:-go}
time=${BENCHTIME:-1s}
parts=${PARTS:-plan model commit drill dns um}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
code=0

# bench PART PACKAGE PATTERN: go's own lines as they come; the tables follow at the end.
bench() {
	[[ " $parts " == *" $1 "* ]] || return 0
	echo "== $1: $2"
	"$go" test -run='^$' -bench="$3" -benchtime="$time" "$2" 2>&1 | tee -a "$scratch/lines" || code=1
}

bench plan ./runbooks '^Benchmark(Compile|Databases|Eval)'
bench plan ./internal/config '.'
bench model ./dag '.'
bench commit ./internal/controller '^BenchmarkCommit'

# dns: the same updates by us and by nsupdate, by turns, on servers whose files lie in memory: a disk's noise is nobody's merit.
# ROUNDS is how often. It fails where we are slower, or where 1,000 names at four servers take more than a second to verify.
dns() {
	command -v nsupdate >/dev/null && command -v named >/dev/null && command -v knotd >/dev/null || { echo "dns: no nsupdate, named or knotd to compare with (make deps)" >&2; return 1; }
	CGO_ENABLED=0 "$go" build -o "$scratch/siteswap" ./cmd/siteswap || return 1
	local memory= # its name is short: the path of knotd's socket may have 107 bytes (unix(7))
	[[ -w /dev/shm ]] && memory=$(mktemp -d /dev/shm/s.XXXXXX)
	TMPDIR=${memory:-$scratch} SITESWAP_PEERS=1 SITESWAP_PROGRAM=$scratch/siteswap "$go" test -run='^$' -bench='^Benchmark(NSUpdate|Verify)$' -benchtime="${ROUNDS:-15}x" ./dnsupdate >"$scratch/dns"
	local code=$?
	[[ -n $memory ]] && rm -rf "$memory"
	((code == 0)) || { cat "$scratch/dns"; return 1; }
	awk -f scripts/bench-dns.awk "$scratch/dns"
}
if [[ " $parts " == *" dns "* ]]; then
	echo "== dns: ours against nsupdate, median of ${ROUNDS:-15} rounds by turns"
	dns || code=1
fi

overhead=
if [[ " $parts " == *" drill "* ]]; then
	echo "== drill: overhead per step, on the reference design"
	CGO_ENABLED=0 "$go" build -o "$scratch/siteswap" ./cmd/siteswap || exit 1
	(cd "$scratch" && ./siteswap drill --json --report report.html </dev/null >report.json 2>lines.txt) || {
		echo "the drill ended with exit code $?: $(tail -n 1 "$scratch/lines.txt")"
		code=1
	}
	overhead=$(node -e '
		const doc = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
		for (const r of doc.runs ?? []) {
			const n = (r.steps ?? []).filter((s) => s.state === "done").length;
			if (n) console.log(r.runbook, n, r.overhead, r.duration);
		}' "$scratch/report.json") || code=1
fi

# um: the redirector on one processor, the calls from another. SITE, ROUNDS and ROUND are those of umbench.
um() {
	command -v kamailio >/dev/null || { echo "um: no kamailio to compare with (make deps)" >&2; return 1; }
	(($(nproc) > 1)) || { echo "um: one processor is too few: the calls would be measured with the server" >&2; return 1; }
	CGO_ENABLED=0 "$go" build -o "$scratch/siteswap" ./cmd/siteswap && "$go" build -o "$scratch/umbench" ./internal/umbench || return 1
	taskset -c 1 "$scratch/umbench" -siteswap "$scratch/siteswap" -rounds "${ROUNDS:-5}" -round "${ROUND:-1200ms}" bench
}
if [[ " $parts " == *" um "* ]]; then
	echo "== um: calls per second, CPU per call, latency"
	um || code=1
fi

echo
echo "commit $(git rev-parse --short=12 HEAD 2>/dev/null || echo none), $(nproc) processors, $("$go" env GOVERSION), $(uname -sr)"
[[ -s $scratch/lines ]] && awk -f scripts/bench.awk "$scratch/lines"
[[ -n $overhead ]] && awk '
	BEGIN {printf "\nbetween steps (the drill, 60x; not scaled by speed)\n  %-14s %6s %12s %14s %10s\n", "run", "steps", "overhead s", "per step ms", "of the run"}
	{printf "  %-14s %6d %12.2f %14.0f %9.0f%%\n", $1, $2, $3, 1000 * $3 / $2, 100 * $3 / $4}' <<<"$overhead"
exit "$code"
