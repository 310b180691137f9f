package console

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"siteswap/dag"
	"siteswap/internal/api"
)

func siteBox(t *dag.Topology, f *dag.Facts, s api.Status, a Around, site int) SiteBox {
	b := SiteBox{Name: t.Sites[site].Name, State: Good}
	answers, members := 0, 0
	for i := range t.Members {
		if t.Members[i].Site != site {
			continue
		}
		m := server(t, f, i)
		members++
		if m.State != Bad {
			answers++
		}
		if m.State != Good && b.State == Good {
			b.State = Degraded
		}
		b.Servers = append(b.Servers, m)
	}
	b.Items = siteItems(t, f, site)
	if members > 0 && answers == 0 {
		b.State, b.Note = Bad, "no server answers"
	}
	if slices.Contains(a.Lost, b.Name) {
		b.State, b.Note = Bad, "lost"
	}
	for _, v := range s.Voters {
		if v.Site == b.Name {
			b.Items = append(b.Items, controller(v, s, a))
		}
	}
	return b
}

// server is a member as its facts have it.
func server(t *dag.Topology, f *dag.Facts, i int) Server {
	out := Server{Name: t.Members[i].Name, State: Degraded, Text: "not known"}
	for db := range t.Databases {
		if on, known := mountedOn(f, db); known && on == out.Name {
			out.Databases = append(out.Databases, t.Databases[db].Name)
		}
	}
	if i >= len(f.Members) {
		return out
	}
	m := &f.Members[i]
	if !m.Answers.Known || !m.Answers.Value {
		out.State, out.Text = Bad, "no answer"
		if m.Power.Known && m.Power.Value != dag.PowerOn {
			out.Text = "power " + string(m.Power.Value)
		}
		return out
	}
	var words []string
	out.State = Good
	switch {
	case m.Evicted.Known && m.Evicted.Value:
		out.State = Degraded
		words = append(words, "evicted")
	case !m.Cluster.Known:
		out.State = Degraded
		words = append(words, "cluster not known")
	case m.Cluster.Value != dag.Running:
		out.State = Degraded
		words = append(words, "cluster "+strings.ToLower(string(m.Cluster.Value)))
	case m.Quorum.Known && !m.Quorum.Value:
		out.State = Degraded
		words = append(words, "no quorum")
	case m.Quorum.Known:
		words = append(words, "quorum")
	}
	if m.MayMount.Known && !m.MayMount.Value {
		words = append(words, "may not mount")
	}
	if m.PAM.Known && m.PAM.Value == out.Name {
		words = append(words, "PAM")
	}
	out.Text = strings.Join(words, ", ")
	return out
}

func mountedOn(f *dag.Facts, db int) (string, bool) {
	if db >= len(f.Databases) {
		return "", false
	}
	m := f.Databases[db].MountedOn
	return m.Value, m.Known
}

// siteItems are what the site's services say.
func siteItems(t *dag.Topology, f *dag.Facts, site int) []Item {
	var items []Item
	if site < len(f.Sites) {
		sf := &f.Sites[site]
		if len(t.Sites[site].DomainControllers) > 0 {
			items = append(items, yesNo("directory", sf.Directory, "answers", "no answer"))
		}
		for _, w := range []struct {
			dag.Witness
			name string
		}{{t.Witness, "witness"}, {t.Alternate, "alternate witness"}} {
			if w.Server != "" && w.Site == site {
				items = append(items, yesNo(w.name, sf.Witness, "share answers", "no answer"))
			}
		}
		if t.Sites[site].VIP != "" && len(t.Sites[site].Pool) > 0 { // without a pool it is a server's own address
			items = append(items, vip(t, sf, site))
		}
	}
	for i := range t.DNSServers {
		if t.DNSServers[i].Site == site {
			items = append(items, dns(t, f, i))
		}
	}
	for i := range t.Redirectors {
		if t.Redirectors[i].Site == site && i < len(f.Redirector) {
			r := f.Redirector[i]
			it := yesNo("calls", r.Answers, "answers", "no answer")
			if it.State == Good && r.Site.Known {
				it.Text = "to " + r.Site.Value
			}
			items = append(items, it)
		}
	}
	return items
}

func yesNo(name string, f dag.Fact[bool], yes, no string) Item {
	switch {
	case !f.Known:
		return Item{State: Degraded, Name: name, Text: "not known"}
	case f.Value:
		return Item{State: Good, Name: name, Text: yes}
	}
	return Item{State: Bad, Name: name, Text: no}
}

func vip(t *dag.Topology, sf *dag.SiteFacts, site int) Item {
	it := yesNo("vip", sf.VIP, "answers", "no answer")
	if it.State != Good {
		return it
	}
	in := 0
	for k := range sf.Pool {
		if p := sf.Pool[k]; p.Enabled.Known && p.Enabled.Value && p.Healthy.Known && p.Healthy.Value {
			in++
		}
	}
	if n := len(t.Sites[site].Pool); n > 0 {
		it.Text = strconv.Itoa(in) + " of " + strconv.Itoa(n) + " in the pool"
		if in < n {
			it.State = Degraded
		}
		if in == 0 {
			it.Text = "drained"
		}
	}
	return it
}

// noSite is what a name leads to whose addresses are no site's.
const noSite = "no site"

// dns is what a server answers for all names in a word: the site, or that they differ. A name that several sites hold agrees
// with the others when theirs is among them.
func dns(t *dag.Topology, f *dag.Facts, server int) Item {
	it := Item{State: Bad, Name: "dns", Text: "no answer"}
	if (server+1)*len(t.Names) > len(f.DNS) {
		return Item{State: Degraded, Name: "dns", Text: "not known"}
	}
	var sites []string
	for _, many := range []bool{false, true} {
		for n := range t.Names {
			a := &f.DNS[server*len(t.Names)+n]
			if !a.Answers.Known || !a.Sites.Known || many != (t.Names[n].Policy == dag.AllHealthy) || many && len(sites) == 1 && a.LeadTo(sites[0]) {
				continue
			}
			if lead := cmp.Or(strings.Join(a.Sites.Value, "+"), noSite); !slices.Contains(sites, lead) {
				sites = append(sites, lead)
			}
		}
	}
	switch {
	case len(sites) == 1 && sites[0] != noSite:
		it.State, it.Text = Good, "answers "+sites[0]
	case len(sites) == 1:
		it.State, it.Text = Degraded, "answers no site's addresses"
	case len(sites) > 1:
		it.State, it.Text = Degraded, "names differ: "+strings.Join(sites, ", ")
	}
	return it
}

func controller(v api.Voter, s api.Status, a Around) Item {
	it := Item{State: Idle, Name: v.ID, Text: "votes"}
	switch {
	case slices.Contains(a.Dead, v.ID):
		it.State, it.Text = Bad, "dead"
	case v.ID == s.Leader && v.ID == s.Node && !s.CanAct:
		it.State, it.Text = Degraded, "leads, may not act"
	case v.ID == s.Leader && v.ID == s.Node:
		it.State, it.Text = Good, "leads, may act"
	case v.ID == s.Leader:
		it.State, it.Text = Good, "leads"
	case v.ID == s.Node:
		it.Text = "follows"
	}
	return it
}
