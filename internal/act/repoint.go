package act

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/dnsupdate"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// repoint moves names to a site: written to that site's server, then to every other one that answers, verified at all. The
// views of a split zone stand on different servers, so each name has the home that holds it. All is read before anything is
// written: a hand edit in one view stops the other too.
func (w *World) repoint(ctx context.Context, a *task) run.Effect {
	t := w.o.Topology
	to := t.SiteIndex(a.step.With.To)
	if to < 0 {
		return failed("the site file has no site " + a.step.With.To)
	}
	homes, lost := w.homes(ctx, chosen(t, a.step.With, to), a.step.With)
	var plans []dnsupdate.Proposal
	for _, h := range homes {
		p, err := w.o.DNS.Propose(ctx, h.wishes, h.server)
		if err != nil {
			w.noteDNS("dns "+h.server.Address, err)
			return failed(err.Error())
		}
		if odd := append(p.Odd, h.missing(p)...); len(odd) > 0 {
			e := failed(strings.Join(odd, "; "))
			e.Cure = handEdit
			e.Calls = []run.Call{{Cmdlet: "QUERY " + strings.Join(wished(h.wishes), ", "), On: h.server.Address, Errors: odd}}
			return e
		}
		plans = append(plans, p)
	}
	var effects []run.Effect
	for i, h := range homes {
		negative := w.negative(ctx, h.server, plans[i].Set)
		e := w.dnsEffect(w.o.DNS.Repoint(ctx, plans[i].Set, h.server), movedText(t, a.step.With))
		e.Memory = negative
		effects = append(effects, e)
		if e.State != run.Done {
			break // else one view would say one site and the other another for longer than it takes to look
		}
	}
	if len(lost) > 0 {
		effects = append(effects, failed("no DNS server that holds "+strings.Join(lost, ", ")+" answers"))
	}
	if len(effects) == 1 {
		return effects[0]
	}
	out := join(effects...)
	for _, e := range effects {
		out.Memory = longest(out.Memory, e.Memory)
	}
	return out
}

// negative is how long caches may hold that a record does not exist which the set makes, as where a name gets its first IPv6
// address; none: all records of the set exist already. What cannot be read is not known to be short: the name's own TTL counts.
func (w *World) negative(ctx context.Context, at dnsupdate.Server, set dnsupdate.Set) []run.Remembered {
	var out []run.Remembered
	for _, z := range set.Zones {
		if !slices.ContainsFunc(z.Changes, func(c dnsupdate.Change) bool { return len(c.Old) == 0 && len(c.New) > 0 }) {
			continue
		}
		if ttl, err := w.o.DNS.NegativeTTL(ctx, at, z.Name); err == nil {
			real := time.Duration(float64(ttl) * w.o.Scale)
			out = longest(out, []run.Remembered{{Key: run.KeyNegative, Value: real.String()}})
		}
	}
	return out
}

// longest is the longer of two memories of run.KeyNegative.
func longest(a, b []run.Remembered) []run.Remembered {
	if len(a) == 0 || len(b) == 0 {
		return append(a, b...)
	}
	x, _ := time.ParseDuration(a[0].Value)
	y, _ := time.ParseDuration(b[0].Value)
	if x >= y {
		return a
	}
	return b
}

// movedText says where the names went, and which of them went to other sites too.
func movedText(t *dag.Topology, a runbooks.Args) string {
	text := "names to " + a.To
	for _, n := range chosen(t, a, t.SiteIndex(a.To)) {
		if sites := runbooks.LeadsTo(t, n, a, &dag.Facts{}); sites.Len() > 1 {
			text += ", " + t.Names[n].Name + " to " + strings.Join(t.SiteNames(sites), " and ")
		}
	}
	return text
}

const handEdit = "somebody changed the record since the plan was made: look at it, set it to one of the site file's targets, and start again"

// chosen are the indexes of a step's names that have targets in the site.
func chosen(t *dag.Topology, a runbooks.Args, to int) []int {
	var out []int
	for n := range t.Names {
		if len(t.Names[n].Targets[to]) > 0 && (len(a.Names) == 0 || slices.Contains(a.Names, t.Names[n].Name)) {
			out = append(out, n)
		}
	}
	return out
}

// home is a server that is written first, and what it is to hold.
type home struct {
	server dnsupdate.Server
	wishes []dnsupdate.Wish
}

// missing says which names the server does not hold at all: making one anew would hide that somebody deleted it.
func (h home) missing(p dnsupdate.Proposal) []string {
	var out []string
	for _, v := range h.wishes {
		if !slices.ContainsFunc(p.Old, func(r dnsupdate.Record) bool { return strings.EqualFold(r.Name, v.Name) && r.View == v.View }) {
			out = append(out, v.Name+" does not exist at "+h.server.Address)
		}
	}
	return out
}

func wished(list []dnsupdate.Wish) []string {
	var out []string
	for _, v := range list {
		out = append(out, v.Name)
	}
	return out
}

// homes sorts names by the server that is written first: of those that hold the name the site's own if it answers, else the
// first that does. lost are the names that no server which answers holds.
func (w *World) homes(ctx context.Context, names []int, a runbooks.Args) (out []home, lost []string) {
	t, servers := w.o.Topology, w.o.DNS.Servers()
	to := t.SiteIndex(a.To)
	asked := map[string]bool{}
	answers := func(i, n int) bool {
		key, zone := "dns "+servers[i].Address, servers[i].Address+" "+t.Names[n].Zone
		if known, ok := asked[zone]; ok || w.silence.quiet(key) {
			return known
		}
		_, err := w.o.DNS.Query(ctx, servers[i], t.Names[n].Name)
		w.noteDNS(key, err)
		asked[zone] = err == nil
		return err == nil
	}
	for _, n := range names {
		order := holders(t, n, to)
		at := slices.IndexFunc(order, func(i int) bool { return answers(i, n) })
		if at < 0 {
			lost = append(lost, t.Names[n].Name)
			continue
		}
		srv := servers[order[at]]
		k := slices.IndexFunc(out, func(h home) bool { return h.server.Address == srv.Address })
		if k < 0 {
			out, k = append(out, home{server: srv}), len(out)
		}
		out[k].wishes = append(out[k].wishes, wish(&t.Names[n], runbooks.LeadsTo(t, n, a, &dag.Facts{})))
	}
	return out, lost
}

// holders are the servers that hold a name, the site's own first.
func holders(t *dag.Topology, name, site int) []int {
	var out []int
	for i := range t.DNSServers {
		if t.DNSServers[i].Holds(&t.Names[name]) {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int {
		foreign := func(i int) int {
			if t.DNSServers[i].Site == site {
				return 0
			}
			return 1
		}
		return foreign(a) - foreign(b)
	})
	return out
}

// wish is what a name is to hold: the targets of sites, over what it may hold by its policy: those of any other site, or of any
// several. What is none of these is a hand edit.
func wish(n *dag.Name, sites dag.Set) dnsupdate.Wish {
	out := dnsupdate.Wish{Name: n.Name, Zone: n.Zone, View: n.View, Servers: n.Servers, Targets: n.At(sites)}
	for held := dag.Set(1); held < 1<<len(n.Targets); held++ {
		if values := n.At(held); n.Leads(values) == held {
			out.Ours = append(out.Ours, values)
		}
	}
	return out
}

// noteDNS: a server that refuses or does not know the name has answered.
func (w *World) noteDNS(key string, err error) {
	w.silence.note(key, !errors.Is(err, dnsupdate.ErrUnreachable))
}

// ttl lowers the TTL of names, or puts back what was remembered; what they hold stays.
func (w *World) ttl(ctx context.Context, a *task) run.Effect {
	var effects []run.Effect
	for i, srv := range w.o.DNS.Servers() {
		wishes := w.slower(a, i)
		if w.silence.quiet("dns "+srv.Address) || len(wishes) == 0 {
			continue
		}
		p, err := w.o.DNS.Propose(ctx, wishes, srv)
		if errors.Is(err, dnsupdate.ErrUnreachable) {
			// Once more: a server that is only slow would be left out, and found with its old TTL afterwards.
			p, err = w.o.DNS.Propose(ctx, wishes, srv)
		}
		w.noteDNS("dns "+srv.Address, err)
		switch {
		case errors.Is(err, dnsupdate.ErrUnreachable): // it is owed, which its facts will show
		case err != nil:
			return failed(err.Error())
		default:
			effects = append(effects, w.outcome(w.o.DNS.Apply(ctx, srv, p.Set)))
		}
	}
	return join(effects...)
}

// slower are the wishes of dns.ttl for what one server holds.
func (w *World) slower(a *task, server int) []dnsupdate.Wish {
	t, old := w.o.Topology, a.remembers("ttl/")
	var out []dnsupdate.Wish
	for i := range t.Names {
		n := &t.Names[i]
		if !t.DNSServers[server].Holds(n) || len(a.step.With.Names) > 0 && !slices.Contains(a.step.With.Names, n.Name) {
			continue
		}
		want := a.step.With.TTL
		if a.step.With.Restore {
			var err error
			if want, err = time.ParseDuration(old[n.Name]); err != nil {
				want = n.TTL
			}
		}
		want = max(time.Second, time.Duration(float64(want)/w.o.Scale).Round(time.Second))
		out = append(out, dnsupdate.Wish{Name: n.Name, Zone: n.Zone, View: n.View, Servers: n.Servers, TTL: want})
	}
	return out
}

func (w *World) outcome(o dnsupdate.Outcome) run.Effect {
	e := run.Effect{State: dnsState(o.Result), Error: o.Why, Calls: []run.Call{{Cmdlet: "UPDATE " + strings.Join(outcomeNames(o), ", "), On: o.Server}}}
	if o.Unreachable {
		e.State = run.Done // a silent server is owed, which its facts will show
		e.Calls[0].Lost = true
	}
	if e.State != run.Done {
		e.Calls[0].Errors = []string{o.Why}
	}
	return e
}

func outcomeNames(o dnsupdate.Outcome) []string {
	var names []string
	for _, n := range o.Names {
		names = append(names, n.Name)
	}
	return names
}

func dnsState(r dnsupdate.Result) run.StepState {
	switch r {
	case dnsupdate.Done:
		return run.Done
	case dnsupdate.Unknown:
		return run.Unknown
	}
	return run.Failed
}

func (w *World) dnsEffect(rep dnsupdate.Report, text string) run.Effect {
	e := run.Effect{State: dnsState(rep.Result), Error: rep.Why, Text: text}
	for _, s := range rep.Servers {
		c := run.Call{Cmdlet: "UPDATE " + strings.Join(outcomeNames(s.Outcome), ", "), On: s.State.Server, Lost: s.State.State == dnsupdate.Unreachable}
		if s.Outcome.Why != "" && s.Outcome.Result != dnsupdate.Done {
			c.Errors = []string{s.Outcome.Why}
		}
		e.Calls = append(e.Calls, c)
	}
	if rep.Result == dnsupdate.Conflict {
		e.Cure = handEdit
	}
	if len(rep.Owed) > 0 {
		e.Text += "; " + strings.Join(rep.Owed, ", ") + " owed"
	}
	return e
}
