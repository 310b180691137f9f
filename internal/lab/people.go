package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/internal/lab/mail"
	"siteswap/internal/lab/names"
	"siteswap/internal/lab/phone"
)

// startPhones starts the UM servers, the legacy ones, and the PBX outside the sites.
func (l *Lab) startPhones() error {
	if len(l.o.Redirectors) == 0 {
		return nil
	}
	for m, s := range l.o.Servers {
		if !s.UM || m >= len(l.o.Topology.Members) {
			continue
		}
		srv := phone.NewServer(phone.ServerOptions{Name: s.Name, Now: l.o.Now, Serves: l.isCurrent})
		if err := l.servePhone(srv, netip.AddrPortFrom(s.Address, s.UMPort)); err != nil {
			return err
		}
	}
	for _, g := range l.o.Legacy {
		srv := phone.NewServer(phone.ServerOptions{Name: g.FQDN, Now: l.o.Now, Serves: func(x string) bool { return !l.isCurrent(x) }})
		if err := l.servePhone(srv, g.Address); err != nil {
			return err
		}
	}
	if err := l.startPBXNames(); err != nil {
		return err
	}
	if len(l.o.Extensions) == 0 || l.o.CallRate <= 0 {
		return nil
	}
	pbx, err := phone.New(l.pbxOptions())
	if err != nil {
		return fmt.Errorf("the PBX: %w", err)
	}
	l.pbx = pbx
	l.tasks.Go(func() { pbx.Run(l.ctx) })
	return nil
}

func (l *Lab) isCurrent(extension string) bool {
	for _, e := range l.o.Extensions {
		if e.Number == extension {
			return !e.Legacy
		}
	}
	return true
}

func (l *Lab) servePhone(srv *phone.Server, addr netip.AddrPort) error {
	ln, err := l.fabric.Listen(addr)
	if err != nil {
		return err
	}
	l.tasks.Go(func() {
		if err := srv.Serve(ln); err != nil && l.ctx.Err() == nil {
			l.record.note(l.o.Now(), "UM server on "+addr.String()+" ended: "+err.Error())
		}
	})
	l.closed = append(l.closed, func() { srv.Close(); ln.Close() })
	return nil
}

func (l *Lab) pbxOptions() phone.Options {
	o := phone.Options{Name: "pbx", Domain: "pbx.test", Extensions: l.o.Extensions, Rate: l.o.CallRate, Now: l.o.Now,
		Dial: dialer(l.o.PBX[0]), Resolve: l.resolveHost,
		Timeout: 6 * time.Second, PingEvery: l.scaled(20*time.Second, 300*time.Millisecond), PingTimeout: 400 * time.Millisecond,
		OnCall: func(c phone.Call) {
			l.record.call(c)
			if l.o.Hooks.Call != nil {
				l.o.Hooks.Call(c)
			}
		}}
	if l.o.Sipp != nil {
		o.Place = l.o.Sipp.Call
	}
	for _, r := range l.o.Redirectors {
		o.Redirectors = append(o.Redirectors, phone.Redirector{Name: r.Name, UDP: r.UDP, TCP: r.TCP})
	}
	return o
}

// resolveHost is the PBX's name service: it stands outside and survives the loss of a site.
func (l *Lab) resolveHost(_ context.Context, host string) ([]netip.Addr, error) {
	for _, s := range l.o.Servers {
		if strings.EqualFold(s.FQDN, host) {
			return []netip.Addr{s.Address}, nil
		}
	}
	for _, g := range l.o.Legacy {
		if strings.EqualFold(g.FQDN, host) {
			return []netip.Addr{g.Address.Addr()}, nil
		}
	}
	return nil, fmt.Errorf("%s: no such host", host)
}

// startPBXNames starts the name server of the PBX, at which redirectors look their targets up. It stands outside and answers for
// as long as the PBX does.
func (l *Lab) startPBXNames() error {
	if len(l.o.PBX) == 0 || l.o.PBXNames == 0 {
		return nil
	}
	at := netip.AddrPortFrom(l.o.PBX[0], l.o.PBXNames)
	ln, err := l.fabric.Listen(at)
	if err != nil {
		return err
	}
	pc, err := l.fabric.ListenPacket(at)
	if err != nil {
		ln.Close()
		return err
	}
	srv := &phone.NameServer{Hosts: func(name string) ([]netip.Addr, bool) {
		addrs, err := l.resolveHost(l.ctx, name)
		return addrs, err == nil
	}}
	l.tasks.Go(func() {
		if err := srv.Serve(pc, ln); err != nil && l.ctx.Err() == nil {
			l.record.note(l.o.Now(), "the PBX's name server ended: "+err.Error())
		}
	})
	l.closed = append(l.closed, func() { pc.Close(); ln.Close() })
	return nil
}

// startClients starts the mail clients, which resolve through a cache that honours the TTL.
func (l *Lab) startClients() error {
	t := l.o.Topology
	var targets []mail.Target
	for d := range t.Databases {
		for _, n := range t.Databases[d].Names {
			targets = append(targets, mail.Target{Name: t.Names[n].Name, Database: t.Databases[d].Name})
		}
	}
	if len(targets) == 0 || l.o.Clients == 0 {
		return nil
	}
	var upstreams []string
	for _, d := range l.o.Directories {
		if d.DNS.IsValid() {
			upstreams = append(upstreams, d.DNS.String())
		}
	}
	local := func(i int) netip.Addr { return l.Outside(byte(10 + i%100)) }
	resolver := names.NewResolver(names.ResolverOptions{Dial: dialer(local(0)), Upstreams: upstreams, Timeout: 300 * time.Millisecond, Now: l.o.Now})
	clients, err := mail.NewClients(mail.ClientsOptions{
		Group: "client", Count: max(l.o.Clients, len(targets)), Targets: targets, Port: FrontPort, Local: local,
		Resolve: func(ctx context.Context, name string) ([]string, error) {
			addrs, _, err := resolver.Lookup(ctx, name)
			return addrs, err
		},
		Dial: func(ctx context.Context, from netip.Addr, address string) (net.Conn, error) {
			return dialer(from)(ctx, "tcp", address)
		},
		Now: l.o.Now, Every: l.o.MessageRate, Timeout: l.scaled(60*time.Second, 1500*time.Millisecond), Backoff: 100 * time.Millisecond, MaxBackoff: 400 * time.Millisecond,
		OnName: func(name string, at time.Time, up bool) {
			l.record.name(name, at, up)
			if l.o.Hooks.Name != nil {
				l.o.Hooks.Name(name, at, up)
			}
		},
	})
	if err != nil {
		return err
	}
	l.mail = clients
	l.tasks.Go(func() { clients.Run(l.ctx) })
	return nil
}

// Served is how many clients of each name are served now.
func (l *Lab) Served() (served, clients int) {
	if l.mail == nil {
		return 0, 0
	}
	for _, s := range l.mail.Served() {
		served, clients = served+s.Served, clients+s.Clients
	}
	return served, clients
}

// Sessions are what mail clients felt without being unserved.
func (l *Lab) Sessions() mail.Sessions {
	if l.mail == nil {
		return mail.Sessions{}
	}
	return l.mail.Sessions()
}

// Audit looks for every acknowledged message of a database on the copy that is mounted now; where none is, on the copy with most
// logs whose server is up, the one that would be mounted: what is not mounted is not lost.
func (l *Lab) Audit(db string) Audit {
	on := ""
	t := l.o.Topology
	d := t.DatabaseIndex(db)
	l.world.View(func(s *dag.State) {
		most := int64(-1)
		for i, c := range t.Databases[d].Copies {
			cp := s.Copy(d, i)
			if cp.Mounted {
				on, most = t.Members[c.Member].Name, 1<<62
			}
			if cp.Logs > most && s.Nodes[c.Member].Up {
				on, most = t.Members[c.Member].Name, cp.Logs
			}
		}
	})
	return l.ledger.Audit(db, on)
}

// Calls are the PBX's counters.
func (l *Lab) Calls() phone.Counters {
	if l.pbx == nil {
		return phone.Counters{}
	}
	return l.pbx.Counters()
}

// Outages are the times in which names were not served.
func (l *Lab) Outages() []mail.Outage {
	if l.mail == nil {
		return nil
	}
	return l.mail.Outages()
}

// LeftFrozen are the things that somebody changed for the time being and did not put back: policies, blocks, moves home, TTLs.
func (l *Lab) LeftFrozen() []string {
	t := l.o.Topology
	var out []string
	l.world.View(func(s *dag.State) {
		healthy := dag.New(t)
		for m := range s.Nodes {
			if s.Nodes[m].Policy != healthy.Nodes[m].Policy {
				out = append(out, "activation policy of "+t.Members[m].Name+" is "+string(s.Nodes[m].Policy))
			}
			if s.Nodes[m].Dial != healthy.Nodes[m].Dial {
				out = append(out, "mount dial of "+t.Members[m].Name+" is "+string(s.Nodes[m].Dial))
			}
		}
		for d := range t.Databases {
			for i, c := range t.Databases[d].Copies {
				if s.Copy(d, i).Blocked != healthy.Copy(d, i).Blocked {
					out = append(out, "activation of "+t.Databases[d].Name+`\`+t.Members[c.Member].Name+" is blocked")
				}
			}
		}
		if s.PreferenceMoves != healthy.PreferenceMoves {
			out = append(out, "PreferenceMoveFrequency is infinite")
		}
	})
	for i, srv := range l.dns {
		if srv == nil {
			continue
		}
		last := map[string]time.Duration{}
		for _, c := range srv.Changes() {
			last[c.Name] = c.TTL
		}
		for _, n := range t.Names {
			if ttl, ok := last[n.Name]; ok && ttl != ServedTTL(n.TTL, l.o.Speed) {
				out = append(out, "TTL of "+n.Name+" at "+l.o.Directories[i].DNS.String()+" is "+ttl.String())
			}
		}
	}
	return out
}
