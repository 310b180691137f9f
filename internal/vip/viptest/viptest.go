// Package viptest is the conformance suite of vip: what every load balancer with this control must do for the driver.
package viptest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"siteswap/internal/vip"
)

// Fault is what goes wrong with the next change that a far end takes.
type Fault int

// The faults. Each effect is whole or absent, so that what is read afterwards is certain.
const (
	None             Fault = iota
	FailedNotDone          // an error is answered, nothing is done
	LostNotDone            // no answer, nothing is done
	FailedThoughDone       // an error is answered, all of it is done
	LostThoughDone         // no answer, all of it is done
)

// Done says whether the change has its effect.
func (f Fault) Done() bool { return f == None || f == FailedThoughDone || f == LostThoughDone }

// Servers are those that a new far end has in its pool, all of them enabled.
func Servers() []string { return []string{"EX2010-1", "EX2010-2"} }

// New makes a far end with Servers in its pool and the fault armed.
type New func(t *testing.T, fault Fault) *vip.Pool

// patience is how long a lost answer is waited for.
const patience = 500 * time.Millisecond

// Run runs the suite.
func Run(t *testing.T, makeFarEnd New) {
	t.Run("drain and enable", func(t *testing.T) { drain(t, makeFarEnd(t, None)) })
	t.Run("a server that is not in the pool", func(t *testing.T) {
		p := makeFarEnd(t, None)
		_, err := p.Set(context.Background(), "EX/9 x", false, vip.By{Run: "r-1"})
		if err == nil || errors.Is(err, vip.ErrNoAnswer) {
			t.Errorf("drain of a stranger: %v, want a refusal", err)
		}
		want(t, p, true)
	})
	for name, f := range map[string]Fault{"failed, not done": FailedNotDone, "lost, not done": LostNotDone, "failed though done": FailedThoughDone, "lost though done": LostThoughDone} {
		t.Run(name, func(t *testing.T) { fault(t, makeFarEnd(t, f), f) })
	}
}

func drain(t *testing.T, p *vip.Pool) {
	want(t, p, true)
	for _, enabled := range []bool{false, false, true, true} { // the same again changes nothing
		m, err := p.Set(context.Background(), Servers()[0], enabled, vip.By{Run: "r-1", Step: "drain", Attempt: 1})
		if err != nil || m.Server != Servers()[0] || m.Enabled != enabled {
			t.Fatalf("set enabled %t: %+v, %v", enabled, m, err)
		}
		want(t, p, enabled)
	}
}

// want compares what the pool shows: the second server is never touched.
func want(t *testing.T, p *vip.Pool, enabled bool) {
	t.Helper()
	ms, err := p.Members(context.Background())
	if err != nil || len(ms) != len(Servers()) {
		t.Fatalf("members: %+v, %v", ms, err)
	}
	for i, name := range Servers() {
		if ms[i].Server != name || ms[i].Enabled != (enabled || i > 0) {
			t.Errorf("member %d is %+v; want %s, enabled %t", i, ms[i], name, enabled || i > 0)
		}
	}
}

func fault(t *testing.T, p *vip.Pool, f Fault) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := p.Set(ctx, Servers()[0], false, vip.By{Run: "r-1", Step: "drain", Attempt: 1})
	lost := f == LostNotDone || f == LostThoughDone
	if err == nil || errors.Is(err, vip.ErrNoAnswer) != lost || !strings.Contains(err.Error(), p.Control) {
		t.Errorf("error %v; want one that names the control, lost: %t", err, lost)
	}
	want(t, p, !f.Done())
}
