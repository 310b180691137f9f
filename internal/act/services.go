package act

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"siteswap/internal/run"
	"siteswap/internal/vip"
	"siteswap/umredirect"
)

// pool drains or enables the step's servers at their load balancer. One that does not answer is owed.
func (w *World) pool(ctx context.Context, a *task) run.Effect {
	enabled := a.step.Kind == "vip.enable"
	ref := a.permit.Ref()
	var effects []run.Effect
	for _, m := range w.members(a) {
		mem := &w.o.Topology.Members[m]
		p := w.o.Pools[mem.Site]
		if p == nil || !slices.Contains(w.o.Topology.Sites[mem.Site].Pool, m) {
			continue
		}
		call := run.Call{Cmdlet: fmt.Sprintf("pool %s: %s", mem.Name, map[bool]string{true: "enable", false: "drain"}[enabled]), On: p.Control}
		if w.silence.quiet("vip " + p.Control) {
			call.Lost = true
			effects = append(effects, run.Effect{State: run.Done, Calls: []run.Call{call}})
			continue
		}
		c, cancel := context.WithTimeout(ctx, w.patience(10*time.Second, time.Second))
		_, err := p.Set(c, mem.Name, enabled, vip.By{Run: ref.Run, Step: ref.Step, Attempt: ref.Attempt})
		cancel()
		lost := errors.Is(err, vip.ErrNoAnswer)
		w.silence.note("vip "+p.Control, !lost)
		if err != nil {
			call.Lost, call.Errors = lost, []string{err.Error()}
		}
		effects = append(effects, run.Effect{State: run.Done, Calls: []run.Call{call}})
	}
	e := join(effects...)
	e.Text = a.step.With.Site + map[bool]string{true: " in its pool", false: " out of its pool"}[enabled]
	if len(effects) == 0 {
		e.Text = a.step.With.Site + " has no pool: its address is a server's own"
	}
	return e
}

// reroute sends current mailboxes to a site at every redirector that answers; the others are owed.
func (w *World) reroute(ctx context.Context, a *task) run.Effect {
	ref := a.permit.Ref()
	var effects []run.Effect
	for i, r := range w.o.Redirectors {
		listen := w.o.Topology.Redirectors[i].Listen
		call := run.Call{Cmdlet: "redirector to " + a.step.With.To, On: listen}
		if w.silence.quiet("um " + listen) {
			call.Lost = true
			effects = append(effects, run.Effect{State: run.Done, Calls: []run.Call{call}})
			continue
		}
		c, cancel := context.WithTimeout(ctx, w.patience(10*time.Second, time.Second))
		result, why := r.SetState(c, umredirect.Setting{Site: a.step.With.To, Generation: ref.Index, Run: ref.Run, Step: ref.Step, Attempt: ref.Attempt})
		cancel()
		if result == umredirect.Done { // else it may have refused, which is an answer: whoever looks next finds out
			w.silence.note("um "+listen, true)
		}
		e := run.Effect{State: run.Done, Calls: []run.Call{call}}
		if result != umredirect.Done {
			e.Calls[0].Errors, e.Calls[0].Lost = []string{why}, result == umredirect.Unknown
		}
		effects = append(effects, e)
	}
	e := join(effects...)
	e.Text = "calls to " + a.step.With.To
	return e
}
