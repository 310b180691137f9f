package arch_test

import (
	"testing"

	"siteswap/internal/exchange"
	"siteswap/runbooks"
)

// TestRows: every row of domain-exchange.md section 9 is looked for before a run (a readiness check), told where a step may meet it
// (its kind's trouble, on paper too), or known when it answers (a known error with its cure).
func TestRows(t *testing.T) {
	held := map[int][]string{}
	for _, c := range runbooks.Checks() {
		held[c.Row] = append(held[c.Row], "check "+c.ID)
	}
	told := map[int]bool{}
	for _, tr := range runbooks.Troubles() {
		told[tr.Row] = true
	}
	for _, k := range runbooks.Kinds() {
		for _, row := range k.Trouble {
			if !told[row] {
				t.Errorf("%s names row %d, which nobody tells", k.Name, row)
			}
			held[row] = append(held[row], "kind "+k.Name)
		}
	}
	for _, e := range exchange.KnownErrors() {
		held[e.Row] = append(held[e.Row], "known error "+string(e.Code))
	}
	for row := 1; row <= 31; row++ {
		if len(held[row]) == 0 {
			t.Errorf("row %d is held by no check, no kind and no known error", row)
		}
	}
	for row := range held {
		if row < 0 || row > 31 {
			t.Errorf("there is no row %d: %v", row, held[row])
		}
	}
}
