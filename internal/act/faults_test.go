package act_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/act"
	"siteswap/internal/exchange/wire"
	"siteswap/internal/lab"
	"siteswap/internal/lab/cmdlets"
	"siteswap/internal/lab/labtest"
	"siteswap/internal/run"
	"siteswap/runbooks"
	"siteswap/umredirect"
)

// tap is what passes the hooks of the lab, and what becomes of it.
type tap struct {
	mu     sync.Mutex
	sent   []string
	action func(point cmdlets.Point, what string) cmdlets.Action // nil: everything goes
}

func (p *tap) hook(o *lab.Options) {
	o.Hooks.Cmdlet = func(point cmdlets.Point, c wire.Call, server string) cmdlets.Action {
		if c.Run == "" {
			return cmdlets.Go
		}
		return p.pass(point, c.Cmdlet)
	}
	o.Hooks.Service = p.pass
}

func (p *tap) pass(point cmdlets.Point, what string) cmdlets.Action {
	p.mu.Lock()
	defer p.mu.Unlock()
	if point == cmdlets.Received {
		p.sent = append(p.sent, what)
	}
	if p.action == nil {
		return cmdlets.Go
	}
	return p.action(point, what)
}

func (p *tap) seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent)
}

func (p *tap) set(point cmdlets.Point, a cmdlets.Action) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.action = func(at cmdlets.Point, _ string) cmdlets.Action {
		if at == point {
			return a
		}
		return cmdlets.Go
	}
}

// TestExpiredPermitSendsNothing: of no kind anything leaves for the sites.
func TestExpiredPermitSendsNothing(t *testing.T) {
	t.Parallel()
	var p tap
	r := newRig(t, p.hook)
	w := r.world(labtest.DR)
	was := r.state()
	for _, kind := range act.Kinds() {
		s := step(kind, runbooks.Args{Site: "Prod", To: "DR", Databases: db1, Model: string(dag.NodeMajority), TTL: time.Minute, Probes: []string{"owa"}})
		e := w.Act(context.Background(), permit(kind, 0), s, run.Choice{Database: "DB1", Server: "EX2010-3"}, nil)
		if e.State != run.Failed || !e.Retry || len(e.Calls) > 0 {
			fatalf(t, e, "%s with a permit that has run out", kind)
		}
	}
	if now := r.state(); len(p.seen()) > 0 || string(now.Canonical(nil)) != string(was.Canonical(nil)) {
		t.Errorf("sent: %v", p.seen())
	}
	if e := w.Act(context.Background(), permit("x", time.Minute), step("dag.explode", runbooks.Args{}), run.Choice{}, nil); e.State != run.Failed {
		fatalf(t, e, "a kind that there is not")
	}
}

// TestEveryFaultTwice: the effect of a lost, failed or lying answer is what it is, and the act says what it can know.
func TestEveryFaultTwice(t *testing.T) {
	dr := func(kind string) runbooks.Step {
		return step(kind, runbooks.Args{To: "DR", Server: "EX2010-2", RunFrom: "DR"})
	}
	for name, c := range map[string]struct {
		step   runbooks.Step
		point  cmdlets.Point
		action cmdlets.Action
		want   run.StepState
		done   bool
	}{
		"cmdlet lost, not done":         {dr("cluster.move-group"), cmdlets.Received, cmdlets.Drop, run.Unknown, false},
		"cmdlet lost though done":       {dr("cluster.move-group"), cmdlets.Applied, cmdlets.Drop, run.Unknown, true},
		"cmdlet failed, not done":       {dr("cluster.move-group"), cmdlets.Received, cmdlets.Fail, run.Failed, false},
		"cmdlet failed though done":     {dr("cluster.move-group"), cmdlets.Applied, cmdlets.Fail, run.Failed, true},
		"cmdlet lied, not done":         {dr("cluster.move-group"), cmdlets.Received, cmdlets.Lie, run.Done, false},
		"dns lost, not done":            {dr("dns.repoint"), cmdlets.Received, cmdlets.Drop, run.Unknown, false},
		"dns lost though done":          {dr("dns.repoint"), cmdlets.Applied, cmdlets.Drop, run.Done, true}, // it reads back
		"dns failed, not done":          {dr("dns.repoint"), cmdlets.Received, cmdlets.Fail, run.Failed, false},
		"dns failed though done":        {dr("dns.repoint"), cmdlets.Applied, cmdlets.Fail, run.Done, true},
		"dns lied, not done":            {dr("dns.repoint"), cmdlets.Received, cmdlets.Lie, run.Failed, false},
		"pool lost, not done":           {dr("vip.drain"), cmdlets.Received, cmdlets.Drop, run.Done, false}, // owed, or seen to differ
		"pool lost though done":         {dr("vip.drain"), cmdlets.Applied, cmdlets.Drop, run.Done, true},
		"pool failed, not done":         {dr("vip.drain"), cmdlets.Received, cmdlets.Fail, run.Done, false},
		"pool failed though done":       {dr("vip.drain"), cmdlets.Applied, cmdlets.Fail, run.Done, true},
		"redirector lost, not done":     {dr("um.reroute"), cmdlets.Received, cmdlets.Drop, run.Done, false},
		"redirector lost though done":   {dr("um.reroute"), cmdlets.Applied, cmdlets.Drop, run.Done, true},
		"redirector failed, not done":   {dr("um.reroute"), cmdlets.Received, cmdlets.Fail, run.Done, false},
		"redirector failed though done": {dr("um.reroute"), cmdlets.Applied, cmdlets.Fail, run.Done, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p tap
			r := newRig(t, p.hook)
			w, before := r.look()
			predicted, _ := runbooks.PredictStep(r.topology, &c.step, before, labtest.DR)
			p.set(c.point, c.action)
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			e := w.Act(ctx, permit(name, 20*time.Second), c.step, run.Choice{}, nil)
			if e.State != c.want || len(p.seen()) == 0 || len(e.Calls) == 0 {
				fatalf(t, e, "want %s; sent %v", c.want, p.seen())
			}
			p.set("", cmdlets.Go)
			r.rest()
			after := r.world(labtest.DR).Observe(context.Background(), labtest.DR)
			if d := runbooks.Drift(r.topology, &c.step, predicted, predicted, after); len(d) == 0 != c.done {
				t.Errorf("done: want %t; drift %+v", c.done, d)
			}
			// A refusal is an answer: whoever gave one is not taken for silent, so that what it shows is not taken for a debt.
			now := w.Observe(context.Background(), labtest.DR)
			if c.action == cmdlets.Fail {
				for _, d := range runbooks.Unseen(r.topology, &c.step, before, predicted, now) {
					t.Errorf("%s cannot be seen any more", d.Path)
				}
			}
		})
	}
}

// TestRefusedRedirectorIsNotOwed: one that answers, but holds a newer setting, is seen to send calls elsewhere.
func TestRefusedRedirectorIsNotOwed(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	if err := r.redirectors[1].Server.Set(umredirect.Setting{Site: "Prod", Generation: 1000}); err != nil {
		t.Fatal(err)
	}
	w := r.world(labtest.DR)
	e := w.Act(context.Background(), permit("um", time.Minute), step("um.reroute", runbooks.Args{To: "DR"}), run.Choice{}, nil)
	if e.Calls[1].Lost || len(e.Calls[1].Errors) == 0 {
		fatalf(t, e, "the refusal is not in the calls")
	}
	f := w.Observe(context.Background(), labtest.DR)
	if got := f.Redirector[1]; !got.Answers.Value || got.Site.Value != "Prod" {
		t.Errorf("it is seen as %+v", got)
	}
	if got := f.Redirector[0]; got.Site.Value != "DR" {
		t.Errorf("the other one: %+v", got)
	}
}

// TestDeadHomeServer: names are written to a DNS server that answers, although the site's own does not.
func TestDeadHomeServer(t *testing.T) {
	for _, s := range []runbooks.Step{step("dns.repoint", runbooks.Args{To: "DR"}), step("dns.ttl", runbooks.Args{TTL: 10 * time.Minute})} {
		t.Run(s.Kind, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			r.lab.Directory(labtest.DR, false)
			w := r.world(labtest.DR)
			before := w.Observe(context.Background(), labtest.DR)
			predicted, _ := runbooks.PredictStep(r.topology, &s, before, labtest.DR)
			e := r.world(labtest.DR).Act(context.Background(), permit("dns", time.Minute), s, run.Choice{}, nil)
			if e.State != run.Done {
				fatalf(t, e, "with a dead server")
			}
			r.comesTrue(w, s, before, predicted)
		})
	}
	t.Run("all dead", func(t *testing.T) {
		t.Parallel()
		r := newRig(t, nil)
		r.lab.Directory(labtest.DR, false)
		r.lab.Directory(labtest.Prod, false)
		e := r.world(labtest.DR).Act(context.Background(), permit("dns", time.Minute), step("dns.repoint", runbooks.Args{To: "DR"}), run.Choice{}, nil)
		if e.State != run.Failed {
			fatalf(t, e, "names that no server took have not moved")
		}
	})
}

// TestPutBack: what was lowered, drained and written comes back as it was.
func TestPutBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	ctx := context.Background()
	w, _ := r.look()
	memory := []run.Remembered{{Key: "ttl/internal.test.local", Value: "20m0s"}, {Key: "ttl/external.test.local", Value: "20m0s"}}
	for _, s := range []runbooks.Step{
		step("dns.ttl", runbooks.Args{TTL: 10 * time.Minute}), step("vip.drain", runbooks.Args{Site: "Prod"}),
		step("dns.ttl", runbooks.Args{Restore: true}), step("vip.enable", runbooks.Args{Site: "Prod"}),
	} {
		seen := w.Observe(ctx, labtest.DR)
		predicted, _ := runbooks.PredictStep(r.topology, &s, seen, labtest.DR)
		if e := w.Act(ctx, permit(s.Kind, time.Minute), s, run.Choice{}, memory); e.State != run.Done {
			fatalf(t, e, "%s", s.Kind)
		}
		r.comesTrue(w, s, seen, predicted)
	}
	r.look() // as the model has it, which knows nothing of any change
	if left := r.lab.LeftFrozen(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
