package run_test

import (
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// asked is a rule's answer to a step x that holds a Permit, in a run of its own plan.
type asked struct {
	name   string
	steps  []runbooks.Step
	choice run.Choice
	scene  scene
}

// judged asks the rules in a scene; from and to are the sites of the run.
func judged(t *testing.T, from, to string, a asked) *run.Refusal {
	t.Helper()
	s := newSim(t, reference())
	s.quick = true
	a.scene.world(s)
	p := plan(a.steps...)
	p.Parameters[0].Value, p.Parameters[1].Value = from, to
	s.start("r-9", p, true)
	for _, word := range a.scene.people {
		s.must(run.Entry{Type: run.EntryApprove, Critical: true, Actor: word.By, Approval: &word})
	}
	s.must(run.Entry{Type: run.EntryIntent, Critical: true, Intent: &run.Intent{Step: "x", Attempt: 1, Lands: time.Minute, Choice: a.choice}})
	s.blind = a.scene.facts
	return run.Recheck(s.run(), "x", s.input())
}

// guarded by a check that has nothing to check, so that only the step's own rules are asked.
func behindCheck(steps ...runbooks.Step) []runbooks.Step {
	return append([]runbooks.Step{step("ready", "check", runbooks.Args{}), step("accept", "approve", runbooks.Args{Count: 1})}, steps...)
}

// toDR is a choice of the copy in DR.
var toDR = run.Choice{Server: "EX2010-3", Database: "DB1", Dial: dag.Lossless}

// TestRulesLetPass: where a rule has nothing to say, and what looks alike.
func TestRulesLetPass(t *testing.T) {
	start := step("x", "dag.start", runbooks.Args{Site: "Prod", RunFrom: "DR"})
	activate := step("x", "db.activate", runbooks.Args{Site: "DR", Databases: []string{"DB1"}, Loss: "good"})
	resync := step("x", "db.resync", runbooks.Args{Site: "Prod", Reseed: "auto", Until: "healthy"})
	force := step("x", "cluster.start", runbooks.Args{Server: "EX2010-3", ForceQuorum: true})
	word := behindCheck(onFailure(step("fence", "fence", runbooks.Args{Site: "Prod", By: []string{"people"}}), "ask"), force)
	ready := all(returned, newNames, newCalls)
	good := run.Choice{Server: "EX2010-3", Database: "DB1", Dial: dag.GoodAvailability}
	namesAtDR := func(s *sim) {
		newNames(s)
		s.event(dag.Event{Kind: dag.EvWrite, Database: 0, Member: 0, N: 1})
	}
	for _, a := range []asked{
		{"start: a member of the other site has learnt nothing", behindCheck(start), run.Choice{}, scene{ready, nil, func(f *dag.Facts) {
			f.Members[2].Evicted, f.Members[2].Nodes = dag.Know(false, "x"), dag.Know([]string{}, "x")
		}}},
		{"start: a member that was never evicted, and runs no cluster", behindCheck(start), run.Choice{}, scene{all(newNames, newCalls), nil, func(f *dag.Facts) {
			f.Members[0].Quorum, f.Members[0].Nodes = dag.Know(false, "x"), dag.Know([]string{}, "x")
		}}},
		{"start: DNS of the site that goes on leads back", behindCheck(start), run.Choice{}, scene{ready, nil, func(f *dag.Facts) { f.DNS[2].Sites.Value = []string{"Prod"} }}},
		{"start: redirector of the site that goes on leads back", behindCheck(start), run.Choice{}, scene{ready, nil, func(f *dag.Facts) { f.Redirector[1].Site.Value = "Prod" }}},
		{"start: redirector of the site is not heard any more", behindCheck(start), run.Choice{}, scene{ready, nil, func(f *dag.Facts) { f.Redirector[0].Site = dag.Fact[string]{Value: "Prod"} }}},
		{"cleanup: DAC Off knows no Stopped list", behindCheck(step("x", "cluster.cleanup", runbooks.Args{Server: "EX2010-1", RunFrom: "DR"})), run.Choice{},
			scene{returned, nil, func(f *dag.Facts) { f.Sites[1].Stopped.Value, f.Mode.Value = nil, dag.Off }}},
		{"activate: the word of two people", behindCheck(word[2], activate), good, scene{cutOff, append(ceiling(6), by("fence", "anna", "bert")...), nil}},
		{"activate: nothing was chosen", behindCheck(activate), run.Choice{}, scene{world: prodLost}},
		{"activate: the database is none", behindCheck(activate), run.Choice{Server: "EX2010-3", Database: "DB9"}, scene{world: prodLost}},
		{"activate: the server is none", behindCheck(activate), run.Choice{Server: "EX9", Database: "DB1"}, scene{world: prodLost}},
		{"activate: the server has no copy in the site file", behindCheck(activate), good, scene{all(prodLost, func(s *sim) { s.topo.Databases[0].Copies = s.topo.Databases[0].Copies[:2] }), nil, nil}},
		{"move before the names, not home but with loss", behindCheck(activate), good, scene{world: nothing}},
		{"move before the names, the source is dead", behindCheck(activate), toDR, scene{prodLost, ceiling(0), nil}},
		{"move before the names, in a release whose names need not move", behindCheck(activate), toDR, scene{world: func(s *sim) { s.topo.Exchange = dag.Version{Release: 2016} }}},
		{"stop of the site that mounts nothing", behindCheck(step("x", "dag.stop", runbooks.Args{Site: "DR", RunFrom: "Prod"})), run.Choice{}, scene{world: nothing}},
		{"move after the names, to nobody", behindCheck(activate), run.Choice{Database: "DB1", Dial: dag.Lossless}, scene{world: newNames}},
		{"move after the names, to none of the servers", behindCheck(activate), run.Choice{Server: "EX9", Database: "DB1", Dial: dag.Lossless}, scene{world: nothing}},
		{"move while DNS is silent", behindCheck(activate), toDR, scene{nothing, nil, func(f *dag.Facts) {
			for i := range f.DNS {
				unreadable(&f.DNS[i].Sites)
			}
		}}},
		{"move of what has no name there", behindCheck(activate), toDR, scene{all(func(s *sim) { s.topo.Names[1].Targets[1] = nil }, func(s *sim) {
			do(dag.Op{Kind: dag.OpRepoint, Server: 0, Sites: 1 << 1})(s)
			do(dag.Op{Kind: dag.OpRepoint, Server: 1, From: 1, Sites: 1 << 1})(s)
		}), nil, nil}},
		{"move after the names", behindCheck(activate), toDR, scene{all(namesAtDR, func(s *sim) {
			for n := range 2 {
				do(dag.Op{Kind: dag.OpRepoint, Server: 1, Name: n, From: 1, Sites: 1 << 1})(s)
			}
		}), nil, nil}},
		{"resync: the divergent copy is of another site", behindCheck(resync), run.Choice{}, scene{nothing, nil, func(f *dag.Facts) { f.Databases[0].Copies[2].Diverged = dag.Know(true, "x") }}},
		{"resync: nothing is reseeded", behindCheck(step("x", "db.resync", runbooks.Args{Site: "Prod", Reseed: "never", Until: "healthy"})), run.Choice{}, scene{nothing, nil, diverged}},
		{"start of a cluster service without force", behindCheck(step("x", "cluster.start", runbooks.Args{Server: "EX2010-3"})), run.Choice{}, scene{world: nothing}},
		{"stop of a cluster service that nobody answers for", behindCheck(step("x", "cluster.stop", runbooks.Args{Site: "DR"})), run.Choice{}, scene{prodLost, nil, func(f *dag.Facts) {
			f.Members[2].Answers = dag.Know(false, "x")
			unreadable(&f.Members[2].Quorum)
		}}},
		{"force for the first time, while a fenced member believes in its quorum", word, run.Choice{}, scene{cutOff, by("fence", "anna", "bert"), func(f *dag.Facts) { f.Members[0].Quorum = dag.Know(true, "x") }}},
		{"drain of one of several", behindCheck(step("x", "server.drain", runbooks.Args{Server: "EX2010-1"})), run.Choice{}, scene{world: nothing}},
		{"drain of one of two", behindCheck(step("x", "server.drain", runbooks.Args{Server: "EX2010-3"})), run.Choice{}, scene{nothing, nil, func(f *dag.Facts) { f.Members[2].Up.Value = []string{"EX2010-1", "EX2010-3"} }}},
	} {
		if ref := judged(t, "Prod", "DR", a); ref != nil {
			t.Errorf("%s: %+v", a.name, ref)
		}
	}
}

// TestRestoreOfTheFirstSite: what is right for the site that is restored or the server that is forced is so too when it is the first
// of the site file.
func TestRestoreOfTheFirstSite(t *testing.T) {
	drLost := func(s *sim) {
		s.site(1, false)
		do(dag.Op{Kind: dag.OpStop, Members: 4, ConfigurationOnly: true})(s)
		do(dag.Op{Kind: dag.OpClusterStop, Members: 3})(s)
	}
	for _, st := range []runbooks.Step{step("x", "dag.restore", runbooks.Args{Site: "Prod", RunFrom: "Prod"}), step("x", "cluster.start", runbooks.Args{Server: "EX2010-1", ForceQuorum: true})} {
		if ref := judged(t, "DR", "Prod", asked{steps: behindCheck(st), scene: scene{world: drLost}}); ref != nil {
			t.Errorf("%s: %+v", st.Kind, ref)
		}
	}
}
