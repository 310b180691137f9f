package act_test

import (
	"context"
	"strings"
	"testing"

	"siteswap/dag"
	"siteswap/internal/lab"
	"siteswap/internal/lab/labtest"
)

// A site that is cut off stands down from within: its own servers stop, nobody else's, and DAC mode or none, what is read back
// outlasts the return of power.
func TestStandDown(t *testing.T) {
	for name, change := range map[string]func(*lab.Options){"DagOnly": nil, "Off": dacOff} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, change)
			r.lab.Link(labtest.Prod, labtest.DR, false, false)
			servers, evidence, err := r.world(labtest.Prod).StandDown(context.Background(), labtest.Prod)
			if err != nil || strings.Join(servers, " ") != "EX2010-1 EX2010-2" || len(evidence) != 2 {
				t.Fatalf("%v %v %v", servers, evidence, err)
			}
			s := r.state()
			for m := range 2 {
				if n := s.Nodes[m]; n.Cluster != dag.Stopped || n.Start != dag.Disabled {
					t.Errorf("%s: %s %s", r.topology.Members[m].Name, n.Cluster, n.Start)
				}
			}
			if s.Nodes[2].Start == dag.Disabled {
				t.Error("EX2010-3 was stopped too")
			}
			if again, _, err := r.world(labtest.Prod).StandDown(context.Background(), labtest.Prod); err != nil || len(again) != 2 {
				t.Errorf("a second time: %v %v", again, err)
			}
		})
	}
}

// What is not read back gets no code.
func TestStandDownIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.lab.Server(1, false)
	if servers, _, err := r.world(labtest.Prod).StandDown(context.Background(), labtest.Prod); err == nil || !strings.Contains(err.Error(), "EX2010-2") {
		t.Errorf("%v %v", servers, err)
	}
}
