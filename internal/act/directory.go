package act

import (
	"context"
	"slices"

	"siteswap/dag"
	"siteswap/internal/exchange"
)

// readDirectories reads the lists as each site's directory holds them, through a member that answers, best one of that site.
func (w *World) readDirectories(ctx context.Context, vantage int, f *dag.Facts) {
	t := w.o.Topology
	f.Mode = dag.Unknown[dag.ActivationMode](t.Name, "no directory could be read")
	f.Cluster.PreferenceMoves = dag.Unknown[bool](t.Name, "no directory could be read")
	f.Cluster.WitnessServer, f.Cluster.AlternateServer = dag.Unknown[string](t.Name, "no directory could be read"), dag.Unknown[string](t.Name, "no directory could be read")
	for _, i := range vantageFirst(vantage, len(t.Sites)) {
		sf := &f.Sites[i]
		if !sf.Directory.Value {
			sf.Started.Why, sf.Stopped.Why = "no domain controller of "+t.Sites[i].Name+" answers", "no domain controller of "+t.Sites[i].Name+" answers"
			continue
		}
		through := w.endpoint(f, i)
		if through < 0 {
			sf.Started.Why, sf.Stopped.Why = "no member answers through which it could be read", "no member answers through which it could be read"
			continue
		}
		at := exchange.At{Server: t.Members[through].FQDN, DomainController: t.Sites[i].DomainControllers[0]}
		d, r := w.o.Exchange.GetDAG(ctx, at, t.Name, false)
		from := "Get-DatabaseAvailabilityGroup on " + t.Members[through].Name + " through " + at.DomainController
		if r.State != exchange.Done {
			sf.Started, sf.Stopped = dag.Unknown[[]string](from, r.Error), dag.Unknown[[]string](from, r.Error)
			continue
		}
		sf.Started, sf.Stopped = dag.Know(w.names(d.Started), from), dag.Know(w.names(d.Stopped), from)
		if !f.Mode.Known {
			f.Mode = dag.Know(d.Mode, from)
			f.Cluster.PreferenceMoves = dag.Know(d.PreferenceMoves, from)
			f.Cluster.WitnessServer, f.Cluster.AlternateServer = dag.Know(d.WitnessServer, from), dag.Know(d.AlternateServer, from)
			w.readPolicies(ctx, at, f)
		}
	}
}

// readPolicies reads activation policies and dials: attributes of the directory, known of dead members too.
func (w *World) readPolicies(ctx context.Context, at exchange.At, f *dag.Facts) {
	for m := range w.o.Topology.Members {
		name := w.o.Topology.Members[m].Name
		s, r := w.o.Exchange.GetMailboxServer(ctx, at, name)
		from := "Get-MailboxServer through " + at.DomainController
		mf := &f.Members[m]
		mf.Policy, mf.Dial, mf.MoveNow = fact(s.Policy, r, from), fact(s.Dial, r, from), fact(s.MoveNow, r, from)
		mf.InService, mf.Transport = dag.Know(true, "before 2013 there are no component states"), dag.Know(true, "before 2013 there are no component states")
		if w.o.Topology.Exchange.HasComponents() {
			c, r := w.o.Exchange.GetComponents(ctx, at, name)
			from := "Get-ServerComponentState through " + at.DomainController
			mf.InService, mf.Transport = fact(c.InService, r, from), fact(c.Transport, r, from)
		}
	}
}

func vantageFirst(vantage, n int) []int {
	order := []int{vantage}
	for i := range n {
		if i != vantage {
			order = append(order, i)
		}
	}
	return order
}

// endpoint is a member that answers, in the site if one does there; -1: none.
func (w *World) endpoint(f *dag.Facts, site int) int {
	any := -1
	for m := range f.Members {
		if !f.Members[m].Answers.Value {
			continue
		}
		if w.o.Topology.Members[m].Site == site {
			return m
		}
		if any < 0 {
			any = m
		}
	}
	return any
}

// placeCopies puts a member's copies where they belong.
func (w *World) placeCopies(m int, r *memberRead, f *dag.Facts) {
	t := w.o.Topology
	from := "Get-MailboxDatabaseCopyStatus on " + t.Members[m].Name
	for d := range t.Databases {
		i := t.CopyOf(d, m)
		if i < 0 {
			continue
		}
		cf := &f.Databases[d].Copies[i]
		k := slices.IndexFunc(r.copies, func(c exchange.Copy) bool { return c.Database == t.Databases[d].Name })
		if k < 0 {
			why := r.copiesErr
			if why == "" {
				why = "it lists no copy of " + t.Databases[d].Name
			}
			*cf = dag.CopyFacts{Status: dag.Unknown[dag.CopyStatus](from, why), CopyQueue: dag.Unknown[int64](from, why), ReplayQueue: dag.Unknown[int64](from, why),
				LastGenerated: dag.Unknown[int64](from, why), LastInspected: dag.Unknown[int64](from, why), ActivationSuspended: dag.Unknown[bool](from, why), Diverged: dag.Unknown[bool](from, why),
				Index: dag.Unknown[dag.ContentIndex](from, why)}
			continue
		}
		c := r.copies[k]
		*cf = dag.CopyFacts{Status: dag.Know(c.Status, from), CopyQueue: dag.Know(c.CopyQueue, from), ReplayQueue: dag.Know(c.ReplayQueue, from),
			LastGenerated: dag.Know(c.LastGenerated, from), LastInspected: dag.Know(c.LastInspected, from),
			ActivationSuspended: dag.Know(c.ActivationSuspended, from), Diverged: dag.Know(c.Diverged, from), Index: dag.Know(c.ContentIndex, from)}
	}
}

// placeDatabases concludes where each database is mounted: known when a store says so, or when every member that could have it
// mounted answers or is shown off.
func (w *World) placeDatabases(reads []memberRead, f *dag.Facts) {
	t := w.o.Topology
	for d := range t.Databases {
		df := &f.Databases[d]
		mounted, dark := "", ""
		for i, cp := range t.Databases[d].Copies {
			mf := &f.Members[cp.Member]
			switch {
			case df.Copies[i].Status.Known && df.Copies[i].Status.Value == dag.CopyMounted:
				if mounted == "" { // of two, as every vantage must see it alike: the more preferred
					mounted = t.Members[cp.Member].Name
				}
			case !df.Copies[i].Status.Known && !(mf.Power.Known && mf.Power.Value != dag.PowerOn):
				dark = t.Members[cp.Member].Name
			}
		}
		df.MountedOn = dag.Know(mounted, "stores of the members")
		if mounted == "" && dark != "" {
			df.MountedOn = dag.Unknown[string]("stores of the members", dark+" does not answer and is not shown off")
		}
		df.Active = dag.Unknown[string](t.Databases[d].Name, "no cluster with quorum says")
		for _, cp := range t.Databases[d].Copies {
			m := cp.Member
			k := slices.IndexFunc(reads[m].databases, func(x exchange.Database) bool { return x.Name == t.Databases[d].Name && x.ActiveKnown })
			if k >= 0 && f.Members[m].Quorum.Value {
				df.Active = dag.Know(w.memberName(reads[m].databases[k].Server), "Get-MailboxDatabase -Status on "+t.Members[m].Name)
				break
			}
		}
	}
}
