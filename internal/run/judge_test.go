package run_test

import (
	"strings"
	"testing"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// judging is a step that has just acted, with what was seen before it.
type judging struct {
	*sim
	before *dag.Facts
}

func judge(t *testing.T, st runbooks.Step, prepare func(s *sim)) *judging {
	s := newSim(t, reference())
	if prepare != nil {
		prepare(s)
	}
	s.start("r-1", plan(st), false)
	s.take()
	return &judging{s, s.facts()}
}

func (j *judging) says(e run.Effect, final bool) run.Result {
	j.t.Helper()
	in := j.input()
	in.Final = final
	id := j.run().Steps[0].ID
	res := run.Judge(j.run(), id, j.before, e, in, j.x)
	if res.Step != id || res.Attempt != 1 {
		j.t.Errorf("%+v", res)
	}
	return res
}

// happens lets the step's effect happen.
func (j *judging) happens() {
	p := &j.run().Plan.Steps[0]
	j.act(p, j.step(p.ID).Intent.Choice, j.before)
}

func prodLost(s *sim) { s.site(0, false) }

func TestJudge(t *testing.T) {
	stop := step("stop", "dag.stop", runbooks.Args{Site: "Prod", ConfigurationOnly: "auto", RunFrom: "DR"})
	stop.Expect = "members(from).all(m, m in dag.stopped)"
	again := step("calls", "um.reroute", runbooks.Args{To: "Prod"})
	verify := step("verify", "verify", runbooks.Args{Probes: []string{"outlook"}})
	names := step("names", "dns.repoint", runbooks.Args{To: "DR"})
	bare := stop
	bare.Expect = ""
	done, failed, unknown := run.Effect{State: run.Done}, run.Effect{State: run.Failed, Error: "0x6d9", Cure: "run it again", Retry: true}, run.Effect{State: run.Unknown, Error: "time-out"}
	dark := func(f *dag.Facts) {
		for i := range f.Sites {
			f.Sites[i].Started, f.Sites[i].Stopped = dag.Unknown[[]string]("dc", "no answer"), dag.Unknown[[]string]("dc", "no answer")
		}
	}
	tests := []struct {
		name        string
		step        runbooks.Step
		happens     bool
		blind       func(f *dag.Facts)
		effect      run.Effect
		first, last run.StepState
		text        string
		retry       bool
	}{
		{"done", stop, true, nil, done, run.Done, run.Done, "stopped: EX2010-1, EX2010-2", false},
		{"done, reported failed", stop, true, nil, failed, run.Done, run.Done, "stopped: EX2010-1, EX2010-2 (its call reported: 0x6d9, but it is done)", false},
		{"done, not answered", stop, true, nil, unknown, run.Done, run.Done, "stopped: EX2010-1, EX2010-2 (its call was not answered, but it is done)", false},
		{"failed", stop, false, nil, failed, run.Failed, run.Failed, "0x6d9 (run it again)", true},
		{"answered, and nothing happened", stop, false, nil, done, run.Unknown, run.Failed, `answered without error, but sites/DR/started is "EX2010-1, EX2010-2, EX2010-3", expected "EX2010-3"`, false},
		{"not answered, and nothing happened", stop, false, nil, unknown, run.Unknown, run.Failed, "no answer came, and it is not to be seen done: time-out", true},
		{"answered, and it cannot be seen", bare, true, dark, done, run.Unknown, run.Unknown, "answered without error, but sites/DR/started cannot be seen", false},
		{"its expect cannot be seen", stop, true, dark, done, run.Unknown, run.Unknown, "answered without error, but sites/DR/started cannot be seen", false},
		{"not answered, and it cannot be seen", stop, true, dark, unknown, run.Unknown, run.Unknown, "no answer came, and it cannot be seen whether it is done: sites/DR/started cannot be seen", false},
		{"reported failed, and it cannot be seen", stop, true, dark, failed, run.Unknown, run.Failed, "0x6d9 (run it again); and sites/DR/started cannot be seen", false},
		{"nothing to change, done", again, true, nil, done, run.Done, run.Done, "so at every redirector that answers; the others owe it; owed: 10.0.1.30:5060", false},
		{"nothing to change, not answered", again, true, nil, unknown, run.Done, run.Done, "so at every redirector that answers; the others owe it; owed: 10.0.1.30:5060 (its call was not answered, but it is done)", false},
		{"nothing to change, failed", again, true, nil, failed, run.Failed, run.Failed, "0x6d9 (run it again)", true},
		{"nothing to be seen, done", verify, false, nil, done, run.Done, run.Done, "users are served", false},
		{"nothing to be seen, failed", verify, false, nil, run.Effect{State: run.Failed, Error: "no mail"}, run.Failed, run.Failed, "no mail", false},
		{"nothing to be seen, not answered", verify, false, nil, unknown, run.Unknown, run.Failed, "no answer came, and it is not to be seen done: time-out", true},
		{"names, some owed", names, true, nil, run.Effect{State: run.Done, Text: "names to DR"}, run.Done, run.Done, "names to DR; owed: 10.0.1.5:53", false},
		{"names, a server dies meanwhile", names, true, func(f *dag.Facts) { f.DNS[3] = dag.DNSFacts{} }, done, run.Done, run.Done, "answered so by every server that answers; the others owe it; owed: 10.0.1.5:53, 10.0.2.5:53", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := judge(t, tt.step, prodLost)
			if tt.happens {
				j.happens()
			}
			j.blind = tt.blind
			if got := j.says(tt.effect, false); got.State != tt.first {
				t.Errorf("at first %s, want %s: %+v", got.State, tt.first, got)
			}
			got := j.says(tt.effect, true)
			if got.State != tt.last || got.Text != tt.text || got.Retry != tt.retry || got.Agrees != (tt.last == run.Done) {
				t.Errorf("in the end %+v\nwant %s %q retry %v", got, tt.last, tt.text, tt.retry)
			}
		})
	}
}

// Drift names what is not as predicted; what is not in the footprint is simply taken over.
func TestJudgeDrift(t *testing.T) {
	stop := step("stop", "dag.stop", runbooks.Args{Site: "Prod", ConfigurationOnly: "auto", RunFrom: "DR"})
	j := judge(t, stop, prodLost)
	j.happens()
	j.blind = func(f *dag.Facts) {
		f.Sites[1].Stopped.Value = []string{"EX2010-1"}
		f.Members[2].Policy = dag.Know(dag.Blocked, "somebody")
	}
	res := j.says(run.Effect{State: run.Done}, true)
	if res.State != run.Failed || len(res.Drift) != 1 || res.Drift[0] != (run.Difference{Path: "sites/DR/stopped", Predicted: "EX2010-1, EX2010-2", Observed: "EX2010-1"}) {
		t.Errorf("%+v", res)
	}
}

// A fence is done only when every member is shown harmless, whatever its act says.
func TestJudgeFence(t *testing.T) {
	fence := step("fence", "fence", runbooks.Args{Site: "Prod", By: []string{"cluster", "power", "people"}})
	j := judge(t, fence, prodLost)
	j.blind = func(f *dag.Facts) { f.Members[1].Power = dag.Unknown[dag.Power]("power control", "no answer") }
	for _, e := range []run.Effect{{State: run.Done}, {State: run.Failed, Error: "EX2010-2: does not answer"}} {
		if res := j.says(e, true); res.State != run.Failed {
			t.Errorf("%s: %+v", e.State, res)
		}
	}
	for _, by := range []string{"anna", "bert"} {
		j.must(approvalOf("fence", by))
	}
	if res := j.says(run.Effect{State: run.Failed, Error: "EX2010-2: does not answer"}, true); res.State != run.Done {
		t.Errorf("two people have given their word: %+v", res)
	}
	cut := func(s *sim) {
		s.event(dag.Event{Kind: dag.EvLink, Site: 0, Other: 1})
		s.event(dag.Event{Kind: dag.EvLink, Site: 1, Other: 0})
	}
	j = judge(t, fence, cut) // cut off and alive: until somebody holds its power off
	if res := j.says(run.Effect{State: run.Unknown}, true); res.State == run.Done {
		t.Errorf("%+v", res)
	}
	j.state, _ = dag.Do(j.topo, j.state, dag.Op{Kind: dag.OpPower, Members: 3, Power: dag.HeldOff})
	if res := j.says(run.Effect{State: run.Unknown}, true); res.State != run.Done {
		t.Errorf("%+v", res)
	}
}

// Where the model can do nothing it predicts no change: an answer of success is not believed then.
func TestJudgeTheImpossible(t *testing.T) {
	tests := []struct {
		name    string
		step    runbooks.Step
		prepare func(s *sim)
		text    string
	}{
		{"no witness", step("set", "dag.set", runbooks.Args{RunFrom: "DR"}), prodLost, "by the model it cannot be done: no-quorum"},
		{"nothing is stopped", step("restore", "dag.restore", runbooks.Args{Site: "DR", RunFrom: "DR"}), prodLost, "no member of DR holds quorum"},
		{"a diverged copy", step("resync", "db.resync", runbooks.Args{Site: "DR", Until: "healthy", Reseed: "never"}), func(s *sim) {
			s.event(dag.Event{Kind: dag.EvInvalidCopy, Member: 2})
		}, `DB1\EX2010-3 is FailedAndSuspended`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := judge(t, tt.step, tt.prepare)
			if res := j.says(run.Effect{State: run.Done}, true); res.State != run.Failed || !strings.Contains(res.Text, tt.text) {
				t.Errorf("%+v", res)
			}
			j.flying, j.opened[tt.step.ID] = map[string]bool{}, j.now
			j.now = j.now.Add(tt.step.Lands)
			if got := j.decisions(); len(got) != 1 || !strings.HasPrefix(got[0], "failed "+tt.step.ID) {
				t.Errorf("a new leader says %v", got)
			}
		})
	}
}

// A TTL is whole seconds and at least one, so in a lab several real ones are the same.
func TestJudgeTTLInLab(t *testing.T) {
	j := judge(t, step("down", "dns.ttl", runbooks.Args{TTL: 10 * 1e9}), nil)
	j.scale = 60
	for i := range j.before.DNS {
		j.ttl[i] = 60 * 1e9 // served as one second
	}
	if res := j.says(run.Effect{State: run.Done}, false); res.State != run.Done {
		t.Errorf("%+v", res)
	}
	j.scale = 1
	if res := j.says(run.Effect{State: run.Done}, true); res.State != run.Failed {
		t.Errorf("%+v", res)
	}
}

// When DNS servers may have changed is remembered of a failed attempt too.
func TestJudgeRemembersDNSChanges(t *testing.T) {
	j := judge(t, step("names", "dns.repoint", runbooks.Args{To: "DR"}), nil)
	res := j.says(run.Effect{State: run.Failed, Error: "refused"}, true)
	if res.State != run.Failed || len(res.Memory) != 1 || res.Memory[0].Key != "time/dns" {
		t.Errorf("%+v", res)
	}
}
