package run_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// flight is one attempt that the present leader carries out.
type flight struct {
	attempt
	before *dag.Facts
	effect run.Effect
	acted  bool
	began  time.Time
}

// chaos is a sim in which everything happens in any order: leaders die, answers are lost or lie, people change their minds,
// servers come and go.
type chaos struct {
	*sim
	rt    *rapid.T
	rnd   *rand.Rand // rapid's own draws lean to small numbers
	air   []*flight
	lands map[string]time.Time // until when an effect of a step may still appear
	last  map[string]int       // attempt of the last INTENT, by step
}

func (c *chaos) chance(percent int) bool { return c.rnd.IntN(100) < percent }

func pick[T any](c *chaos, of ...T) T { return of[c.rnd.IntN(len(of))] }

// decide takes one of the decisions, as a leader takes them one after the other.
func (c *chaos) decide() bool {
	ds := run.Next(c.run(), c.input(), c.x)
	if len(ds) == 0 {
		return false
	}
	d := pick(c, ds...)
	c.must(d.Entry)
	in := d.Entry.Intent
	if in == nil {
		return true
	}
	if in.Attempt != c.last[in.Step]+1 {
		c.rt.Fatalf("%s: attempt %d after %d", in.Step, in.Attempt, c.last[in.Step])
	}
	c.last[in.Step] = in.Attempt
	c.opened[in.Step] = c.now
	if d.Act {
		if until := c.lands[in.Step]; c.now.Before(until) {
			c.rt.Fatalf("%s: attempt %d begins although the one before may land for %s", in.Step, in.Attempt, until.Sub(c.now))
		}
		c.flying[in.Step] = true
		c.air = append(c.air, &flight{attempt: attempt{c.id, in.Step, in.Attempt}})
	}
	return true
}

// fly takes one attempt that is under way one stage further.
func (c *chaos) fly() {
	if len(c.air) == 0 {
		return
	}
	i := c.rnd.IntN(len(c.air))
	f := c.air[i]
	p, st := c.run().Plan.Step(f.step), c.step(f.step)
	if !f.acted {
		f.before = c.facts()
		f.began = c.now
		if ref := run.Recheck(c.run(), f.step, c.input()); ref != nil {
			c.land(i, run.Result{Step: f.step, Attempt: f.number, State: run.Refused, Refusal: ref, Text: "refused by " + ref.Rule})
			return
		}
		if c.sent[f.attempt]++; c.sent[f.attempt] > 1 {
			c.rt.Fatalf("%v is sent twice", f.attempt)
		}
		f.acted = true
		c.lands[f.step] = c.now.Add(st.Intent.Lands)
		f.effect = c.world(p, st, f.before)
		return
	}
	in := c.input()
	in.Final = c.now.Sub(f.began) >= st.Intent.Lands
	if res := run.Judge(c.run(), f.step, f.before, f.effect, in, c.x); res.State != run.Unknown || in.Final {
		c.land(i, res)
	}
}

// world lets the effect happen, or not, and answers truly, or not.
func (c *chaos) world(p *runbooks.Step, st *run.Step, before *dag.Facts) run.Effect {
	switch {
	case c.chance(4):
		return run.Effect{State: run.Unknown, Error: "no answer"}
	case c.chance(3):
		return run.Effect{State: run.Failed, Error: "0x46", Retry: true}
	case c.chance(1):
		return run.Effect{State: run.Done}
	}
	e := c.act(p, st.Intent.Choice, before)
	if c.chance(20) {
		return run.Effect{State: run.Unknown, Error: "no answer"}
	}
	return e
}

// land ends a flight with its RESULT: from now on nothing of it can appear any more, but for what was not answered.
func (c *chaos) land(i int, res run.Result) {
	f := c.air[i]
	if !f.acted || f.effect.State != run.Unknown {
		delete(c.lands, f.step)
	}
	c.air = append(c.air[:i], c.air[i+1:]...)
	delete(c.flying, f.step)
	c.must(run.Entry{Type: run.EntryResult, Critical: true, Result: &res})
}

// newLeader: what was under way is left as it is.
func (c *chaos) newLeader() {
	c.air, c.flying = nil, map[string]bool{}
	for _, st := range c.run().Steps {
		if st.State == run.Acting {
			c.opened[st.ID] = c.now
		}
	}
}

// say is something that a person asks for; what cannot be done is refused, and that is all.
func (c *chaos) say() {
	r := c.run()
	id := pick(c, r.Plan.Steps...).ID
	switch pick(c, "pause", "resume", "resume", "approve", "approve", "deny", "override", "abort") {
	case "pause":
		c.must(of(run.EntryPause))
	case "resume":
		c.must(of(run.EntryResume))
	case "approve":
		c.must(run.Entry{Type: run.EntryApprove, Critical: true, Approval: &run.Approval{Step: id, By: "anna", Ceiling: map[string]int64{"DB1": 6}}})
	case "deny":
		if c.chance(20) {
			_ = c.apply(denyOf(id))
		}
	case "override":
		_ = c.override(id, nil, "anna")
	case "abort":
		if c.chance(20) {
			c.must(of(run.EntryAbort))
		}
	}
}

// happen is something of the world.
func (c *chaos) happen() {
	switch pick(c, "dark", "light", "light", "site", "server") {
	case "dark":
		m := c.rnd.IntN(3)
		c.blind = func(f *dag.Facts) {
			f.Members[m] = dag.MemberFacts{Power: f.Members[m].Power}
			f.Sites = f.Sites[:1]
			f.DNS = nil
		}
	case "light":
		c.blind = nil
	case "site":
		c.site(0, c.chance(50))
	case "server":
		c.event(dag.Event{Kind: dag.EvServer, Member: 2, On: c.chance(50)})
	}
	if twice := dag.MountedTwice(c.topo, &c.state); len(twice) > 0 {
		c.rt.Fatalf("mounted twice: %v", twice)
	}
}

// Whatever happens in whatever order: no attempt is sent twice, attempts count up, none begins while the one before may still
// land, nothing is mounted twice, and once the world is well and somebody says yes the run ends.
func TestAnyOrder(t *testing.T) {
	there := compile(t, "switchover", reference(), "Prod", "DR")
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue { // a run takes long: fewer of them
		_ = f.Value.Set("25")
		defer func() { _ = f.Value.Set(f.DefValue) }()
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := newSim(rt, reference())
		s.quick = true
		s.site(0, false)
		s.start("r-1", there, rapid.Bool().Draw(rt, "hold"))
		c := &chaos{sim: s, rt: rt, rnd: rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1)), lands: map[string]time.Time{}, last: map[string]int{}}
		for range rapid.IntRange(0, 120).Draw(rt, "moves") {
			if c.run().Outcome != "" {
				break
			}
			c.move()
		}
		c.calm()
	})
}

func (c *chaos) move() {
	switch n := c.rnd.IntN(100); {
	case n < 40:
		c.decide()
	case n < 75:
		c.fly()
	case n < 80:
		c.newLeader()
	case n < 90:
		c.now = c.now.Add(time.Duration(1+c.rnd.IntN(90)) * time.Second)
	case n < 98:
		c.say()
	default:
		c.happen()
	}
}

// calm: the world is well, one leader works, and people say yes; after a long time they give up.
func (c *chaos) calm() {
	c.blind = nil
	c.event(dag.Event{Kind: dag.EvServer, Member: 2, On: true})
	c.site(1, true)
	for i := range 600 {
		r := c.run()
		if r.Outcome != "" {
			c.ended(r)
			return
		}
		if r.Paused {
			c.must(of(run.EntryResume))
		}
		for len(c.air) > 0 {
			c.fly()
			c.now = c.now.Add(20 * time.Second)
		}
		if !c.decide() {
			approveAll(c.sim, r)
			c.now = c.now.Add(20 * time.Second)
		}
		if i == 400 {
			e := of(run.EntryAbort)
			e.Text = "given up"
			c.must(e)
		}
	}
	c.rt.Fatalf("the run does not end: %s", encode(c.run().Steps))
}

// ended: the outcome says why, and nothing is open.
func (c *chaos) ended(r *run.Run) {
	if r.Outcome != run.OutcomeDone && r.Why == "" && !r.Aborting {
		c.rt.Fatalf("%s without a reason", r.Outcome)
	}
	for i, st := range r.Steps {
		if st.State == run.Acting {
			c.rt.Fatalf("%s is open", st.ID)
		}
		if r.Outcome == run.OutcomeDone && st.State != run.Done && st.State != run.Skipped && r.Plan.Steps[i].OnFailure != runbooks.OnFailureAsk {
			c.rt.Fatalf("%s is %s in a run that is done", st.ID, st.State)
		}
	}
	if len(run.Next(r, c.input(), c.x)) > 0 {
		c.rt.Fatalf("a run that has ended decides")
	}
	if fmt.Sprint(run.NotPutBack(r)) != "[]" && r.Outcome == run.OutcomeDone {
		c.rt.Fatalf("done, and not put back: %v", run.NotPutBack(r))
	}
}
