package lab_test

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/dnsupdate"
	"siteswap/internal/lab"
	"siteswap/internal/lab/cmdlets"
	"siteswap/internal/lab/labtest"
	"siteswap/internal/vip"
	"siteswap/internal/vip/viptest"
	"siteswap/umredirect"
	"siteswap/umredirect/umredirecttest"
)

// once is a hook that lets one thing go wrong at one point, the first time.
func once(at lab.Point, what string, action cmdlets.Action) func(lab.Point, string) cmdlets.Action {
	var mu sync.Mutex
	armed := true
	return func(p lab.Point, of string) cmdlets.Action {
		mu.Lock()
		defer mu.Unlock()
		if !armed || p != at || of != what {
			return cmdlets.Go
		}
		armed = false
		return action
	}
}

// TestVIPConformance holds the lab's load balancer to what the driver's suite says.
func TestVIPConformance(t *testing.T) {
	viptest.Run(t, func(t *testing.T, fault viptest.Fault) *vip.Pool {
		_, o := labtest.Start(t, func(o *lab.Options) {
			switch fault {
			case viptest.FailedNotDone:
				o.Hooks.Service = once(cmdlets.Received, "vip", cmdlets.Fail)
			case viptest.LostNotDone:
				o.Hooks.Service = once(cmdlets.Received, "vip", cmdlets.Drop)
			case viptest.FailedThoughDone:
				o.Hooks.Service = once(cmdlets.Applied, "vip", cmdlets.Fail)
			case viptest.LostThoughDone:
				o.Hooks.Service = once(cmdlets.Applied, "vip", cmdlets.Drop)
			}
		})
		return &vip.Pool{Control: o.VIPs[0].Control.String(), HTTP: &http.Client{Transport: &http.Transport{DialContext: lab.Dialer(outside(o)), DisableKeepAlives: true}}}
	})
}

// repoint writes internal.test.local to a site at one server.
func repoint(t *testing.T, o lab.Options, server, to int) {
	t.Helper()
	c := dns(t, o, outside(o), trust)
	targets := o.Topology.Names[0].Targets
	set, err := dnsupdate.Plan(dnsupdate.Change{Name: "internal.test.local", Zone: "test.local", Type: "A", TTL: 2 * time.Second, Old: targets[1-to], New: targets[to]})
	if err != nil {
		t.Fatal(err)
	}
	if out := c.Apply(context.Background(), c.Servers()[server], set); out.Result != dnsupdate.Done {
		t.Fatalf("%+v", out)
	}
}

// answers is where a server sends internal.test.local, "" if it does not answer.
func answers(t *testing.T, o lab.Options, server int) []string {
	t.Helper()
	c := dns(t, o, outside(o), trust)
	a, err := c.Query(context.Background(), c.Servers()[server], "internal.test.local")
	if err != nil {
		return nil
	}
	return a.Addresses
}

// TestDNSBegins: a name that every healthy site serves begins with the targets of all, another with those of home.
func TestDNSBegins(t *testing.T) {
	t.Parallel()
	for policy, sites := range map[string]dag.Set{"one-site": 1 << labtest.Prod, dag.AllHealthy: 1<<labtest.Prod | 1<<labtest.DR} {
		_, o := labtest.Start(t, func(o *lab.Options) {
			topo := *o.Topology
			topo.Names = slices.Clone(topo.Names)
			topo.Names[0].Policy = policy
			o.Topology = &topo
		})
		got := answers(t, o, labtest.DR)
		slices.Sort(got)
		if want := o.Topology.Names[0].At(sites); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", policy, got, want)
		}
	}
}

// TestDNSReplicates what was written while a server was away, once it is back and reached, and not before.
func TestDNSReplicates(t *testing.T) {
	t.Run("its site was dead", func(t *testing.T) {
		t.Parallel()
		l, o := labtest.Start(t, nil)
		want := o.Topology.Names[0].Targets[labtest.DR]
		l.FailSite(labtest.Prod)
		repoint(t, o, labtest.DR, labtest.DR)
		l.RestoreSite(labtest.Prod)
		eventually(t, "Prod's server answers as DR's does", func() bool { return slices.Equal(answers(t, o, labtest.Prod), want) })
		changes := l.Record().DNS[o.Topology.DNSServers[labtest.Prod].Address]
		if last := changes[len(changes)-1]; last.By != "replication" || last.Name != "internal.test.local" {
			t.Errorf("the last change there: %+v", last)
		}
	})
	t.Run("the link was cut", func(t *testing.T) {
		t.Parallel()
		l, o := labtest.Start(t, nil)
		l.Link(labtest.Prod, labtest.DR, false, false)
		repoint(t, o, labtest.DR, labtest.DR)
		old, want := o.Topology.Names[0].Targets[labtest.Prod], o.Topology.Names[0].Targets[labtest.DR]
		for end := time.Now().Add(600 * time.Millisecond); time.Now().Before(end); { // three turns of replication
			if got := answers(t, o, labtest.Prod); !slices.Equal(got, old) {
				t.Fatalf("over a cut link it came to %v", got)
			}
		}
		l.Link(labtest.Prod, labtest.DR, true, false)
		eventually(t, "Prod's server answers as DR's does", func() bool { return slices.Equal(answers(t, o, labtest.Prod), want) })
	})
}

// TestDNSGates: an update passes the hooks; a question does not.
func TestDNSGates(t *testing.T) {
	for name, c := range map[string]struct {
		at     lab.Point
		action cmdlets.Action
		result dnsupdate.Result
		done   bool
	}{
		"lost, not done":     {cmdlets.Received, cmdlets.Drop, dnsupdate.Unknown, false},
		"lost though done":   {lab.Applying, cmdlets.Drop, dnsupdate.Done, true},
		"failed, not done":   {cmdlets.Received, cmdlets.Fail, dnsupdate.Failed, false},
		"failed though done": {lab.Applying, cmdlets.Fail, dnsupdate.Done, true},
		"lied, not done":     {cmdlets.Received, cmdlets.Lie, dnsupdate.Failed, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, o := labtest.Start(t, func(o *lab.Options) { o.Hooks.Service = once(c.at, "dns", c.action) })
			targets := o.Topology.Names[0].Targets
			set, err := dnsupdate.Plan(dnsupdate.Change{Name: "internal.test.local", Zone: "test.local", Type: "A", TTL: 2 * time.Second, Old: targets[0], New: targets[1]})
			if err != nil {
				t.Fatal(err)
			}
			client := dns(t, o, outside(o), patience)
			out := client.Apply(context.Background(), client.Servers()[1], set)
			if got := answers(t, o, labtest.DR); out.Result != c.result || slices.Equal(got, targets[1]) != c.done {
				t.Errorf("%+v, and it answers %v", out, got)
			}
		})
	}
}

// TestRedirectorControl: a setting passes the hooks, a question does not; a dead process is no answer.
func TestRedirectorControl(t *testing.T) {
	for name, c := range map[string]struct {
		at     lab.Point
		action cmdlets.Action
		result umredirect.Result
		site   string
	}{
		"passes":             {"", cmdlets.Go, umredirect.Done, "DR"},
		"lost, not done":     {cmdlets.Received, cmdlets.Drop, umredirect.Unknown, "Prod"},
		"lost though done":   {cmdlets.Applied, cmdlets.Drop, umredirect.Unknown, "DR"}, // its reading back has no time left
		"failed, not done":   {cmdlets.Received, cmdlets.Fail, umredirect.Unknown, "Prod"},
		"failed though done": {cmdlets.Applied, cmdlets.Fail, umredirect.Done, "DR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			backend := umredirecttest.Start(t, umredirect.Options{Table: table(t), First: umredirect.Setting{Site: "Prod"}})
			_, o := labtest.Start(t, func(o *lab.Options) {
				o.Hooks.Service = once(c.at, "um", c.action)
				o.Redirectors = append(o.Redirectors, labtest.Redirector(o.Base, labtest.DR, backend.UDP, backend.TCP, netip.MustParseAddrPort(backend.Remote.URL[len("http://"):])))
			})
			web := &http.Client{Transport: &http.Transport{DialContext: lab.Dialer(outside(o)), DisableKeepAlives: true}}
			r := umredirect.Remote{URL: "http://" + o.Redirectors[0].Control.String(), HTTP: web}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if got, why := r.SetState(ctx, umredirect.Setting{Site: "DR", Generation: 5, Run: "r-1", Step: "um", Attempt: 1}); got != c.result {
				t.Errorf("%s, %s; want %s", got, why, c.result)
			}
			if st, err := r.State(context.Background()); err != nil || st.Site != c.site {
				t.Errorf("in force: %+v, %v; want %s", st, err, c.site)
			}
			backend.Stop()
			if st, err := r.State(context.Background()); err == nil {
				t.Errorf("a dead process says %+v", st)
			}
		})
	}
}

func table(t *testing.T) *umredirect.Table {
	t.Helper()
	to := func(host string) []umredirect.Target {
		return []umredirect.Target{{Host: host, Port: labtest.SIPPort, Transport: "tcp", Q: 1}}
	}
	table, err := umredirect.NewTable(umredirect.TableOptions{DialPlans: []umredirect.DialPlan{{Name: "HQ", ExtensionDigits: 4,
		Current: map[string][]umredirect.Target{"Prod": to("ex2010-1.test.local"), "DR": to("ex2010-3.test.local")}}}})
	if err != nil {
		t.Fatal(err)
	}
	return table
}
