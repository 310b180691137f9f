package document

import "strings"

// Nearest is the known name that is closest to the one given, and whether it is close enough to be what was meant. The
// first of equally near ones is taken; "" if none is known.
func Nearest(name string, known []string) (string, bool) {
	best, distance := "", 0
	for _, k := range known {
		d := edits(fold(name), fold(k))
		if len(name) > 2 && strings.HasPrefix(fold(k), fold(name)) {
			d = min(d, 1) // a name that was cut short: 2008 for 2008 R2
		}
		if best == "" || d < distance {
			best, distance = k, d
		}
	}
	return best, best != "" && distance <= max(1, min(len(name), len(best))/3+1)
}

// fold makes what people take for the same name the same: case, dash, underscore and space.
func fold(s string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s))
}

// edits is the number of letters to insert, delete, change or swap with their neighbour to turn a into b.
func edits(a, b string) int {
	const longest = 200 // what is longer is no name; it keeps a hostile file cheap
	x, y := []rune(a), []rune(b)
	x, y = x[:min(len(x), longest)], y[:min(len(y), longest)]
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			change := last[j-1]
			if x[i-1] != y[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
