package act_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/act"
	"siteswap/internal/exchange"
	"siteswap/internal/lab/names"
	"siteswap/internal/vip"
)

// TestRights: whether the account may change a name is a fact, asked for seldom by an update that changes nothing; a no and a
// silence are asked again sooner.
func TestRights(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault names.Fault
		known bool
		why   string
	}{
		"refused, not signed":      {names.UnsignedRefuse, false, "REFUSED"},
		"failed":                   {names.ServFail, true, "SERVFAIL"},
		"failed, though it passed": {names.ServFailAfter, true, "SERVFAIL"},
		"swallowed":                {names.DropRequest, false, "silent"},
		"its answer is swallowed":  {names.DropAnswer, false, "silent"},
		"forged":                   {names.ForgedLie, false, "signature"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSplit(t)
			s.servers[1].SetGate(func(r names.Request) names.Action {
				if !r.Update {
					return names.Action{}
				}
				if !r.Idle {
					t.Errorf("an update that changes something: %v", r.Names)
				}
				return names.Action{Fault: c.fault}
			})
			history := len(s.servers[0].Changes()) + len(s.servers[1].Changes())
			at := &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
			w := act.New(act.Options{Topology: s.topology, DNS: s.client, Exchange: &exchange.Client{}, Pools: make([]*vip.Pool, 2), Directories: make([][]string, 2), Now: at.now})
			look := func(server, name int) dag.Fact[bool] {
				return w.Observe(context.Background(), 1).DNS[server*len(s.topology.Names)+name].Takes
			}
			for _, name := range []int{0, 2} {
				if f := look(0, name); !f.Known || !f.Value {
					t.Errorf("Prod's server: %+v", f)
				}
				if f := look(1, name); f.Known != c.known || f.Value || !strings.Contains(f.Why, c.why) {
					t.Errorf("DR's server: %+v", f)
				}
			}
			if f := look(0, 1); f.Known || !strings.Contains(f.Why, "not listed") {
				t.Errorf("a name of the other view: %+v", f)
			}
			if got := len(s.servers[0].Changes()) + len(s.servers[1].Changes()); got != history {
				t.Errorf("%d changes, %d before: asking changed something", got, history)
			}
			s.servers[1].SetGate(nil)
			if f := look(1, 0); f.Known && f.Value {
				t.Errorf("asked again at once: %+v", f)
			}
			at.pass(2 * time.Minute)
			for range 1000 {
				if f := look(1, 0); f.Known && f.Value {
					if f = look(0, 0); f.Age < 2*time.Minute {
						t.Errorf("what was granted is asked again too: %+v", f)
					}
					return
				}
			}
			t.Error("it is never asked again")
		})
	}
}
