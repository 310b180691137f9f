package names_test

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"siteswap/dnsupdate/dnsupdatetest"
	"siteswap/internal/lab/names"
)

const secret = "0123456789abcdef0123456789abcdef"

// faultOf translates the suite's faults.
func faultOf(f dnsupdatetest.Fault) names.Fault {
	return map[dnsupdatetest.Fault]names.Fault{
		dnsupdatetest.DropRequest: names.DropRequest, dnsupdatetest.DropAnswer: names.DropAnswer,
		dnsupdatetest.Lie: names.Lie, dnsupdatetest.ServFail: names.ServFail, dnsupdatetest.ServFailAfter: names.ServFailAfter,
		dnsupdatetest.UnsignedRefuse: names.UnsignedRefuse, dnsupdatetest.UnsignedAnswer: names.UnsignedAnswer,
		dnsupdatetest.ForgedLie: names.ForgedLie, dnsupdatetest.ForgedAnswer: names.ForgedAnswer, dnsupdatetest.Truncate: names.Truncate,
	}[f]
}

// listen opens both sockets on one port of the loopback.
func listen(t *testing.T) (net.Listener, net.PacketConn) {
	t.Helper()
	// An address of this process alone: a port that is given up for a while is not taken by somebody else's test.
	own := fmt.Sprintf("127.76.%d.%d:0", os.Getpid()>>8&0xff, 1+os.Getpid()&0x7f)
	for range 20 {
		l, err := net.Listen("tcp", own)
		if err != nil {
			t.Fatal(err)
		}
		pc, err := net.ListenPacket("udp", l.Addr().String())
		if err == nil {
			return l, pc
		}
		_ = l.Close()
	}
	t.Fatal("no port is free for both UDP and TCP")
	return nil, nil
}

func testZone() names.Zone {
	return names.Zone{Name: "test.local", Serial: 7, Negative: 5 * time.Second, Records: []names.Record{
		{Name: "mail.test.local", Type: "A", TTL: 5 * time.Minute, Values: []string{"10.0.1.10"}},
		{Name: "www.test.local", Type: "CNAME", TTL: time.Minute, Values: []string{"mail.test.local"}},
		{Name: "six.test.local", Type: "AAAA", TTL: time.Minute, Values: []string{"2001:db8::1"}},
		{Name: "sub.test.local", Type: "NS", TTL: time.Minute, Values: []string{"ns.elsewhere.example"}},
		{Name: "deep.below.test.local", Type: "A", TTL: time.Minute, Values: []string{"10.0.1.11"}},
	}}
}

func newServer(t *testing.T, o names.Options) *names.Server {
	t.Helper()
	if o.Origin == "" {
		o.Origin = "dc.test.local"
	}
	if o.Zones == nil {
		o.Zones = []names.Zone{testZone()}
	}
	o.Keys = append(o.Keys, names.Key{Name: "siteswap.", Algorithm: "hmac-sha256", Secret: []byte(secret)})
	s, err := names.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func start(t *testing.T, s *names.Server) (address string, stop func()) {
	t.Helper()
	l, pc := listen(t)
	stop = s.Start(l, pc)
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

func TestConformance(t *testing.T) {
	for _, algorithm := range []string{"hmac-sha256", "hmac-sha384", "hmac-sha512"} {
		t.Run(algorithm, func(t *testing.T) { conform(t, algorithm) })
	}
}

func conform(t *testing.T, algorithm string) {
	dnsupdatetest.Run(t, func(t *testing.T) dnsupdatetest.Server {
		gate, inject := faulty()
		s, err := names.New(names.Options{Origin: "dc.test.local", Zones: []names.Zone{testZone()}, Gate: gate,
			Keys: []names.Key{{Name: "siteswap.", Algorithm: algorithm, Secret: []byte(secret)}}})
		if err != nil {
			t.Fatal(err)
		}
		address, _ := start(t, s)
		return dnsupdatetest.Server{Address: address, Zone: "test.local", Foreign: "elsewhere.example",
			Key: dnsupdatetest.Key("siteswap.", algorithm, []byte(secret)), Inject: inject}
	})
}

// faulty is a gate that does what was injected last.
func faulty() (func(names.Request) names.Action, func(dnsupdatetest.Fault)) {
	var fault atomic.Uint32
	gate := func(r names.Request) names.Action {
		f := dnsupdatetest.Fault(fault.Load())
		if r.Update == (f == dnsupdatetest.Truncate) {
			return names.Action{}
		}
		return names.Action{Fault: faultOf(f)}
	}
	return gate, func(f dnsupdatetest.Fault) { fault.Store(uint32(f)) }
}

func TestCluster(t *testing.T) {
	dnsupdatetest.RunCluster(t, func(t *testing.T) dnsupdatetest.Cluster {
		var servers [2]*names.Server
		var stops [2]func()
		var cl dnsupdatetest.Cluster
		for i, origin := range []string{"dc-dr.test.local", "dc.test.local"} {
			gate, inject := faulty()
			servers[i] = newServer(t, names.Options{Origin: origin, Gate: gate})
			address, stop := start(t, servers[i])
			stops[i] = stop
			cl.Servers = append(cl.Servers, dnsupdatetest.Server{Address: address, Zone: "test.local",
				Key: dnsupdatetest.Key("siteswap.", "hmac-sha256", []byte(secret)), Inject: inject})
		}
		cl.Stop = func(i int) { stops[i]() }
		cl.Restart = func(i int) { stops[i] = restart(t, servers[i], cl.Servers[i].Address) }
		cl.Replicate = func() {
			names.Replicate(servers[0], servers[1])
			names.Replicate(servers[1], servers[0])
		}
		return cl
	})
}

// restart serves again on the address that the server had.
func restart(t *testing.T, s *names.Server, address string) (stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	pc, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	stop = s.Start(l, pc)
	t.Cleanup(stop)
	return stop
}
