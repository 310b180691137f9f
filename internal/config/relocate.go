package config

import (
	"net/netip"

	"siteswap/internal/document"
)

// Ports and marks of a relocated site file; the emulated sites listen there.
const (
	raised       = 10000 // added to a port below 1024, which only root may bind
	behind       = 20000 // added to a port to get what another process binds behind the forwarder of the emulated network
	powerPort    = 9000
	vipPort      = 9001
	redirectPort = 9002
	witnessPort  = 10445
	exchangePort = 10080
	publicFrom   = 200 // last octet of the first public address of a site, and of the first PBX outside
	drillScale   = 60
)

// PBXNames is the port of the emulated PBX's name server, at its first address.
const PBXNames = 10053

// PublicAddress is an address that a DNS name has in a site without being listed there: the public address in front of
// the site, which leads to its VIP.
type PublicAddress struct {
	Site    string
	Address netip.Addr
	VIP     netip.Addr // zero: the site has none
}

// PublicAddresses are the public addresses of the site file, each once, in the order of the sites and then of the names.
func (s *Site) PublicAddresses() []PublicAddress {
	listed := s.listed()
	var out []PublicAddress
	seen := map[netip.Addr]bool{}
	for _, p := range s.Sites {
		for _, n := range s.DNS.Names {
			for _, a := range n.Targets[p.Name] {
				if listed[a.Addr] || seen[a.Addr] {
					continue
				}
				seen[a.Addr] = true
				public := PublicAddress{Site: p.Name, Address: a.Addr}
				if p.VIP != nil {
					public.VIP = p.VIP.Address.Addr
				}
				out = append(out, public)
			}
		}
	}
	return out
}

// listed are the addresses of everything that a DNS name may point at inside a site.
func (s *Site) listed() map[netip.Addr]bool {
	out := map[netip.Addr]bool{}
	for _, p := range s.Sites {
		if p.VIP != nil {
			out[p.VIP.Address.Addr] = true
		}
		for _, d := range p.DomainControllers {
			out[d.Address.Addr] = true
		}
	}
	for _, v := range s.Servers {
		out[v.Address.Addr] = true
	}
	return out
}

// Relocate is a copy of the site in which every address is a loopback address of its site, 127.<base>.S.x with S the
// site's place in the file from 1; S = 0 is outside all sites. The last octet stays where it can. It is marked as a lab.
// What would reach people or things outside the lab is left out: notify, paper_to, ldap, the servers' own power control.
func Relocate(site *Site, base byte) *Site {
	out := &Site{File: site.File}
	document.Decode(site.File, Write(site), out) // a deep copy
	m := &mover{site: site, out: out, base: base, moved: map[spot]netip.Addr{}, used: map[netip.Addr]bool{}}
	m.used[m.address(0, 2)] = true // the power control
	m.places()
	m.servers()
	m.witnesses()
	m.controllers()
	m.dns()
	m.um()
	out.Cluster = &Cluster{Lab: true, TimeScale: drillScale}
	if site.Cluster != nil && site.Cluster.TimeScale > 0 {
		out.Cluster.TimeScale = site.Cluster.TimeScale
	}
	access := ExchangeAccess{Transport: "lab", Port: exchangePort}
	if site.ExchangeAccess != nil {
		access.Account = site.ExchangeAccess.Account
	}
	out.ExchangeAccess = &access
	out.Power = &PowerControl{Driver: "lab", Address: hostPort(m.address(0, 2), powerPort)}
	out.Notify, out.PaperTo = nil, nil
	return out
}

// spot is an old address in a site: the same old address in two sites is two things.
type spot struct {
	place int
	old   netip.Addr
}

// mover hands out new addresses: one for each spot, none twice.
type mover struct {
	site, out *Site
	base      byte
	moved     map[spot]netip.Addr
	used      map[netip.Addr]bool
}

func (m *mover) address(place int, octet byte) netip.Addr {
	return netip.AddrFrom4([4]byte{127, m.base, byte(place), octet})
}

// place is the number of a site in the emulated network: from 1, 0 is outside.
func (m *mover) place(name string) int {
	for i, p := range m.site.Sites {
		if p.Name == name {
			return i + 1
		}
	}
	return 0
}

// move is the new address of an old one: the same last octet if it is free.
func (m *mover) move(place int, old netip.Addr) netip.Addr {
	bytes := old.As16()
	return m.moveNear(place, old, bytes[15])
}

// moveNear takes the first free octet from the one wanted on, and begins again at 1 behind 254.
func (m *mover) moveNear(place int, old netip.Addr, octet byte) netip.Addr {
	if there, ok := m.moved[spot{place, old}]; ok {
		return there
	}
	fresh := m.free(place, octet)
	m.moved[spot{place, old}] = fresh
	return fresh
}

// free is an unused address of the place. With more than 254 things in a site the last is handed out again, and binding
// it says so.
func (m *mover) free(place int, octet byte) netip.Addr {
	fresh := m.address(place, octet)
	for i := range 254 {
		fresh = m.address(place, byte((max(int(octet), 1)-1+i)%254+1))
		if !m.used[fresh] {
			break
		}
	}
	m.used[fresh] = true
	return fresh
}

// movePort moves an address with its port.
func (m *mover) movePort(place int, old HostPort) HostPort {
	return hostPort(m.move(place, old.Addr()), raise(int(old.Port())))
}

func hostPort(a netip.Addr, port int) HostPort {
	return HostPort{netip.AddrPortFrom(a, uint16(port))}
}

// raise moves a port that only root may bind out of that range.
func raise(port int) int {
	if port < 1024 {
		return port + raised
	}
	return port
}

// hidden is what a process binds behind the advertised address.
func hidden(at netip.AddrPort) netip.AddrPort {
	port := int(at.Port()) + behind
	if port > 65535 {
		port = int(at.Port()) - behind
	}
	return netip.AddrPortFrom(at.Addr(), uint16(port))
}
