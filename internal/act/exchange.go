package act

import (
	"context"
	"fmt"
	"strings"

	"siteswap/internal/exchange"
	"siteswap/internal/run"
)

// effect is a driver's result as the run understands it.
func effect(r exchange.Result, text string) run.Effect {
	e := run.Effect{State: run.Done, Text: text, Error: r.Error}
	switch r.State {
	case exchange.Failed:
		e.State = run.Failed
	case exchange.Unknown:
		e.State = run.Unknown
	}
	if r.Known != nil && e.State != run.Done {
		e.Cure, e.Retry = r.Known.Cure, r.Known.Retry
	}
	for _, c := range r.Calls {
		e.Calls = append(e.Calls, run.Call{Cmdlet: c.Cmdlet, On: c.On, Warnings: c.Warnings, Errors: c.Errors, Verbose: c.Verbose, Lost: c.Lost})
	}
	return e
}

// join is the effect of several acts of one step: the worst state, all calls.
func join(effects ...run.Effect) run.Effect {
	out := run.Effect{State: run.Done}
	rank := map[run.StepState]int{run.Done: 0, run.Failed: 1, run.Unknown: 2}
	var texts []string
	for _, e := range effects {
		out.Calls = append(out.Calls, e.Calls...)
		if e.Text != "" {
			texts = append(texts, e.Text)
		}
		if rank[e.State] > rank[out.State] {
			out.State, out.Error, out.Cure, out.Retry = e.State, e.Error, e.Cure, e.Retry
		}
	}
	out.Text = strings.Join(texts, "; ")
	return out
}

func failed(text string) run.Effect { return run.Effect{State: run.Failed, Error: text} }

// from is where a step's cmdlets run: a member that answers, in the site that the step names, with that site's domain
// controller preferred (Set-ADServerSettings -PreferredServer; domain-exchange.md section 9, row 13).
func (w *World) from(ctx context.Context, a *task) (exchange.At, error) {
	t := w.o.Topology
	site := t.SiteIndex(a.step.With.RunFrom)
	if a.step.With.RunFrom == "" {
		site = t.SiteIndex(a.step.With.Site)
		if m := t.MemberIndex(a.step.With.Server); a.step.With.Site == "" && m >= 0 {
			site = t.Members[m].Site
		}
	}
	// Its own site first, then any; at last those too that were silent a moment ago.
	for pass := range 3 {
		for m := range t.Members {
			if pass == 0 && site >= 0 && t.Members[m].Site != site {
				continue
			}
			if pass < 2 && !w.answers(ctx, m) || pass == 2 && !w.asksMember(m) {
				continue
			}
			at := exchange.At{Server: t.Members[m].FQDN, DomainController: a.step.With.DomainController}
			if s := t.Members[m].Site; at.DomainController == "" && len(t.Sites[s].DomainControllers) > 0 {
				at.DomainController = t.Sites[s].DomainControllers[0]
			}
			return at, nil
		}
	}
	return exchange.At{}, fmt.Errorf("no member answers from which %s could be run; bring one up", a.step.Kind)
}

// answers asks a member's endpoint something cheap.
func (w *World) answers(ctx context.Context, m int) bool {
	name := w.o.Topology.Members[m].Name
	if w.silence.quiet("member " + name) {
		return false
	}
	c, cancel := context.WithTimeout(ctx, w.patience(5e9, 700e6))
	defer cancel()
	_, r := w.o.Exchange.GetService(c, exchange.At{Server: w.o.Topology.Members[m].FQDN}, "ClusSvc")
	w.silence.note("member "+name, r.State == exchange.Done)
	return r.State == exchange.Done
}

// members are those that a step works on, by site or server.
func (w *World) members(a *task) []int {
	var out []int
	for m := range w.o.Topology.Members {
		mem := &w.o.Topology.Members[m]
		if a.step.With.Server != "" && mem.Name == a.step.With.Server || a.step.With.Server == "" && w.o.Topology.Sites[mem.Site].Name == a.step.With.Site {
			out = append(out, m)
		}
	}
	return out
}

// onEach does something on every member of the step, one after the other.
func (w *World) onEach(a *task, do func(m int, at exchange.At) exchange.Result) run.Effect {
	var effects []run.Effect
	for _, m := range w.members(a) {
		e := effect(do(m, exchange.At{Server: w.o.Topology.Members[m].FQDN}), "")
		effects = append(effects, e)
		if e.State != run.Done {
			break
		}
	}
	return join(effects...)
}
