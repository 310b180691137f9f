package network_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"siteswap/internal/lab/network"
)

func TestPlace(t *testing.T) {
	f := network.New(77, []string{"outside", "Prod", "DR"})
	for _, tc := range []struct {
		addr  string
		place int
		ok    bool
	}{
		{"127.77.0.9", 0, true}, {"127.77.2.13", 2, true}, {"::ffff:127.77.1.1", 1, true},
		{"127.77.3.1", 0, false}, {"127.78.1.1", 0, false}, {"127.0.0.1", 0, false}, {"::1", 0, false},
	} {
		place, ok := f.Place(netip.MustParseAddr(tc.addr))
		if place != tc.place || ok != tc.ok {
			t.Errorf("Place(%s) = %d, %v; want %d, %v", tc.addr, place, ok, tc.place, tc.ok)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	b := newBench(t)
	l := b.listen(t)
	_, err := b.Listen(netip.MustParseAddrPort(l.Addr().String()))
	if err == nil || !strings.Contains(err.Error(), l.Addr().String()) || !strings.Contains(err.Error(), "lsof") {
		t.Errorf("port taken: %v", err)
	}
	_, err = b.Listen(netip.MustParseAddrPort("198.51.100.7:0"))
	if !errors.Is(err, network.ErrNotAssigned) || !strings.Contains(err.Error(), "198.51.100.7") {
		t.Errorf("not assigned: %v", err)
	}
	err = network.CheckAssigned([]netip.Addr{b.server, netip.MustParseAddr("198.51.100.7"), netip.MustParseAddr("198.51.100.8")})
	if !errors.Is(err, network.ErrNotAssigned) || !strings.Contains(err.Error(), "198.51.100.8") || strings.Contains(err.Error(), b.server.String()) {
		t.Errorf("check: %v", err)
	}
	if err := network.CheckAssigned([]netip.Addr{b.server}); err != nil {
		t.Errorf("check of what is assigned: %v", err)
	}
}

func TestTwoDrillsTakeTwoBases(t *testing.T) {
	one, release1, err := network.Acquire()
	if err != nil {
		t.Skip(err)
	}
	defer release1()
	two, release2, err := network.Acquire()
	if err != nil {
		t.Skip(err)
	}
	defer release2()
	if one == two {
		t.Errorf("both took %d", one)
	}
}

func TestManyConnections(t *testing.T) {
	b := newBench(t)
	l := b.listen(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	errs := make(chan error)
	const n, lines = 60, 30
	for i := range n {
		go func() { errs <- echo(t.Context(), b, l.Addr(), fmt.Sprintf("client %d", i), lines) }()
	}
	for range 20 {
		b.Cut(outside, prod)
		runtime.Gosched()
		b.Heal(outside, prod)
		b.Cut(prod, outside)
		b.Heal(prod, outside)
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func echo(ctx context.Context, b bench, to net.Addr, name string, lines int) error {
	c, err := network.Dialer(b.client).DialContext(ctx, "tcp", to.String())
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(2 * patient))
	r := bufio.NewReader(c)
	for i := range lines {
		want := fmt.Sprintf("%s %d %s\n", name, i, strings.Repeat("x", 2000))
		if _, err := io.WriteString(c, want); err != nil {
			return err
		}
		if got, err := r.ReadString('\n'); err != nil || got != want {
			return fmt.Errorf("%s got %d bytes, %v", name, len(got), err)
		}
	}
	return nil
}
