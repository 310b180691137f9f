package dnsupdatetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"siteswap/dnsupdate"
)

// Cluster is servers that hold the same zone: first the one of the surviving site, then the others.
type Cluster struct {
	Servers   []Server    // at least two
	Stop      func(i int) // ends server i, so that it answers nothing
	Restart   func(i int) // brings it back with the data that it had
	Replicate func()      // lets every server learn what the others have; nil: not tested
}

// RunCluster holds several servers, and the client's work on them, to the contract.
func RunCluster(t *testing.T, newCluster func(t *testing.T) Cluster) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, *party)
	}{
		{"EveryServerIsWritten", everyServer},
		{"DeadServerIsOwed", owed},
		{"DeadHomeStopsAll", deadHome},
		{"ConflictAtHomeStopsAll", conflictAtHome},
		{"ConflictElsewhereIsShown", conflictElsewhere},
		{"LieElsewhereIsShown", lieElsewhere},
		{"SplitZones", splitZones},
		{"BothWroteOneLoses", bothWrote},
		{"IsolatedServerWins", isolatedWins},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := newCluster(t)
			p := &party{bench: newBench(t, cl.Servers[0]), cluster: cl}
			for i, s := range cl.Servers {
				p.listed = append(p.listed, dnsupdate.Server{Address: s.Address, Site: []string{"DR", "Prod", "Third"}[i], TSIG: s.Key})
			}
			p.bench.client = p.newClient(dnsupdate.Options{Timeout: faultTimeout, Servers: p.listed})
			c.run(t, p)
		})
	}
}

// party is a bench at several servers.
type party struct {
	*bench
	cluster Cluster
	listed  []dnsupdate.Server
}

// both prepares one name everywhere and gives the change that moves it.
func (p *party) both() dnsupdate.Change {
	p.t.Helper()
	set := p.plan(p.change("a", "A", minute, nil, one("192.0.2.1")))
	for _, s := range p.listed {
		if o := p.client.Apply(context.Background(), s, set); o.Result != dnsupdate.Done {
			p.t.Fatalf("preparing %s: %s", s.Address, o.Why)
		}
	}
	return p.change("a", "A", minute, one("192.0.2.1"), one("192.0.2.2"))
}

// write changes one server alone, as another person would.
func (p *party) write(i int, old, new string) {
	p.t.Helper()
	set := p.plan(p.change("a", "A", minute, one(old), one(new)))
	if o := p.client.Apply(context.Background(), p.listed[i], set); o.Result != dnsupdate.Done {
		p.t.Fatalf("writing at server %d: %s", i, o.Why)
	}
}

func (p *party) repoint(c dnsupdate.Change) dnsupdate.Report {
	p.t.Helper()
	return p.client.Repoint(context.Background(), p.plan(c), p.listed[0])
}

func (p *party) at(i int) []string {
	p.t.Helper()
	a, err := p.client.Query(context.Background(), p.listed[i], p.name("a"))
	if err != nil {
		p.t.Fatal(err)
	}
	return a.Addresses
}

func (p *party) result(rep dnsupdate.Report, want dnsupdate.Result) {
	p.t.Helper()
	if rep.Result != want {
		p.t.Fatalf("result %s (%s), want %s", rep.Result, rep.Why, want)
	}
}

func everyServer(t *testing.T, p *party) {
	swap := p.both()
	rep := p.repoint(swap)
	p.result(rep, dnsupdate.Done)
	for _, s := range rep.Servers {
		if s.State.State != dnsupdate.Agrees || !s.Outcome.Sent {
			t.Errorf("server %s: %s, sent %v", s.State.Server, s.State.State, s.Outcome.Sent)
		}
	}
	if len(rep.Owed) != 0 || len(rep.Old) != 1 || !slices.Equal(rep.Old[0].Values, one("192.0.2.1")) {
		t.Errorf("owed %v, old %v", rep.Owed, rep.Old)
	}
	rep = p.repoint(swap)
	p.result(rep, dnsupdate.Done)
	for _, s := range rep.Servers {
		if s.Outcome.Sent {
			t.Errorf("server %s was sent the replay", s.State.Server)
		}
	}
}

func owed(t *testing.T, p *party) {
	swap := p.both()
	p.cluster.Stop(1)
	rep := p.repoint(swap)
	p.result(rep, dnsupdate.Done)
	if !slices.Equal(rep.Owed, one(p.listed[1].Address)) {
		t.Fatalf("owed %v, want the dead server", rep.Owed)
	}
	states := p.client.Verify(context.Background(), p.plan(swap))
	if states[0].State != dnsupdate.Agrees || states[1].State != dnsupdate.Unreachable {
		t.Fatalf("states %s, %s", states[0].State, states[1].State)
	}
	p.cluster.Restart(1)
	states = p.client.Verify(context.Background(), p.plan(swap))
	if states[1].State != dnsupdate.Differs || !states[1].Names[0].Old {
		t.Fatalf("the returned server: %+v, want the old answer", states[1])
	}
	rep = p.repoint(swap)
	p.result(rep, dnsupdate.Done)
	if got := p.at(1); !slices.Equal(got, one("192.0.2.2")) || len(rep.Owed) != 0 {
		t.Errorf("the debt is not paid: %v, owed %v", got, rep.Owed)
	}
}

func deadHome(t *testing.T, p *party) {
	swap := p.both()
	p.cluster.Stop(0)
	start := time.Now()
	rep := p.repoint(swap)
	p.result(rep, dnsupdate.Failed)
	if took := time.Since(start); took > 4*faultTimeout {
		t.Errorf("took %s", took)
	}
	if got := p.at(1); !slices.Equal(got, one("192.0.2.1")) {
		t.Errorf("the other server was written: %v", got)
	}
}

func conflictAtHome(t *testing.T, p *party) {
	swap := p.both()
	p.write(0, "192.0.2.1", "192.0.2.50")
	rep := p.repoint(swap)
	p.result(rep, dnsupdate.Conflict)
	contains(t, rep.Why, "192.0.2.50")
	if got := p.at(1); !slices.Equal(got, one("192.0.2.1")) {
		t.Errorf("the other server was written: %v", got)
	}
}

func conflictElsewhere(t *testing.T, p *party) {
	swap := p.both()
	p.write(1, "192.0.2.1", "192.0.2.50")
	rep := p.repoint(swap)
	p.result(rep, dnsupdate.Conflict)
	contains(t, rep.Why, p.listed[1].Address)
	contains(t, rep.Why, "192.0.2.50")
	if got := p.at(0); !slices.Equal(got, one("192.0.2.2")) {
		t.Errorf("the surviving site's server holds %v", got)
	}
}

func lieElsewhere(t *testing.T, p *party) {
	swap := p.both()
	if p.cluster.Servers[1].Inject == nil {
		t.Skip("this server cannot be made to fail")
	}
	p.cluster.Servers[1].Inject(Lie)
	p.result(p.repoint(swap), dnsupdate.Failed)
	p.cluster.Servers[1].Inject(DropRequest)
	p.result(p.repoint(swap), dnsupdate.Unknown)
	p.cluster.Servers[1].Inject(None)
	p.result(p.repoint(swap), dnsupdate.Done)
}

// splitZones: a server that is not listed for the zone is neither written nor asked.
func splitZones(t *testing.T, p *party) {
	swap := p.both()
	p.listed[1].Zones = one("elsewhere.example")
	p.client = p.newClient(dnsupdate.Options{Timeout: faultTimeout, Servers: p.listed})
	rep := p.repoint(swap)
	p.result(rep, dnsupdate.Done)
	if len(rep.Servers) != 1 || !slices.Equal(p.at(1), one("192.0.2.1")) {
		t.Errorf("the server of another view was touched: %+v", rep.Servers)
	}
}

// bothWrote: both servers take a write of the same name at the same time and say NOERROR; after convergence one is lost.
func bothWrote(t *testing.T, p *party) {
	if p.cluster.Replicate == nil {
		t.Skip("these servers do not replicate")
	}
	swap := p.both()
	p.cluster.Replicate()
	p.write(0, "192.0.2.1", "192.0.2.2")
	p.write(1, "192.0.2.1", "192.0.2.60")
	p.cluster.Replicate()
	if a, b := p.at(0), p.at(1); !slices.Equal(a, b) {
		t.Fatalf("no convergence: %v, %v", a, b)
	}
	states := p.client.Verify(context.Background(), p.plan(swap))
	if states[0].State != states[1].State || states[0].State != dnsupdate.Differs {
		t.Errorf("the later write wins, and verify says so: %s, %s", states[0].State, states[1].State)
	}
}

// isolatedWins: a server that was cut off wrote twice; its version is the higher one and it beats the single, later write.
func isolatedWins(t *testing.T, p *party) {
	if p.cluster.Replicate == nil {
		t.Skip("these servers do not replicate")
	}
	swap := p.both()
	p.cluster.Replicate()
	p.write(1, "192.0.2.1", "192.0.2.50")
	p.write(1, "192.0.2.50", "192.0.2.1")
	p.cluster.Stop(1)
	p.result(p.repoint(swap), dnsupdate.Done)
	p.cluster.Restart(1)
	p.cluster.Replicate()
	states := p.client.Verify(context.Background(), p.plan(swap))
	if states[0].State != dnsupdate.Differs || !states[0].Names[0].Old {
		t.Fatalf("the surviving site's server: %+v, want the old answer back", states[0])
	}
	p.result(p.repoint(swap), dnsupdate.Done)
	p.cluster.Replicate()
	if got := p.at(1); !slices.Equal(got, one("192.0.2.2")) {
		t.Errorf("after the repair and convergence: %v", got)
	}
}
