package act

import (
	"context"

	"siteswap/dag"
	"siteswap/internal/exchange"
	"siteswap/internal/run"
)

// freeze blocks automatic activation on the step's servers and stops moves home by PreferenceMoveFrequency; what was there
// before stands in the INTENT.
func (w *World) freeze(ctx context.Context, a *task) run.Effect {
	return w.policies(ctx, a, func(string) dag.ActivationPolicy {
		if a.step.With.Keep {
			return ""
		}
		return dag.Blocked
	}, exchange.Infinite)
}

// thaw puts back what was remembered.
func (w *World) thaw(ctx context.Context, a *task) run.Effect {
	old := a.remembers("policy/")
	return w.policies(ctx, a, func(member string) dag.ActivationPolicy { return dag.ActivationPolicy(old[member]) }, "01:00:00")
}

func (w *World) policies(ctx context.Context, a *task, want func(member string) dag.ActivationPolicy, frequency string) run.Effect {
	at, err := w.from(ctx, a)
	if err != nil {
		return failed(err.Error())
	}
	var effects []run.Effect
	for _, m := range w.members(a) {
		name := w.o.Topology.Members[m].Name
		if p := want(name); p != "" {
			effects = append(effects, effect(w.o.Exchange.SetMailboxServer(ctx, at, a.authority(), name, p, ""), ""))
		}
	}
	if w.o.Topology.Exchange.MovesByPreference() {
		if _, ours := a.remembers("preference")[""]; ours || frequency == exchange.Infinite {
			effects = append(effects, effect(w.o.Exchange.SetPreferenceMoves(ctx, at, a.authority(), w.o.Topology.Name, frequency), ""))
		}
	}
	return join(effects...)
}
