package lab_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/dnsupdate"
	"siteswap/internal/exchange"
	"siteswap/internal/exchange/wire"
	"siteswap/internal/lab"
	"siteswap/internal/lab/cmdlets"
	"siteswap/internal/lab/labtest"
)

// TestLeftFrozen sees each thing that is changed for the time being, and nothing once it is put back.
func TestLeftFrozen(t *testing.T) {
	t.Parallel()
	l, o := labtest.Start(t, func(o *lab.Options) { o.Topology.Exchange = dag.Version{Release: 2016, CU: 3} })
	w := l.World()
	prod := o.Topology.MembersOf(labtest.Prod)
	op := func(op dag.Op) func() { return func() { op.From = labtest.DR; labtest.Do(t, w, op) } }
	ttl := func(d time.Duration) func() {
		return func() {
			c := dns(t, o, outside(o), trust)
			target := o.Topology.Names[0].Targets[labtest.Prod]
			set, err := dnsupdate.Plan(dnsupdate.Change{Name: "internal.test.local", Zone: "test.local", Type: "A", TTL: d, Old: target, New: target})
			if err != nil {
				t.Fatal(err)
			}
			if out := c.Apply(context.Background(), c.Servers()[1], set); out.Result != dnsupdate.Done {
				t.Fatalf("%+v", out)
			}
		}
	}
	served := lab.ServedTTL(o.Topology.Names[0].TTL, labtest.Speed)
	for _, c := range []struct {
		change, back func()
		want         string
	}{
		{op(dag.Op{Kind: dag.OpPolicy, Members: prod, Policy: dag.Blocked}), op(dag.Op{Kind: dag.OpPolicy, Members: prod, Policy: dag.Unrestricted}), "activation policy of EX2010-1 is Blocked"},
		{op(dag.Op{Kind: dag.OpDial, Members: prod, Dial: dag.Lossless}), op(dag.Op{Kind: dag.OpDial, Members: prod, Dial: dag.GoodAvailability}), "mount dial of EX2010-2 is Lossless"},
		{op(dag.Op{Kind: dag.OpBlock, Member: 2}), op(dag.Op{Kind: dag.OpUnblock, Member: 2}), `activation of DB1\EX2010-3 is blocked`},
		{op(dag.Op{Kind: dag.OpPreference}), op(dag.Op{Kind: dag.OpPreference, On: true}), "PreferenceMoveFrequency is infinite"},
		{ttl(served + time.Second), ttl(served), "TTL of internal.test.local"},
	} {
		if left := l.LeftFrozen(); len(left) > 0 {
			t.Errorf("before %q: %v", c.want, left)
		}
		c.change()
		if left := l.LeftFrozen(); !slices.ContainsFunc(left, func(s string) bool { return strings.Contains(s, c.want) }) {
			t.Errorf("%v; want %q", left, c.want)
		}
		c.back()
		eventually(t, "nothing is left", func() bool { return len(l.LeftFrozen()) == 0 }) // a TTL replicates
	}
}

// TestPlant: each breach is one that the lab's own record shows, and a healthy lab shows none.
func TestPlant(t *testing.T) {
	t.Parallel()
	l, o := labtest.Start(t, ex2013)
	newMailer(t, o, o.VIPs[0].Address).acknowledged(2)
	lost := func() int { return l.Audit("DB1").Lost }
	for _, c := range []struct {
		invariant string
		shown     func() int
	}{
		{"lost-acknowledged", lost},
		{"mounted-twice", func() int { return len(l.Record().MountedTwice) }},
		{"left-frozen", func() int { return len(l.LeftFrozen()) }},
		{"effect-twice", func() int { return len(l.Record().EffectTwice) }},
	} {
		if n := c.shown(); n > 0 {
			t.Errorf("%s: shown %d times before it was planted", c.invariant, n)
		}
		l.Plant(c.invariant)
		if n := c.shown(); n != 1 {
			t.Errorf("%s: shown %d times, want once", c.invariant, n)
		}
	}
	l.Plant("no such thing")
}

// TestEffectTwice: the same call of the same attempt is an effect only once; another attempt, server or call is another effect.
func TestEffectTwice(t *testing.T) {
	t.Parallel()
	l, o := labtest.Start(t, nil)
	c := endpoints(o, outside(o))
	ctx := context.Background()
	policy := func(member string, p dag.ActivationPolicy, who exchange.Authority) {
		t.Helper()
		if r := c.SetMailboxServer(ctx, exchange.At{Server: "EX2010-3"}, who, member, p, ""); r.State != exchange.Done {
			t.Fatalf("%+v", r)
		}
	}
	policy("EX2010-1", dag.Blocked, by("freeze", 1))
	policy("EX2010-2", dag.Blocked, by("freeze", 1))
	policy("EX2010-1", dag.Blocked, by("freeze", 2))
	policy("EX2010-1", dag.Unrestricted, by("freeze", 2))
	policy("EX2010-1", dag.Blocked, by("other", 1))
	if twice := l.Record().EffectTwice; len(twice) > 0 {
		t.Errorf("five different effects: %v", twice)
	}
	policy("EX2010-1", dag.Blocked, by("freeze", 2))
	if twice := l.Record().EffectTwice; len(twice) != 1 || !strings.Contains(twice[0], "r-1/freeze/2") {
		t.Errorf("one effect twice: %v", twice)
	}
}

// TestAttemptsDoNotOverlap: an attempt that begins while a call of the one before is still at work is recorded; one that
// begins after that call ended, or was dropped, is not.
func TestAttemptsDoNotOverlap(t *testing.T) {
	t.Parallel()
	held, arrived := make(chan struct{}), make(chan struct{}, 1)
	l, o := labtest.Start(t, func(o *lab.Options) {
		o.Hooks.Cmdlet = func(p cmdlets.Point, c wire.Call, _ string) cmdlets.Action {
			switch {
			case p != cmdlets.Received || c.Run == "":
			case c.Step == "dropped" && c.Attempt == 1:
				return cmdlets.Drop
			case c.Step == "held" && c.Attempt == 1:
				arrived <- struct{}{}
				<-held
			}
			return cmdlets.Go
		}
	})
	c := endpoints(o, outside(o))
	call := func(step string, attempt int) exchange.Result {
		ctx, cancel := context.WithTimeout(context.Background(), trust)
		if step == "dropped" && attempt == 1 {
			cancel()
			ctx, cancel = context.WithTimeout(context.Background(), 200*time.Millisecond)
		}
		defer cancel()
		return c.SetMailboxServer(ctx, exchange.At{Server: "EX2010-3"}, by(step, attempt), "EX2010-1", dag.Blocked, "")
	}
	call("plain", 1)
	call("plain", 2)
	if r := call("dropped", 1); r.State != exchange.Unknown {
		t.Fatalf("dropped: %+v", r)
	}
	call("dropped", 2)
	if twice := l.Record().EffectTwice; len(twice) > 0 {
		t.Errorf("one after the other: %v", twice)
	}
	var all sync.WaitGroup
	all.Go(func() { call("held", 1) })
	<-arrived
	call("held", 2)
	close(held)
	all.Wait()
	if twice := l.Record().EffectTwice; len(twice) != 1 || !strings.Contains(twice[0], "attempt 2 of r-1/held began while attempt 1") {
		t.Errorf("overlapping: %v", twice)
	}
}

// TestMoments: the record shows servers, databases and pools as they change.
func TestMoments(t *testing.T) {
	t.Parallel()
	l, o := labtest.Start(t, nil)
	l.Server(0, false)
	rest(t, l, o)
	var got []string
	for _, m := range l.Record().Moments {
		got = append(got, m.Lane+" "+m.What+" "+map[bool]string{true: "up", false: "down"}[m.Up])
	}
	for _, want := range []string{"server EX2010-1  down", "database DB1 EX2010-1 down", "database DB1 EX2010-2 up"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among %q", want, got)
		}
	}
}
