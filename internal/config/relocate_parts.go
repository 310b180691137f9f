package config

import (
	"net/netip"
	"slices"
	"strings"
)

// places moves what stands in the sites. A VIP that is a server's own address is the same spot, and moves with it.
func (m *mover) places() {
	for i := range m.out.Sites {
		p := &m.out.Sites[i]
		for j := range p.DomainControllers {
			d := &p.DomainControllers[j]
			d.Address.Addr = m.move(i+1, d.Address.Addr)
		}
		if p.VIP != nil {
			p.VIP.Address.Addr = m.move(i+1, p.VIP.Address.Addr)
			p.VIP.Driver, p.VIP.Control = "lab", hostPort(p.VIP.Address.Addr, vipPort)
			p.VIP.Account, p.VIP.KeyFile, p.VIP.Env, p.VIP.Command = "", "", "", nil
		}
	}
}

func (m *mover) servers() {
	for i := range m.out.Servers {
		v := &m.out.Servers[i]
		v.Address.Addr = m.move(m.place(v.Site), v.Address.Addr)
		v.Power = nil
	}
}

// witnesses get the address of the host that they stand on, or one of their own. It is handed out before anything that is
// no host, and two witnesses on one server share it.
func (m *mover) witnesses() {
	hosts := map[string]netip.Addr{}
	all := []*Witness{&m.out.DAG.Witness, m.out.DAG.AlternateWitness}
	for i := range m.out.DAG.SpareWitnesses {
		all = append(all, &m.out.DAG.SpareWitnesses[i])
	}
	for _, w := range all {
		if w == nil || w.Server == "" {
			continue
		}
		key := domain(w.Server)
		if _, known := hosts[key]; !known {
			hosts[key] = m.witnessHost(w)
		}
		w.Address = hostPort(hosts[key], witnessPort)
		w.SMB = nil // an account of the real site has no business in a lab
	}
}

func (m *mover) witnessHost(w *Witness) netip.Addr {
	for _, p := range m.out.Sites {
		for _, d := range p.DomainControllers {
			if domain(d.FQDN) == domain(w.Server) {
				return d.Address.Addr
			}
		}
	}
	for _, v := range m.out.Servers {
		if domain(v.FQDN) == domain(w.Server) || strings.EqualFold(v.Name, w.Server) {
			return v.Address.Addr
		}
	}
	if w.Address.IsValid() {
		return m.move(m.place(w.Site), w.Address.Addr())
	}
	const wanted = 8 // any octet; low ones are servers of their own in most sites
	return m.free(m.place(w.Site), wanted)
}

func (m *mover) controllers() {
	for i := range m.out.Controllers {
		k := &m.out.Controllers[i]
		place := m.place(k.Site)
		k.Raft, k.API = m.movePort(place, k.Raft), m.movePort(place, k.API)
		k.RaftBind, k.APIBind = HostPort{hidden(k.Raft.AddrPort)}, HostPort{hidden(k.API.AddrPort)}
	}
}

// dns moves servers and names. A target that is a listed address goes where that thing went; any other is a public
// address of its site.
func (m *mover) dns() {
	became := map[HostPort]HostPort{}
	for i := range m.out.DNS.Servers {
		s := &m.out.DNS.Servers[i]
		at := m.movePort(m.place(s.Site), s.Address)
		became[s.Address] = at
		s.Address = at
		if s.GSS != nil { // the emulated servers take shared keys; `drill --dns samba` puts real ones in their place
			s.GSS, s.TSIG = nil, &TSIG{Name: "siteswap.", Algorithm: "hmac-sha256", KeyFile: "dns.key"}
		}
	}
	m.out.DNS.Resolvers, m.out.DNS.NameServers = nil, false
	listed := m.site.listed()
	for i := range m.out.DNS.Names {
		n := &m.out.DNS.Names[i]
		for j, s := range n.Servers {
			n.Servers[j] = became[s]
		}
		for _, site := range sortedKeys(n.Targets) {
			for j := range n.Targets[site] {
				n.Targets[site][j].Addr = m.target(m.place(site), n.Targets[site][j].Addr, listed)
			}
		}
	}
}

func (m *mover) target(place int, old netip.Addr, listed map[netip.Addr]bool) netip.Addr {
	if !listed[old] {
		return m.moveNear(place, old, publicFrom)
	}
	if there, ok := m.moved[spot{place, old}]; ok {
		return there
	}
	for p := range len(m.site.Sites) + 1 { // a target in one site that stands in another
		if there, ok := m.moved[spot{p, old}]; ok {
			return there
		}
	}
	return m.move(place, old)
}

// um moves Unified Messaging; the PBX stands outside the sites and survives their loss.
func (m *mover) um() {
	um := m.out.UM
	if um == nil {
		return
	}
	for i := range um.Redirectors {
		r := &um.Redirectors[i]
		place := m.place(r.Site)
		r.TLS = nil // the emulated PBX speaks none
		r.Listen = slices.DeleteFunc(slices.Clone(r.Listen), func(l Listener) bool { return l.Network == "tls" })
		r.Bind = make([]Listener, len(r.Listen))
		for j := range r.Listen {
			l := &r.Listen[j]
			l.AddrPort = m.movePort(place, HostPort{l.AddrPort}).AddrPort
			r.Bind[j] = Listener{l.Network, hidden(l.AddrPort)}
		}
		if len(r.Listen) > 0 {
			r.Control = hostPort(r.Listen[0].Addr(), redirectPort)
			r.ControlBind = HostPort{hidden(r.Control.AddrPort)}
		}
	}
	for _, list := range [][]Address{um.Peers, um.Limits.Allow} {
		for i := range list {
			list[i].Addr = m.moveNear(0, list[i].Addr, publicFrom)
		}
	}
	for i := range um.DialPlans {
		for _, site := range sortedKeys(um.DialPlans[i].Current) {
			for j := range um.DialPlans[i].Current[site] {
				m.contact(m.place(site), &um.DialPlans[i].Current[site][j].Target)
			}
		}
	}
	for i := range um.Legacy {
		l := &um.Legacy[i]
		l.Address.Addr = m.move(m.place(l.Site), l.Address.Addr)
		l.Port = raise(l.ServicePort())
		for j := range l.Also {
			m.contact(m.place(l.Site), &l.Also[j].Target)
		}
	}
	um.LDAP = nil
	m.operation(um)
}

// operation: targets are looked up at the emulated PBX's own name server, and nothing is sent or shown outside.
func (m *mover) operation(um *UM) {
	watch := UMWatch{}
	if um.Watch != nil {
		watch = *um.Watch
	}
	watch.CAFile, watch.Resolvers, um.Homer = "", nil, nil
	if len(um.Peers) > 0 {
		watch.Resolvers = []HostPort{hostPort(um.Peers[0].Addr, PBXNames)}
	}
	um.Watch = &watch
	for i := range um.Redirectors {
		um.Redirectors[i].Metrics = HostPort{}
	}
}

// contact: names stay, because the emulated DNS answers for them; addresses move.
func (m *mover) contact(place int, t *Target) {
	if old, err := netip.ParseAddr(t.Host); err == nil {
		t.Host = m.target(place, old, map[netip.Addr]bool{old: true}).String()
	}
	t.Port = raise(t.Port)
}
