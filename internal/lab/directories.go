package lab

import (
	"bufio"
	"context"
	"net"
	"net/netip"
	"time"

	"siteswap/dag"
	"siteswap/internal/lab/cmdlets"
	"siteswap/internal/lab/names"
)

// startDirectories starts DNS servers, and what answers for domain controllers and witness shares.
func (l *Lab) startDirectories() error {
	t := l.o.Topology
	for i, d := range l.o.Directories {
		site := d.Site
		if err := l.serve(d.Probe, answering(func() (ok bool) {
			l.world.View(func(s *dag.State) { ok = s.Sites[site].Directory })
			return ok
		})); err != nil {
			return err
		}
		if !d.DNS.IsValid() {
			l.dns = append(l.dns, nil)
			continue
		}
		srv, err := l.nameServer(d)
		if err != nil {
			return err
		}
		ln, err := l.fabric.Listen(d.DNS)
		if err != nil {
			return err
		}
		pc, err := l.fabric.ListenPacket(d.DNS)
		if err != nil {
			return err
		}
		l.dns = append(l.dns, srv)
		l.closed = append(l.closed, srv.Start(ln, pc))
		l.record.dns = append(l.record.dns, dnsRecord{address: t.DNSServers[i].Address, server: srv})
	}
	for _, w := range l.o.Witnesses {
		if w.Real.IsValid() {
			if err := l.fabric.Forward(w.Share, w.Real); err != nil {
				return err
			}
			continue
		}
		site := w.Site
		if err := l.serve(w.Share, answering(func() (ok bool) {
			l.world.View(func(s *dag.State) { ok = s.Sites[site].Witness && s.Sites[site].Share })
			return ok
		})); err != nil {
			return err
		}
	}
	l.tasks.Go(l.replicate)
	l.tasks.Go(l.follow)
	return nil
}

// replicate is what the directory does for the DNS zones that it holds: every minute or so, whatever reaches. Where a scenario
// holds or slows the replication of directories, the zones wait with it.
func (l *Lab) replicate() {
	tick := time.NewTicker(l.scaled(time.Minute, 200*time.Millisecond))
	defer tick.Stop()
	for turns := 1.0; ; turns++ {
		select {
		case <-l.ctx.Done():
			return
		case <-tick.C:
		}
		if l.isHeld("replicate") || turns < l.slowness("replicate") {
			continue
		}
		turns = 0
		var up []int
		l.world.View(func(s *dag.State) {
			for i, d := range l.o.Directories {
				if l.dns[i] != nil && s.Sites[d.Site].Directory {
					up = append(up, i)
				}
			}
		})
		for _, a := range up {
			for _, b := range up {
				if a != b && l.fabric.Open(l.o.Directories[a].Host, l.o.Directories[b].Host) {
					from, ok := l.dns[a].(*names.Server)
					to, too := l.dns[b].(*names.Server)
					if ok && too {
						names.Replicate(from, to)
					}
				}
			}
		}
	}
}

// zones are what every DNS server begins with: the names at the home site (and by their policy at the others), with TTLs divided by the speed, at least a second.
func (l *Lab) zones() []names.Zone {
	t := l.o.Topology
	home := t.HomeSite()
	byZone := map[string][]names.Record{}
	for _, n := range t.Names {
		values := n.At(n.Start(home))
		byZone[n.Zone] = append(byZone[n.Zone], names.Record{Name: n.Name, Type: recordType(values), TTL: ServedTTL(n.TTL, l.o.Speed), Values: values})
	}
	var out []names.Zone
	for _, z := range l.o.Zones {
		out = append(out, names.Zone{Name: z, Serial: 1, Negative: time.Second, NS: nameServers(l.o.Directories), Records: byZone[z]})
	}
	return out
}

// ServedTTL is a TTL divided by the speed: whole seconds, at least one.
func ServedTTL(ttl time.Duration, speed float64) time.Duration {
	return max(time.Second, time.Duration(float64(ttl)/speed).Round(time.Second))
}

func recordType(values []string) string {
	for _, v := range values {
		if a, err := netip.ParseAddr(v); err == nil && a.Is6() {
			return "AAAA"
		}
	}
	return "A"
}

func nameServers(ds []Directory) []string {
	var out []string
	for _, d := range ds {
		if d.DNS.IsValid() {
			out = append(out, d.FQDN)
		}
	}
	return out
}

func (l *Lab) dnsGate(r names.Request) names.Action {
	if !r.Update || r.Idle || l.o.Hooks.Service == nil { // a question about rights is no step of a run
		return names.Action{}
	}
	switch l.o.Hooks.Service(cmdlets.Received, "dns") {
	case cmdlets.Drop:
		return names.Action{Fault: names.DropRequest}
	case cmdlets.Fail:
		return names.Action{Fault: names.ServFail}
	case cmdlets.Lie:
		return names.Action{Fault: names.Lie}
	}
	switch l.o.Hooks.Service(Applying, "dns") {
	case cmdlets.Drop:
		return names.Action{Fault: names.DropAnswer}
	case cmdlets.Fail:
		return names.Action{Fault: names.ServFailAfter}
	}
	return names.Action{}
}

// Applying is the point at which a service request is let through for certain, so that its effect comes whoever dies now.
const Applying = cmdlets.Applied

// answering is a server that greets whoever asks, while the thing that it stands for is up.
func answering(up func() bool) func(context.Context, net.Listener) error {
	return func(ctx context.Context, ln net.Listener) error {
		stop := context.AfterFunc(ctx, func() { ln.Close() })
		defer stop()
		for {
			c, err := ln.Accept()
			if err != nil {
				return err
			}
			go func() {
				defer c.Close()
				if _, err := bufio.NewReader(c).ReadString('\n'); err != nil || !up() {
					return
				}
				if _, err := c.Write([]byte("OK\n")); err != nil {
					return
				}
			}()
		}
	}
}
