package runbooks_test

import (
	"slices"
	"testing"

	"siteswap/dag"
	"siteswap/runbooks"
)

func serverCases() []checkCase {
	one := map[string]string{"server": "EX2010-1"}
	last := map[string]string{"server": "EX2010-3"}
	run := there("Prod", "DR")
	// switched is DR after a switchover: EX2010-3 alone, with the alternate witness.
	switched := func(t *dag.Topology) dag.Facts {
		s := dag.New(t)
		s, _ = dag.Apply(t, s, dag.Event{Kind: dag.EvSite, Site: 0})
		s, _ = dag.Settle(t, s)
		s, _ = dag.Do(t, s, dag.Op{Kind: dag.OpStop, From: 1, Members: 3, ConfigurationOnly: true})
		s, _ = dag.Do(t, s, dag.Op{Kind: dag.OpRestore, From: 1, Site: 1, Witness: dag.WitnessAlternate})
		s, _ = dag.Settle(t, s)
		return dag.Observe(t, &s, 1)
	}
	with := func(from func(*dag.Topology) dag.Facts, change func(*dag.Facts)) func(*dag.Topology) dag.Facts {
		return func(t *dag.Topology) dag.Facts { f := from(t); change(&f); return f }
	}
	even := func(change func(*dag.Facts)) func(*dag.Topology) dag.Facts {
		return with(healthy, func(f *dag.Facts) {
			for m := range f.Members {
				f.Members[m].Nodes = dag.Know([]string{"EX2010-1", "EX2010-3"}, "x")
				f.Members[m].Up = dag.Know([]string{"EX2010-1", "EX2010-3"}, "x")
				f.Members[m].Model, f.Members[m].Witness = dag.Know(dag.NodeFileShareMajority, "x"), dag.Know(dag.WitnessPrimary, "x")
			}
			change(f)
		})
	}
	return []checkCase{
		{"server", "server-answers", healthy, one, ok, "EX2010-1 answers"},
		{"dead server", "server-answers", lost, one, fail, "does not answer"},
		{"no server", "server-answers", healthy, run, fail, "no server is named"},
		{"another copy", "copies-elsewhere", healthy, one, ok, "a healthy copy elsewhere"},
		{"no other copy", "copies-elsewhere", with(healthy, func(f *dag.Facts) {
			f.Databases[0].Copies[1].Status, f.Databases[0].Copies[2].Status = dag.Know(dag.CopyFailed, "x"), dag.Know(dag.CopySuspended, "x")
		}), one, fail, "no other server can take DB1"},
		{"it mounts nothing", "copies-elsewhere", switched, map[string]string{"server": "EX2010-2"}, ok, "EX2010-2"},
		{"majority", "quorum-without", healthy, one, ok, "without EX2010-1 2 of 3 votes are up"},
		{"no majority", "quorum-without", even(func(f *dag.Facts) { f.Sites[0].Witness = dag.Know(false, "x") }), one, fail, "without EX2010-1 1 of 3 votes are up"},
		{"its witness votes", "quorum-without", even(func(*dag.Facts) {}), one, ok, "2 of 3"},
		{"consensus", "automount-consensus", healthy, one, ok, "every Started member answers"},
		{"no consensus", "automount-consensus", with(healthy, func(f *dag.Facts) { f.Members[2].Answers = dag.Know(false, "x") }), one, warn, "EX2010-3 does not answer"},
		{"consensus without DAC", "automount-consensus", func(t *dag.Topology) dag.Facts { t.Mode = dag.Off; return lost(t) }, one, ok, "asks nobody"},
		{"not the last", "no-co-reboot", healthy, one, ok, "are up"},
		{"the last", "no-co-reboot", switched, last, fail, "the only member that is up"},
		{"odd", "witness-votes", healthy, one, ok, "need no witness"},
		{"even", "witness-votes", even(func(*dag.Facts) {}), one, ok, "dc.test.local can be used"},
		{"even, masked", "witness-votes", even(func(f *dag.Facts) { f.Sites[0].Witness = dag.Know(false, "x") }), one, warn, "its vote is needed"},
		{"even, wrong model", "witness-votes", even(func(f *dag.Facts) { f.Members[0].Model = dag.Know(dag.NodeMajority, "x") }), one, warn, "run the bare Set"},
		{"witness in use", "witness-in-use", healthy, one, ok, "None"},
		{"still the alternate", "witness-in-use", switched, last, warn, "WitnessShareInUse is Alternate"},
		{"one cluster", "one-cluster", healthy, one, ok, "one cluster"},
		{"two clusters", "one-cluster", with(healthy, func(f *dag.Facts) { f.Members[2].Nodes = dag.Know([]string{"EX2010-3"}, "x") }), one, fail, "in one of EX2010-3"},
		{"in service", "in-service", healthy, run, ok, "in maintenance"},
		{"paused", "in-service", with(healthy, func(f *dag.Facts) { f.Members[2].Paused = dag.Know(true, "x") }), run, warn, "EX2010-3 is paused"},
		{"index", "content-index", healthy, run, ok, "content index"},
		{"index failed", "content-index", with(healthy, func(f *dag.Facts) { f.Databases[0].Copies[2].Index = dag.Know(dag.IndexFailed, "x") }), run, warn, "Failed"},
		{"space", "log-space", healthy, run, ok, "room"},
		{"no space", "log-space", with(lost, func(f *dag.Facts) { f.Members[2].Disk = dag.Know(false, "x") }), map[string]string{"from": "Prod", "to": "DR", "mode": "planned"}, fail, "EX2010-3"},
	}
}

// Maintenance of a server: everything goes to another server of its site, and nothing is left frozen.
func TestMaintenance(t *testing.T) {
	newer := reference()
	newer.Exchange, newer.Windows = dag.Version{Release: 2016, CU: 23}, "2012 R2"
	for name, topo := range map[string]*dag.Topology{"2010": reference(), "2016": newer} {
		t.Run(name, func(t *testing.T) {
			w := &world{topo: topo, state: dag.New(topo)}
			plan := compileWith(t, "server-maintenance", topo, map[string]string{"server": "EX2010-1"})
			params := map[string]string{"server": "EX2010-1"}
			for _, id := range plan.Step("ready").With.Checks {
				if r := runbooks.EvaluateCheck(id, topo, w.observe(0), params); r.Level != runbooks.Passes {
					t.Errorf("%s: %s: %s", id, r.Level, r.Text)
				}
			}
			w.carryOut(t, plan, 0)
			f := w.observe(0)
			if on := f.Databases[0].MountedOn.Value; on != "EX2010-2" {
				t.Errorf("DB1 is mounted on %q", on)
			}
			m := f.Members[0]
			if m.Policy.Value != dag.Unrestricted || m.Paused.Value || m.MoveNow.Value || !m.InService.Value || !m.Transport.Value {
				t.Errorf("left frozen: %+v", m)
			}
			if !slices.Contains(w.did, "drain") || !slices.Contains(w.did, "resume") {
				t.Error(w.did)
			}
		})
	}
}
