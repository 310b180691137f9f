package act

import (
	"context"
	"time"

	"siteswap/dag"
	"siteswap/dnsupdate"
)

// Rights change seldom and are not free to ask for: an update that changes nothing, signed as a real one (dnsupdate/rights.go).
// What was refused or could not be asked is asked again sooner.
const (
	rightsEvery = time.Hour
	rightsAgain = time.Minute
)

// readRights says of every name whether the account may change it at a server that has just answered. While this program changes
// names it does not ask.
//
// BUG(rights): the update that asks adds what was read a moment before, with its TTL, and DNS knows no prerequisite on a TTL. Where
// another controller asks in the very moment in which this one lowers a TTL, the old one may come back at that server; the run
// sees it when it looks at what it did.
func (w *World) readRights(ctx context.Context, i int, srv dnsupdate.Server) []dag.Fact[bool] {
	every, again := w.patience(rightsEvery, 30*time.Second), w.patience(rightsAgain, 2*time.Second)
	if w.writing.Load() > 0 {
		every, again = 1<<62, 1<<62
	}
	ask := func(every time.Duration) ([]dag.Fact[bool], time.Duration, bool) {
		return w.rights.ask(ctx, w.o.Now, srv.Address, every, func() []dag.Fact[bool] { return w.askRights(context.Background(), i, srv) })
	}
	got, age, ok := ask(every)
	t := w.o.Topology
	for n := range got {
		if t.DNSServers[i].Holds(&t.Names[n]) && !got[n].Value {
			got, age, ok = ask(again)
			break
		}
	}
	out := make([]dag.Fact[bool], len(t.Names))
	for n := range out {
		switch {
		case !t.DNSServers[i].Holds(&t.Names[n]):
			out[n] = dag.Unknown[bool](srv.Address, "it is not listed for this name")
		case !ok:
			out[n] = dag.Unknown[bool](srv.Address, "not asked yet")
		default:
			out[n] = got[n]
			out[n].Age = age
		}
	}
	return out
}

// askRights asks a server once about every name that it holds.
func (w *World) askRights(ctx context.Context, i int, srv dnsupdate.Server) []dag.Fact[bool] {
	t := w.o.Topology
	out := make([]dag.Fact[bool], len(t.Names))
	var last dag.Fact[bool]
	for n := range t.Names {
		name := &t.Names[n]
		if !t.DNSServers[i].Holds(name) {
			continue
		}
		if last.Known || last.Why == "" { // one silence is enough, its price is a time-out
			last = mayChange(srv.Address, w.o.DNS.CheckRights(ctx, srv, recordSets(name)))
		}
		out[n] = last
	}
	return out
}

// mayChange: every record set of a name may be changed; one that may not is enough for no, one that could not be asked for unknown.
func mayChange(from string, rights []dnsupdate.Right) dag.Fact[bool] {
	out := dag.Know(true, from)
	for _, r := range rights {
		switch {
		case r.Result == dnsupdate.Failed:
			no := dag.Know(false, from)
			no.Why = r.Name + " " + r.Type + ": " + r.Why
			return no
		case r.Result != dnsupdate.Done:
			out = dag.Unknown[bool](from, r.Name+" "+r.Type+": "+r.Why)
		}
	}
	return out
}

// recordSets are the record sets that a name may have by plan.
func recordSets(n *dag.Name) dnsupdate.Set {
	z := dnsupdate.Zone{Name: n.Zone, View: n.View, Servers: n.Servers}
	for _, k := range kindsOf(n) {
		z.Changes = append(z.Changes, dnsupdate.Change{Name: n.Name, Zone: n.Zone, View: n.View, Servers: n.Servers, Type: k, TTL: n.TTL})
	}
	return dnsupdate.Set{Zones: []dnsupdate.Zone{z}}
}
