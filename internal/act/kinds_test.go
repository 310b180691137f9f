package act_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/act"
	"siteswap/internal/lab"
	"siteswap/internal/lab/labtest"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// deed is one step on the emulated sites.
type deed struct {
	name   string
	change func(*lab.Options)
	before func(*rig) // what happened before; the world is at rest after it
	step   runbooks.Step
	choice run.Choice
	memory []run.Remembered
	still  bool // nothing is predicted to change
	text   string
}

var (
	ex1, ex2, ex3 = dag.Set(1), dag.Set(2), dag.Set(4)
	prod          = ex1 | ex2
	db1           = []string{"DB1"}
)

func lostProd(r *rig) { r.lab.FailSite(labtest.Prod) }

func markedStopped(r *rig) {
	lostProd(r)
	r.do(dag.Op{Kind: dag.OpStop, From: labtest.DR, Members: prod, ConfigurationOnly: true})
}

func restored(r *rig) {
	markedStopped(r)
	r.do(dag.Op{Kind: dag.OpRestore, From: labtest.DR, Site: labtest.DR, Witness: dag.WitnessAlternate})
	r.rest()
}

func returned(r *rig) {
	restored(r)
	r.lab.RestoreSite(labtest.Prod)
}

func movedToDR(r *rig) {
	r.do(dag.Op{Kind: dag.OpActivate, From: labtest.DR, Member: 2, Dial: dag.Lossless})
}

func diverged(r *rig) {
	r.lab.World().Update(func(s *dag.State) { s.Copy(0, 1).Status, s.Copy(0, 1).Diverged = dag.CopyFailedAndSuspended, true })
}

func dacOff(o *lab.Options) { o.Topology.Mode = dag.Off }

// spared has a server that can take a witness's place in each site.
func spared(o *lab.Options) {
	o.Topology.Spares = []dag.Witness{{Server: spare(0).Server, Site: labtest.Prod, Directory: spare(0).Directory}, {Server: spare(1).Server, Site: labtest.DR, Directory: spare(1).Directory}}
}

func spare(site int) *runbooks.Replacement {
	return &runbooks.Replacement{Server: []string{"fs2.test.local", "fs3.test.local"}[site], Directory: `C:\W`}
}

func ex2016(o *lab.Options) {
	o.Topology.Exchange, o.Topology.Windows = dag.Version{Release: 2016, CU: 3}, "2012 R2"
}

// drained is EX2010-1 in maintenance mode.
func drained(r *rig) {
	f := dag.Observe(r.topology, new(r.state()), labtest.DR)
	k, _ := runbooks.KindOf("server.drain")
	for _, op := range k.Model(r.topology, runbooks.Args{Server: "EX2010-1"}, f) {
		r.do(op)
	}
}

// deeds show every kind at least once.
func deeds() []deed {
	one := func(kind, server string) runbooks.Step { return step(kind, runbooks.Args{Server: server}) }
	site := func(kind, name string) runbooks.Step { return step(kind, runbooks.Args{Site: name}) }
	return slices.Concat(dagDeeds(), clusterDeeds(one), databaseDeeds(site), []deed{
		{name: "fence", before: lostProd, step: step("fence", runbooks.Args{Site: "Prod", By: []string{"power"}}), still: true, text: "EX2010-2: power off"},
		{name: "server.drain", change: ex2016, step: one("server.drain", "EX2010-1"), text: "DB1 to EX2010-2"},
		{name: "server.drain of 2010", step: one("server.drain", "EX2010-1"), text: "DB1 to EX2010-2"},
		{name: "server.resume", change: ex2016, before: drained, step: one("server.resume", "EX2010-1"), memory: []run.Remembered{{Key: "policy/EX2010-1", Value: "Unrestricted"}}},
		{name: "policy.freeze", step: site("policy.freeze", "Prod")},
		{name: "policy.freeze with moves home", change: ex2016, step: site("policy.freeze", "Prod")},
		{name: "policy.restore", change: ex2016, step: site("policy.restore", "Prod"), before: func(r *rig) {
			r.do(dag.Op{Kind: dag.OpPolicy, From: labtest.DR, Members: prod, Policy: dag.Blocked})
			r.do(dag.Op{Kind: dag.OpPreference, From: labtest.DR})
		}, memory: []run.Remembered{{Key: "policy/EX2010-1", Value: "Unrestricted"}, {Key: "policy/EX2010-2", Value: "Unrestricted"}, {Key: "preference", Value: "on"}}},
		{name: "dns.repoint", step: step("dns.repoint", runbooks.Args{To: "DR"})},
		{name: "dns.repoint with Prod dead", before: lostProd, step: step("dns.repoint", runbooks.Args{To: "DR"}), text: "owed"},
		{name: "dns.ttl", step: step("dns.ttl", runbooks.Args{TTL: 10 * time.Minute})},
		{name: "vip.drain", step: site("vip.drain", "Prod")},
		{name: "vip.drain of one", step: one("vip.drain", "EX2010-2")},
		{name: "vip.drain of a dead site", before: lostProd, step: site("vip.drain", "Prod"), still: true},
		{name: "vip.drain where there is no pool", step: site("vip.drain", "DR"), still: true, text: "has no pool"},
		{name: "um.reroute", step: step("um.reroute", runbooks.Args{To: "DR"})},
		{name: "um.reroute with Prod dead", before: lostProd, step: step("um.reroute", runbooks.Args{To: "DR"})},
		{name: "verify", step: step("verify", runbooks.Args{Probes: []string{"outlook", "owa", "um-call"}}), still: true, text: "served"},
	})
}

func dagDeeds() []deed {
	stop := func(with runbooks.Args) runbooks.Step { with.RunFrom = "DR"; return step("dag.stop", with) }
	return []deed{
		{name: "dag.stop of a dead site", before: lostProd, step: stop(runbooks.Args{Site: "Prod", ConfigurationOnly: "auto"}), choice: run.Choice{ConfigurationOnly: true}, text: "configuration only"},
		{name: "dag.stop of a whole site", before: movedToDR, step: stop(runbooks.Args{Site: "Prod", ConfigurationOnly: "auto"}), text: "stopped"},
		{name: "dag.stop of a site half dead", before: func(r *rig) { movedToDR(r); r.lab.Server(0, false) }, step: stop(runbooks.Args{Site: "Prod", ConfigurationOnly: "auto"}), text: "EX2010-1 marked stopped, configuration only; EX2010-2 stopped"},
		{name: "dag.stop of one", before: movedToDR, step: stop(runbooks.Args{Server: "EX2010-2", ConfigurationOnly: "false"})},
		{name: "dag.restore", before: markedStopped, step: step("dag.restore", runbooks.Args{Site: "DR", Witness: "auto", RunFrom: "DR"})},
		{name: "dag.start", before: returned, step: step("dag.start", runbooks.Args{Site: "Prod", RunFrom: "DR"})},
		{name: "dag.set", before: func(r *rig) {
			returned(r)
			r.rest()
			r.do(dag.Op{Kind: dag.OpStart, From: labtest.DR, Members: prod})
		}, step: step("dag.set", runbooks.Args{RunFrom: "DR"})},
		{name: "dag.set with other witnesses", change: spared, step: step("dag.set", runbooks.Args{RunFrom: "DR", NewWitness: spare(0), NewAlternate: spare(1)})},
		{name: "dag.restore with another alternate", change: spared, before: markedStopped,
			step: step("dag.restore", runbooks.Args{Site: "DR", RunFrom: "DR", NewAlternate: spare(1)})},
		{name: "dag.add", change: dacOff, before: func(r *rig) {
			r.do(dag.Op{Kind: dag.OpClusterStop, From: labtest.DR, Members: ex2})
			r.rest()
			r.do(dag.Op{Kind: dag.OpEvict, From: labtest.DR, Member: 1})
			r.do(dag.Op{Kind: dag.OpCleanup, From: labtest.DR, Member: 1})
		}, step: step("dag.add", runbooks.Args{Server: "EX2010-2", RunFrom: "DR"})},
	}
}

func clusterDeeds(one func(kind, server string) runbooks.Step) []deed {
	quorum := func(model dag.QuorumModel, witness string) runbooks.Step {
		return step("cluster.quorum", runbooks.Args{Model: string(model), Witness: witness, RunFrom: "DR"})
	}
	return []deed{
		{name: "cluster.stop", before: movedToDR, step: one("cluster.stop", "EX2010-2")},
		{name: "cluster.start", before: func(r *rig) { r.do(dag.Op{Kind: dag.OpClusterStop, From: labtest.DR, Members: ex2}) }, step: one("cluster.start", "EX2010-2")},
		{name: "cluster.start by force", change: dacOff, before: lostProd, step: step("cluster.start", runbooks.Args{Server: "EX2010-3", ForceQuorum: true})},
		{name: "cluster.evict", before: func(r *rig) { r.lab.Server(1, false) }, step: step("cluster.evict", runbooks.Args{Server: "EX2010-2", RunFrom: "DR"})},
		{name: "cluster.cleanup", before: func(r *rig) { r.do(dag.Op{Kind: dag.OpClusterStop, From: labtest.DR, Members: ex2}) }, step: one("cluster.cleanup", "EX2010-2")},
		{name: "cluster.quorum with the alternate witness", step: quorum(dag.NodeFileShareMajority, "alternate")},
		{name: "cluster.quorum with the primary witness", step: quorum(dag.NodeFileShareMajority, "primary")},
		{name: "cluster.quorum without a witness", before: func(r *rig) {
			r.do(dag.Op{Kind: dag.OpQuorum, From: labtest.DR, Model: dag.NodeFileShareMajority, Witness: dag.WitnessPrimary})
		}, step: quorum(dag.NodeMajority, "alternate")},
		{name: "cluster.move-group", step: step("cluster.move-group", runbooks.Args{Server: "EX2010-3", RunFrom: "DR"})},
	}
}

func databaseDeeds(site func(kind, name string) runbooks.Step) []deed {
	resync := func(reseed string) runbooks.Step {
		return step("db.resync", runbooks.Args{Site: "Prod", RunFrom: "DR", Until: "healthy", Reseed: reseed})
	}
	block := dag.Op{Kind: dag.OpBlock, From: labtest.DR, Member: 2}
	return []deed{
		{name: "db.activate", step: step("db.activate", runbooks.Args{Site: "DR", Databases: db1, Loss: "lossless"}),
			choice: run.Choice{Database: "DB1", Server: "EX2010-3", Dial: dag.Lossless}, text: "mounted on EX2010-3"},
		{name: "db.activate of a dismounted one", before: func(r *rig) { r.do(dag.Op{Kind: dag.OpDismount, From: labtest.DR}) },
			step:   step("db.activate", runbooks.Args{Site: "DR", Databases: db1, Loss: "lossless"}),
			choice: run.Choice{Database: "DB1", Server: "EX2010-3", Dial: dag.Lossless}},
		{name: "db.dismount", step: step("db.dismount", runbooks.Args{Databases: db1, RunFrom: "DR"})},
		{name: "db.mount", before: func(r *rig) { r.do(dag.Op{Kind: dag.OpDismount, From: labtest.DR}) }, step: step("db.mount", runbooks.Args{Databases: db1, RunFrom: "DR"})},
		{name: "db.resync of a suspended copy", before: func(r *rig) {
			r.lab.World().Update(func(s *dag.State) { s.Copy(0, 1).Status = dag.CopySuspended })
		}, step: resync("never"), text: "copies healthy"},
		{name: "db.resync of a diverged copy", before: diverged, step: resync("auto"), text: "copies healthy"},
		{name: "db.block", step: site("db.block", "DR")},
		{name: "db.unblock", before: func(r *rig) { r.do(block) }, step: site("db.unblock", "DR"), memory: []run.Remembered{{Key: "block/DB1/EX2010-3", Value: "false"}}},
		{name: "db.block by dial", change: func(o *lab.Options) { o.Topology.Exchange = dag.Version{Release: 2013, CU: 2} }, step: site("db.block", "DR")},
	}
}

// TestActDoesWhatItsKindPredicts: after every deed the drivers see, in all fields of its footprint, what the data half of
// its kind predicted from what they saw before.
func TestActDoesWhatItsKindPredicts(t *testing.T) {
	for _, d := range deeds() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, d.change)
			if d.before != nil {
				d.before(r)
			}
			r.rest()
			w, before := r.look()
			predicted, _ := runbooks.PredictStep(r.topology, &d.step, before, labtest.DR)
			if changed(r.topology, d.step, before, predicted) == d.still {
				t.Fatalf("the kind predicts a change: %t", !d.still)
			}
			e := w.Act(context.Background(), permit(d.name, 20*time.Second), d.step, d.choice, d.memory)
			if e.State != run.Done || !strings.Contains(e.Text, d.text) {
				fatalf(t, e, "text %q", e.Text)
			}
			r.comesTrue(w, d.step, before, predicted)
		})
	}
}

// look is what a controller in DR sees, with the world that saw it: at rest and before anything moved, what the model shows.
func (r *rig) look() (*act.World, dag.Facts) {
	r.Helper()
	s := r.state()
	want := dag.Observe(r.topology, &s, labtest.DR)
	for end := time.Now().Add(busy); time.Now().Before(end); {
		w := r.world(labtest.DR)
		if got := w.Observe(context.Background(), labtest.DR); len(differences(r.topology, &want, &got)) == 0 {
			return w, got
		}
	}
	r.Fatal("this machine is too busy to look at the emulated sites")
	return nil, want
}

// changed: a fact of the step's footprint is predicted to become another.
func changed(t *dag.Topology, s runbooks.Step, before, predicted dag.Facts) bool {
	k, _ := runbooks.KindOf(s.Kind)
	was, want := values(t, &before), values(t, &predicted)
	return slices.ContainsFunc(k.Footprint(t, s.With), func(p string) bool { return was[p].Text != want[p].Text || was[p].Known != want[p].Known })
}

func values(t *dag.Topology, f *dag.Facts) map[string]dag.Value {
	out := map[string]dag.Value{}
	for _, v := range dag.Flatten(t, f) {
		out[v.Path] = v
	}
	return out
}

// comesTrue waits until what is seen agrees with the prediction, without the leniency for what the world does later.
func (r *rig) comesTrue(w *act.World, s runbooks.Step, before, predicted dag.Facts) {
	r.Helper()
	r.rest()
	deadline := time.Now().Add(busy)
	for {
		after := w.Observe(context.Background(), labtest.DR)
		d := runbooks.Drift(r.topology, &s, predicted, predicted, after)
		unseen := runbooks.Unseen(r.topology, &s, before, predicted, after)
		if len(d) == 0 && len(unseen) == 0 {
			return
		}
		if time.Now().After(deadline) {
			r.Fatalf("not as predicted: %+v; not to be seen: %+v", d, unseen)
		}
	}
}

// TestEveryKindIsShown: none is left out of the deeds.
func TestEveryKindIsShown(t *testing.T) {
	shown := map[string]bool{}
	for _, d := range deeds() {
		shown[d.step.Kind] = true
	}
	shown["vip.enable"], shown["dns.ttl"] = true, true // TestPutBack
	for _, k := range act.Kinds() {
		if !shown[k] {
			t.Errorf("%s is never carried out by a test", k)
		}
	}
}
