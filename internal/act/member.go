package act

import (
	"context"
	"slices"
	"time"

	"siteswap/dag"
	"siteswap/internal/exchange"
)

// memberRead is what one member says of itself and of its copies.
type memberRead struct {
	member    dag.MemberFacts
	copies    []exchange.Copy
	copiesErr string
	databases []exchange.Database
	dbErr     string
}

// readMember asks a member for its services, cluster, Active Manager, copies and stores. One whose power reads off is not
// asked: the power control's word is the better evidence.
func (w *World) readMember(ctx context.Context, m int, p dag.Fact[dag.Power]) memberRead {
	name := w.o.Topology.Members[m].Name
	out := memberRead{member: dag.MemberFacts{Power: p}}
	if p.Known && p.Value != dag.PowerOn {
		out.silent(name, "its power reads "+string(p.Value), 0)
		return out
	}
	if age, silent := w.silence.skip("member "+name, func() bool { return w.asksMember(m) }); silent {
		out.silent(name, "no answer", age)
		return out
	}
	c, cancel := context.WithTimeout(ctx, w.patience(20*time.Second, 1500*time.Millisecond))
	defer cancel()
	at := exchange.At{Server: w.o.Topology.Members[m].FQDN}
	first, quick := context.WithTimeout(c, w.patience(5*time.Second, 700*time.Millisecond))
	svc, r := w.o.Exchange.GetService(first, at, "ClusSvc")
	quick()
	w.silence.note("member "+name, r.State == exchange.Done)
	if r.State != exchange.Done {
		out.silent(name, r.Error, 0)
		return out
	}
	from := "Get-Service ClusSvc on " + name
	out.member.Answers = dag.Know(true, from)
	out.member.Cluster, out.member.StartType = dag.Know(svc.State, from), dag.Know(svc.StartType, from)
	w.readCluster(c, at, name, &out.member)
	w.readStore(c, at, m, &out)
	if f := w.o.Fronts[m]; f != "" {
		out.member.Front = dag.Know(w.answersHealth(c, f), f)
	} else {
		out.member.Front = dag.Unknown[bool](name, "not probed")
	}
	out.member.UM = dag.Unknown[bool](name, "not probed")
	return out
}

// silent fills a member that does not answer.
func (r *memberRead) silent(name, why string, age time.Duration) {
	f := &r.member
	f.Answers = dag.Know(false, name+": "+why)
	f.Answers.Age = age
	f.Cluster, f.StartType, f.Evicted = dag.Unknown[dag.Service](name, why), dag.Unknown[dag.StartType](name, why), dag.Unknown[bool](name, why)
	f.Quorum, f.Nodes, f.Up = dag.Unknown[bool](name, why), dag.Unknown[[]string](name, why), dag.Unknown[[]string](name, why)
	f.Model, f.Witness, f.PAM = dag.Unknown[dag.QuorumModel](name, why), dag.Unknown[dag.WitnessUse](name, why), dag.Unknown[string](name, why)
	f.MayMount, f.MountsHere = dag.Unknown[bool](name, why), dag.Unknown[[]string](name, why)
	f.Policy, f.Dial = dag.Unknown[dag.ActivationPolicy](name, why), dag.Unknown[dag.Dial](name, why)
	f.Paused, f.Disk = dag.Unknown[bool](name, why), dag.Unknown[bool](name, why)
	f.MoveNow, f.InService, f.Transport = dag.Unknown[bool](name, why), dag.Unknown[bool](name, why), dag.Unknown[bool](name, why)
	f.Front, f.UM = dag.Know(false, name), dag.Know(false, name)
	r.copiesErr, r.dbErr = why, why
}

func (w *World) readCluster(ctx context.Context, at exchange.At, name string, f *dag.MemberFacts) {
	learnt, r := w.o.Exchange.EvictionLearnt(ctx, at)
	f.Evicted = fact(learnt, r, "events 7040 and 4621 on "+name)
	// An evicted member that rejoined still has the events in its log: what counts is that it is out and disabled.
	if f.Evicted.Known && f.StartType.Known && f.Cluster.Known {
		f.Evicted.Value = learnt && f.StartType.Value == dag.Disabled && f.Cluster.Value == dag.Stopped
	}
	from := "Get-ClusterNode on " + name
	if f.Cluster.Value != dag.Running {
		noQuorum(f, name)
		return
	}
	nodes, r := w.o.Exchange.GetClusterNodes(ctx, at)
	switch {
	case r.State == exchange.Done:
	case r.State == exchange.Failed && r.Known != nil && (r.Known.Code == dag.ErrNoQuorum || r.Known.Code == dag.ErrOpenCluster):
		noQuorum(f, name)
		return
	default: // a question that did not come through says nothing about quorum
		unreadCluster(f, from, r.Error)
		return
	}
	var all, up []string
	for _, n := range nodes {
		all = append(all, exchange.ShortName(n.Name))
		if w.memberName(exchange.ShortName(n.Name)) == name {
			f.Paused = dag.Know(n.State == "Paused", from)
		}
		if n.State == "Up" || n.State == "Paused" {
			up = append(up, exchange.ShortName(n.Name))
		}
	}
	slices.Sort(all)
	slices.Sort(up)
	f.Quorum, f.Nodes, f.Up = dag.Know(len(up) > 0, from), dag.Know(w.names(all), from), dag.Know(w.names(up), from)
	w.readQuorum(ctx, at, name, f)
}

// noQuorum: the cluster service runs not, or says that it is in no cluster with quorum.
func noQuorum(f *dag.MemberFacts, name string) {
	from := "Get-ClusterNode on " + name
	f.Quorum, f.MayMount = dag.Know(false, from), dag.Know(false, "Active Manager on "+name)
	f.Nodes, f.Up, f.PAM = dag.Know([]string{}, from), dag.Know([]string{}, from), dag.Know("", from)
	f.Model, f.Witness = dag.Unknown[dag.QuorumModel](from, "no cluster with quorum"), dag.Unknown[dag.WitnessUse](from, "no cluster with quorum")
	f.Paused = dag.Unknown[bool](from, "no cluster with quorum")
}

// unreadCluster: nothing is known of a cluster that could not be asked.
func unreadCluster(f *dag.MemberFacts, from, why string) {
	f.Quorum, f.MayMount = dag.Unknown[bool](from, why), dag.Unknown[bool](from, why)
	f.Nodes, f.Up, f.PAM = dag.Unknown[[]string](from, why), dag.Unknown[[]string](from, why), dag.Unknown[string](from, why)
	f.Model, f.Witness = dag.Unknown[dag.QuorumModel](from, why), dag.Unknown[dag.WitnessUse](from, why)
	f.Paused = dag.Unknown[bool](from, why)
}

// names brings host names into the spelling of the site file.
func (w *World) names(hosts []string) []string {
	out := make([]string, 0, len(hosts))
	for _, h := range hosts {
		out = append(out, w.memberName(h))
	}
	slices.Sort(out)
	return out
}

func (w *World) readQuorum(ctx context.Context, at exchange.At, name string, f *dag.MemberFacts) {
	q, r := w.o.Exchange.GetClusterQuorum(ctx, at)
	f.Model = fact(q.Model, r, "Get-ClusterQuorum on "+name)
	owner, r := w.o.Exchange.GetClusterOwner(ctx, at)
	f.PAM = fact(w.memberName(owner), r, "Get-ClusterGroup on "+name)
	from := "Get-DatabaseAvailabilityGroup -Status on " + name
	f.Witness = dag.Unknown[dag.WitnessUse](from, "it shows no status")
	if d, r := w.o.Exchange.GetDAG(ctx, at, w.o.Topology.Name, true); r.State != exchange.Done {
		f.Witness.Why = r.Error
	} else if d.Status != nil {
		f.Witness = dag.Know(d.Status.WitnessShareInUse, from)
	}
	checks, r := w.o.Exchange.TestReplicationHealth(ctx, at, name)
	f.MayMount = fact(checks["ActiveManager"].Passed, r, "Test-ReplicationHealth on "+name)
}

func (w *World) readStore(ctx context.Context, at exchange.At, m int, out *memberRead) {
	name := w.o.Topology.Members[m].Name
	copies, r := w.o.Exchange.GetCopies(ctx, at, name)
	out.copies, out.copiesErr = copies, r.Error
	from := "store of " + name
	out.member.MountsHere, out.member.Disk = dag.Unknown[[]string](from, r.Error), dag.Unknown[bool](from, r.Error)
	if r.State == exchange.Done {
		mounts := []string{}
		room := true
		for _, c := range copies {
			room = room && !c.DiskFull
			if c.Status == dag.CopyMounted {
				mounts = append(mounts, c.Database)
			}
		}
		slices.Sort(mounts)
		out.member.MountsHere, out.member.Disk = dag.Know(mounts, from), dag.Know(room, from)
	}
	out.databases, r = w.o.Exchange.GetDatabases(ctx, at, name)
	out.dbErr = r.Error
}

// fact is a value with what came of reading it.
func fact[T any](v T, r exchange.Result, from string) dag.Fact[T] {
	if r.State != exchange.Done {
		return dag.Unknown[T](from, r.Error)
	}
	return dag.Know(v, from)
}

// memberName is the site file's name for a host name, or the host name.
func (w *World) memberName(host string) string {
	for i := range w.o.Topology.Members {
		m := &w.o.Topology.Members[i]
		if exchange.ShortName(host) == m.Name || host == m.FQDN || exchange.ShortName(m.FQDN) == exchange.ShortName(host) {
			return m.Name
		}
	}
	return host
}
