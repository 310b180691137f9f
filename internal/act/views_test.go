package act_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/dnsupdate"
	"siteswap/internal/act"
	"siteswap/internal/exchange"
	"siteswap/internal/lab/names"
	"siteswap/internal/run"
	"siteswap/internal/vip"
	"siteswap/runbooks"
)

// split is a zone with two views, each at a server of Prod and one of DR: 0 and 1 internal, 2 and 3 external. The internal
// view has an alias, and a name with addresses of both families.
type split struct {
	topology *dag.Topology
	servers  []*names.Server
	stop     []func()
	client   *dnsupdate.Client
}

func newSplit(t *testing.T) *split {
	t.Helper()
	s := &split{topology: &dag.Topology{Sites: []dag.Site{{Name: "Prod"}, {Name: "DR"}}}}
	secret := []byte("0123456789abcdef0123456789abcdef")
	o := dnsupdate.Options{Timeout: time.Second}
	for i := range 4 {
		rows := []names.Record{{Name: "mail.test.local", Type: "A", Values: []string{"10.0.1.10"}}, {Name: "mail.test.local", Type: "AAAA", Values: []string{"fd00:1::10"}},
			{Name: "web.test.local", Type: "CNAME", Values: []string{"web-prod.elsewhere.test"}}}
		if i > 1 {
			rows = []names.Record{{Name: "mail.test.local", Type: "A", Values: []string{"203.0.113.10"}}}
		}
		for k := range rows {
			rows[k].TTL = 5 * time.Minute
		}
		srv, err := names.New(names.Options{Origin: fmt.Sprintf("ns%d.test.local", i), Keys: []names.Key{{Name: "siteswap.", Algorithm: "hmac-sha256", Secret: secret}},
			Zones: []names.Zone{{Name: "test.local", Serial: 1, Negative: time.Minute, Records: rows}}})
		if err != nil {
			t.Fatal(err)
		}
		l, pc := bothSockets(t)
		stop := srv.Start(l, pc)
		t.Cleanup(stop)
		s.servers, s.stop = append(s.servers, srv), append(s.stop, stop)
		s.topology.DNSServers = append(s.topology.DNSServers, dag.DNSServer{Site: i % 2, Address: l.Addr().String()})
		o.Servers = append(o.Servers, dnsupdate.Server{Address: l.Addr().String(), Site: s.topology.Sites[i%2].Name,
			TSIG: dnsupdate.TSIG{Name: "siteswap.", Algorithm: "hmac-sha256", Secret: dnsupdate.NewSecret(secret)}})
	}
	at := func(list ...int) (out []string) {
		for _, i := range list {
			out = append(out, s.topology.DNSServers[i].Address)
		}
		return out
	}
	name := func(n, view string, servers []string, prod, dr []string) {
		s.topology.Names = append(s.topology.Names, dag.Name{Name: n, Zone: "test.local", TTL: 5 * time.Minute, View: view, Servers: servers, Targets: [][]string{prod, dr}})
	}
	name("mail.test.local", "internal", at(0, 1), []string{"10.0.1.10", "fd00:1::10"}, []string{"10.0.2.10", "fd00:2::10"})
	name("mail.test.local", "external", at(2, 3), []string{"203.0.113.10"}, []string{"198.51.100.10"})
	name("web.test.local", "internal", at(0, 1), []string{"web-prod.elsewhere.test"}, []string{"web-dr.elsewhere.test"})
	var err error
	if s.client, err = dnsupdate.NewClient(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.client.Close)
	return s
}

// act carries out a step with drivers that remember nothing, and says what they see afterwards: by server, name and view the
// site, "?" where the server does not hold it or does not answer.
func (s *split) act(t *testing.T, st runbooks.Step) (run.Effect, string) {
	t.Helper()
	e := s.world().Act(context.Background(), permit(st.ID, time.Minute), st, run.Choice{}, nil)
	return e, s.look()
}

func (s *split) world() *act.World {
	return act.New(act.Options{Topology: s.topology, DNS: s.client, Exchange: &exchange.Client{}, Pools: make([]*vip.Pool, 2), Directories: make([][]string, 2)})
}

// look gives the servers one after the other, each with its names: mail internal, mail external, web.
func (s *split) look() string {
	f := s.world().Observe(context.Background(), 1).DNS
	var out []string
	for i := range s.servers {
		line := ""
		for n := range s.topology.Names {
			word := "?"
			if sites := f[i*len(s.topology.Names)+n].Sites; sites.Known {
				word = "[" + strings.Join(sites.Value, "+") + "]"
			}
			line += word
		}
		out = append(out, line)
	}
	return strings.Join(out, " ")
}

func TestViews(t *testing.T) {
	t.Parallel()
	to := step("dns.repoint", runbooks.Args{To: "DR"})
	const untouched = "[Prod]?[Prod] [Prod]?[Prod] ?[Prod]? ?[]?"
	const prod, dr = "[Prod]?[Prod] [Prod]?[Prod] ?[Prod]? ?[Prod]?", "[DR]?[DR] [DR]?[DR] ?[DR]? ?[DR]?"
	for name, c := range map[string]struct {
		before func(*testing.T, *split)
		state  run.StepState
		want   string
		says   string
	}{
		"all answer":                   {func(*testing.T, *split) {}, run.Done, dr, ""},
		"Prod dead":                    {func(_ *testing.T, s *split) { s.stop[0](); s.stop[2]() }, run.Done, "??? [DR]?[DR] ??? ?[DR]?", "owed"},
		"DR dead: Prod's are the home": {func(_ *testing.T, s *split) { s.stop[1](); s.stop[3]() }, run.Done, "[DR]?[DR] ??? ?[DR]? ???", "owed"},
		"a view that nobody serves": {func(_ *testing.T, s *split) { s.stop[2](); s.stop[3]() }, run.Failed, "[DR]?[DR] [DR]?[DR] ??? ???",
			"no DNS server that holds mail.test.local answers"},
		"a hand edit in one view": {func(t *testing.T, s *split) { s.put(t, 3, "A", "192.0.2.1") }, run.Failed, untouched,
			"somebody set it by hand"},
		"a name deleted by hand": {func(t *testing.T, s *split) { s.put(t, 3, "A") }, run.Failed, untouched, "does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSplit(t)
			if got := s.look(); got != prod {
				t.Fatalf("before: %s", got)
			}
			c.before(t, s)
			e, got := s.act(t, to)
			if e.State != c.state || got != c.want || !strings.Contains(e.Error+e.Text, c.says) {
				fatalf(t, e, "want %s, %q; seen %s", c.state, c.says, got)
			}
		})
	}
}

// TestViewsTTL: dns.ttl changes every record of every view, and what it holds stays.
func TestViewsTTL(t *testing.T) {
	t.Parallel()
	s := newSplit(t)
	before := s.look()
	e, after := s.act(t, step("dns.ttl", runbooks.Args{TTL: 30 * time.Second}))
	if e.State != run.Done || after != before {
		fatalf(t, e, "seen %s", after)
	}
	for i, srv := range s.servers {
		last := map[string]names.Change{}
		for _, c := range srv.Changes() {
			if c.Type != "SOA" && c.Type != "NS" {
				last[c.Name+" "+c.Type] = c
			}
		}
		for title, c := range last {
			if c.TTL != 30*time.Second || len(c.Values) == 0 {
				t.Errorf("server %d: %s: %v with TTL %s", i, title, c.Values, c.TTL)
			}
		}
		if want := []int{3, 3, 1, 1}[i]; len(last) != want {
			t.Errorf("server %d: %d record sets, want %d", i, len(last), want)
		}
	}
}

// put is somebody's hand edit of the name mail.
func (s *split) put(t *testing.T, server int, kind string, values ...string) {
	t.Helper()
	if err := s.servers[server].Put(names.Record{Name: "mail.test.local", Type: kind, TTL: 5 * time.Minute, Values: values}); err != nil {
		t.Fatal(err)
	}
}

// TestNegativeCaching: a record that a name did not have is remembered with how long caches hold that there was none.
func TestNegativeCaching(t *testing.T) {
	t.Parallel()
	s := newSplit(t)
	to := step("dns.repoint", runbooks.Args{To: "DR"})
	if e, seen := s.act(t, to); e.State != run.Done || len(e.Memory) > 0 {
		fatalf(t, e, "every record was there; memory %v, seen %s", e.Memory, seen)
	}
	s.topology.Names[1].Targets[0] = []string{"203.0.113.10", "2001:db8::10"}
	e, seen := s.act(t, step("dns.repoint", runbooks.Args{To: "Prod"}))
	if len(e.Memory) != 1 || e.State != run.Done || e.Memory[0] != (run.Remembered{Key: run.KeyNegative, Value: "1m0s"}) {
		fatalf(t, e, "a first IPv6 address; memory %v, seen %s", e.Memory, seen)
	}
}
