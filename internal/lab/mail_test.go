package lab_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/lab"
	"siteswap/internal/lab/labtest"
)

// mailer is a mail client that speaks to an address.
type mailer struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
	n int
}

func newMailer(t *testing.T, o lab.Options, to netip.Addr) *mailer {
	t.Helper()
	c, err := lab.Dialer(outside(o))(context.Background(), "tcp", netip.AddrPortFrom(to, lab.FrontPort).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	m := &mailer{t: t, c: c, r: bufio.NewReader(c)}
	m.say("HELLO client-1")
	if got := m.hear(trust); got != "OK" {
		t.Fatalf("HELLO: %q", got)
	}
	return m
}

func (m *mailer) say(line string) {
	m.t.Helper()
	m.c.SetWriteDeadline(time.Now().Add(trust))
	if _, err := m.c.Write([]byte(line + "\n")); err != nil {
		m.t.Fatal(err)
	}
}

// hear is the next line, "" if none comes.
func (m *mailer) hear(patience time.Duration) string {
	m.c.SetReadDeadline(time.Now().Add(patience))
	line, err := m.r.ReadString('\n')
	if err != nil {
		return ""
	}
	return strings.TrimSpace(line)
}

// send sends the next message.
func (m *mailer) send() { m.t.Helper(); m.n++; m.say(fmt.Sprintf("SEND DB1 client-1 %d", m.n)) }

// acknowledged sends messages, and wants each acknowledged.
func (m *mailer) acknowledged(n int) {
	m.t.Helper()
	for range n {
		m.send()
		if got := m.hear(trust); got != fmt.Sprintf("ACK %d", m.n) {
			m.t.Fatalf("message %d: %q", m.n, got)
		}
	}
}

func ex2013(o *lab.Options) { o.Topology.Exchange = dag.Version{Release: 2013, CU: 8} }

// holdLogs keeps logs from reaching other copies than those on the members.
func holdLogs(l *lab.Lab, but dag.Set) {
	l.World().Hold(func(e dag.Event) bool { return e.Kind == dag.EvShip && !but.Has(e.Member) })
}

// TestAcknowledgedOnlyWhenSafe: a message is acknowledged when its log is in another site, or a dumpster there holds it; while
// no server of another site is to be reached, when its own site holds it twice.
func TestAcknowledgedOnlyWhenSafe(t *testing.T) {
	t.Run("2010: its log must be in DR", func(t *testing.T) {
		t.Parallel()
		l, o := labtest.Start(t, nil)
		holdLogs(l, dag.Set(0).Add(1)) // EX2010-2, in the same site, is no help
		m := newMailer(t, o, o.VIPs[0].Address)
		m.send()
		if got := m.hear(400 * time.Millisecond); got != "" {
			t.Fatalf("answered %q before its log was in another site", got)
		}
		l.World().Hold(nil)
		if got := m.hear(trust); got != "ACK 1" {
			t.Errorf("its log is in DR: %q", got)
		}
		if a := l.Audit("DB1"); a.Acknowledged != 1 || a.Found != 1 {
			t.Errorf("audit: %+v", a)
		}
	})
	t.Run("2010: cut off, its own site is enough", func(t *testing.T) {
		t.Parallel()
		l, o := labtest.Start(t, nil)
		holdLogs(l, 0)
		m := newMailer(t, o, o.VIPs[0].Address)
		m.send()
		if got := m.hear(300 * time.Millisecond); got != "" {
			t.Fatalf("answered %q before", got)
		}
		l.Link(labtest.Prod, labtest.DR, false, false)
		if got := m.hear(trust); got != "ACK 1" {
			t.Errorf("alone, with a dumpster on the other hub of the site: %q", got)
		}
	})
	t.Run("2013: the shadow's Safety Net is in DR", func(t *testing.T) {
		t.Parallel()
		l, o := labtest.Start(t, ex2013)
		holdLogs(l, 0)
		newMailer(t, o, o.VIPs[0].Address).acknowledged(3)
	})
	t.Run("nothing is mounted", func(t *testing.T) {
		t.Parallel()
		l, o := labtest.Start(t, nil)
		labtest.Do(t, l.World(), dag.Op{Kind: dag.OpDismount, From: labtest.Prod})
		m := newMailer(t, o, o.Servers[2].Address)
		m.send()
		if got := m.hear(trust); !strings.HasPrefix(got, "NO ") {
			t.Errorf("answered %q", got)
		}
	})
}

// TestLossyActivationLosesNothingAcknowledged: logs are lost with the site; what the clients were told is kept is delivered
// again from the dumpsters.
func TestLossyActivationLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	l, o := labtest.Start(t, ex2013)
	m := newMailer(t, o, o.VIPs[0].Address)
	m.acknowledged(3)
	rest(t, l, o)
	holdLogs(l, 0)
	m.acknowledged(4) // these logs never leave Prod
	l.FailSite(labtest.Prod)
	if a := l.Audit("DB1"); a.Acknowledged != 7 || a.Lost != 4 {
		t.Errorf("what DR has of it before activation: %+v", a)
	}
	l.World().Hold(nil)
	for _, op := range []dag.Op{
		{Kind: dag.OpStop, From: labtest.DR, Members: o.Topology.MembersOf(labtest.Prod), ConfigurationOnly: true},
		{Kind: dag.OpRestore, From: labtest.DR, Site: labtest.DR, Witness: dag.WitnessAlternate},
	} {
		labtest.Do(t, l.World(), op)
	}
	mounted := func(s *dag.State) bool { return s.Copy(0, 2).Mounted }
	rest(t, l, o)
	if s := l.World().Snapshot(); !mounted(&s) {
		labtest.Do(t, l.World(), dag.Op{Kind: dag.OpActivate, From: labtest.DR, Member: 2, Dial: dag.BestEffort})
	}
	labtest.Await(t, l.World(), "DB1 mounted in DR", mounted)
	eventually(t, "the dumpsters have delivered everything again", func() bool { return l.Audit("DB1").Lost == 0 })
	if a := l.Audit("DB1"); a.Acknowledged != 7 || a.Found != 7 || a.LostLogs == 0 {
		t.Errorf("at the end: %+v; want all messages, and logs lost", a)
	}
}

// TestClientsAreServed: the lab's own mail clients find their way by name, and lose it with the site.
func TestClientsAreServed(t *testing.T) {
	t.Parallel()
	l, _ := labtest.Start(t, func(o *lab.Options) { o.Clients, o.MessageRate = 2, 50*time.Millisecond })
	eventually(t, "both clients are served", func() bool { served, all := l.Served(); return all == 2 && served == all })
	l.FailSite(labtest.Prod)
	eventually(t, "nobody is served", func() bool { served, _ := l.Served(); return served == 0 })
	if len(l.Outages()) == 0 {
		t.Error("an outage is under way and is not recorded")
	}
	if _, ok := l.MountedOn("DB1"); ok {
		t.Error("a database of a dead site counts as mounted")
	}
	if a := l.Audit("DB1"); a.Acknowledged == 0 || a.Lost > 0 {
		t.Errorf("what DR would have: %+v", a)
	}
}

// TestLocatorStops: before 2013 CU7 no front is told where a mounted database is while every member's policy is Blocked.
func TestLocatorStops(t *testing.T) {
	t.Parallel()
	l, o := labtest.Start(t, func(o *lab.Options) { o.Topology.Exchange = dag.Version{Release: 2013, CU: 6} })
	for policy, want := range map[dag.ActivationPolicy]bool{dag.Blocked: false, dag.Unrestricted: true} {
		labtest.Do(t, l.World(), dag.Op{Kind: dag.OpPolicy, Members: o.Topology.AllMembers(), Policy: policy})
		if _, ok := l.MountedOn("DB1"); ok != want {
			t.Errorf("%s everywhere: located %v", policy, ok)
		}
	}
}
