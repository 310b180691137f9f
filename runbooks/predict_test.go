package runbooks_test

import (
	"strings"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/runbooks"
)

// world is a DAG and the services around it, as the emulated sites have them, with what the model does not hold.
type world struct {
	topo  *dag.Topology
	state dag.State
	ttl   time.Duration
	mode  string // of the plan that is carried out
	force bool   // a step of it formed quorum by force
	did   []string
}

func (w *world) observe(vantage int) dag.Facts {
	f := dag.Observe(w.topo, &w.state, vantage)
	for i := range f.DNS {
		if f.DNS[i].TTL.Known && w.ttl > 0 {
			f.DNS[i].TTL.Value = w.ttl
		}
	}
	return f
}

func (w *world) event(e dag.Event) {
	w.state, _ = dag.Apply(w.topo, w.state, e)
	w.state, _ = dag.Settle(w.topo, w.state)
}

// carryOut runs a plan against the world step by step, as a controller does: what is seen after each step must be as it was
// predicted from what was seen before it.
func (w *world) carryOut(t *testing.T, plan *runbooks.Plan, vantage int) {
	t.Helper()
	x := runbooks.NewExpressions()
	done := map[string]bool{}
	params := map[string]string{}
	for _, p := range plan.Parameters {
		params[p.Name] = p.Value
	}
	w.mode, w.force, w.did = runbooks.Mode(w.topo, w.observe(vantage), params), false, nil
	for len(done) < len(plan.Steps) {
		progress := false
		for i := range plan.Steps {
			s := &plan.Steps[i]
			if done[s.ID] || !allDone(s.Needs, done) {
				continue
			}
			done[s.ID], progress = true, true
			w.step(t, x, plan, s, vantage)
		}
		if !progress {
			t.Fatal("nothing can start")
		}
	}
}

func allDone(needs []string, done map[string]bool) bool {
	for _, n := range needs {
		if !done[n] {
			return false
		}
	}
	return true
}

func (w *world) step(t *testing.T, x *runbooks.Expressions, plan *runbooks.Plan, s *runbooks.Step, vantage int) {
	t.Helper()
	believed := runbooks.Vantage(plan, w.topo)
	before := w.observe(vantage)
	env := runbooks.Env{Topology: w.topo, Facts: before, Vantage: believed, Params: plan.Parameters, Item: runbooks.ItemOf(s), Mode: w.mode, Forced: w.force}
	when, why, err := x.Eval(s.When, env)
	if err != nil || when == runbooks.Unknown {
		t.Errorf("%s: when %s is %s: %v %v", s.ID, s.When, when, why, err)
	}
	if when == runbooks.False {
		return
	}
	w.did, w.force = append(w.did, s.ID), w.force || runbooks.Forces(s)
	predicted, _ := runbooks.PredictStep(w.topo, s, before, vantage)
	k, _ := runbooks.KindOf(s.Kind)
	for _, op := range k.Model(w.topo, s.With, before) {
		var answer dag.Answer
		w.state, answer = dag.Do(w.topo, w.state, op)
		if answer.Code != dag.OK {
			t.Errorf("%s: %s %s", s.ID, answer.Code, answer.Subject)
		}
	}
	atOnce := w.observe(vantage)
	w.state, _ = dag.Settle(w.topo, w.state)
	if s.With.TTL > 0 {
		w.ttl = s.With.TTL
	}
	if s.With.Restore {
		w.ttl = 0
	}
	after := w.observe(vantage)
	for what, seen := range map[string]dag.Facts{"at once": atOnce, "settled": after} {
		if s.Kind == "dns.ttl" && what == "at once" {
			continue // the TTLs of this world change after the model
		}
		for _, d := range runbooks.Drift(w.topo, s, before, predicted, seen) {
			t.Errorf("%s, %s: %s predicted %q, observed %q", s.ID, what, d.Path, d.Predicted.Text, d.Observed.Text)
		}
	}
	for _, v := range runbooks.Unseen(w.topo, s, before, predicted, after) {
		t.Errorf("%s: %s cannot be seen", s.ID, v.Path)
	}
	env.Facts, env.Forced = after, w.force
	if got, why, err := x.Eval(s.Expect, env); got != runbooks.True || err != nil {
		t.Errorf("%s: expect %s is %s: %v %v", s.ID, s.Expect, got, why, err)
	}
}

// checkReady evaluates every check of the plan's first step.
func checkReady(t *testing.T, topo *dag.Topology, plan *runbooks.Plan, f dag.Facts) {
	t.Helper()
	params := map[string]string{}
	for _, p := range plan.Parameters {
		params[p.Name] = p.Value
	}
	for _, id := range plan.Step("ready").With.Checks {
		if r := runbooks.EvaluateCheck(id, topo, f, params); r.Level == runbooks.Fails || r.Level == runbooks.CannotCheck {
			t.Errorf("%s: %s: %s (%s)", id, r.Level, r.Text, r.Evidence)
		}
	}
}

// The whole way there and back, seen from a third place and from DR.
func TestSwitchoverAndFailback(t *testing.T) {
	tests := []struct {
		name    string
		topo    *dag.Topology
		vantage int
	}{{"reference from Branch", reference(), 2}, {"reference from DR", reference(), 1}, {"two servers in DR", withTwoInDR(), 2}, {"SE, 16 members", large(12), 1}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &world{topo: tt.topo, state: dag.New(tt.topo)}
			w.event(dag.Event{Kind: dag.EvSite, Site: 0})
			there := compile(t, "switchover", tt.topo, "Prod", "DR")
			checkReady(t, tt.topo, there, w.observe(tt.vantage))
			w.carryOut(t, there, tt.vantage)
			mounted(t, w, 1)
			w.event(dag.Event{Kind: dag.EvSite, Site: 0, On: true})
			back := compile(t, "failback", tt.topo, "DR", "Prod")
			checkReady(t, tt.topo, back, w.observe(tt.vantage))
			w.carryOut(t, back, tt.vantage)
			mounted(t, w, 0)
			if w.ttl != 0 {
				t.Error("the TTL is not put back")
			}
		})
	}
}

// A site that is cut off but lives is not harmless until a person switches it off out of band; then DR may be forced, and nothing is
// mounted twice.
func TestCutOffIsFenced(t *testing.T) {
	for vantage := 1; vantage <= 2; vantage++ {
		w := &world{topo: reference(), state: dag.New(reference())}
		for other := 1; other <= 2; other++ {
			w.event(dag.Event{Kind: dag.EvLink, Site: 0, Other: other})
			w.event(dag.Event{Kind: dag.EvLink, Site: other, Other: 0})
		}
		plan := compile(t, "switchover", w.topo, "Prod", "DR")
		checkReady(t, w.topo, plan, w.observe(vantage))
		for i := range 2 {
			if ok, _ := runbooks.Harmless(w.topo, w.observe(vantage), i); ok {
				t.Error("a member that only does not answer is taken for harmless")
			}
		}
		w.state, _ = dag.Do(w.topo, w.state, dag.Op{Kind: dag.OpPower, Members: 3, Power: dag.HeldOff})
		w.carryOut(t, plan, vantage)
		mounted(t, w, 1)
		for i := range 2 {
			if ok, why := runbooks.Harmless(w.topo, w.observe(vantage), i); !ok {
				t.Error(why)
			}
		}
		if db := dag.MountedTwice(w.topo, &w.state); len(db) > 0 {
			t.Error(db)
		}
	}
}

func mounted(t *testing.T, w *world, site int) {
	t.Helper()
	f := w.observe(site)
	for d := range w.topo.Databases {
		m := w.topo.MemberIndex(f.Databases[d].MountedOn.Value)
		if m < 0 || w.topo.Members[m].Site != site {
			t.Errorf("%s is mounted on %q", w.topo.Databases[d].Name, f.Databases[d].MountedOn.Value)
		}
	}
	for i := range f.DNS {
		if f.DNS[i].Sites.Known && !f.DNS[i].LeadTo(w.topo.Sites[site].Name) {
			t.Errorf("a name leads to %s", f.DNS[i].Sites.Value)
		}
	}
}

// The prediction of a whole plan says what it will do, and what it cannot know.
func TestPredict(t *testing.T) {
	topo := reference()
	w := &world{topo: topo, state: dag.New(topo)}
	w.event(dag.Event{Kind: dag.EvSite, Site: 0})
	plan := compile(t, "switchover", topo, "Prod", "DR")
	changed, skipped := map[string]string{}, 0
	for _, p := range runbooks.Predict(topo, plan, w.state, 2) {
		if p.Failed {
			t.Errorf("%s: failed: %v", p.Step, p.Notes)
		}
		if p.Skipped {
			skipped++
		}
		for _, c := range p.Changed {
			changed[p.Step+" "+c.Path] = c.Before.Text + " -> " + c.After.Text
		}
	}
	if skipped != 27 { // what is for a planned one, for DAC Off, for servers that answer, for a DR that holds quorum
		t.Errorf("%d of %d steps are skipped", skipped, len(plan.Steps))
	}
	for path, want := range map[string]string{
		"stop sites/DR/stopped":                            " -> EX2010-1, EX2010-2",
		"restore members/EX2010-3/witness_in_use":          " -> Alternate",
		"activate/DB1 databases/DB1/mounted_on":            " -> EX2010-3",
		"names dns/10.0.2.5:53/internal.test.local/sites":  "Prod -> DR",
		"calls redirectors/10.0.2.30:5060/site":            "Prod -> DR",
		"release copies/DB1/EX2010-3/activation_suspended": "true -> false",
	} {
		if changed[path] != want {
			t.Errorf("%s: %q, want %q", path, changed[path], want)
		}
	}
}

// A DR that holds quorum by itself is not stopped and restored (no-force-with-quorum); the rest is done.
func TestQuorumIsNotForced(t *testing.T) {
	topo := withTwoInDR()
	topo.Witness.Site = 2
	w := &world{topo: topo, state: dag.New(topo)}
	w.event(dag.Event{Kind: dag.EvSite, Site: 0})
	plan := compile(t, "switchover", topo, "Prod", "DR")
	skipped := map[string]bool{}
	for _, p := range runbooks.Predict(topo, plan, w.state, 2) {
		skipped[p.Step] = p.Skipped
	}
	if !skipped["restore"] || !skipped["cluster-stop"] || skipped["stop"] || skipped["names"] {
		t.Error(skipped)
	}
	w.carryOut(t, plan, 2)
	mounted(t, w, 1)
	w.event(dag.Event{Kind: dag.EvSite, Site: 0, On: true})
	w.carryOut(t, compile(t, "failback", topo, "DR", "Prod"), 2)
	mounted(t, w, 0)
}

func withTwoInDR() *dag.Topology {
	two := reference()
	two.Members = append(two.Members, dag.Member{Name: "EX2010-4", FQDN: "ex2010-4.test.local", Site: 1, Dial: dag.GoodAvailability, Policy: dag.Unrestricted})
	two.Databases[0].Copies = append(two.Databases[0].Copies, dag.Copy{Member: 3, Preference: 4})
	return two
}

func TestDrift(t *testing.T) {
	topo := reference()
	w := &world{topo: topo, state: dag.New(topo)}
	w.event(dag.Event{Kind: dag.EvSite, Site: 0})
	plan := compile(t, "switchover", topo, "Prod", "DR")
	before := w.observe(1)
	stop, names := plan.Step("stop"), plan.Step("names")
	predicted, paths := runbooks.PredictStep(topo, stop, before, 1)
	if len(paths) == 0 || strings.Contains(strings.Join(paths, " "), "queue") {
		t.Errorf("compared: %v", paths)
	}
	// It answered, and nothing happened: that is drift.
	drift := runbooks.Drift(topo, stop, before, predicted, before)
	if len(drift) != 2 || drift[0].Path != "sites/DR/started" || drift[1].Predicted.Text != "EX2010-1, EX2010-2" {
		t.Errorf("%+v", drift)
	}
	// The directory does not answer any more: that is no drift, but nobody knows.
	dark := w.observe(1)
	dark.Sites[1].Started, dark.Sites[1].Stopped = dag.Unknown[[]string]("dc-dr", "no answer"), dag.Unknown[[]string]("dc-dr", "no answer")
	if drift := runbooks.Drift(topo, stop, before, predicted, dark); len(drift) != 0 {
		t.Errorf("%+v", drift)
	}
	if unseen := runbooks.Unseen(topo, stop, before, predicted, dark); len(unseen) != 2 {
		t.Errorf("%+v", unseen)
	}
	// What is not in the footprint is simply taken over.
	other := w.observe(1)
	other.Sites[1].Started, other.Sites[1].Stopped = predicted.Sites[1].Started, predicted.Sites[1].Stopped
	other.Members[2].Policy = dag.Know(dag.Blocked, "somebody")
	if drift := runbooks.Drift(topo, stop, before, predicted, other); len(drift) != 0 {
		t.Errorf("%+v", drift)
	}
	predicted, _ = runbooks.PredictStep(topo, names, before, 1)
	if drift := runbooks.Drift(topo, names, before, predicted, before); len(drift) != 4 {
		t.Errorf("%+v", drift)
	}
}
