package main

import (
	"testing"

	"siteswap/internal/report"
)

// misbehaved: a cmdlet says success and does half of it, or nothing, or does it a minute later. Its word is not believed: the run
// stops at that step, shows what was predicted and what is seen, and forces or mounts nothing after it.
func misbehaved(cmdlet, how, step, outcome string) func(*testing.T) {
	return func(t *testing.T) {
		r := begin(t, siteLost(cmdlet, how, "")).end(1)
		r.outcome("failed")
		run := r.ran(outcome)
		s := r.step(run, step, "failed")
		if len(s.Predicted) == 0 || len(s.Observed) == 0 || s.Attempts != 1 {
			t.Errorf("after %d attempts, predicted %v, observed %v: both states belong to it", s.Attempts, s.Predicted, s.Observed)
		}
		if step != "activate/DB1" {
			r.step(run, "activate/DB1", "todo")
		}
		for _, i := range r.doc.Invariants {
			if i.Violations > 0 && i.Name != report.LeftFrozen {
				t.Errorf("%s: %s", i.Name, i.Evidence)
			}
		}
	}
}
