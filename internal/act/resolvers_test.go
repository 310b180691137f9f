package act_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"siteswap/dag"
	"siteswap/internal/act"
	"siteswap/internal/exchange"
	"siteswap/internal/vip"
)

// cache is a resolver that says what its test wants, and counts what it is asked.
type cache struct {
	address string
	mu      sync.Mutex
	rows    map[string][]string // by name and type: values in zone file form; none: there is none
	rcode   int
	asked   int
}

func newCache(t *testing.T) *cache {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cache{address: pc.LocalAddr().String(), rows: map[string][]string{}}
	srv := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(c.answer)}
	go srv.ActivateAndServe()
	t.Cleanup(func() { srv.Shutdown() })
	return c
}

func (c *cache) answer(w dns.ResponseWriter, q *dns.Msg) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	m := new(dns.Msg)
	m.SetRcode(q, c.rcode)
	m.RecursionAvailable = q.RecursionDesired
	for _, row := range c.rows[q.Question[0].Name+" "+dns.TypeToString[q.Question[0].Qtype]] {
		rr, err := dns.NewRR(q.Question[0].Name + " " + row)
		if err != nil {
			panic(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	w.WriteMsg(m)
}

func (c *cache) set(name string, rcode int, rows ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rcode, c.rows[name] = rcode, rows
}

func (c *cache) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
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
	good, bad := newCache(t), newCache(t)
	good.set("mail.test.local. A", dns.RcodeSuccess, "200 A 10.0.1.10")
	good.set("mail.test.local. AAAA", dns.RcodeSuccess, "90 AAAA fd00:1::10")
	good.set("web.test.local. CNAME", dns.RcodeSuccess, "30 CNAME web-prod.elsewhere.test.")
	bad.set("", dns.RcodeRefused)
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

	asked := good.count()
	good.set("mail.test.local. A", dns.RcodeSuccess, "300 A 10.0.2.10")
	at.pass(5 * time.Second)
	if f = look(); f[0].Answers.Value[0] != "10.0.1.10" || f[0].Answers.Age != 5*time.Second || good.count() != asked {
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
