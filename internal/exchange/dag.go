package exchange

import (
	"context"
	"strings"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

// DAG is a database availability group as one directory server, and one member's cluster, describe it
// (domain-exchange.md 2.1).
type DAG struct {
	Name               string
	Servers            []string // short names
	Mode               dag.ActivationMode
	Started            []string // StartedMailboxServers, FQDNs as they were given
	Stopped            []string // StoppedMailboxServers likewise
	WitnessServer      string
	WitnessDirectory   string
	AlternateServer    string
	AlternateDirectory string

	PreferenceMoveFrequency string // as it was given; "" before 2016 CU2
	PreferenceMoves         bool   // it is finite, so databases move home by themselves

	Status *DAGStatus // nil: not asked for, or no cluster with quorum answered
}

// DAGStatus are the fields that only -Status fills in.
type DAGStatus struct {
	Operational          []string
	PrimaryActiveManager string
	WitnessShareInUse    dag.WitnessUse
}

// Infinite is the PreferenceMoveFrequency that stops the moves (domain-exchange.md section 2).
const Infinite = "-00:00:00.0010000"

// GetDAG is Get-DatabaseAvailabilityGroup. With status it asks the cluster too, which takes long while members are dead.
func (c *Client) GetDAG(ctx context.Context, at At, name string, status bool) (DAG, Result) {
	var r Result
	p := parameters{"Identity": name}
	if status {
		p["Status"] = true
	}
	objects, ok := c.readExchange(ctx, at, &r, "Get-DatabaseAvailabilityGroup", p)
	if !ok {
		return DAG{}, r
	}
	o, ok := r.one(objects, "Name", name)
	if !ok {
		return DAG{}, r
	}
	return parseDAG(o), r
}

func parseDAG(o wire.Object) DAG {
	d := DAG{}
	d.Name, _ = o.Text("Name")
	d.Servers, _ = o.Texts("Servers")
	mode, _ := o.Text("DatacenterActivationMode")
	d.Mode = dag.ActivationMode(mode)
	d.Started, _ = o.Texts("StartedMailboxServers")
	d.Stopped, _ = o.Texts("StoppedMailboxServers")
	d.WitnessServer, _ = o.Text("WitnessServer")
	d.WitnessDirectory, _ = o.Text("WitnessDirectory")
	d.AlternateServer, _ = o.Text("AlternateWitnessServer")
	d.AlternateDirectory, _ = o.Text("AlternateWitnessDirectory")
	d.PreferenceMoveFrequency, _ = o.Text("PreferenceMoveFrequency")
	d.PreferenceMoves = d.PreferenceMoveFrequency != "" && !strings.HasPrefix(d.PreferenceMoveFrequency, "-")
	if operational, ok := o.Texts("OperationalServers"); ok {
		d.Status = &DAGStatus{Operational: operational}
		d.Status.PrimaryActiveManager, _ = o.Text("PrimaryActiveManager")
		use, _ := o.Text("WitnessShareInUse")
		d.Status.WitnessShareInUse = dag.WitnessUse(use)
	}
	return d
}

// ShortName is the host part of a name: the lists of a DAG hold FQDNs, its Servers short names.
func ShortName(name string) string {
	short, _, _ := strings.Cut(name, ".")
	return short
}

// listed says whether every name is in the list, whichever form either has.
func listed(names, list []string) bool {
	for _, name := range names {
		found := false
		for _, other := range list {
			found = found || strings.EqualFold(ShortName(name), ShortName(other))
		}
		if !found {
			return false
		}
	}
	return true
}
