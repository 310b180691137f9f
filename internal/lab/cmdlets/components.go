package cmdlets

import (
	"fmt"
	"strings"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

// componentCmdlets read and set component states: 2013 and later (MDAG).
func componentCmdlets() map[string]cmdlet {
	return map[string]cmdlet{
		"Get-ServerComponentState": {read: getComponents, takes: []string{"Identity", "Component"}, needs: []string{"Identity"}},
		"Set-ServerComponentState": {plan: planComponent, takes: []string{"Identity", "Component", "State", "Requester"}, needs: []string{"Identity", "Component", "State", "Requester"}},
	}
}

// components are those of the product that the model knows, by their names.
func components() map[string]dag.Component {
	return map[string]dag.Component{"HubTransport": dag.HubTransport, "ServerWideOffline": dag.ServerWideOffline}
}

func (v *view) component(p args, cmdlet string) (int, string, *wire.Record) {
	if !v.t.Exchange.HasComponents() {
		return -1, "", &wire.Record{Message: fmt.Sprintf("The term '%s' is not recognized as the name of a cmdlet of this endpoint.", cmdlet), ID: "CommandNotFoundException"}
	}
	if _, problem := v.directory(p); problem != nil {
		return -1, "", problem
	}
	server, _ := p.text("Identity")
	m, problem := v.member(server)
	if problem != nil {
		return -1, "", problem
	}
	name, given := p.text("Component")
	for known := range components() {
		if strings.EqualFold(known, name) {
			return m, known, nil
		}
	}
	if given {
		return -1, "", badValue("Component", name)
	}
	return m, "", nil
}

func getComponents(v *view, p args) wire.Reply {
	m, only, problem := v.component(p, "Get-ServerComponentState")
	if problem != nil {
		return failed(*problem)
	}
	var reply wire.Reply
	n := &v.s.Nodes[m]
	for _, c := range []struct {
		name, off string
		is        bool
	}{{"HubTransport", "Draining", n.Draining}, {"ServerWideOffline", "Inactive", n.Offline}} {
		if only != "" && only != c.name {
			continue
		}
		o := wire.Object{"Identity": v.fqdn(m), "ServerFqdn": v.fqdn(m), "Component": c.name, "State": "Active"}
		if c.is {
			o["State"] = c.off
		}
		reply.Objects = append(reply.Objects, o)
	}
	return reply
}

func planComponent(v *view, p args) ([]dag.Op, *wire.Record) {
	m, name, problem := v.component(p, "Set-ServerComponentState")
	if problem != nil {
		return nil, problem
	}
	state, _ := p.text("State")
	switch state {
	case "Active", "Inactive", "Draining":
	default:
		return nil, badValue("State", state)
	}
	return []dag.Op{{Kind: dag.OpComponent, From: v.site, Members: dag.Set(0).Add(m), Component: components()[name], On: state == "Active"}}, nil
}
