package act

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/dnsupdate"
	"siteswap/internal/run"
	"siteswap/internal/vip"
	"siteswap/umredirect"
)

// repoint moves names to a site: written to that site's server, then to every other one that answers, verified at all.
func (w *World) repoint(ctx context.Context, a *task) run.Effect {
	t := w.o.Topology
	to := t.SiteIndex(a.step.With.To)
	var changes []dnsupdate.Change
	home, servers := w.homeServer(ctx, to)
	if home < 0 {
		return failed("there is no DNS server in the site file")
	}
	for n := range t.Names {
		if to < 0 || len(t.Names[n].Targets[to]) == 0 || len(a.step.With.Names) > 0 && !slices.Contains(a.step.With.Names, t.Names[n].Name) {
			continue
		}
		old, ttl := w.present(ctx, n, to, home)
		changes = append(changes, dnsupdate.Change{Name: t.Names[n].Name, Zone: t.Names[n].Zone, Type: recordType(t.Names[n].Targets[to]), TTL: ttl, Old: old, New: t.Names[n].Targets[to]})
	}
	set, err := dnsupdate.Plan(changes...)
	if err != nil {
		return failed(err.Error())
	}
	return w.dnsEffect(w.o.DNS.Repoint(ctx, set, servers[home]), "names to "+a.step.With.To)
}

// homeServer is the server that is written first: the site's own if it answers, else the first that does.
func (w *World) homeServer(ctx context.Context, site int) (int, []dnsupdate.Server) {
	servers := w.o.DNS.Servers()
	answers := func(i int) bool {
		key := "dns " + servers[i].Address
		if w.silence.quiet(key) || len(w.o.Topology.Names) == 0 {
			return false
		}
		_, err := w.o.DNS.Query(ctx, servers[i], w.o.Topology.Names[0].Name)
		w.noteDNS(key, err)
		return err == nil
	}
	own := slices.IndexFunc(w.o.Topology.DNSServers, func(d dag.DNSServer) bool { return d.Site == site })
	if own >= 0 && answers(own) {
		return own, servers
	}
	for i := range servers {
		if i != own && answers(i) {
			return i, servers
		}
	}
	if own < 0 {
		own = len(servers) - 1
	}
	return own, servers // nobody answers: writing there says why it fails
}

// noteDNS: a server that refuses or does not know the name has answered.
func (w *World) noteDNS(key string, err error) {
	w.silence.note(key, !errors.Is(err, dnsupdate.ErrUnreachable))
}

// present is the old value that the plan knows: the targets of another site that some server still answers. An answer that
// is no site's is somebody's hand edit, and the compare-and-swap will show it as a conflict.
func (w *World) present(ctx context.Context, name, to, home int) (old []string, ttl time.Duration) {
	t := w.o.Topology
	ttl = max(time.Second, time.Duration(float64(t.Names[name].TTL)/w.o.Scale))
	for i, srv := range w.o.DNS.Servers() {
		if w.silence.quiet("dns " + srv.Address) {
			continue
		}
		ans, err := w.o.DNS.Query(ctx, srv, t.Names[name].Name)
		w.noteDNS("dns "+srv.Address, err)
		if err != nil {
			continue
		}
		if i == home && ans.TTL > 0 {
			ttl = ans.TTL
		}
		if site := siteOf(t, name, ans.Addresses); site != "" && site != t.Sites[to].Name {
			old = ans.Addresses
		}
	}
	if old != nil {
		return old, ttl
	}
	for i, targets := range t.Names[name].Targets {
		if i != to && len(targets) > 0 {
			return targets, ttl
		}
	}
	return nil, ttl
}

func recordType(targets []string) string {
	for _, a := range targets {
		if ip := net.ParseIP(a); ip != nil && ip.To4() == nil {
			return "AAAA"
		}
	}
	return "A"
}

// ttl lowers the TTL of names, or puts back what was remembered; addresses stay.
func (w *World) ttl(ctx context.Context, a *task) run.Effect {
	t := w.o.Topology
	old := a.remembers("ttl/")
	var effects []run.Effect
	for _, srv := range w.o.DNS.Servers() {
		if w.silence.quiet("dns " + srv.Address) {
			continue
		}
		var changes []dnsupdate.Change
		for n := range t.Names {
			if len(a.step.With.Names) > 0 && !slices.Contains(a.step.With.Names, t.Names[n].Name) {
				continue
			}
			ans, err := w.o.DNS.Query(ctx, srv, t.Names[n].Name)
			if errors.Is(err, dnsupdate.ErrUnreachable) {
				// Once more: a server that is only slow would be left out, and found with its old TTL afterwards.
				ans, err = w.o.DNS.Query(ctx, srv, t.Names[n].Name)
			}
			if err != nil {
				w.noteDNS("dns "+srv.Address, err)
				break
			}
			want := a.step.With.TTL
			if a.step.With.Restore {
				if want, err = time.ParseDuration(old[t.Names[n].Name]); err != nil {
					want = t.Names[n].TTL
				}
			}
			want = max(time.Second, time.Duration(float64(want)/w.o.Scale).Round(time.Second))
			changes = append(changes, dnsupdate.Change{Name: t.Names[n].Name, Zone: t.Names[n].Zone, Type: recordType(ans.Addresses), TTL: want, Old: ans.Addresses, New: ans.Addresses})
		}
		set, err := dnsupdate.Plan(changes...)
		if err != nil {
			return failed(err.Error())
		}
		o := w.o.DNS.Apply(ctx, srv, set)
		effects = append(effects, w.outcome(o))
	}
	return join(effects...)
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
		e.Cure = "somebody changed the record since the plan was made: look at it, set it to one of the site file's targets, and start again"
	}
	if len(rep.Owed) > 0 {
		e.Text += "; " + strings.Join(rep.Owed, ", ") + " owed"
	}
	return e
}

// pool drains or enables the step's servers at their load balancer. One that does not answer is owed.
func (w *World) pool(ctx context.Context, a *task) run.Effect {
	enabled := a.step.Kind == "vip.enable"
	ref := a.permit.Ref()
	var effects []run.Effect
	for _, m := range w.members(a) {
		mem := &w.o.Topology.Members[m]
		p := w.o.Pools[mem.Site]
		if p == nil || !slices.Contains(w.o.Topology.Sites[mem.Site].Pool, m) {
			continue
		}
		call := run.Call{Cmdlet: fmt.Sprintf("pool %s: %s", mem.Name, map[bool]string{true: "enable", false: "drain"}[enabled]), On: p.Control}
		if w.silence.quiet("vip " + p.Control) {
			call.Lost = true
			effects = append(effects, run.Effect{State: run.Done, Calls: []run.Call{call}})
			continue
		}
		c, cancel := context.WithTimeout(ctx, w.patience(10*time.Second, time.Second))
		_, err := p.Set(c, mem.Name, enabled, vip.By{Run: ref.Run, Step: ref.Step, Attempt: ref.Attempt})
		cancel()
		lost := errors.Is(err, vip.ErrNoAnswer)
		w.silence.note("vip "+p.Control, !lost)
		if err != nil {
			call.Lost, call.Errors = lost, []string{err.Error()}
		}
		effects = append(effects, run.Effect{State: run.Done, Calls: []run.Call{call}})
	}
	e := join(effects...)
	e.Text = a.step.With.Site + map[bool]string{true: " in its pool", false: " out of its pool"}[enabled]
	if len(effects) == 0 {
		e.Text = a.step.With.Site + " has no pool: its address is a server's own"
	}
	return e
}

// reroute sends current mailboxes to a site at every redirector that answers; the others are owed.
func (w *World) reroute(ctx context.Context, a *task) run.Effect {
	ref := a.permit.Ref()
	var effects []run.Effect
	for i, r := range w.o.Redirectors {
		listen := w.o.Topology.Redirectors[i].Listen
		call := run.Call{Cmdlet: "redirector to " + a.step.With.To, On: listen}
		if w.silence.quiet("um " + listen) {
			call.Lost = true
			effects = append(effects, run.Effect{State: run.Done, Calls: []run.Call{call}})
			continue
		}
		c, cancel := context.WithTimeout(ctx, w.patience(10*time.Second, time.Second))
		result, why := r.SetState(c, umredirect.Setting{Site: a.step.With.To, Generation: ref.Index, Run: ref.Run, Step: ref.Step, Attempt: ref.Attempt})
		cancel()
		if result == umredirect.Done { // else it may have refused, which is an answer: whoever looks next finds out
			w.silence.note("um "+listen, true)
		}
		e := run.Effect{State: run.Done, Calls: []run.Call{call}}
		if result != umredirect.Done {
			e.Calls[0].Errors, e.Calls[0].Lost = []string{why}, result == umredirect.Unknown
		}
		effects = append(effects, e)
	}
	e := join(effects...)
	e.Text = "calls to " + a.step.With.To
	return e
}
