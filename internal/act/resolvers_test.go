package act_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
	"siteswap/internal/act"
	"siteswap/internal/exchange"
	"siteswap/internal/lab/names"
	"siteswap/internal/vip"
)

// cache stands for a resolver: it answers what its test puts there, and counts what it is asked.
type cache struct {
	*names.Server
	address string
	asked   atomic.Int32
}

// bothSockets are TCP and UDP of one port, at an address of this process alone: elsewhere the port may be taken for one of them.
func bothSockets(t *testing.T) (net.Listener, net.PacketConn) {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.74.%d.%d:0", os.Getpid()>>8&0xff, 1+os.Getpid()&0x7f))
	if err != nil {
		t.Fatal(err)
	}
	pc, err := net.ListenPacket("udp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return l, pc
}

func newCache(t *testing.T, zone string, rows ...names.Record) *cache {
	t.Helper()
	c := &cache{}
	var err error
	c.Server, err = names.New(names.Options{Origin: "cache.test.local", Zones: []names.Zone{{Name: zone, Serial: 1, Negative: time.Minute, Records: rows}},
		Gate: func(names.Request) names.Action { c.asked.Add(1); return names.Action{} }})
	if err != nil {
		t.Fatal(err)
	}
	l, pc := bothSockets(t)
	t.Cleanup(c.Start(l, pc))
	c.address = l.Addr().String()
	return c
}

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// TestResolvers: what listed resolvers have is a fact, asked for seldom; one that is silent or says no is not known, and why.
func TestResolvers(t *testing.T) {
	t.Parallel()
	s := newSplit(t)
	good := newCache(t, "test.local", names.Record{Name: "mail.test.local", Type: "A", TTL: 200 * time.Second, Values: []string{"10.0.1.10"}},
		names.Record{Name: "mail.test.local", Type: "AAAA", TTL: 90 * time.Second, Values: []string{"fd00:1::10"}},
		names.Record{Name: "web.test.local", Type: "CNAME", TTL: 30 * time.Second, Values: []string{"web-prod.elsewhere.test"}})
	bad := newCache(t, "elsewhere.test")
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	s.topology.Resolvers = []string{good.address, bad.address, silent.LocalAddr().String()}
	at := &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	w := act.New(act.Options{Topology: s.topology, DNS: s.client, Exchange: &exchange.Client{}, Pools: make([]*vip.Pool, 2), Directories: make([][]string, 2), Scale: 2, Now: at.now})
	look := func() []dag.ResolverFacts { return w.Observe(context.Background(), 1).Resolvers }

	f := look()
	if len(f) != 9 {
		t.Fatalf("%d facts for 3 resolvers and 3 names", len(f))
	}
	if diff := cmp.Diff([]string{"10.0.1.10", "fd00:1::10"}, f[0].Answers.Value); diff != "" || f[0].Left.Value != 400*time.Second {
		t.Errorf("both families, at real speed: %+v", f[0])
	}
	if diff := cmp.Diff([]string{"10.0.1.10"}, f[1].Answers.Value); diff != "" {
		t.Errorf("the name of the other view has the same name here: %s", diff)
	}
	if diff := cmp.Diff([]string{"web-prod.elsewhere.test"}, f[2].Answers.Value); diff != "" || f[2].Left.Value != time.Minute {
		t.Errorf("an alias: %+v", f[2])
	}
	for n := 3; n < 9; n++ {
		if f[n].Answers.Known || f[n].Answers.Why == "" {
			t.Errorf("%+v", f[n])
		}
	}
	if !strings.Contains(f[3].Answers.Why, "REFUSED") {
		t.Errorf("%+v", f[3])
	}

	asked := good.asked.Load()
	if err := good.Put(names.Record{Name: "mail.test.local", Type: "A", TTL: 5 * time.Minute, Values: []string{"10.0.2.10"}}); err != nil {
		t.Fatal(err)
	}
	at.pass(5 * time.Second)
	if f = look(); f[0].Answers.Value[0] != "10.0.1.10" || f[0].Answers.Age != 5*time.Second || good.asked.Load() != asked {
		t.Errorf("asked again too soon, or how old it is is not said: %+v", f[0].Answers)
	}
	at.pass(5 * time.Second) // 10 s are 20 at real speed
	for range 1000 {
		if f = look(); f[0].Answers.Value[0] == "10.0.2.10" {
			return
		}
	}
	t.Error("it is never asked again")
}
