package cmdlets

import (
	"fmt"
	"strings"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

func windowsActs() map[string]cmdlet {
	name := []string{"Name"}
	return map[string]cmdlet{
		"Stop-Service":        {plan: planService(dag.OpClusterStop), takes: []string{"Name", "Force"}, needs: name, windows: true},
		"Start-Service":       {plan: planService(dag.OpClusterStart), takes: name, needs: name, windows: true},
		"Start-ClusterNode":   {plan: planStartNode, takes: []string{"Name", "ForceQuorum", "FixQuorum"}, windows: true},
		"Remove-ClusterNode":  {plan: planRemoveNode, takes: []string{"Name", "Force"}, needs: name, windows: true},
		"Clear-ClusterNode":   {plan: planClearNode, takes: []string{"Name", "Force"}, windows: true},
		"Set-ClusterQuorum":   {plan: planQuorum, takes: []string{"NodeMajority", "NodeAndFileShareMajority"}, windows: true},
		"Suspend-ClusterNode": {plan: planPause(true), takes: name, needs: name, windows: true},
		"Resume-ClusterNode":  {plan: planPause(false), takes: name, needs: name, windows: true},
		"Move-ClusterGroup":   {plan: planMoveGroup, takes: []string{"Name", "Node"}, needs: []string{"Name", "Node"}, windows: true},
	}
}

func planService(kind dag.OpKind) func(v *view, p args) ([]dag.Op, *wire.Record) {
	return func(v *view, p args) ([]dag.Op, *wire.Record) {
		if name, _ := p.text("Name"); !strings.EqualFold(name, "ClusSvc") {
			return nil, &wire.Record{Message: fmt.Sprintf("Cannot find any service with service name '%s' that may be changed here.", name), ID: "NoServiceFoundForGivenName"}
		}
		return []dag.Op{{Kind: kind, From: v.site, Members: dag.Set(0).Add(v.me)}}, nil
	}
}

// self: what changes a node itself runs on that node; from another one it would need credentials to be passed on (SCN).
func (v *view) self(p args) *wire.Record {
	if name, ok := p.text("Name"); ok && !sameHost(name, v.fqdn(v.me)) && !sameHost(name, v.t.Members[v.me].Name) {
		return &wire.Record{Message: fmt.Sprintf("Access is denied: run it on node '%s' itself.", name), ID: "AccessDenied"}
	}
	return nil
}

func forced(p args) *wire.Record {
	if p.on("Force") {
		return nil
	}
	return &wire.Record{Message: "The cmdlet wants a confirmation, and nobody can give it here. Give -Force.", ID: "Prompt"}
}

func planStartNode(v *view, p args) ([]dag.Op, *wire.Record) {
	if problem := v.self(p); problem != nil {
		return nil, problem
	}
	return []dag.Op{{Kind: dag.OpClusterStart, From: v.site, Members: dag.Set(0).Add(v.me), Force: p.on("ForceQuorum") || p.on("FixQuorum")}}, nil
}

func planClearNode(v *view, p args) ([]dag.Op, *wire.Record) {
	if problem := v.self(p); problem != nil {
		return nil, problem
	}
	if problem := forced(p); problem != nil {
		return nil, problem
	}
	return []dag.Op{{Kind: dag.OpCleanup, From: v.site, Member: v.me}}, nil
}

// asked: cmdlets on the cluster as a whole go through this server's own cluster service.
func (v *view) asked() *wire.Record {
	if v.f.Members[v.me].Quorum.Value {
		return nil
	}
	problem := noCluster(v.t.Members[v.me].Name)
	return &problem
}

func (v *view) node(name string) (int, *wire.Record) {
	if problem := v.asked(); problem != nil {
		return -1, problem
	}
	m, problem := v.member(name)
	if problem != nil || !v.s.Nodes[v.me].Conf.Nodes.Has(m) {
		return -1, notFound("cluster node", name)
	}
	return m, nil
}

func planRemoveNode(v *view, p args) ([]dag.Op, *wire.Record) {
	name, _ := p.text("Name")
	m, problem := v.node(name)
	if problem == nil {
		problem = forced(p)
	}
	if problem != nil {
		return nil, problem
	}
	return []dag.Op{{Kind: dag.OpEvict, From: v.site, Member: m}}, nil
}

func planQuorum(v *view, p args) ([]dag.Op, *wire.Record) {
	if problem := v.asked(); problem != nil {
		return nil, problem
	}
	share, withShare := p.text("NodeAndFileShareMajority")
	if withShare == p.on("NodeMajority") {
		return nil, &wire.Record{Message: "Parameter set cannot be resolved: give one quorum model.", ID: "AmbiguousParameterSet"}
	}
	op := dag.Op{Kind: dag.OpQuorum, From: v.site, Model: dag.NodeMajority, Witness: dag.WitnessNone}
	if withShare {
		server, _, _ := strings.Cut(strings.TrimPrefix(share, `\\`), `\`)
		op.Model = dag.NodeFileShareMajority
		for i, use := range []dag.WitnessUse{dag.WitnessPrimary, dag.WitnessAlternate} {
			if at, found := v.t.WitnessAt(use, v.s.Spare[i]); found && op.Witness == dag.WitnessNone && sameHost(server, at.Server) {
				op.Witness = use
			}
		}
		if op.Witness == dag.WitnessNone {
			return nil, witnessUnknown(server)
		}
	}
	return []dag.Op{op}, nil
}

// planPause: a paused node takes over no cluster group (MDAG: StartDagServerMaintenance pauses the node).
func planPause(on bool) func(v *view, p args) ([]dag.Op, *wire.Record) {
	return func(v *view, p args) ([]dag.Op, *wire.Record) {
		name, _ := p.text("Name")
		m, problem := v.node(name)
		if problem != nil {
			return nil, problem
		}
		return []dag.Op{{Kind: dag.OpPause, From: v.site, Member: m, On: on}}, nil
	}
}

func planMoveGroup(v *view, p args) ([]dag.Op, *wire.Record) {
	if name, _ := p.text("Name"); !strings.EqualFold(name, coreGroup) {
		return nil, notFound("cluster group", name)
	}
	node, _ := p.text("Node")
	m, problem := v.node(node)
	if problem != nil {
		return nil, problem
	}
	return []dag.Op{{Kind: dag.OpMoveGroup, From: v.site, Member: m}}, nil
}
