package run_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// scene is what a rule looks at: a world, what people have said, and what of it cannot be seen or is seen otherwise.
type scene struct {
	world  func(s *sim)
	people []run.Approval
	facts  func(f *dag.Facts)
}

// guarded is a step that holds a Permit, in a run of a plan; a scene in which the rule refuses it, and one in
// which the rule lets it pass.
type guarded struct {
	name         string
	rule         string
	step         runbooks.Step
	refuse, pass scene
	why          string
}

func nothing(*sim) {}

func unreadable[T any](f *dag.Fact[T]) { *f = dag.Unknown[T]("somewhere", "i/o timeout after 3.1s") }

func cutOff(s *sim) {
	s.event(dag.Event{Kind: dag.EvLink, Site: 0, Other: 1})
	s.event(dag.Event{Kind: dag.EvLink, Site: 1, Other: 0})
}

func do(op dag.Op) func(s *sim) {
	return func(s *sim) {
		s.t.Helper()
		var a dag.Answer
		if s.state, a = dag.Do(s.topo, s.state, op); a.Code != dag.OK {
			s.t.Fatalf("operation %d: %+v", op.Kind, a)
		}
		s.state, _ = dag.Settle(s.topo, s.state)
	}
}

func all(fs ...func(s *sim)) func(s *sim) {
	return func(s *sim) {
		for _, f := range fs {
			f(s)
		}
	}
}

func stopProd(s *sim) {
	do(dag.Op{Kind: dag.OpStop, From: 1, Members: 3, ConfigurationOnly: true})(s)
}

func holdOff(s *sim) { do(dag.Op{Kind: dag.OpPower, Members: 3, Power: dag.HeldOff})(s) }

// returned: Prod was lost, DR took over, and Prod is back and evicted; its DNS server and redirector know nothing yet.
func returned(s *sim) {
	r := wasThere()
	s.state, s.c, s.index, s.now = r.state.Clone(), r.c, r.index, r.now
	s.site(0, true)
}

// wasThere is the world and the log after a switchover, made once.
var wasThere = sync.OnceValue(func() *sim {
	s := newSim(nil, reference())
	s.quick = true
	s.site(0, false)
	rb, _ := runbooks.Find("switchover")
	p, _ := runbooks.Compile(rb, s.topo, map[string]string{"from": "Prod", "to": "DR"})
	s.start("r-1", *p, false)
	s.finish()
	return s
})

func newNames(s *sim) {
	for n := range 2 {
		do(dag.Op{Kind: dag.OpRepoint, Server: 0, Name: n, Sites: 1 << 1})(s)
	}
}

func newCalls(s *sim) { do(dag.Op{Kind: dag.OpRoute, Server: 0, Site: 1})(s) }

func by(step string, people ...string) []run.Approval {
	var out []run.Approval
	for _, p := range people {
		out = append(out, run.Approval{Step: step, By: p})
	}
	return out
}

func ceiling(logs int64) []run.Approval {
	return []run.Approval{{Step: "accept", By: "anna", Ceiling: map[string]int64{"DB1": logs}}}
}

// diverged: the copy on EX2010-1 was active when DB1 was mounted elsewhere with loss.
func diverged(f *dag.Facts) {
	f.Databases[0].Copies[0].Status, f.Databases[0].Copies[0].Diverged = dag.Know(dag.CopyFailedAndSuspended, "x"), dag.Know(true, "x")
}

func forceGuards() []guarded {
	stop := step("x", "dag.stop", runbooks.Args{Site: "Prod", RunFrom: "DR"})
	restore := step("x", "dag.restore", runbooks.Args{Site: "DR", RunFrom: "DR"})
	clusterStop := step("x", "cluster.stop", runbooks.Args{Site: "DR"})
	force := step("x", "cluster.start", runbooks.Args{Server: "EX2010-3", ForceQuorum: true})
	lost, cut := scene{world: all(prodLost, stopProd)}, scene{world: all(cutOff, stopProd)}
	return []guarded{
		{"fence shows nothing", run.RuleFenceBeforeForce, step("x", "fence", runbooks.Args{Site: "Prod", By: []string{"power"}}), scene{world: cutOff}, scene{world: prodLost}, "EX2010-1, EX2010-2 not shown to be harmless"},
		{"mode", run.RuleDACRequired, stop, scene{prodLost, nil, func(f *dag.Facts) { f.Mode.Value = "Off" }}, lost, "is not DagOnly"},
		{"mode unread", run.RuleDACRequired, step("x", "dag.start", runbooks.Args{Site: "Prod"}), scene{prodLost, nil, func(f *dag.Facts) { unreadable(&f.Mode) }}, lost, "cannot be read"},
		{"stop of what mounts", run.RulePlannedStops, stop, scene{world: nothing}, scene{world: prodLost}, "EX2010-1 mounts DB1"},
		{"stop of what may mount", run.RulePlannedStops, stop, scene{nothing, nil, func(f *dag.Facts) { unreadable(&f.Members[0].MountsHere) }}, scene{world: prodLost}, "what EX2010-1 mounts"},
		{"lists", run.RuleListsAgree, restore, scene{world: prodLost}, lost, "EX2010-1 is on the wrong list"},
		{"lists unread", run.RuleListsAgree, restore, scene{lost.world, nil, func(f *dag.Facts) { unreadable(&f.Sites[1].Stopped) }}, lost, "cannot be read through DR"},
		{"restore to nowhere", run.RuleListsAgree, step("x", "dag.restore", runbooks.Args{Site: "Mars"}), scene{world: prodLost}, scene{}, "not in the site file"},
		{"restore unfenced", run.RuleFenceBeforeForce, restore, cut, scene{world: all(cut.world, holdOff)}, "EX2010-1, EX2010-2 not shown to be harmless"},
		{"restore on one word", run.RuleFenceBeforeForce, restore, scene{cut.world, by("fence", "anna", "ANNA"), nil}, scene{cut.world, by("fence", "anna", "bert"), nil}, "not shown to be harmless"},
		{"force unfenced", run.RuleFenceBeforeForce, force, scene{world: cutOff}, scene{world: prodLost}, "not shown to be harmless"},
		{"restore with quorum", run.RuleNoForceWithQuorum, restore, scene{stopProd, nil, func(f *dag.Facts) {
			for m := range 2 {
				f.Members[m].Power = dag.Know(dag.HeldOff, "power control")
			}
		}}, lost, "DR holds quorum"},
		{"stop with quorum", run.RuleNoForceWithQuorum, clusterStop, scene{world: nothing}, scene{world: prodLost}, "DR holds quorum: EX2010-1, EX2010-2, EX2010-3 up of"},
		{"quorum unread", run.RuleNoForceWithQuorum, clusterStop, scene{prodLost, nil, func(f *dag.Facts) { unreadable(&f.Members[2].Quorum) }}, scene{world: prodLost}, "whether EX2010-3 holds quorum"},
	}
}

func otherGuards() []guarded {
	start := step("x", "dag.start", runbooks.Args{Site: "Prod", RunFrom: "DR"})
	clean := step("x", "cluster.cleanup", runbooks.Args{Server: "EX2010-1", RunFrom: "DR"})
	activate := step("x", "db.activate", runbooks.Args{Site: "DR", Databases: []string{"DB1"}, Loss: "good"})
	resync := step("x", "db.resync", runbooks.Args{Site: "Prod", Reseed: "auto", Until: "healthy"})
	ready := scene{world: all(returned, newNames, newCalls)}
	approved := scene{world: prodLost, people: ceiling(6)}
	queue := func(n int64) func(f *dag.Facts) {
		return func(f *dag.Facts) { f.Databases[0].Copies[2].CopyQueue.Value = n }
	}
	return []guarded{
		{"start before eviction", run.RuleEvictedBeforeStart, start, scene{ready.world, nil, func(f *dag.Facts) { f.Members[0].Evicted.Value = false }}, ready, "EX2010-1 is not shown to have learnt"},
		{"eviction unread", run.RuleEvictedBeforeStart, start, scene{ready.world, nil, func(f *dag.Facts) { unreadable(&f.Members[1].Evicted) }}, ready, "EX2010-2 is not shown to have learnt"},
		{"never evicted", run.RuleEvictedBeforeStart, start, scene{cutOff, nil, nil}, scene{world: nothing}, "EX2010-1 is not shown"},
		{"old names", run.RuleDebtBites, start, scene{world: returned}, ready, "10.0.1.5:53 in Prod still answers internal.test.local with Prod"},
		{"old calls", run.RuleDebtBites, start, scene{world: all(returned, newNames)}, ready, "10.0.1.30:5060 still sends calls to Prod"},
		{"clean at home", run.RuleCleanupTarget, step("x", "cluster.cleanup", runbooks.Args{Server: "EX2010-3", RunFrom: "DR"}), scene{world: prodLost}, scene{}, "it is in the recovery site"},
		{"clean with quorum", run.RuleCleanupTarget, clean, scene{world: nothing}, scene{world: returned}, "holds quorum"},
		{"clean what is not stopped", run.RuleCleanupTarget, clean, scene{returned, nil, func(f *dag.Facts) { f.Members[0].Cluster.Value = dag.Joining }}, scene{world: returned}, "not stopped"},
		{"clean what is started", run.RuleCleanupTarget, clean, scene{returned, nil, func(f *dag.Facts) { f.Sites[1].Stopped.Value = nil }}, scene{world: returned}, "Stopped list"},
		{"clean nobody", run.RuleCleanupTarget, step("x", "cluster.cleanup", runbooks.Args{Server: "EX9"}), scene{world: nothing}, scene{}, "is no member"},
		{"activate unfenced", run.RuleFenceBeforeForce, activate, scene{world: cutOff, people: ceiling(6)}, approved, "EX2010-1 could still have DB1 mounted"},
		{"nobody approved", run.RuleLossAcknowledged, activate, scene{world: prodLost, people: by("accept", "anna")}, approved, "nobody has approved a loss of DB1"},
		{"above the ceiling", run.RuleLossAcknowledged, activate, scene{prodLost, ceiling(6), queue(7)}, scene{prodLost, ceiling(7), queue(7)}, "EX2010-3 lacks 7 logs of DB1, 6 were approved"},
		{"queue unread", run.RuleLossAcknowledged, activate, scene{prodLost, ceiling(6), func(f *dag.Facts) { unreadable(&f.Databases[0].Copies[2].CopyQueue) }},
			scene{prodLost, []run.Approval{{Step: "accept", By: "anna", Unknown: true}}, func(f *dag.Facts) { unreadable(&f.Databases[0].Copies[2].CopyQueue) }}, "cannot be read"},
		{"queue unknown", run.RuleLossAcknowledged, activate, scene{prodLost, ceiling(6), queue(dag.UnknownQueue)}, approved, "cannot be read"},
		{"reseed over the divergent", run.RuleKeepTheDivergent, resync, scene{nothing, nil, diverged}, scene{nothing, by("x", "anna"), diverged}, `DB1\EX2010-1 hold logs that were lost`},
	}
}

// rechecked is a run whose step x holds a Permit, in a scene.
func rechecked(t *testing.T, st runbooks.Step, sc scene) *sim {
	t.Helper()
	s := newSim(t, reference())
	s.quick = true
	sc.world(s)
	// A check that has nothing to check, so that only the step's own rules are asked.
	s.start("r-9", plan(step("ready", "check", runbooks.Args{}), step("accept", "approve", runbooks.Args{Count: 1}), onFailure(step("fence", "fence", runbooks.Args{Site: "Prod", By: []string{"people"}}), "ask"), st), true)
	for _, a := range sc.people {
		s.must(run.Entry{Type: run.EntryApprove, Critical: true, Actor: a.By, Approval: &a})
	}
	s.begun("x")
	s.blind = sc.facts
	return s
}

func (s *sim) begun(id string) {
	s.t.Helper()
	s.must(run.Entry{Type: run.EntryIntent, Critical: true, Intent: &run.Intent{Step: id, Attempt: s.step(id).Attempt + 1, Lands: time.Minute,
		Choice: run.Choice{Server: "EX2010-3", Database: "DB1", Dial: dag.GoodAvailability}}})
}

func TestRules(t *testing.T) {
	for _, g := range slices.Concat(forceGuards(), otherGuards(), moreGuards()) {
		t.Run(g.name, func(t *testing.T) {
			s := rechecked(t, g.step, g.refuse)
			ref := run.Recheck(s.run(), "x", s.input())
			if ref == nil || ref.Rule != g.rule || !strings.Contains(ref.Why, g.why) {
				t.Fatalf("refusal %+v, want %s: %s", ref, g.rule, g.why)
			}
			fourParts(t, ref)
			s.now = s.now.Add(time.Hour)
			s.blind = aged(g.refuse.facts)
			if again := run.Recheck(s.run(), "x", s.input()); again == nil || again.FactHash != ref.FactHash {
				t.Errorf("an hour later %+v, was %+v", again, ref)
			}
			if g.pass.world == nil {
				return
			}
			s = rechecked(t, g.step, g.pass)
			if ref := run.Recheck(s.run(), "x", s.input()); ref != nil && ref.Rule == g.rule {
				t.Errorf("it does not pass: %+v", ref)
			}
		})
	}
}

// fourParts: a refusal says rule, why, evidence and the way out, and can be overridden by its hash.
func fourParts(t *testing.T, ref *run.Refusal) {
	t.Helper()
	if ref.Rule == "" || ref.Why == "" || ref.Evidence == "" || ref.Unblock == "" || ref.FactHash == "" {
		t.Errorf("a part is missing: %+v", ref)
	}
}

// aged is the same facts, older, and what cannot be read in other words.
func aged(facts func(f *dag.Facts)) func(f *dag.Facts) {
	return func(f *dag.Facts) {
		if facts != nil {
			facts(f)
		}
		f.Mode.Age, f.Mode.Why = time.Hour, "another error"
		for m := range f.Members {
			mf := &f.Members[m]
			mf.Answers.Age, mf.Quorum.Age, mf.Evicted.Age, mf.MountsHere.Age = time.Hour, time.Hour, time.Hour, time.Hour
			mf.Quorum.Why, mf.Evicted.Why, mf.MountsHere.Why, mf.Power.Why = "another error", "another error", "another error", "another error"
		}
		for i := range f.Sites {
			f.Sites[i].Stopped.Why, f.Sites[i].Started.Why = "another error", "another error"
		}
		for i := range f.Databases[0].Copies {
			f.Databases[0].Copies[i].CopyQueue.Why = "another error"
		}
	}
}

// The databases move home after the names, and after the caches.
func TestTTLBeforeMove(t *testing.T) {
	home := func(s *sim) {
		returned(s)
		s.start("r-2", compile(t, "failback", s.topo, "DR", "Prod"), false)
		for range 200 {
			if st := s.step("dismount/DB1"); st.State == run.Done {
				break
			}
			if !s.round() {
				s.now = s.now.Add(10 * time.Second)
			}
		}
		s.must(of(run.EntryAbort))
		s.finish()
	}
	names := step("names", "dns.repoint", runbooks.Args{To: "Prod"})
	move := step("x", "db.activate", runbooks.Args{Site: "Prod", Databases: []string{"DB1"}, Loss: "lossless"})
	s := newSim(t, reference())
	s.quick = true
	home(s)
	p := plan(names, move)
	p.Parameters[0].Value, p.Parameters[1].Value = "DR", "Prod"
	s.start("r-9", p, true)
	s.must(run.Entry{Type: run.EntryIntent, Critical: true, Intent: &run.Intent{Step: "x", Attempt: 1, Choice: run.Choice{Server: "EX2010-1", Database: "DB1", Dial: dag.Lossless}}})
	ref := run.Recheck(s.run(), "x", s.input())
	if ref == nil || ref.Rule != run.RuleTTLBeforeMove || !strings.Contains(ref.Why, "does not answer internal.test.local with Prod yet") {
		t.Fatalf("%+v", ref)
	}
	fourParts(t, ref)
	for s.step("names").State != run.Done {
		s.round()
	}
	ref = run.Recheck(s.run(), "x", s.input())
	if ref == nil || ref.Rule != run.RuleTTLBeforeMove || !strings.Contains(ref.Why, "caches may hold") || strings.Contains(ref.Evidence, ":") {
		t.Fatalf("%+v", ref)
	}
	fourParts(t, ref)
	in := s.input()
	in.Scale = 60
	in.Now = s.now.Add(5 * time.Second)
	if ref := run.Recheck(s.run(), "x", in); ref != nil {
		t.Errorf("the served TTL has run out: %+v", ref)
	}
}

// No two nodes are forced in one run; the same one again only while no other holds quorum.
func TestOneForcedNode(t *testing.T) {
	topo := reference()
	topo.Members = append(topo.Members, dag.Member{Name: "EX2010-4", FQDN: "ex2010-4.test.local", Site: 1, Dial: dag.GoodAvailability})
	force := func(id, server string) runbooks.Step {
		return step(id, "cluster.start", runbooks.Args{Server: server, ForceQuorum: true})
	}
	s := newSim(t, topo)
	s.site(0, false)
	s.start("r-1", plan(force("a", "EX2010-3"), force("b", "EX2010-4")), true)
	s.begun("a")
	if ref := run.Recheck(s.run(), "a", s.input()); ref != nil {
		t.Fatalf("%+v", ref)
	}
	refused := resultOf("a", 1, run.Refused)
	refused.Result.Refusal = &run.Refusal{Rule: "x"}
	s.begun("b")
	if ref := run.Recheck(s.run(), "b", s.input()); ref != nil {
		t.Errorf("the other has not acted yet: %+v", ref)
	}
	s.must(retryOf("a", 1))
	if ref := run.Recheck(s.run(), "b", s.input()); ref == nil || ref.Rule != run.RuleOneForcedNode || !strings.Contains(ref.Why, "EX2010-3") {
		t.Errorf("%+v", ref)
	}
	s.begun("a")
	if ref := run.Recheck(s.run(), "a", s.input()); ref != nil {
		t.Errorf("the same again is the documented cure: %+v", ref)
	}
	s.blind = func(f *dag.Facts) { f.Members[2].Quorum = dag.Know(true, "x") }
	if ref := run.Recheck(s.run(), "a", s.input()); ref != nil {
		t.Errorf("it holds quorum itself: %+v", ref)
	}
	s.blind = func(f *dag.Facts) { f.Members[3].Quorum = dag.Know(true, "x") }
	ref := run.Recheck(s.run(), "a", s.input())
	if ref == nil || ref.Rule != run.RuleOneForcedNode || !strings.Contains(ref.Why, "EX2010-4 holds quorum") {
		t.Fatalf("%+v", ref)
	}
	fourParts(t, ref)
}
