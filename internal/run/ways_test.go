package run_test

import (
	"fmt"
	"testing"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// way is one of the ways there and back besides the unplanned one with DAC mode on.
type way struct {
	name   string
	params map[string]string
	topo   func() *dag.Topology
	before func(s *sim) // what has happened to Prod
	after  func(s *sim) // what happens before the failback
}

func ways() []way {
	nothing := func(*sim) {}
	off := func() *dag.Topology {
		t := reference()
		t.Mode = dag.Off
		return t
	}
	newer := func() *dag.Topology {
		t := reference()
		t.Exchange, t.Windows = dag.Version{Release: 2016, CU: 23}, "2012 R2"
		return t
	}
	power := func(p dag.Power) func(*sim) {
		return func(s *sim) {
			s.site(0, p == dag.PowerOn)
			s.state, _ = dag.Do(s.topo, s.state, dag.Op{Kind: dag.OpPower, Members: 3, Power: p})
			s.state, _ = dag.Settle(s.topo, s.state)
		}
	}
	return []way{
		{"planned", map[string]string{}, reference, nothing, nothing},
		{"planned, 2016", map[string]string{"mode": "planned"}, newer, nothing, nothing},
		{"planned, powered off", map[string]string{"power_off": "true"}, reference, nothing, nothing},
		{"DAC Off", map[string]string{}, off, power(dag.HeldOff), power(dag.PowerOn)},
	}
}

func (w way) sim(t *testing.T) *sim {
	s := newSim(t, w.topo())
	s.quick = true
	w.before(s)
	return s
}

func (w way) thereAndHome(t *testing.T, s *sim) {
	t.Helper()
	rb, _ := runbooks.Find("switchover")
	params := map[string]string{"from": "Prod", "to": "DR"}
	for k, v := range w.params {
		params[k] = v
	}
	plan, problems := runbooks.Compile(rb, s.topo, params)
	if plan == nil {
		t.Fatal(problems)
	}
	s.start("r-1", *plan, false)
	want(t, s.finish(), run.OutcomeDone)
	served(t, s, 1)
	w.after(s)
	s.start("r-2", compile(t, "failback", s.topo, "DR", "Prod"), false)
	want(t, s.finish(), run.OutcomeDone)
	served(t, s, 0)
	if len(s.c.Debts) > 0 {
		t.Errorf("still owed: %v", s.c.Debts)
	}
	if s.topo.Exchange.MovesByPreference() && !s.state.PreferenceMoves {
		t.Error("PreferenceMoveFrequency is not put back")
	}
	if len(s.ttl) > 0 {
		t.Errorf("TTLs are not put back: %v", s.ttl)
	}
}

// Every way ends with every database mounted once where it belongs, and nothing owed or left frozen.
func TestWays(t *testing.T) {
	for _, w := range ways() {
		t.Run(w.name, func(t *testing.T) {
			s := w.sim(t)
			w.thereAndHome(t, s)
			for _, r := range s.c.Runs {
				if back := run.NotPutBack(&r); len(back) > 0 {
					t.Errorf("%s has not put back %v", r.ID, back)
				}
			}
		})
	}
}

// The same while leaders die, before the effect of a step or after it.
func TestWaysWithCrashes(t *testing.T) {
	for _, w := range ways() {
		for turn := range 2 {
			t.Run(fmt.Sprint(w.name, " ", turn), func(t *testing.T) {
				s, n := w.sim(t), turn
				s.crash = func(a attempt) crash {
					if a.number > 1 {
						return noCrash
					}
					n++
					return []crash{beforeEffect, afterEffect}[n%2]
				}
				w.thereAndHome(t, s)
			})
		}
	}
}

// What mode: auto means is decided once: a Prod that dies in the middle of a planned switchover makes no unplanned one of it.
func TestModeIsDecidedOnce(t *testing.T) {
	s := newSim(t, reference())
	s.start("r-1", compile(t, "switchover", s.topo, "Prod", "DR"), false)
	for s.step("ttl-settle").State == run.Todo {
		s.round()
	}
	s.site(0, false)
	r := s.finish()
	if r.Outcome == run.OutcomeDone {
		t.Errorf("it ended %s", r.Outcome)
	}
	for _, id := range []string{"fence", "stop", "restore"} {
		if st := s.step(id); st.Attempt > 0 {
			t.Errorf("%s was begun: %s", id, st.State)
		}
	}
	// What has lost its source in the middle is taken over by an unplanned run.
	s.start("r-2", compile(t, "switchover", s.topo, "Prod", "DR"), false)
	want(t, s.finish(), run.OutcomeDone)
	served(t, s, 1)
}
