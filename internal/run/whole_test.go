package run_test

import (
	"fmt"
	"testing"

	"siteswap/dag"
	"siteswap/internal/run"
)

// thereAndBack is a switchover and a failback on the reference design.
func thereAndBack(t *testing.T, s *sim) {
	t.Helper()
	there(t, s)
	back(t, s)
}

func there(t *testing.T, s *sim) {
	t.Helper()
	s.site(0, false)
	s.start("r-1", compile(t, "switchover", s.topo, "Prod", "DR"), false)
	want(t, s.finish(), run.OutcomeDone)
	served(t, s, 1)
}

func back(t *testing.T, s *sim) {
	t.Helper()
	s.site(0, true)
	s.start("r-2", compile(t, "failback", s.topo, "DR", "Prod"), false)
	want(t, s.finish(), run.OutcomeDone)
	served(t, s, 0)
}

// served: the databases are mounted in the site, once, and every name and redirector that answers leads there.
func served(t fatal, s *sim, site int) {
	t.Helper()
	f := dag.Observe(s.topo, &s.state, site)
	for d := range f.Databases {
		if m := s.topo.MemberIndex(f.Databases[d].MountedOn.Value); m < 0 || s.topo.Members[m].Site != site {
			t.Errorf("%s is mounted on %q", s.topo.Databases[d].Name, f.Databases[d].MountedOn.Value)
		}
	}
	name := s.topo.Sites[site].Name
	for i := range f.DNS {
		if f.DNS[i].Sites.Known && !f.DNS[i].LeadTo(name) {
			t.Errorf("a name leads to %s", f.DNS[i].Sites.Value)
		}
	}
	for i := range f.Redirector {
		if f.Redirector[i].Site.Known && f.Redirector[i].Site.Value != name {
			t.Errorf("calls go to %s", f.Redirector[i].Site.Value)
		}
	}
	if twice := dag.MountedTwice(s.topo, &s.state); len(twice) > 0 {
		t.Errorf("mounted twice: %v", twice)
	}
}

func TestThereAndBack(t *testing.T) {
	s := newSim(t, reference())
	thereAndBack(t, s)
	there, back := s.c.Find("r-1"), s.c.Find("r-2")
	if len(there.Debts) == 0 {
		t.Error("nothing is owed although Prod was dead")
	}
	if len(s.c.Debts) > 0 || len(back.Debts) > 0 {
		t.Errorf("still owed after the failback: %v %v", s.c.Debts, back.Debts)
	}
	if len(s.ttl) > 0 {
		t.Errorf("TTLs are not put back: %v", s.ttl)
	}
	for _, r := range []*run.Run{there, back} {
		if len(run.NotPutBack(r)) > 0 {
			t.Errorf("%s has not put back %v", r.ID, run.NotPutBack(r))
		}
		for _, st := range r.Steps {
			if st.State == run.Done && (!st.Result.Agrees || len(st.Result.Drift) > 0 || st.Result.Text == "") {
				t.Errorf("%s: %+v", st.ID, st.Result)
			}
		}
	}
}

// The leader dies in every step once: before the effect in one run, after it in another, and in turns. The run ends the same.
func TestThereAndBackWithCrashes(t *testing.T) {
	modes := map[string]func(n int) crash{
		"before": func(int) crash { return beforeEffect },
		"after":  func(int) crash { return afterEffect },
		"even":   func(n int) crash { return []crash{beforeEffect, afterEffect}[n%2] },
		"odd":    func(n int) crash { return []crash{afterEffect, beforeEffect}[n%2] },
	}
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			s := newSim(t, reference())
			s.quick = true
			n := 0
			s.crash = func(a attempt) crash {
				if a.number > 1 {
					return noCrash
				}
				n++
				return mode(n)
			}
			thereAndBack(t, s)
			if n < 15 {
				t.Errorf("only %d steps acted", n)
			}
			for a, times := range s.sent {
				if times != 1 {
					t.Errorf("%v was sent %d times", a, times)
				}
			}
		})
	}
}

// The leader dies once, in any step, before the effect or after it, and with it all that it had under way: the run ends done,
// and no step takes a third attempt.
func TestOneCrash(t *testing.T) {
	type point struct {
		attempt
		at *sim // with the INTENT committed
	}
	var points []point
	s := newSim(t, reference())
	s.quick = true
	s.crash = func(a attempt) crash {
		points = append(points, point{a, s.clone(t)})
		return noCrash
	}
	thereAndBack(t, s)
	for _, p := range points {
		for _, how := range []crash{beforeEffect, afterEffect} {
			t.Run(fmt.Sprintf("%s %s %d", p.run, p.step, how), func(t *testing.T) {
				s := p.at.clone(t)
				s.crash = func(attempt) crash { return how }
				s.carry(p.attempt)
				s.crash = nil
				want(t, s.finish(), run.OutcomeDone)
				served(t, s, map[string]int{"r-1": 1, "r-2": 0}[p.run])
				for _, st := range s.run().Steps {
					if st.Attempt > 2 {
						t.Errorf("%s took %d attempts", st.ID, st.Attempt)
					}
				}
			})
		}
	}
}

// The answer of every first attempt is lost, or says failed although it is done: what is seen counts.
func TestAnswersAreNotBelieved(t *testing.T) {
	for _, state := range []run.StepState{run.Unknown, run.Failed} {
		t.Run(string(state), func(t *testing.T) {
			s := newSim(t, reference())
			s.quick = true
			s.effect = func(a attempt, e run.Effect) run.Effect {
				if a.number > 1 || a.step == "fence" || a.step == "verify" && state == run.Failed {
					return e
				}
				k := s.run().Plan.Step(a.step).Kind
				if state == run.Failed && (k == "vip.enable" || k == "db.resync" || k == "vip.drain" || k == "um.reroute" || k == "dns.repoint" || k == "policy.restore") {
					return e // nothing changes there, so a reported failure stands
				}
				return run.Effect{State: state, Error: "no answer"}
			}
			thereAndBack(t, s)
		})
	}
}
