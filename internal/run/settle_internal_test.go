package run

import (
	"testing"
	"time"

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
