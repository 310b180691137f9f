package lab_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"siteswap/internal/lab"
	"siteswap/internal/lab/labtest"
	"siteswap/internal/vip"
)

// TestCutsAreSilentPerDirection: what goes the cut way is swallowed, so a request on a connection that stands has its effect or
// none, and its answer is lost either way; no new connection comes about; what goes elsewhere is not touched; after the link
// is mended everything passes.
func TestCutsAreSilentPerDirection(t *testing.T) {
	for name, c := range map[string]struct {
		from, to int // the direction that is cut
		done     bool
	}{
		"the request is swallowed": {labtest.DR, labtest.Prod, false},
		"the answer is swallowed":  {labtest.Prod, labtest.DR, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, o := labtest.Start(t, nil)
			pool := func(site int) *vip.Pool {
				from := labtest.Address(o.Base, site, 20)
				return &vip.Pool{Control: o.VIPs[0].Control.String(), HTTP: &http.Client{Transport: &http.Transport{DialContext: lab.Dialer(from), DisableKeepAlives: true}}}
			}
			standing, err := lab.Dialer(labtest.Address(o.Base, labtest.DR, 20))(context.Background(), "tcp", o.VIPs[0].Control.String())
			if err != nil {
				t.Fatal(err)
			}
			defer standing.Close()
			if got := askOn(standing, "GET /v1/pool HTTP/1.1\r\nHost: x\r\n\r\n", trust); got != answered {
				t.Fatal(got)
			}
			l.Link(c.from, c.to, false, true)
			body := `{"enabled":false,"run":"r-1","step":"drain","attempt":1}`
			if got := askOn(standing, fmt.Sprintf("PUT /v1/pool/EX2010-1 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body), patience); got != silent {
				t.Errorf("over a cut link: %s", got)
			}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if _, err := pool(labtest.DR).Set(ctx, "EX2010-2", false, vip.By{Run: "r-1", Step: "drain", Attempt: 1}); !errors.Is(err, vip.ErrNoAnswer) || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				t.Errorf("over a new connection: %v after %v; want silence until patience ended", err, ctx.Err())
			}
			ms, err := pool(labtest.Prod).Members(context.Background())
			if err != nil || ms[0].Enabled == c.done || !ms[1].Enabled {
				t.Errorf("seen from inside: %+v, %v; want done %t", ms, err, c.done)
			}
			if got := ask(outside(o), o.VIPs[0].Control, get, trust); got != answered {
				t.Errorf("from a third place: %s", got)
			}
			l.Link(c.from, c.to, true, true)
			if _, err := pool(labtest.DR).Members(context.Background()); err != nil {
				t.Errorf("mended: %v", err)
			}
		})
	}
}

// TestMendedLinkDelivers: a request that was under way when the link was cut is answered after it is mended.
func TestMendedLinkDelivers(t *testing.T) {
	t.Parallel()
	l, o := labtest.Start(t, nil)
	c, err := lab.Dialer(labtest.Address(o.Base, labtest.DR, 20))(context.Background(), "tcp", netip.AddrPortFrom(o.Servers[0].Address, lab.FrontPort).String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := askOn(c, "HEALTH\n", trust); got != answered {
		t.Fatal(got)
	}
	l.Link(labtest.Prod, labtest.DR, false, false)
	if got := askOn(c, "HEALTH\n", patience); got != silent {
		t.Fatalf("over a cut link: %s", got)
	}
	l.Link(labtest.Prod, labtest.DR, true, false)
	c.SetDeadline(time.Now().Add(trust))
	if n, err := c.Read(make([]byte, 16)); err != nil || n == 0 {
		t.Errorf("after mending: %v", err)
	}
}

// TestSecondLabOnOneRange is refused with what stands in the way.
func TestSecondLabOnOneRange(t *testing.T) {
	t.Parallel()
	_, o := labtest.Start(t, nil)
	l, err := lab.Start(context.Background(), o)
	if err == nil {
		l.Close()
		t.Fatal("two labs share a range")
	}
	if !strings.Contains(err.Error(), fmt.Sprintf("127.%d.", o.Base)) {
		t.Errorf("the error names no address: %v", err)
	}
}
