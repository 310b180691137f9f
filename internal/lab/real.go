package lab

import (
	"net"
	"time"

	"siteswap/dag"
	"siteswap/internal/lab/names"
)

// nameServer is an emulated DNS server, or the stand-in of a real one.
type nameServer interface {
	Changes() []names.Change
	Start(net.Listener, net.PacketConn) (stop func())
}

// nameServer makes the DNS server of a domain controller.
func (l *Lab) nameServer(d Directory) (nameServer, error) {
	if !d.Real.IsValid() {
		return names.New(names.Options{Origin: d.FQDN, Zones: l.zones(), Keys: l.o.Keys, Now: l.o.Now, Gate: l.dnsGate})
	}
	if d.KDC.Advertised.IsValid() {
		if err := l.fabric.Forward(d.KDC.Advertised, d.KDC.Binding); err != nil {
			return nil, err
		}
	}
	var all []string
	for _, n := range l.o.Topology.Names {
		all = append(all, n.Name)
	}
	return names.NewRelay(names.RelayOptions{Server: d.Real, Names: all, Now: l.o.Now, Gate: l.dnsGate}), nil
}

// joinedEvery is how often the links between real domain controllers follow the emulated network.
const joinedEvery = 50 * time.Millisecond

// follow tells whoever runs real domain controllers whether they reach each other: that path does not lead through the
// emulated network.
func (l *Lab) follow() {
	if l.o.Hooks.Joined == nil {
		return
	}
	tick := time.NewTicker(joinedEvery)
	defer tick.Stop()
	for was := true; ; {
		select {
		case <-l.ctx.Done():
			return
		case <-tick.C:
		}
		if is := l.joined(); is != was {
			l.o.Hooks.Joined(is)
			was = is
		}
	}
}

// joined: all domain controllers with a real DNS server are up and reach each other, and no scenario holds their replication.
func (l *Lab) joined() bool {
	up := !l.isHeld("replicate")
	l.world.View(func(s *dag.State) {
		for _, d := range l.o.Directories {
			up = up && (!d.Real.IsValid() || s.Sites[d.Site].Directory)
		}
	})
	for _, a := range l.o.Directories {
		for _, b := range l.o.Directories {
			up = up && (!a.Real.IsValid() || !b.Real.IsValid() || l.fabric.Open(a.Host, b.Host))
		}
	}
	return up
}
