package mail

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The board is tested from inside: which client reports first cannot be arranged from outside.
func TestBoard(t *testing.T) {
	type report struct {
		client string
		at     int // seconds
		up     bool
	}
	for _, tc := range []struct {
		name    string
		reports []report
		outages [][2]int
		served  int
		calls   []string
	}{
		{"failures before the first service are no outage",
			[]report{{"a", 1, false}, {"a", 2, true}, {"b", 3, true}}, nil, 2, []string{"3 true"}},
		{"one fails and comes back",
			[]report{{"a", 1, true}, {"b", 1, true}, {"a", 5, false}, {"a", 6, false}, {"a", 9, true}}, [][2]int{{5, 9}}, 2,
			[]string{"1 true", "5 false", "9 true"}},
		{"the other learns late, but was out earlier",
			[]report{{"a", 1, true}, {"b", 1, true}, {"a", 5, false}, {"b", 4, false}, {"a", 9, true}, {"b", 10, true}}, [][2]int{{4, 10}}, 2,
			[]string{"1 true", "5 false", "10 true"}},
		{"the other learns after the end: it was not the end",
			[]report{{"a", 1, true}, {"b", 1, true}, {"a", 5, false}, {"a", 7, true}, {"b", 6, false}, {"b", 12, true}}, [][2]int{{5, 12}}, 2,
			[]string{"1 true", "5 false", "7 true", "5 false", "12 true"}},
		{"it lasts",
			[]report{{"a", 1, true}, {"b", 1, true}, {"b", 5, false}}, [][2]int{{5, -1}}, 1, []string{"1 true", "5 false"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			sec := func(at time.Time) int {
				if at.IsZero() {
					return -1
				}
				return int(at.Sub(start) / time.Second)
			}
			var calls []string
			b := newBoard(ClientsOptions{OnName: func(_ string, at time.Time, up bool) { calls = append(calls, fmt.Sprint(sec(at), up)) }})
			b.enter("n", "a")
			b.enter("n", "b")
			for _, r := range tc.reports {
				at := start.Add(time.Duration(r.at) * time.Second)
				if r.up {
					b.acked(Target{"n", "DB1"}, r.client, at)
				} else {
					b.failed("n", r.client, at)
				}
			}
			var outages [][2]int
			for _, o := range b.list() {
				outages = append(outages, [2]int{sec(o.Start), sec(o.End)})
			}
			if diff := cmp.Diff(tc.outages, outages); diff != "" {
				t.Errorf("outages: %s", diff)
			}
			if diff := cmp.Diff(tc.calls, calls); diff != "" {
				t.Errorf("calls: %s", diff)
			}
			if s := b.served()["n"]; s.Served != tc.served || s.Clients != 2 {
				t.Errorf("served: %+v", s)
			}
		})
	}
}
