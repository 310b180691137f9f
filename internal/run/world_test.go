package run_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// reference is the reference design: three members over two sites, and a third place.
func reference() *dag.Topology {
	member := func(n, site int) dag.Member {
		return dag.Member{Name: fmt.Sprintf("EX2010-%d", n), FQDN: fmt.Sprintf("ex2010-%d.test.local", n), Site: site, Dial: dag.GoodAvailability, Policy: dag.Unrestricted, UM: true}
	}
	return &dag.Topology{
		Name: "DAG1", Exchange: dag.Version{Release: 2010, SP: 1}, Windows: "2008 R2", Mode: dag.DagOnly, AccessPoint: true,
		Sites: []dag.Site{
			{Name: "Prod", DomainControllers: []string{"dc.test.local"}, VIP: "10.0.1.10", Pool: []int{0, 1}},
			{Name: "DR", DomainControllers: []string{"dc-dr.test.local"}, VIP: "10.0.2.13"},
			{Name: "Branch"},
		},
		Members:   []dag.Member{member(1, 0), member(2, 0), member(3, 1)},
		Witness:   dag.Witness{Server: "dc.test.local", Site: 0, Directory: `C:\FSW`},
		Alternate: dag.Witness{Server: "dc-dr.test.local", Site: 1, Directory: `C:\FSW`},
		Databases: []dag.Database{{Name: "DB1", Names: []int{0, 1}, Copies: []dag.Copy{{Member: 0, Preference: 1}, {Member: 1, Preference: 2}, {Member: 2, Preference: 3}}}},
		Names: []dag.Name{
			{Name: "internal.test.local", Zone: "test.local", TTL: 5 * time.Minute, Targets: [][]string{{"10.0.1.10"}, {"10.0.2.13"}, nil}},
			{Name: "external.test.local", Zone: "test.local", TTL: 5 * time.Minute, Targets: [][]string{{"203.0.113.10"}, {"198.51.100.13"}, nil}},
		},
		DNSServers:  []dag.DNSServer{{Site: 0, Address: "10.0.1.5:53"}, {Site: 1, Address: "10.0.2.5:53"}},
		Redirectors: []dag.Redirector{{Site: 0, Listen: "10.0.1.30:5060"}, {Site: 1, Listen: "10.0.2.30:5060"}},
	}
}

func compile(t testing.TB, name string, topo *dag.Topology, from, to string) runbooks.Plan {
	t.Helper()
	rb, ok := runbooks.Find(name)
	if !ok {
		t.Fatalf("no runbook %s", name)
	}
	plan, problems := runbooks.Compile(rb, topo, map[string]string{"from": from, "to": to})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return *plan
}

// fatal is what testing.T and rapid.T have in common here.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// broken is for a sim that no test owns: nothing may go wrong in it.
type broken struct{}

func (broken) Helper()                      {}
func (broken) Fatalf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }
func (broken) Errorf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }

type attempt struct {
	run    string
	step   string
	number int
}

// crash is where a leader dies in a step; the next one takes over.
type crash int

const (
	noCrash      crash = iota
	beforeEffect       // the INTENT is committed, nothing was sent
	afterEffect        // the effect is there, its RESULT was never written
)

// sim carries runs out over the pure model with a clock of its own: a controller without goroutines.
type sim struct {
	t     fatal
	topo  *dag.Topology
	state dag.State
	ttl   map[int]time.Duration // by index of Facts.DNS
	now   time.Time
	scale float64
	x     *runbooks.Expressions

	c     run.Cluster
	index uint64
	id    string
	log   []run.Entry

	flying map[string]bool
	opened map[string]time.Time // since when this leader knows the open INTENT
	sent   map[attempt]int      // how often an attempt was sent
	crash  func(a attempt) crash
	// effect stands between the model's answer and the caller, nil: the answer as it is.
	effect func(a attempt, e run.Effect) run.Effect
	people func(s *sim, r *run.Run) // what people do when nothing else goes on
	blind  func(f *dag.Facts)
	quick  bool // Apply's purity is not looked at
}

// expressions are compiled once for all tests.
var expressions = sync.OnceValue(runbooks.NewExpressions)

func newSim(t fatal, topo *dag.Topology) *sim {
	if t == nil {
		t = broken{}
	}
	s := &sim{t: t, topo: topo, state: dag.New(topo), ttl: map[int]time.Duration{}, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), scale: 1, x: expressions(),
		flying: map[string]bool{}, opened: map[string]time.Time{}, sent: map[attempt]int{}, people: approveAll}
	s.must(run.Entry{Type: run.EntryGenesis, Critical: true, Genesis: &run.Genesis{ID: "test", Lab: true}})
	return s
}

// clone goes on from the same state and log, on its own.
func (s *sim) clone(t fatal) *sim {
	c := *s
	c.t, c.state, c.log = t, s.state.Clone(), slices.Clone(s.log)
	c.ttl, c.flying, c.opened, c.sent = maps.Clone(s.ttl), map[string]bool{}, maps.Clone(s.opened), maps.Clone(s.sent)
	return &c
}

func (s *sim) event(e dag.Event) {
	s.state, _ = dag.Apply(s.topo, s.state, e)
	s.state, _ = dag.Settle(s.topo, s.state)
}

// facts are what is seen from where the run looks.
func (s *sim) facts() *dag.Facts {
	vantage := 1
	if r := s.run(); r != nil {
		vantage = run.Vantage(&r.Plan, s.topo)
	}
	f := dag.Observe(s.topo, &s.state, vantage)
	for i := range f.DNS {
		if v, ok := s.ttl[i]; ok && f.DNS[i].TTL.Known {
			f.DNS[i].TTL.Value = v
		}
	}
	if s.blind != nil {
		s.blind(&f)
	}
	return &f
}

func (s *sim) run() *run.Run { return s.c.Find(s.id) }

func (s *sim) step(id string) *run.Step {
	s.t.Helper()
	st := s.run().Step(id)
	if st == nil {
		s.t.Fatalf("no step %s", id)
	}
	return st
}

func (s *sim) input() run.Input {
	return run.Input{Topology: s.topo, Facts: s.facts(), Now: s.now, Scale: s.scale,
		InFlight: func(step string) bool { return s.flying[step] },
		OpenFor:  func(step string) time.Duration { return s.now.Sub(s.opened[step]) }}
}

// apply applies an entry as the log would, and sees that the state before it is left alone.
func (s *sim) apply(e run.Entry) error {
	s.t.Helper()
	e.Version, e.ID, e.Time = 1, fmt.Sprint(s.index), s.now
	if e.Run == "" {
		e.Run = s.id
	}
	if e.Actor == "" {
		e.Actor = "ctl-1"
	}
	var before, entry string
	if !s.quick {
		before, entry = encode(s.c), encode(e)
	}
	c, err := run.Apply(s.c, e, s.index+1, 1)
	if !s.quick && encode(s.c) != before {
		s.t.Fatalf("%s changed its input:\n%s\n%s", e.Type, before, encode(s.c))
	}
	if !s.quick && encode(e) != entry {
		s.t.Fatalf("%s changed its entry:\n%s\n%s", e.Type, entry, encode(e))
	}
	if err == nil {
		s.c, s.index = c, s.index+1
		s.log = append(s.log, e)
	}
	return err
}

func (s *sim) must(e run.Entry) {
	s.t.Helper()
	if err := s.apply(e); err != nil {
		s.t.Fatalf("%s: %v", e.Type, err)
	}
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (s *sim) start(id string, plan runbooks.Plan, hold bool) {
	s.t.Helper()
	s.id = id
	s.must(run.Entry{Type: run.EntryStart, Critical: true, Actor: "anna", Start: &run.Start{Plan: plan, HoldRefusals: hold}})
}

// round decides once and carries out what acts; false: there was nothing to decide.
func (s *sim) round() bool {
	s.t.Helper()
	ds := run.Next(s.run(), s.input(), s.x)
	var acts []attempt
	for _, d := range ds {
		if d.Act != (d.Entry.Type == run.EntryIntent && run.Acts(s.run().Plan.Step(d.Entry.Intent.Step).Kind)) {
			s.t.Fatalf("act %v of %+v", d.Act, d.Entry)
		}
		s.must(d.Entry)
		if d.Entry.Type == run.EntryIntent {
			s.opened[d.Entry.Intent.Step] = s.now
		}
		if d.Act {
			s.flying[d.Entry.Intent.Step] = true
			acts = append(acts, attempt{s.id, d.Entry.Intent.Step, d.Entry.Intent.Attempt})
		}
	}
	for _, a := range acts {
		s.carry(a)
	}
	return len(ds) > 0
}

// finish goes on until the run has ended.
func (s *sim) finish() *run.Run {
	s.t.Helper()
	for range 3000 {
		if r := s.run(); r.Outcome != "" {
			return r
		}
		if s.round() {
			s.now = s.now.Add(time.Second)
			continue
		}
		s.people(s, s.run())
		s.now = s.now.Add(10 * time.Second)
	}
	for _, st := range s.run().Steps {
		s.t.Errorf("%s: %s %s", st.ID, st.State, st.Waiting)
	}
	s.t.Fatalf("the run does not end")
	return nil
}

// carry takes one attempt from its INTENT to its RESULT, as a controller does.
func (s *sim) carry(a attempt) {
	s.t.Helper()
	defer delete(s.flying, a.step)
	p, st := s.run().Plan.Step(a.step), s.step(a.step)
	how := noCrash
	if s.crash != nil {
		how = s.crash(a)
	}
	if how == beforeEffect {
		return
	}
	before := s.facts()
	if ref := run.Recheck(s.run(), a.step, s.input()); ref != nil {
		s.must(run.Entry{Type: run.EntryResult, Critical: true, Result: &run.Result{Step: a.step, Attempt: a.number, State: run.Refused, Refusal: ref, Text: "refused by " + ref.Rule + ": " + ref.Why}})
		return
	}
	if s.sent[a]++; s.sent[a] > 1 {
		s.t.Fatalf("%v is sent twice", a)
	}
	e := s.act(p, st.Intent.Choice, before)
	if s.effect != nil {
		e = s.effect(a, e)
	}
	if how == afterEffect {
		return
	}
	s.judge(a, before, e)
}

// judge looks until the result is known.
func (s *sim) judge(a attempt, before *dag.Facts, e run.Effect) {
	s.t.Helper()
	lands := time.Duration(float64(s.step(a.step).Intent.Lands) / s.scale)
	for began := s.now; ; s.now = s.now.Add(15 * time.Second) {
		in := s.input()
		in.Final = s.now.Sub(began) >= lands
		res := run.Judge(s.run(), a.step, before, e, in, s.x)
		if res.State == run.Unknown && !in.Final {
			continue
		}
		s.must(run.Entry{Type: run.EntryResult, Critical: true, Result: &res})
		return
	}
}

// act asks the model what the step asks of the world, and lets the world settle.
func (s *sim) act(p *runbooks.Step, c run.Choice, seen *dag.Facts) run.Effect {
	with := p.With
	if c.Server != "" {
		with.Server, with.Site = c.Server, ""
	}
	e := run.Effect{State: run.Done, Calls: []run.Call{{Cmdlet: p.Kind}}}
	k, _ := runbooks.KindOf(p.Kind)
	for _, op := range k.Model(s.topo, with, *seen) {
		var answer dag.Answer
		if s.state, answer = dag.Do(s.topo, s.state, op); answer.Code != dag.OK {
			e.State, e.Error = run.Failed, string(answer.Code)+" "+answer.Subject
		}
	}
	s.state, _ = dag.Settle(s.topo, s.state)
	if p.Kind == "fence" {
		after := s.facts()
		for m := range s.topo.Members {
			if shown, what := runbooks.Harmless(s.topo, *after, m); s.topo.Sites[s.topo.Members[m].Site].Name == with.Site && !shown {
				e.State, e.Error = run.Failed, what
			}
		}
	}
	if p.Kind == "dns.ttl" {
		for i := range seen.DNS {
			if s.ttl[i] = with.TTL; with.Restore {
				delete(s.ttl, i)
			}
		}
	}
	return e
}

// approveAll is an operator who says yes to everything that a run asks for.
func approveAll(s *sim, r *run.Run) {
	for i := range r.Steps {
		p := &r.Plan.Steps[i]
		if r.Steps[i].State == run.Acting && (p.Kind == "approve" || p.Kind == "manual") {
			s.must(run.Entry{Type: run.EntryApprove, Critical: true, Actor: "anna", Approval: &run.Approval{Step: p.ID, By: "anna", Ceiling: map[string]int64{"DB1": 6}}})
		}
	}
}

// site takes or gives the power of a site.
func (s *sim) site(i int, on bool) { s.event(dag.Event{Kind: dag.EvSite, Site: i, On: on}) }

// want checks a run's end.
func want(t fatal, r *run.Run, outcome run.Outcome) {
	t.Helper()
	if r.Outcome == outcome {
		return
	}
	t.Errorf("%s ended %s, want %s: %s", r.ID, r.Outcome, outcome, r.Why)
	for _, st := range r.Steps {
		text := st.Waiting
		if st.Result != nil {
			text = fmt.Sprintf("%s %v", st.Result.Text, st.Result.Drift)
		}
		t.Errorf("  %-16s %-8s %d %s", st.ID, st.State, st.Attempt, text)
	}
}
