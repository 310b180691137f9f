package drill

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/internal/config"
	"siteswap/internal/lab"
	"siteswap/internal/lab/names"
	"siteswap/internal/lab/phone"
)

// Ports of the emulated sites that no site file names; the drivers' wiring knows the same.
const directoryPort = 10389

// layout is the site file moved to the loopback network, with keys of its own, written to the folder.
// prepare, unless nil, may still change it before it is written.
func layout(site *config.Site, base byte, dir string, speed float64, prepare func(*config.Site, []names.Key) error) (*config.Site, []names.Key, error) {
	moved := config.Relocate(site, base)
	moved.Cluster.TimeScale = speed
	var keys []names.Key
	for i := range moved.DNS.Servers {
		k := moved.DNS.Servers[i].TSIG
		if k == nil {
			return nil, nil, fmt.Errorf("dns.servers[%d]: a drill needs a tsig key name and algorithm there", i)
		}
		secret := make([]byte, 32)
		if _, err := rand.Read(secret); err != nil {
			return nil, nil, fmt.Errorf("make a DNS key: %w", err)
		}
		if j := slices.IndexFunc(keys, func(o names.Key) bool { return o.Name == k.Name }); j >= 0 {
			secret = keys[j].Secret // servers that share a key's name share the key
		} else {
			keys = append(keys, names.Key{Name: k.Name, Algorithm: k.Algorithm, Secret: secret})
		}
		file := filepath.Join(dir, fmt.Sprintf("dns-%d.key", i))
		if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(secret)), 0o600); err != nil {
			return nil, nil, fmt.Errorf("write a DNS key: %w", err)
		}
		k.KeyFile, k.Env, k.Command = file, "", nil
	}
	moved.File = filepath.Join(dir, "site.yaml")
	if prepare != nil {
		if err := prepare(moved, keys); err != nil {
			return nil, nil, err
		}
	}
	if err := os.WriteFile(moved.File, config.Write(moved), 0o600); err != nil {
		return nil, nil, fmt.Errorf("write the site file of the drill: %w", err)
	}
	again, ps := config.Load(moved.File)
	if ps.Err() != nil {
		return nil, nil, fmt.Errorf("the site file of the drill does not hold: %w", ps.Err())
	}
	return again, keys, nil
}

// labOptions are the emulated sites of a relocated site file.
func labOptions(site *config.Site, keys []names.Key, base byte, speed float64) lab.Options {
	t := site.Topology()
	o := lab.Options{Topology: t, Base: base, Speed: speed, Keys: keys, Power: site.Power.Address.AddrPort,
		Clients: 24, MessageRate: time.Second, CallRate: 2}
	for _, m := range t.Members {
		o.Servers = append(o.Servers, server(site, m.Name))
	}
	for _, s := range site.Servers {
		if !s.Member() {
			o.Servers = append(o.Servers, server(site, s.Name))
		}
	}
	o.Directories, o.Zones = directories(site, t)
	o.Witnesses = append(o.Witnesses, lab.Witness{Server: site.DAG.Witness.Server, Site: t.Witness.Site, Share: site.DAG.Witness.Address.AddrPort})
	if w := site.DAG.AlternateWitness; w != nil {
		o.Witnesses = append(o.Witnesses, lab.Witness{Server: w.Server, Site: t.Alternate.Site, Share: w.Address.AddrPort})
	}
	o.VIPs = vips(site, t)
	for _, c := range site.Controllers {
		s := t.SiteIndex(c.Site)
		o.Forwards = append(o.Forwards, lab.Forward{Site: s, Advertised: c.Raft.AddrPort, Binding: c.RaftBind.AddrPort},
			lab.Forward{Site: s, Advertised: c.API.AddrPort, Binding: c.APIBind.AddrPort})
	}
	addPhones(site, t, &o)
	return o
}

func server(site *config.Site, name string) lab.Server {
	for _, s := range site.Servers {
		if s.Name == name {
			return lab.Server{Name: s.Name, FQDN: s.FQDN, Site: site.Topology().SiteIndex(s.Site), Address: s.Address.Addr, Exchange: uint16(site.ExchangeAccess.Port), UM: s.Has("um"), UMPort: umPort(site, s.FQDN)}
		}
	}
	return lab.Server{}
}

// umPort is the port that dial plans name for a UM server.
func umPort(site *config.Site, fqdn string) uint16 {
	if site.UM != nil {
		for _, p := range site.UM.DialPlans {
			for _, cs := range p.Current {
				for _, c := range cs {
					if c.Target.Host == fqdn && c.Target.Port != 0 {
						return uint16(c.Target.Port)
					}
				}
			}
		}
	}
	return 5060
}

// directories are the domain controllers; a DNS server that stands on none of them gets a host of its own.
func directories(site *config.Site, t *dag.Topology) ([]lab.Directory, []string) {
	var out []lab.Directory
	var zones []string
	placed := map[string]bool{}
	for _, srv := range site.DNS.Servers {
		d := lab.Directory{FQDN: "dns." + srv.Site, Site: t.SiteIndex(srv.Site), Host: srv.Address.Addr(), DNS: srv.Address.AddrPort, Probe: netip.AddrPortFrom(srv.Address.Addr(), directoryPort)}
		for _, p := range site.Sites {
			for _, dc := range p.DomainControllers {
				if dc.Address.Addr == d.Host {
					d.FQDN = dc.FQDN
				}
			}
		}
		placed[d.Host.String()] = true
		out = append(out, d)
	}
	for _, p := range site.Sites {
		for _, dc := range p.DomainControllers {
			if !placed[dc.Address.String()] {
				out = append(out, lab.Directory{FQDN: dc.FQDN, Site: t.SiteIndex(p.Name), Host: dc.Address.Addr, Probe: netip.AddrPortFrom(dc.Address.Addr, directoryPort)})
			}
		}
	}
	for _, n := range t.Names {
		if !slices.Contains(zones, n.Zone) {
			zones = append(zones, n.Zone)
		}
	}
	return out, zones
}

func vips(site *config.Site, t *dag.Topology) []lab.VIP {
	var out []lab.VIP
	public := site.PublicAddresses()
	for i, p := range site.Sites {
		if p.VIP == nil {
			continue
		}
		v := lab.VIP{Site: i, Address: p.VIP.Address.Addr, Control: p.VIP.Control.AddrPort}
		for _, a := range public {
			if a.Site == p.Name {
				v.Public = append(v.Public, a.Address)
			}
		}
		for _, m := range t.Sites[i].Pool {
			v.Pool = append(v.Pool, t.Members[m].Name)
		}
		for _, s := range site.Servers {
			if s.Address == p.VIP.Address {
				v.Own = s.Name
			}
		}
		out = append(out, v)
	}
	return out
}

func addPhones(site *config.Site, t *dag.Topology, o *lab.Options) {
	if site.UM == nil {
		return
	}
	for _, r := range site.UM.Redirectors {
		lr := lab.Redirector{Name: "redirector " + r.Site, Site: t.SiteIndex(r.Site), Control: r.Control.AddrPort, CtlBind: r.ControlBind.AddrPort}
		for k, l := range r.Listen {
			switch l.Network {
			case "udp":
				lr.UDP, lr.UDPBind = l.AddrPort, r.Bind[k].AddrPort
			case "tcp":
				lr.TCP, lr.TCPBind = l.AddrPort, r.Bind[k].AddrPort
			}
		}
		o.Redirectors = append(o.Redirectors, lr)
	}
	for _, p := range site.UM.Peers {
		o.PBX = append(o.PBX, p.Addr)
	}
	o.PBXNames = config.PBXNames
	legacy := map[string]bool{}
	for _, g := range site.UM.Legacy {
		port := g.Port
		if port == 0 {
			port = 5060
		}
		legacy[g.Name] = true
		o.Legacy = append(o.Legacy, lab.Legacy{FQDN: g.FQDN, Site: t.SiteIndex(g.Site), Address: netip.AddrPortFrom(g.Address.Addr, uint16(port))})
	}
	for _, m := range site.UM.Mailboxes {
		o.Extensions = append(o.Extensions, phone.Extension{Number: m.Extension, Legacy: legacy[m.Home]})
	}
}

// describe is the second line of a drill: what stands where.
func describe(site *config.Site) string {
	var parts []string
	for _, p := range site.Sites {
		words := []string{p.Name}
		for _, s := range site.Servers {
			if s.Site == p.Name {
				words = append(words, s.Name)
			}
		}
		if p.VIP != nil && len(p.VIP.Pool) > 0 {
			words = append(words, "vip")
		}
		for _, d := range p.DomainControllers {
			words = append(words, strings.SplitN(d.FQDN, ".", 2)[0])
		}
		for _, c := range site.Controllers {
			if c.Site == p.Name {
				words = append(words, c.ID)
			}
		}
		parts = append(parts, strings.Join(words, " "))
	}
	return "        " + strings.Join(parts, "   |   ")
}
