package controller_test

import (
	"context"
	"testing"
	"time"

	"siteswap/internal/api"
	"siteswap/internal/controller"
)

// TestLedFromOutside: a run is led from outside the site that it leaves, best from the one that it goes to; where nobody else is
// in reach, who leads goes on.
func TestLedFromOutside(t *testing.T) {
	for _, tt := range []struct {
		name string
		cut  []int
		want string
	}{
		{"the target's controller takes over", nil, "ctl-2"},
		{"a third place does where the target is out of reach", []int{1}, "ctl-3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				down := map[string]bool{}
				c := newCluster(t, 3, func(o *controller.Options) {
					o.Reach = func(_ context.Context, p controller.Peer) bool { return !down[p.ID] }
				})
				defer c.close()
				for c.leader() != c.nodes[0] { // raft elects by chance
					l := c.leader()
					if err := l.Raft().LeadershipTransferToServer("ctl-1", "ctl-1").Error(); err != nil {
						time.Sleep(100 * time.Millisecond)
					}
				}
				for _, i := range tt.cut {
					down[c.nodes[i].id] = true
					c.cut(c.nodes[i])
				}
				_, r := c.begin(api.StartRequest{Plan: moveAway(), RequestID: "1"})
				var without []*member
				for _, i := range tt.cut {
					without = append(without, c.nodes[i])
				}
				if got := c.ended(r.ID, without...); got.Outcome != "done" {
					t.Errorf("the run ended %s: %s", got.Outcome, got.Why)
				}
				if l := c.leader(); l.id != tt.want {
					t.Errorf("%s leads, want %s", l.id, tt.want)
				}
				for _, i := range tt.cut {
					c.join(c.nodes[i])
				}
			})
		})
	}
}
