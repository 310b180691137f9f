package act

import (
	"context"
	"fmt"
	"time"

	"siteswap/dag"
	"siteswap/internal/exchange"
)

// StandDown takes service away from the members of one site, and of no other, from within it: the full Stop with DAC mode on (the
// second of "stopped twice, once per datacenter", KB10086), Windows' own tools without. It needs no quorum and no controller. It says
// what was read back on each host; an error says which one is not shown harmless.
func (w *World) StandDown(ctx context.Context, site int) (servers, evidence []string, err error) {
	t := w.o.Topology
	who := exchange.Authority{Run: fmt.Sprintf("standdown-%d", w.o.Now().UnixNano()), Step: "standdown", Attempt: 1,
		Left: func() time.Duration { return w.patience(30*time.Second, 5*time.Second) }}
	for m := range t.Members {
		if t.Members[m].Site != site {
			continue
		}
		mem := &t.Members[m]
		at := exchange.At{Server: mem.FQDN}
		if dcs := t.Sites[site].DomainControllers; len(dcs) > 0 {
			at.DomainController = dcs[0]
		}
		if r := w.standOne(ctx, at, who, mem); r.State != exchange.Done {
			return servers, evidence, fmt.Errorf("%s: %s; switch it off and hold it off", mem.Name, r.Error)
		}
		svc, r := w.o.Exchange.GetService(ctx, at, exchange.ClusterService)
		if r.State != exchange.Done || svc.State != dag.Stopped || svc.StartType != dag.Disabled {
			return servers, evidence, fmt.Errorf("%s: its cluster service reads %s, %s %s; switch it off and hold it off", mem.Name, svc.State, svc.StartType, r.Error)
		}
		servers = append(servers, mem.Name)
		evidence = append(evidence, mem.Name+": cluster service Stopped and Disabled")
	}
	if len(servers) == 0 {
		return nil, nil, fmt.Errorf("%s has no server of the DAG", t.Sites[site].Name)
	}
	return servers, evidence, nil
}

// standOne stops one member on itself.
func (w *World) standOne(ctx context.Context, at exchange.At, who exchange.Authority, mem *dag.Member) exchange.Result {
	if svc, r := w.o.Exchange.GetService(ctx, at, exchange.ClusterService); r.State == exchange.Done && svc.State == dag.Stopped && svc.StartType == dag.Disabled {
		return r
	}
	if w.o.Topology.Mode == dag.DagOnly {
		return w.o.Exchange.StopDAG(ctx, at, who, exchange.Stop{DAG: w.o.Topology.Name, Server: mem.Name, Members: []string{mem.Name}})
	}
	if r := w.o.Exchange.StopCluster(ctx, at, who); r.State != exchange.Done {
		return r
	}
	return w.o.Exchange.CleanNode(ctx, at, who)
}
