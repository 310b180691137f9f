package act_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/lab/labtest"
)

// uncompared are the fields in which what the drivers see may differ from what the model shows, each with its reason. Every
// other field of every fact is compared: known or not, and its value. From, Age and Why are for people and are not.
func uncompared(path string) (why string) {
	switch {
	case strings.HasPrefix(path, "members/") && strings.HasSuffix(path, "/um"):
		return "nobody probes UM listeners: calls are proved from end to end by verify, and no rule reads the field"
	case strings.HasSuffix(path, "/healthy"):
		return "a health check notices in its own time; restPool waits for it, and it is compared there"
	case path == "sites/DR/vip":
		return "an address that is a server's own has no control that could answer; the model only knows that there is an address"
	case path == "sites/Branch/witness":
		return "no witness stands there, which the drivers say and the model counts as up"
	}
	return ""
}

// differences are the compared facts that are not alike, a line each.
func differences(t *dag.Topology, model, drivers *dag.Facts) []string {
	var out []string
	got := dag.Flatten(t, drivers)
	for i, want := range dag.Flatten(t, model) {
		if uncompared(want.Path) == "" && (want.Known != got[i].Known || want.Text != got[i].Text) {
			out = append(out, fmt.Sprintf("%s: the model shows %t %q, the drivers %t %q %s", want.Path, want.Known, want.Text, got[i].Known, got[i].Text, got[i].Why))
		}
	}
	return out
}

// same compares what controllers in Prod and in DR see over their sockets with what the model says of the same moment.
func (r *rig) same(moment string) {
	r.Helper()
	r.freeze()
	var all sync.WaitGroup
	for _, vantage := range []int{labtest.Prod, labtest.DR, labtest.Branch} {
		s := r.state()
		if !s.Sites[vantage].Power {
			continue // a controller there has no power either
		}
		all.Go(func() {
			for _, d := range r.unlike(s, vantage) {
				r.Errorf("%s, seen from %s: %s", moment, r.topology.Sites[vantage].Name, d)
			}
		})
	}
	all.Wait()
	r.thaw()
}

// unlike are the differences between a state and what the drivers see while it lasts. A busy machine may not answer in time:
// what does not change is looked at again.
func (r *rig) unlike(s dag.State, vantage int) (out []string) {
	want := dag.Observe(r.topology, &s, vantage)
	for end := time.Now().Add(busy); len(out) == 0 || time.Now().Before(end); {
		got := r.world(vantage).Observe(context.Background(), vantage)
		if out = differences(r.topology, &want, &got); len(out) == 0 {
			break
		}
	}
	return out
}

// TestObserveIsTheModels walks through situations, and compares at each.
func TestObserveIsTheModels(t *testing.T) {
	stories := losses()
	maps.Copy(stories, changes())
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			for _, part := range story {
				part(r)
			}
		})
	}
}

// losses are situations in which something does not answer.
func losses() map[string][]func(*rig) {
	return map[string][]func(*rig){
		"healthy, then a server dies and returns": {
			func(r *rig) { r.same("healthy") },
			func(r *rig) { r.lab.Server(0, false); r.same("a server just died") },
			func(r *rig) { r.rest(); r.same("its database has been taken over") },
			func(r *rig) { r.restPool(); r.lab.Server(0, true); r.rest(); r.same("it is back"); r.restPool() },
		},
		"a server hangs": {
			func(r *rig) {
				r.lab.World().Apply(dag.Event{Kind: dag.EvHang, Member: 0, On: true})
				r.same("just hung")
			},
			func(r *rig) { r.rest(); r.same("hung, the others went on") },
		},
		"the site is lost, and DR takes over": {
			func(r *rig) { r.lab.FailSite(labtest.Prod); r.same("site just lost") },
			func(r *rig) { r.rest(); r.same("site lost, quorum too") },
			func(r *rig) {
				r.do(dag.Op{Kind: dag.OpStop, From: labtest.DR, Members: prod, ConfigurationOnly: true})
				r.same("marked stopped")
				r.do(dag.Op{Kind: dag.OpRestore, From: labtest.DR, Site: labtest.DR, Witness: dag.WitnessAlternate})
				r.rest()
				r.same("restored")
			},
			func(r *rig) {
				r.lab.RestoreSite(labtest.Prod)
				r.rest()
				r.same("the lost site is back, its members evicted")
			},
			func(r *rig) {
				r.do(dag.Op{Kind: dag.OpStart, From: labtest.DR, Members: prod})
				r.rest()
				r.same("started again, parity of three")
			},
		},
		"lists that differ": {
			func(r *rig) { r.lab.Link(labtest.Prod, labtest.DR, false, false); r.same("cut off, just now") },
			func(r *rig) {
				r.do(dag.Op{Kind: dag.OpStop, From: labtest.DR, Members: prod, ConfigurationOnly: true})
				r.rest()
				r.same("DR's directory says stopped, Prod's does not")
			},
		},
		"one direction is cut": {
			func(r *rig) {
				r.lab.Link(labtest.Prod, labtest.DR, false, true)
				r.rest()
				r.same("nothing comes from Prod to DR")
			},
		},
	}
}

// changes are situations in which everything answers, and something is not as it was.
func changes() map[string][]func(*rig) {
	return map[string][]func(*rig){
		"copies": {
			func(r *rig) {
				r.do(dag.Op{Kind: dag.OpBlock, From: labtest.DR, Member: 2})
				r.same("a blocked copy")
			},
			func(r *rig) {
				r.freeze()
				r.lab.World().Apply(dag.Event{Kind: dag.EvWrite, Member: 0, N: 9})
				r.same("nine logs not yet copied")
				r.rest()
				r.lab.World().Apply(dag.Event{Kind: dag.EvInvalidCopy, Member: 1})
				r.same("a copy failed")
				r.lab.World().Update(func(s *dag.State) { s.Copy(0, 1).Diverged = true })
				r.same("a copy diverged")
			},
			func(r *rig) {
				r.lab.World().Update(func(s *dag.State) { s.Copy(0, 1).Mounted, s.Copy(0, 1).Status = true, dag.CopyHealthy })
				r.same("mounted twice, which must be seen alike")
			},
			func(r *rig) {
				r.lab.World().Update(func(s *dag.State) { s.Copy(0, 1).Mounted = false })
				r.do(dag.Op{Kind: dag.OpDismount, From: labtest.Prod})
				r.same("dismounted by an administrator")
			},
		},
		"services": {
			func(r *rig) { r.lab.Service(0, false); r.rest(); r.same("the replication service is stopped") },
			func(r *rig) { r.lab.Front(1, false); r.restPool(); r.same("a front is stopped") },
			func(r *rig) { r.lab.Directory(labtest.Prod, false); r.same("no domain controller in Prod") },
			func(r *rig) { r.lab.Witness(labtest.DR, false); r.same("no alternate witness") },
			func(r *rig) {
				r.lab.World().Apply(dag.Event{Kind: dag.EvShare, Site: labtest.Prod})
				r.same("the witness answers and its share cannot be used")
			},
			func(r *rig) {
				r.do(dag.Op{Kind: dag.OpPolicy, From: labtest.DR, Members: prod, Policy: dag.Blocked})
				r.do(dag.Op{Kind: dag.OpDial, From: labtest.DR, Members: ex1, Dial: dag.Lossless})
				r.do(dag.Op{Kind: dag.OpPower, Members: ex2, Power: dag.HeldOff})
				r.rest()
				r.same("policies, dials, a server held off")
			},
		},
		"stop, restore and start where everybody answers": {
			func(r *rig) {
				r.do(dag.Op{Kind: dag.OpActivate, From: labtest.DR, Member: 2, Dial: dag.Lossless})
				r.do(dag.Op{Kind: dag.OpStop, From: labtest.DR, Members: prod})
				r.rest()
				r.same("stopped, services Disabled")
				r.do(dag.Op{Kind: dag.OpRestore, From: labtest.DR, Site: labtest.DR, Witness: dag.WitnessAlternate})
				r.rest()
				r.same("restored")
			},
			func(r *rig) {
				r.do(dag.Op{Kind: dag.OpStart, From: labtest.DR, Members: prod})
				r.rest()
				r.do(dag.Op{Kind: dag.OpSet, From: labtest.DR, Witness: dag.WitnessPrimary})
				r.same("started")
			},
		},
	}
}
