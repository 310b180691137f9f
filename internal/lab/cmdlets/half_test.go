package cmdlets_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"siteswap/dag"
	"siteswap/internal/exchange/exchangetest"
	"siteswap/internal/exchange/wire"
	"siteswap/internal/lab/cmdlets"
)

// halfWorld is a world that can do half of an operation: it does none of it, which is half of what has one micro-step.
type halfWorld struct {
	*world
	halves int
}

func (w *halfWorld) DoHalf(context.Context, dag.Op) (dag.Answer, error) {
	w.halves++
	return dag.Answer{}, nil
}

func gate(action cmdlets.Action) cmdlets.Gate {
	return func(p cmdlets.Point, _ wire.Call, _ string) cmdlets.Action {
		if p == cmdlets.Received {
			return action
		}
		return cmdlets.Go
	}
}

// TestHalf: success is answered; of one operation the model does half, of several the first ones are done.
func TestHalf(t *testing.T) {
	w := &halfWorld{world: newWorld(exchangetest.Reference())}
	counted := 0
	s := cmdlets.New(cmdlets.Options{Model: w, Member: 0, Gate: gate(cmdlets.Half), Applied: func(string, string, int, string, string) { counted++ }})
	reply, answered := s.Serve(t.Context(), dismount(), time.Now())
	if !answered || len(reply.Errors) > 0 || w.halves != 1 || !mounted(w.world) || counted != 1 {
		t.Errorf("answered %t, %v; %d halves, mounted %t, counted %d", answered, reply.Errors, w.halves, mounted(w.world), counted)
	}
	two := wire.Call{Cmdlet: "Set-MailboxServer", Run: "r", Step: "s", Attempt: 1, NotAfter: time.Minute,
		Parameters: map[string]any{"Identity": "EX1", "DatabaseCopyAutoActivationPolicy": "Blocked", "AutoDatabaseMountDial": "Lossless", "Confirm": false}}
	if reply, answered = s.Serve(t.Context(), two, time.Now()); !answered || len(reply.Errors) > 0 {
		t.Fatalf("%t, %v", answered, reply.Errors)
	}
	st := w.Snapshot()
	if n := st.Nodes[0]; n.Policy != dag.Blocked || n.Dial == dag.Lossless {
		t.Errorf("policy %s, dial %s; the first of two operations is half of them", n.Policy, n.Dial)
	}
}

// TestHalfWithoutAHalver: a model that knows no halves does nothing.
func TestHalfWithoutAHalver(t *testing.T) {
	w := newWorld(exchangetest.Reference())
	s := cmdlets.New(cmdlets.Options{Model: w, Member: 0, Gate: gate(cmdlets.Half)})
	if reply, answered := s.Serve(t.Context(), dismount(), time.Now()); !answered || len(reply.Errors) > 0 || !mounted(w) {
		t.Errorf("%t, %v, mounted %t", answered, reply.Errors, mounted(w))
	}
}

// TestLate: success is answered at once, and the effect comes when its time is there, unless the server has died meanwhile.
func TestLate(t *testing.T) {
	for name, dies := range map[string]bool{"comes": false, "dies first": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(exchangetest.Reference())
				var counted atomic.Int32
				s := cmdlets.New(cmdlets.Options{Model: w, Member: 0, Gate: gate(cmdlets.Late), LateBy: time.Minute, Applied: func(string, string, int, string, string) { counted.Add(1) }})
				reply, answered := s.Serve(t.Context(), dismount(), time.Now())
				if !answered || len(reply.Errors) > 0 || !mounted(w) || counted.Load() != 0 {
					t.Fatalf("answered %t, %v, mounted %t, counted %d", answered, reply.Errors, mounted(w), counted.Load())
				}
				if dies {
					w.mu.Lock()
					w.s.Nodes[0].Hung = true
					w.mu.Unlock()
				}
				time.Sleep(time.Minute + time.Second)
				synctest.Wait()
				if mounted(w) != dies || (counted.Load() == 1) == dies {
					t.Errorf("mounted %t, counted %d", mounted(w), counted.Load())
				}
			})
		})
	}
}
