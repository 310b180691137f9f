package act_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"siteswap/dag"
	"siteswap/internal/lab/labtest"
)

// TestWalk goes wherever faults, operations and what the world does by itself lead, in an order drawn from a seed, and
// compares what the drivers see with the model now and then, also amid operations.
func TestWalk(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, ex2016)
			rng := rand.New(rand.NewPCG(seed, 7))
			for stop := range 4 {
				r.freeze()
				trail := ""
				for range 12 {
					e := r.next(rng)
					r.lab.World().Apply(e)
					trail += " " + e.Name()
				}
				r.same(fmt.Sprintf("stop %d, after%s", stop, trail))
				r.freeze()
			}
		})
	}
}

// next is something that may happen now: of what the world does by itself most often, else a fault, a repair, an operation.
func (r *rig) next(rng *rand.Rand) dag.Event {
	s := r.state()
	if pending := dag.Pending(r.topology, &s); len(pending) > 0 && rng.IntN(3) > 0 {
		return pending[rng.IntN(len(pending))]
	}
	site, member, on := rng.IntN(2), rng.IntN(3), rng.IntN(3) > 0
	set := dag.Set(0).Add(member)
	op := func(o dag.Op) dag.Event {
		o.From, o.Members, o.Member, o.Site, o.Witness = site, set, member, site, dag.WitnessAlternate
		return dag.Event{Kind: dag.EvBegin, Op: o}
	}
	options := []dag.Event{
		{Kind: dag.EvServer, Member: member, On: on}, {Kind: dag.EvHang, Member: member, On: !on}, {Kind: dag.EvService, Member: member, On: on},
		{Kind: dag.EvFront, Member: member, On: on}, {Kind: dag.EvDirectory, Site: site, On: on}, {Kind: dag.EvWitness, Site: site, On: on},
		{Kind: dag.EvShare, Site: site, On: on}, {Kind: dag.EvLink, Site: site, Other: 1 - site, On: on}, {Kind: dag.EvSite, Site: labtest.Prod, On: on},
		{Kind: dag.EvWrite, Member: 0, N: int64(1 + rng.IntN(9))}, {Kind: dag.EvInvalidCopy, Member: member},
		op(dag.Op{Kind: dag.OpStop, ConfigurationOnly: on}), op(dag.Op{Kind: dag.OpRestore}), op(dag.Op{Kind: dag.OpStart}), op(dag.Op{Kind: dag.OpSet}),
		op(dag.Op{Kind: dag.OpActivate, Dial: dag.BestEffort, SkipHealth: true}), op(dag.Op{Kind: dag.OpClusterStop}), op(dag.Op{Kind: dag.OpClusterStart, Force: !on}),
		op(dag.Op{Kind: dag.OpEvict}), op(dag.Op{Kind: dag.OpCleanup}), op(dag.Op{Kind: dag.OpBlock}), op(dag.Op{Kind: dag.OpResume}), op(dag.Op{Kind: dag.OpReseed}),
		op(dag.Op{Kind: dag.OpPolicy, Policy: dag.Blocked}), op(dag.Op{Kind: dag.OpPreference, On: on}), op(dag.Op{Kind: dag.OpPower, Power: dag.HeldOff}),
		op(dag.Op{Kind: dag.OpQuorum, Model: dag.NodeFileShareMajority}), op(dag.Op{Kind: dag.OpDismount}), op(dag.Op{Kind: dag.OpMount}),
	}
	return options[rng.IntN(len(options))]
}
