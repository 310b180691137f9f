package cmdlets

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

const coreGroup = "Cluster Group"

func windowsReads() map[string]cmdlet {
	return map[string]cmdlet{
		"Get-Service":       {read: getService, takes: []string{"Name"}, needs: []string{"Name"}, windows: true},
		"Get-WinEvent":      {read: getEvents, takes: []string{"LogName", "FilterXPath"}, needs: []string{"LogName"}, windows: true},
		"Get-ClusterNode":   {read: clustered(getNodes), takes: []string{"Name"}, windows: true},
		"Get-Cluster":       {read: clustered(getCluster), windows: true},
		"Get-ClusterQuorum": {read: clustered(getQuorum), windows: true},
		"Get-ClusterGroup":  {read: clustered(getClusterGroup), takes: []string{"Name"}, windows: true},
	}
}

// clustered: the cluster cmdlets ask the cluster service of this server; without quorum it answers nothing.
func clustered(read func(v *view, p args) wire.Reply) func(v *view, p args) wire.Reply {
	return func(v *view, p args) wire.Reply {
		if !v.f.Members[v.me].Quorum.Value {
			return failed(noCluster(v.t.Members[v.me].Name))
		}
		return read(v, p)
	}
}

func getService(v *view, p args) wire.Reply {
	name, _ := p.text("Name")
	n := &v.s.Nodes[v.me]
	o := wire.Object{"MachineName": v.t.Members[v.me].Name}
	switch {
	case strings.EqualFold(name, "ClusSvc"):
		o["Name"], o["DisplayName"], o["StartType"] = "ClusSvc", "Cluster Service", string(n.Start)
		// A cluster service that has joined nothing yet has not finished starting.
		o["Status"] = map[dag.Service]string{dag.Running: "Running", dag.Joining: "StartPending", dag.Stopped: "Stopped"}[n.Cluster]
	case strings.EqualFold(name, "MSExchangeRepl"):
		o["Name"], o["DisplayName"], o["StartType"], o["Status"] = "MSExchangeRepl", "Microsoft Exchange Replication", string(dag.Automatic), "Stopped"
		if n.Repl {
			o["Status"] = "Running"
		}
	default:
		return failed(wire.Record{Message: fmt.Sprintf("Cannot find any service with service name '%s'.", name), ID: "NoServiceFoundForGivenName"})
	}
	return wire.Reply{Objects: []wire.Object{o}}
}

// getEvents has the two events of an eviction that was learnt (TM7). Of other events the model knows nothing.
func getEvents(v *view, p args) wire.Reply {
	var reply wire.Reply
	filter, _ := p.text("FilterXPath")
	log, _ := p.text("LogName")
	var wanted []string
	for _, m := range regexp.MustCompile(`EventID\s*=\s*(\d+)`).FindAllStringSubmatch(filter, -1) {
		wanted = append(wanted, m[1])
	}
	for _, e := range []struct {
		id             int
		provider, text string
	}{
		{7040, "Service Control Manager", "The start type of the Cluster Service service was changed from auto start to disabled."},
		{4621, "Microsoft-Windows-FailoverClustering", "This node was removed from its failover cluster, and its cluster configuration was cleaned."},
	} {
		if v.s.Nodes[v.me].Learnt && strings.EqualFold(log, "System") && (filter == "" || slices.Contains(wanted, fmt.Sprint(e.id))) {
			reply.Objects = append(reply.Objects, wire.Object{"Id": e.id, "LogName": "System", "ProviderName": e.provider, "MachineName": v.fqdn(v.me), "Message": e.text})
		}
	}
	if len(reply.Objects) == 0 {
		return failed(wire.Record{Message: "No events were found that match the specified selection criteria.", ID: "NoMatchingEventsFound"})
	}
	return reply
}

func getNodes(v *view, p args) wire.Reply {
	only, given := p.text("Name")
	conf := &v.s.Nodes[v.me].Conf
	var reply wire.Reply
	for m := range v.t.Members {
		if !conf.Nodes.Has(m) || given && !sameHost(only, v.t.Members[m].Name) {
			continue
		}
		o := wire.Object{"Name": v.t.Members[m].Name, "NodeName": v.t.Members[m].Name, "Id": fmt.Sprint(m + 1), "State": "Down", "NodeWeight": 1}
		if v.s.Nodes[v.me].View.Has(m) {
			o["State"] = "Up"
		}
		if v.s.Nodes[v.me].View.Has(m) && conf.Paused.Has(m) {
			o["State"] = "Paused"
		}
		if v.t.Windows.DynamicQuorum() {
			o["DynamicWeight"] = weight(conf.Weights.Has(m))
		} else {
			o["NodeWeight"] = weight(conf.Weights.Has(m))
		}
		reply.Objects = append(reply.Objects, o)
	}
	if given && len(reply.Objects) == 0 {
		return failed(*notFound("cluster node", only))
	}
	return reply
}

func weight(votes bool) int {
	if votes {
		return 1
	}
	return 0
}

func getCluster(v *view, _ args) wire.Reply {
	o := wire.Object{"Name": v.t.Name}
	if v.t.Windows.DynamicQuorum() {
		o["DynamicQuorum"] = 1
	}
	return wire.Reply{Objects: []wire.Object{o}}
}

// getQuorum: Windows 2016 and later call both models Majority, and the witness resource tells them apart.
func getQuorum(v *view, _ args) wire.Reply {
	conf := &v.s.Nodes[v.me].Conf
	o := wire.Object{"Cluster": v.t.Name, "QuorumResource": nil, "QuorumType": string(conf.Model)}
	if conf.Model == dag.NodeFileShareMajority {
		at, _ := v.t.WitnessAt(conf.Witness, conf.Spare)
		o["QuorumResource"] = `File Share Witness (\\` + at.Server + `\` + v.t.Name + `)`
	}
	if !slices.Contains([]dag.Windows{"2008 R2", "2012", "2012 R2"}, v.t.Windows) {
		o["QuorumType"] = "Majority"
	}
	return wire.Reply{Objects: []wire.Object{o}}
}

func getClusterGroup(v *view, p args) wire.Reply {
	if name, ok := p.text("Name"); ok && !strings.EqualFold(name, coreGroup) {
		return failed(*notFound("cluster group", name))
	}
	o := wire.Object{"Name": coreGroup, "OwnerNode": nil, "State": "Offline"}
	if pam := v.s.Nodes[v.me].Conf.PAM; pam >= 0 {
		o["OwnerNode"], o["State"] = v.t.Members[pam].Name, "Online"
	}
	return wire.Reply{Objects: []wire.Object{o}}
}
