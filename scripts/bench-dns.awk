# bench-dns.awk: ours against nsupdate, from the lines of BenchmarkNSUpdate and BenchmarkVerify. Fails where ours is slower.

function value(unit,   i) {
	for (i = 3; i < NF; i += 2) if ($(i + 1) == unit) return $i
	return ""
}

BEGIN {printf "  %-60s %10s %12s %14s\n", "the same updates", "ours ms", "nsupdate ms", "times as fast"}

/^BenchmarkNSUpdate/ {
	name = $1
	sub(/^BenchmarkNSUpdate\//, "", name)
	sub(/-[0-9]+$/, "", name)
	ratio = value("times-as-fast")
	printf "  %-60s %10.1f %12.1f %14.2f%s\n", name, value("ours-ms"), value("nsupdate-ms"), ratio, ratio < 1 ? "  SLOWER" : ""
	rows++
	if (ratio < 1) bad++
}

/^BenchmarkVerify/ {
	ms = value("ns/op") / 1e6
	printf "  %-60s %10.1f\n", "verify of 1,000 names on 4 servers (at most 1,000 ms)", ms
	rows++
	if (ms > 1000) bad++
}

END {
	if (rows != 11) {
		print "dns: " rows " rows, not 11"
		exit 1
	}
	exit bad > 0
}
