package act

import (
	"context"
	"strings"

	"siteswap/dag"
	"siteswap/internal/exchange"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// stop is Stop-DatabaseAvailabilityGroup in the form that reachability asks for: the site at once when all its members are of
// one kind, else member by member (KB10086).
func (w *World) stop(ctx context.Context, a *task) run.Effect {
	at, err := w.from(ctx, a)
	if err != nil {
		return failed(err.Error())
	}
	var names []string
	for _, m := range w.members(a) {
		names = append(names, w.o.Topology.Members[m].Name)
	}
	s := exchange.Stop{DAG: w.o.Topology.Name, Site: a.step.With.Site, Server: a.step.With.Server, ConfigurationOnly: a.choice.ConfigurationOnly, Members: names}
	if s.Server != "" {
		s.Site = ""
	}
	how := "stopped"
	if s.ConfigurationOnly {
		how = "marked stopped, configuration only"
	}
	if w.mixed(ctx, a) && s.Server == "" {
		return w.stopEach(ctx, a, at)
	}
	return effect(w.o.Exchange.StopDAG(ctx, at, a.authority(), s), strings.Join(names, ", ")+" "+how+" (seen by "+at.DomainController+")")
}

// mixed: some members answer and some do not, so one form does not fit all.
func (w *World) mixed(ctx context.Context, a *task) bool {
	if a.choice.ConfigurationOnly || a.step.With.ConfigurationOnly == "false" {
		return false
	}
	up, down := 0, 0
	for _, m := range w.members(a) {
		if w.answers(ctx, m) {
			up++
		} else {
			down++
		}
	}
	return up > 0 && down > 0
}

func (w *World) stopEach(ctx context.Context, a *task, at exchange.At) run.Effect {
	var effects []run.Effect
	for _, m := range w.members(a) {
		name := w.o.Topology.Members[m].Name
		only := !w.answers(ctx, m)
		r := w.o.Exchange.StopDAG(ctx, at, a.authority(), exchange.Stop{DAG: w.o.Topology.Name, Server: name, ConfigurationOnly: only, Members: []string{name}})
		effects = append(effects, effect(r, name+map[bool]string{true: " marked stopped, configuration only", false: " stopped"}[only]))
	}
	return join(effects...)
}

func (w *World) restore(ctx context.Context, a *task) run.Effect {
	at, err := w.from(ctx, a)
	if err != nil {
		return failed(err.Error())
	}
	o := exchange.Restore{DAG: w.o.Topology.Name, Site: a.step.With.Site, UsePrimaryWitness: a.step.With.Witness == "primary"}
	if r := a.step.With.NewAlternate; r != nil {
		o.AlternateServer, o.AlternateDirectory = r.Server, r.Directory
	}
	return effect(w.o.Exchange.RestoreDAG(ctx, at, a.authority(), o), "")
}

func (w *World) start(ctx context.Context, a *task) run.Effect {
	at, err := w.from(ctx, a)
	if err != nil {
		return failed(err.Error())
	}
	o := exchange.Start{DAG: w.o.Topology.Name, Site: a.step.With.Site, Server: a.step.With.Server}
	if o.Server != "" {
		o.Site = ""
	}
	return effect(w.o.Exchange.StartDAG(ctx, at, a.authority(), o), "")
}

func (w *World) set(ctx context.Context, a *task) run.Effect {
	at, err := w.from(ctx, a)
	if err != nil {
		return failed(err.Error())
	}
	o := exchange.Set{DAG: w.o.Topology.Name}
	if a.choice.Witness == dag.WitnessAlternate {
		o.WitnessServer, o.WitnessDirectory = w.o.Topology.Alternate.Server, w.o.Topology.Alternate.Directory
	}
	if r := a.step.With.NewWitness; r != nil {
		o.WitnessServer, o.WitnessDirectory = r.Server, r.Directory
	}
	if r := a.step.With.NewAlternate; r != nil {
		o.AlternateServer, o.AlternateDirectory = r.Server, r.Directory
	}
	return effect(w.o.Exchange.SetDAG(ctx, at, a.authority(), o), "")
}

func (w *World) add(ctx context.Context, a *task) run.Effect {
	at, err := w.from(ctx, a)
	if err != nil {
		return failed(err.Error())
	}
	return effect(w.o.Exchange.AddServer(ctx, at, a.authority(), w.o.Topology.Name, a.step.With.Server), "")
}

func (w *World) clusterStop(ctx context.Context, a *task) run.Effect {
	return w.onEach(a, func(_ int, at exchange.At) exchange.Result { return w.o.Exchange.StopCluster(ctx, at, a.authority()) })
}

func (w *World) clusterStart(ctx context.Context, a *task) run.Effect {
	return w.onEach(a, func(_ int, at exchange.At) exchange.Result {
		if a.step.With.ForceQuorum {
			return w.o.Exchange.ForceQuorum(ctx, at, a.authority())
		}
		return w.o.Exchange.StartCluster(ctx, at, a.authority())
	})
}

func (w *World) clusterEvict(ctx context.Context, a *task) run.Effect {
	at, err := w.from(ctx, a)
	if err != nil {
		return failed(err.Error())
	}
	return effect(w.o.Exchange.EvictNode(ctx, at, a.authority(), a.step.With.Server), "")
}

// clusterCleanup runs on the member itself, never elsewhere: on the last holder of the cluster database it destroys the DAG.
func (w *World) clusterCleanup(ctx context.Context, a *task) run.Effect {
	return w.onEach(a, func(_ int, at exchange.At) exchange.Result { return w.o.Exchange.CleanNode(ctx, at, a.authority()) })
}

func (w *World) clusterQuorum(ctx context.Context, a *task) run.Effect {
	at, err := w.from(ctx, a)
	if err != nil {
		return failed(err.Error())
	}
	t, share := w.o.Topology, ""
	model := runbooks.QuorumFor(t, a.step.With)
	if model == dag.NodeFileShareMajority {
		server := t.Alternate.Server // the default of the kind
		if a.step.With.Witness == "primary" {
			server = t.Witness.Server
		}
		share = `\\` + server + `\` + t.Name
	}
	return effect(w.o.Exchange.SetClusterQuorum(ctx, at, a.authority(), model, share), "")
}

func (w *World) clusterMoveGroup(ctx context.Context, a *task) run.Effect {
	at, err := w.from(ctx, a)
	if err != nil {
		return failed(err.Error())
	}
	return effect(w.o.Exchange.MoveClusterGroup(ctx, at, a.authority(), a.step.With.Server), "")
}
