# bench.awk: go's benchmark lines as tables. BenchmarkName/SIZE lines with a number for a size make a curve: the time per unit
# of size against that of the smallest is 1.00 all along where the growth is linear. Other lines make rates.

function seconds(ns) {
	if (ns < 1e3) return sprintf("%.0f ns", ns)
	if (ns < 1e6) return sprintf("%.1f us", ns / 1e3)
	if (ns < 1e9) return sprintf("%.1f ms", ns / 1e6)
	return sprintf("%.2f s", ns / 1e9)
}

/^Benchmark/ && / ns\/op/ {
	name = $1
	sub(/^Benchmark/, "", name)
	sub(/-[0-9]+$/, "", name)
	for (i = 3; i <= NF; i++) if ($i == "ns/op") ns = $(i - 1)
	if (match(name, /\/[0-9]+$/)) {
		group = substr(name, 1, RSTART - 1)
		size = substr(name, RSTART + 1)
		if (!(group in count)) order[++groups] = group
		n = ++count[group]
		sizes[group, n] = size
		times[group, n] = ns
	} else {
		rates[++single] = name
		each[single] = ns
	}
}

END {
	for (g = 1; g <= groups; g++) {
		group = order[g]
		printf "\n%s\n  %10s %12s %10s %14s %10s\n", group, "size", "time", "ratio", "per unit", "ratio"
		for (n = 1; n <= count[group]; n++) {
			unit = times[group, n] / sizes[group, n]
			if (n == 1) first = unit
			printf "  %10d %12s %10.2f %14s %10.2f\n", sizes[group, n], seconds(times[group, n]), times[group, n] / times[group, 1], seconds(unit), unit / first
		}
	}
	if (single) printf "\n%-40s %12s %14s\n", "rates", "time", "per second"
	for (n = 1; n <= single; n++) printf "  %-38s %12s %14.0f\n", rates[n], seconds(each[n]), 1e9 / each[n]
}
