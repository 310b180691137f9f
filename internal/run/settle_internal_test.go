package run

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
	"siteswap/runbooks"
)

// dns.settle counts how long caches hold that a record did not exist, where that is longer than the old TTL.
func TestSettleNegative(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for negative, want := range map[string]time.Duration{"": 5 * time.Minute, "1m0s": 5 * time.Minute, "15m0s": 15 * time.Minute} {
		r := &Run{Memory: []Remembered{{Key: keyDNSChanged, Value: at.Format(time.RFC3339Nano)}, {Key: keyDNSTTL, Value: "5m0s"}, {Key: KeyNegative, Value: negative}}}
		for after, done := range map[time.Duration]bool{want - time.Second: false, want: true} {
			if _, got := settled(r, &Step{}, &runbooks.Step{}, Input{Topology: &dag.Topology{}, Facts: &dag.Facts{}, Now: at.Add(after), Scale: 1}); got != done {
				t.Errorf("negative %q, after %s: done is %t", negative, after, got)
			}
		}
	}
}

// Names that people moved after a handover have no INTENT: what the step says counts, and where it says less, anything does.
func TestWishesOfAHandover(t *testing.T) {
	topo := &dag.Topology{Sites: []dag.Site{{Name: "Prod"}, {Name: "DR"}}, Names: []dag.Name{
		{Name: "one", Targets: [][]string{{"10.0.1.1"}, {"10.0.2.1"}}},
		{Name: "all", Targets: [][]string{{"10.0.1.2"}, {"10.0.2.2"}}, Policy: dag.AllHealthy},
		{Name: "none", Targets: [][]string{{"10.0.1.3"}, nil}},
	}}
	r := &Run{Steps: []Step{{ID: "ttl", State: Done}, {ID: "names", State: Done}}, Plan: runbooks.Plan{Steps: []runbooks.Step{
		{ID: "ttl", Kind: "dns.ttl", With: runbooks.Args{TTL: time.Minute}}, {ID: "names", Kind: "dns.repoint", With: runbooks.Args{To: "DR"}}}}}
	want := map[string]wish{"one": {values: [][]string{{"10.0.2.1"}}, ttl: time.Minute}, "all": {ttl: time.Minute}, "none": {ttl: time.Minute}}
	if diff := cmp.Diff(want, lastWishes(r, topo), cmp.AllowUnexported(wish{})); diff != "" {
		t.Error(diff)
	}
}
