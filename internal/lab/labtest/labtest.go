// Package labtest runs the reference design as an emulated pair of sites for the tests of the lab and of whoever drives it:
// Prod with two members, DR with one, a third place without Exchange.
package labtest

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"syscall"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/lab"
	"siteswap/internal/lab/names"
	"siteswap/internal/lab/network"
	"siteswap/internal/lab/world"
)

// Ports of the reference design on the loopback network.
const (
	DNSPort      = 10053
	ProbePort    = 10389
	SharePort    = 10445
	ExchangePort = 10080
	ControlPort  = 10008
	PowerPort    = 10007
	SIPPort      = 15060
)

// Sites of the reference design.
const (
	Prod = iota
	DR
	Branch
)

// Secret is the key that every DNS server of the tests takes updates with.
const Secret = "0123456789abcdef0123456789abcdef"

// Speed at which tests run: a minute of the model takes a tenth of a second.
const Speed = 600

// Address is a host of a site.
func Address(base byte, site int, host byte) netip.Addr {
	return netip.AddrFrom4([4]byte{127, base, byte(site + 1), host})
}

// At is an address with a port, as text.
func At(a netip.Addr, port int) string {
	return netip.AddrPortFrom(a, uint16(port)).String()
}

// Topology is the reference design with addresses on the loopback network. The TTL is whole seconds at Speed, so that what
// is served is what the topology says.
func Topology(base byte) *dag.Topology {
	member := func(n, site int) dag.Member {
		name := "EX2010-" + strconv.Itoa(n)
		return dag.Member{Name: name, FQDN: "ex2010-" + strconv.Itoa(n) + ".test.local", Site: site, Dial: dag.GoodAvailability, Policy: dag.Unrestricted, UM: true}
	}
	name := func(label string, host byte) dag.Name {
		return dag.Name{Name: label + ".test.local", Zone: "test.local", TTL: 20 * time.Minute,
			Targets: [][]string{{Address(base, Prod, host).String()}, {Address(base, DR, host+3).String()}, nil}}
	}
	return &dag.Topology{
		Name: "DAG1", Exchange: dag.Version{Release: 2010, SP: 1}, Windows: "2008 R2", Mode: dag.DagOnly, AccessPoint: true,
		Sites: []dag.Site{
			{Name: "Prod", DomainControllers: []string{"dc.test.local"}, VIP: At(Address(base, Prod, 10), lab.FrontPort), Pool: []int{0, 1}},
			{Name: "DR", DomainControllers: []string{"dc-dr.test.local"}, VIP: At(Address(base, DR, 13), lab.FrontPort)},
			{Name: "Branch"},
		},
		Members:   []dag.Member{member(1, Prod), member(2, Prod), member(3, DR)},
		Witness:   dag.Witness{Server: "dc.test.local", Site: Prod, Directory: `C:\DAGFileShareWitnesses\DAG1.test.local`},
		Alternate: dag.Witness{Server: "dc-dr.test.local", Site: DR, Directory: `C:\DAGFileShareWitnesses\DAG1.test.local`},
		Databases: []dag.Database{{Name: "DB1", Names: []int{0, 1},
			Copies: []dag.Copy{{Member: 0, Preference: 1}, {Member: 1, Preference: 2}, {Member: 2, Preference: 3}}}},
		Names:       []dag.Name{name("internal", 10), name("external", 110)},
		DNSServers:  []dag.DNSServer{{Site: Prod, Address: At(Address(base, Prod, 5), DNSPort)}, {Site: DR, Address: At(Address(base, DR, 5), DNSPort)}},
		Redirectors: []dag.Redirector{{Site: Prod, Listen: "udp://" + At(Address(base, Prod, 30), SIPPort)}, {Site: DR, Listen: "udp://" + At(Address(base, DR, 30), SIPPort)}},
	}
}

// Options are the emulated sites of that topology, without clients, PBX and redirector processes.
func Options(base byte) lab.Options {
	o := lab.Options{Topology: Topology(base), Base: base, Speed: Speed, Zones: []string{"test.local"},
		Power: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, base, 0, 7}), PowerPort),
		Keys:  []names.Key{{Name: "siteswap.", Algorithm: "hmac-sha256", Secret: []byte(Secret)}}}
	for i, m := range o.Topology.Members {
		host := byte(11 + i)
		o.Servers = append(o.Servers, lab.Server{Name: m.Name, FQDN: m.FQDN, Site: m.Site, Address: Address(base, m.Site, host), Exchange: ExchangePort, UM: true, UMPort: SIPPort})
	}
	for site, fqdn := range []string{"dc.test.local", "dc-dr.test.local"} {
		host := Address(base, site, 5)
		o.Directories = append(o.Directories, lab.Directory{FQDN: fqdn, Site: site, Host: host, DNS: netip.AddrPortFrom(host, DNSPort), Probe: netip.AddrPortFrom(host, ProbePort)})
		o.Witnesses = append(o.Witnesses, lab.Witness{Server: fqdn, Site: site, Share: netip.AddrPortFrom(host, SharePort)})
	}
	o.VIPs = []lab.VIP{
		{Site: Prod, Address: Address(base, Prod, 10), Public: []netip.Addr{Address(base, Prod, 110)},
			Control: netip.AddrPortFrom(Address(base, Prod, 10), ControlPort), Pool: []string{"EX2010-1", "EX2010-2"}},
		{Site: DR, Address: Address(base, DR, 13), Public: []netip.Addr{Address(base, DR, 113)}, Own: "EX2010-3"},
	}
	return o
}

// Redirector leads the addresses of a site's redirector to the process of a test.
func Redirector(base byte, site int, udp, tcp, control netip.AddrPort) lab.Redirector {
	host := Address(base, site, 30)
	return lab.Redirector{Name: "redirector " + strconv.Itoa(site), Site: site, UDP: netip.AddrPortFrom(host, SIPPort), UDPBind: udp,
		TCP: netip.AddrPortFrom(host, SIPPort), TCPBind: tcp, Control: netip.AddrPortFrom(host, ControlPort), CtlBind: control}
}

// Start runs the reference design on a range of its own until the test ends. change, if not nil, is shown the options first.
// A process that was killed gives up its range before its last sockets, so one that is not free yet is left for the next.
func Start(t testing.TB, change func(*lab.Options)) (*lab.Lab, lab.Options) {
	t.Helper()
	for try := 1; ; try++ {
		base, release, err := network.Acquire()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(release)
		o := Options(base)
		if change != nil {
			change(&o)
		}
		l, err := lab.Start(context.Background(), o)
		if err == nil {
			t.Cleanup(l.Close)
			return l, o
		}
		if try == 3 || !errors.Is(err, syscall.EADDRINUSE) {
			t.Fatal(err)
		}
	}
}

// Await waits until the model is in a state, and fails the test when that does not come.
func Await(t testing.TB, w *world.World, what string, is func(*dag.State) bool) {
	t.Helper()
	reached := make(chan struct{}, 1)
	look := func(s *dag.State) {
		if is(s) {
			select {
			case reached <- struct{}{}:
			default:
			}
		}
	}
	w.Watch(func(c world.Change) { look(c.After) })
	w.View(look)
	select {
	case <-reached:
	case <-time.After(10 * time.Second):
		s := w.Snapshot()
		t.Fatalf("the model did not come to %s: %+v", what, s)
	}
}

// Do runs an operation on the model and wants it to succeed.
func Do(t testing.TB, w *world.World, op dag.Op) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	a, err := w.Do(ctx, op)
	if err != nil || a.Code != dag.OK {
		t.Fatalf("%+v: %v %+v", op, err, a)
	}
}
