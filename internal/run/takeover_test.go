package run_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// An INTENT that a former leader left: done if it is seen done; else it waits lands, and then tries again or asks a person.
func TestTakeOver(t *testing.T) {
	left := func() *sim {
		s := begin(t, step("stop", "cluster.stop", runbooks.Args{Site: "DR"}))
		s.take()
		s.flying, s.opened["stop"] = map[string]bool{}, s.now
		s.now = s.now.Add(59 * time.Second)
		return s
	}
	s := left()
	s.says()
	s.now = s.now.Add(time.Second)
	s.says("failed stop: a former leader began it, nothing of it is to be seen 1m0s later; it will be tried again")
	s.take()
	s.says()
	s.now = s.now.Add(10 * time.Second)
	s.says("intent stop 2")

	s = left()
	s.event(dag.Event{Kind: dag.EvBegin, Op: dag.Op{Kind: dag.OpClusterStop, From: 1, Members: 4}})
	s.says("done stop: cluster service stopped (found done by a new leader)")

	for _, what := range []string{"members/EX2010-3/cluster is not seen any more", "nothing of stop answers"} {
		s = left()
		s.event(dag.Event{Kind: dag.EvServer, Member: 2})
		if strings.HasPrefix(what, "nothing") {
			s.blind = func(f *dag.Facts) { *f = dag.Facts{} }
		}
		s.now = s.now.Add(2 * time.Minute)
		s.says() // one more look, and another
		s.now = s.now.Add(time.Second)
		s.says("unknown stop: a former leader began it and it cannot be seen whether it is done: " + what)
	}

	s = left()
	s.flying["stop"] = true // this leader's own
	s.now = s.now.Add(time.Hour)
	s.says()
}

// Attempts that went with their leaders do not count against the documented cure; but they do not go on for ever.
func TestTakeOverGivesUp(t *testing.T) {
	for _, failures := range []int{0, 2} {
		s := begin(t, step("stop", "cluster.stop", runbooks.Args{Site: "DR"}))
		for n := 1; n <= failures; n++ {
			s.take()
			s.must(retryOf("stop", n))
			s.now = s.now.Add(time.Minute)
		}
		for range 10 {
			s.take()
			s.flying, s.opened["stop"] = map[string]bool{}, s.now
			s.now = s.now.Add(time.Minute)
			s.take()
			s.now = s.now.Add(time.Minute)
		}
		if st := s.step("stop"); st.Attempt != 10+failures || st.Lost != 10 {
			t.Errorf("%+v", st)
		}
		s.says("end failed: stop: a former leader began it, nothing of it is to be seen 1m0s later")
	}
}

// Facts may be incomplete: nothing decides on what is not there, and nothing panics.
func TestIncompleteFacts(t *testing.T) {
	for _, name := range []string{"switchover", "failback"} {
		s := newSim(t, reference())
		s.start("r-1", compile(t, name, s.topo, "Prod", "DR"), true)
		full := s.facts()
		for _, f := range []*dag.Facts{nil, {}, {Sites: make([]dag.SiteFacts, 1)}, {Members: full.Members[:1], Databases: make([]dag.DatabaseFacts, 9)}, full} {
			in := s.input()
			in.Facts, in.InFlight, in.OpenFor = f, nil, nil
			run.Next(s.run(), in, s.x)
			run.FactHash(s.topo, f)
			for i := range s.run().Plan.Steps {
				r := *s.run()
				r.Steps = slices.Clone(r.Steps)
				p := &r.Plan.Steps[i]
				r.Steps[i].State, r.Steps[i].Attempt = run.Acting, 1
				r.Steps[i].Intent = &run.Intent{Step: p.ID, Attempt: 1, Choice: run.Choice{Server: "EX2010-3", Database: "DB1"}}
				run.Next(&r, in, s.x)
				run.Recheck(&r, p.ID, in)
				run.Judge(&r, p.ID, f, run.Effect{State: run.Unknown}, in, s.x)
			}
		}
	}
	s := begin(t, calls("a"))
	if res := run.Judge(s.run(), "a", nil, run.Effect{State: run.Done}, s.input(), s.x); res.State != run.Unknown {
		t.Errorf("a step that is not open: %+v", res)
	}
	if ref := run.Recheck(s.run(), "z", s.input()); ref != nil {
		t.Errorf("%+v", ref)
	}
}
