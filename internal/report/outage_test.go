package report_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"siteswap/internal/report"
)

func TestSplitOutage(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name       string
		start, end float64
		cuts       report.Cuts
		want       report.Parts
		sentence   string
	}{
		{"a switchover", 5, 21.2, report.Cuts{RunStart: 7, ReadyDone: 7.4, FenceDone: 9.3, RestoreDone: 14.5, ActivateDone: 18.1, NamesDone: 15},
			report.Parts{Detect: 2, Decide: 0.4, Fence: 1.9, Quorum: 5.2, Mount: 3.6, Cache: 3.1},
			"16.2 s = detect 2 + decide 0.4 + fence 1.9 + quorum 5.2 + mount 3.6 + cache 3.1 (16 min 12 s at real speed)"},
		{"names after the mount", 5, 20, report.Cuts{RunStart: 7, FenceDone: 8, RestoreDone: 12, ActivateDone: 14, NamesDone: 17},
			report.Parts{Detect: 2, Fence: 1, Quorum: 4, Mount: 2, DNS: 3, Cache: 3},
			"15 s = detect 2 + fence 1 + quorum 4 + mount 2 + dns 3 + cache 3 (15 min at real speed)"},
		{"a planned move: the run began before", 50, 53.4, report.Cuts{RunStart: 32, ReadyDone: 33, ActivateDone: 51.6, NamesDone: 52.4},
			report.Parts{Mount: 1.6, DNS: 0.8, Cache: 1}, "3.4 s = mount 1.6 + dns 0.8 + cache 1 (3 min 24 s at real speed)"},
		{"no run", 5, 9, report.Cuts{RunStart: nan, ReadyDone: nan, FenceDone: nan, RestoreDone: nan, ActivateDone: 8, NamesDone: nan},
			report.Parts{Mount: 3, Cache: 1}, "4 s = mount 3 + cache 1 (4 min at real speed)"},
		{"cuts beyond the end", 5, 9, report.Cuts{RunStart: 6, ActivateDone: 30}, report.Parts{Detect: 1, Mount: 3}, "4 s = detect 1 + mount 3 (4 min at real speed)"},
		{"nothing", 5, 5, report.Cuts{RunStart: 6}, report.Parts{}, "0 s (0 s at real speed)"},
	} {
		got := report.SplitOutage("mail", "switchover", tt.start, tt.end, tt.cuts)
		if diff := cmp.Diff(tt.want, got.Parts); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		if s := got.Sentence(60); s != tt.sentence {
			t.Errorf("%s: %q, want %q", tt.name, s, tt.sentence)
		}
	}
}

// TestSplitOutageSums: whatever the cuts are, the parts are not negative and sum to the seconds.
func TestSplitOutageSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.OneOf(rapid.Float64Range(-10, 500), rapid.Float64Range(0, 1), rapid.Just(math.NaN()), rapid.Just(0.0), rapid.Just(math.Inf(1)), rapid.Just(math.Inf(-1)))
		o := report.SplitOutage("mail", "switchover", at.Draw(t, "start"), at.Draw(t, "end"), report.Cuts{
			RunStart: at.Draw(t, "run"), ReadyDone: at.Draw(t, "ready"), FenceDone: at.Draw(t, "fence"),
			RestoreDone: at.Draw(t, "restore"), ActivateDone: at.Draw(t, "activate"), NamesDone: at.Draw(t, "names"),
		})
		if o.Parts.Sum() != o.Seconds {
			t.Fatalf("%+v sum to %v, not %v", o.Parts, o.Parts.Sum(), o.Seconds)
		}
		naive := 0.0
		for _, p := range o.Parts.List() {
			naive += p.Seconds
			if p.Seconds < 0 {
				t.Fatalf("part %s is %v", p.Name, p.Seconds)
			}
		}
		if math.Abs(naive-o.Seconds) > 1e-9 {
			t.Fatalf("a reader of the JSON would sum to %v, not %v", naive, o.Seconds)
		}
		o.Sentence(60)
	})
}
