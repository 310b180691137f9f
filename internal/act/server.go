package act

import (
	"context"
	"strings"

	"siteswap/dag"
	"siteswap/internal/exchange"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// maintain takes a server into maintenance mode or out of it: just what its data half asks of the model on what is seen now, one
// cmdlet after the other (MDAG). It stops at the first that does not work: a server half drained is put back by server.resume.
func (w *World) maintain(ctx context.Context, a *task) run.Effect {
	k, ok := runbooks.KindOf(a.step.Kind)
	m := w.o.Topology.MemberIndex(a.step.With.Server)
	if !ok || m < 0 {
		return failed(a.step.With.Server + " is no member")
	}
	at, err := w.from(ctx, a)
	if err != nil {
		return failed(err.Error())
	}
	seen := w.Observe(ctx, w.o.Topology.Members[m].Site)
	var effects []run.Effect
	var moved []string
	for _, op := range k.Model(w.o.Topology, a.step.With, seen) {
		e := effect(w.maintenanceOp(ctx, a, at, op, m), "")
		effects = append(effects, e)
		if e.State != run.Done {
			break
		}
		if op.Kind == dag.OpActivate {
			moved = append(moved, w.o.Topology.Databases[op.Database].Name+" to "+w.o.Topology.Members[op.Member].Name)
		}
	}
	out := join(effects...)
	if len(moved) > 0 {
		out.Text = a.step.With.Server + " drained; " + strings.Join(moved, ", ")
	}
	return out
}

// maintenanceOp is one operation of the model as its cmdlet.
func (w *World) maintenanceOp(ctx context.Context, a *task, at exchange.At, op dag.Op, m int) exchange.Result {
	x, mem := w.o.Exchange, &w.o.Topology.Members[m]
	switch op.Kind {
	case dag.OpComponent:
		return x.SetComponent(ctx, at, a.authority(), mem.Name, op.Component, op.On)
	case dag.OpPause:
		return x.PauseNode(ctx, exchange.At{Server: mem.FQDN}, a.authority(), mem.Name, op.On)
	case dag.OpMoveGroup:
		return x.MoveClusterGroup(ctx, at, a.authority(), w.o.Topology.Members[op.Member].Name)
	case dag.OpActivate:
		return x.MoveDatabase(ctx, at, a.authority(), exchange.Move{Database: w.o.Topology.Databases[op.Database].Name, Target: w.o.Topology.Members[op.Member].Name, Dial: op.Dial})
	case dag.OpMoveNow:
		return x.SetMoveNow(ctx, at, a.authority(), mem.Name, op.On)
	}
	policy := op.Policy
	if old := a.remembers("policy/")[mem.Name]; a.step.Kind == "server.resume" && old != "" {
		policy = dag.ActivationPolicy(old)
	}
	return x.SetMailboxServer(ctx, at, a.authority(), mem.Name, policy, "")
}
