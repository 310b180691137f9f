package lab_test

import (
	"testing"

	"siteswap/dag"
	"siteswap/internal/lab/labtest"
)

// TestDNSAlone: the DNS server of a site stands still and comes back, and nothing else of the site is touched; domain controllers
// that restart meanwhile do not bring it back.
func TestDNSAlone(t *testing.T) {
	l, o := labtest.Start(t, nil)
	at := o.Directories[labtest.DR]
	expect := func(when, dns, probe string) {
		t.Helper()
		if got := ask(outside(o), at.DNS, "\x00\x01x", waits(dns)); got != dns {
			t.Errorf("%s: the DNS server %s, expected %s", when, got, dns)
		}
		if got := ask(outside(o), at.Probe, "?\n", waits(probe)); got != probe {
			t.Errorf("%s: the domain controller %s, expected %s", when, got, probe)
		}
	}
	l.DNS(labtest.DR, false)
	expect("stopped", reset, answered)
	l.Directory(labtest.DR, false)
	l.Directory(labtest.DR, true)
	rest(t, l, o)
	expect("after a restart of the domain controllers", reset, answered)
	l.DNS(labtest.DR, true)
	if _, err := dns(t, o, outside(o), trust).Query(t.Context(), server(t, o, labtest.DR), "internal.test.local"); err != nil {
		t.Errorf("back, and it does not answer: %v", err)
	}
}

// TestGrip: what is held does not happen until it is released, kind by kind; what a script has by the hand can be asked.
func TestGrip(t *testing.T) {
	l, o := labtest.Start(t, nil)
	if l.Gripped("failover") {
		t.Error("nobody holds anything")
	}
	l.Hold([]string{"failover"})
	l.Hold([]string{"home"})
	l.Server(0, false)
	labtest.Await(t, l.World(), "only the failover is left to do", func(s *dag.State) bool {
		left := dag.Pending(o.Topology, s)
		return len(left) > 0 && left[0].Name() == "failover" && len(left) == 1
	})
	l.Release([]string{"home"})
	if !l.Gripped("failover") || l.Gripped("home") {
		t.Error("only the failover is held")
	}
	l.Release([]string{"failover"})
	labtest.Await(t, l.World(), "the failover", func(s *dag.State) bool { return s.Copy(0, 1).Mounted })
	l.Slow([]string{"ship"}, 10)
	if !l.Gripped("ship") {
		t.Error("slow is by the hand")
	}
	l.Slow([]string{"ship"}, 1)
	l.SlowLink(labtest.Prod, labtest.DR, true)
	if !l.Gripped("ship") {
		t.Error("a slow link is by the hand")
	}
}

// TestHeldPower: a server that its power control holds off does not come back with the power of its site, until it is let go.
func TestHeldPower(t *testing.T) {
	l, _ := labtest.Start(t, nil)
	members := dag.Set(0).Add(0).Add(1)
	l.FailSite(labtest.Prod)
	l.Power(members, dag.HeldOff)
	l.RestoreSite(labtest.Prod)
	labtest.Await(t, l.World(), "the site is back and its servers are not", func(s *dag.State) bool {
		return s.Sites[labtest.Prod].Directory && s.Nodes[0].Power == dag.HeldOff && !s.Nodes[0].Up && !s.Nodes[1].Up
	})
	l.Power(members, dag.PowerOn)
	labtest.Await(t, l.World(), "the servers", func(s *dag.State) bool { return s.Nodes[0].Up && s.Nodes[1].Up })
}
