package lab_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/dnsupdate"
	"siteswap/internal/exchange"
	"siteswap/internal/lab"
	"siteswap/internal/lab/labtest"
)

// What comes of asking something.
const (
	answered = "answers"
	silent   = "silent"
	reset    = "resets"
)

// How long an answer is waited for: where none is wanted, and where one is, so that a busy machine is not taken for silence.
const (
	patience = 500 * time.Millisecond
	trust    = 10 * time.Second
)

// waits is the patience for what is wanted.
func waits(want string) time.Duration {
	if want == silent {
		return patience
	}
	return trust
}

// outside is where the tests stand unless they say otherwise.
func outside(o lab.Options) netip.Addr { return netip.AddrFrom4([4]byte{127, o.Base, 0, 99}) }

// ask sends a text and says what comes of it.
func ask(from netip.Addr, to netip.AddrPort, text string, patience time.Duration) string {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := lab.Dialer(from)(ctx, "tcp", to.String())
	if err != nil {
		return outcome(err)
	}
	defer c.Close()
	return askOn(c, text, patience)
}

func askOn(c net.Conn, text string, patience time.Duration) string {
	c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write([]byte(text)); err != nil {
		return outcome(err)
	}
	if _, err := c.Read(make([]byte, 512)); err != nil {
		return outcome(err)
	}
	return answered
}

func outcome(err error) string {
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return silent
	}
	return reset
}

// eventually polls what no event of the model tells.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(10 * time.Second); !is(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

// dns is a client of the DNS servers from a place.
func dns(t *testing.T, o lab.Options, from netip.Addr, patience time.Duration) *dnsupdate.Client {
	t.Helper()
	c, err := dnsupdate.NewClient(dnsupdate.Options{Dialer: lab.Dialer(from), Timeout: patience, Servers: []dnsupdate.Server{server(t, o, labtest.Prod), server(t, o, labtest.DR)}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func server(t *testing.T, o lab.Options, site int) dnsupdate.Server {
	t.Helper()
	key, err := dnsupdate.ParseKey([]byte(`key "siteswap." { algorithm hmac-sha256; secret "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="; };`))
	if err != nil {
		t.Fatal(err)
	}
	return dnsupdate.Server{Address: o.Topology.DNSServers[site].Address, Site: o.Topology.Sites[site].Name, TSIG: key}
}

// endpoints is a client of the management endpoints from a place.
func endpoints(o lab.Options, from netip.Addr) *exchange.Client {
	return &exchange.Client{Transport: exchange.NewHTTPTransport(exchange.HTTPOptions{Dial: lab.Dialer(from), Connect: trust, Read: trust, Act: trust,
		Address: func(server string) string {
			m := o.Topology.MemberIndex(server)
			return labtest.At(o.Servers[m].Address, labtest.ExchangePort)
		}})}
}

func by(step string, attempt int) exchange.Authority {
	return exchange.Authority{Run: "r-1", Step: step, Attempt: attempt, Left: func() time.Duration { return time.Minute }}
}

// rest waits until the world has nothing left to do by itself.
func rest(t *testing.T, l *lab.Lab, o lab.Options) {
	t.Helper()
	labtest.Await(t, l.World(), "rest", func(s *dag.State) bool { return len(dag.Pending(o.Topology, s)) == 0 })
}
