package lab_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/lab"
	"siteswap/internal/lab/labtest"
)

// thing is something that listens in a site.
type thing struct {
	name string
	site int // -1: outside
	ask  func(patience time.Duration) string
}

const get = "GET /v1/pool HTTP/1.0\r\n\r\n" // every server of the sites has some answer to it but DNS

// things are all listeners of the sites, with a controller and a redirector's control in each.
func things(t *testing.T, o lab.Options) []thing {
	t.Helper()
	from := outside(o)
	tcp := func(name string, site int, to netip.AddrPort) thing {
		return thing{name, site, func(patience time.Duration) string { return ask(from, to, get, patience) }}
	}
	out := []thing{tcp("power control", -1, o.Power)}
	for _, s := range o.Servers {
		out = append(out, tcp("endpoint of "+s.Name, s.Site, netip.AddrPortFrom(s.Address, s.Exchange)), tcp("front of "+s.Name, s.Site, netip.AddrPortFrom(s.Address, lab.FrontPort)))
	}
	for i, d := range o.Directories {
		out = append(out, tcp("directory "+d.FQDN, d.Site, d.Probe), thing{"DNS of " + d.FQDN, d.Site, func(patience time.Duration) string {
			c := dns(t, o, from, patience)
			if _, err := c.Query(context.Background(), c.Servers()[i], "internal.test.local"); err != nil {
				return silent
			}
			return answered
		}})
	}
	for _, w := range o.Witnesses {
		out = append(out, tcp("witness "+w.Server, w.Site, w.Share))
	}
	for _, v := range o.VIPs {
		for _, a := range append([]netip.Addr{v.Address}, v.Public...) {
			out = append(out, tcp("VIP "+a.String(), v.Site, netip.AddrPortFrom(a, lab.FrontPort)))
		}
		if v.Control.IsValid() {
			out = append(out, tcp("control of the VIP", v.Site, v.Control))
		}
	}
	for _, f := range o.Forwards {
		out = append(out, tcp("controller "+f.Advertised.String(), f.Site, f.Advertised))
	}
	for _, r := range o.Redirectors {
		out = append(out, tcp("control of "+r.Name, r.Site, r.Control), tcp("TCP of "+r.Name, r.Site, r.TCP))
	}
	return out
}

// processes stand for the controllers and redirectors that a drill starts: they are alive all the time.
func processes(t *testing.T, o *lab.Options) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(srv.Close)
	at := srv.Listener.Addr().(*net.TCPAddr).AddrPort()
	for _, site := range []int{labtest.Prod, labtest.DR, labtest.Branch} {
		o.Forwards = append(o.Forwards, lab.Forward{Site: site, Advertised: netip.AddrPortFrom(labtest.Address(o.Base, site, 20), 18300), Binding: at})
	}
	for _, site := range []int{labtest.Prod, labtest.DR} {
		o.Redirectors = append(o.Redirectors, labtest.Redirector(o.Base, site, at, at, at))
	}
}

func wantOf(t *testing.T, moment string, all []thing, want func(thing) string) {
	t.Helper()
	got := make([]string, len(all))
	done := make(chan struct{})
	for i := range all {
		go func() { got[i] = all[i].ask(waits(want(all[i]))); done <- struct{}{} }()
	}
	for range all {
		<-done
	}
	for i, x := range all {
		if w := want(x); w != "" && got[i] != w {
			t.Errorf("%s: %s: %s, want %s", moment, x.name, got[i], w)
		}
	}
}

// TestSiteWithoutPower: nothing in it is heard of, not even a reset; everything elsewhere goes on; all of it boots again.
func TestSiteWithoutPower(t *testing.T) {
	t.Parallel()
	l, o := labtest.Start(t, func(o *lab.Options) { processes(t, o) })
	all := things(t, o)
	wantOf(t, "healthy", all, func(thing) string { return answered })
	open, err := lab.Dialer(outside(o))(context.Background(), "tcp", netip.AddrPortFrom(o.Servers[0].Address, lab.FrontPort).String())
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if got := askOn(open, "HEALTH\n", trust); got != answered {
		t.Fatalf("a connection: %s", got)
	}

	l.FailSite(labtest.Prod)
	dead := func(x thing) string {
		if x.site == labtest.Prod {
			return silent
		}
		return answered
	}
	wantOf(t, "Prod without power", all, dead)
	if got := askOn(open, "HEALTH\n", patience); got != silent {
		t.Errorf("a connection from before: %s", got)
	}

	l.World().Hold(func(dag.Event) bool { return true }) // nothing boots yet
	l.RestoreSite(labtest.Prod)
	wantOf(t, "power is back, nothing has booted", all, func(x thing) string {
		booting := strings.HasPrefix(x.name, "endpoint") || strings.HasPrefix(x.name, "front") || strings.HasPrefix(x.name, "DNS") || strings.HasPrefix(x.name, "directory") || strings.HasPrefix(x.name, "witness")
		switch {
		case x.site == labtest.Prod && booting:
			return silent
		case x.site == labtest.Prod && strings.HasPrefix(x.name, "VIP"):
			return "" // up, with nobody behind it
		}
		return answered
	})
	l.World().Hold(nil)
	rest(t, l, o)
	eventually(t, "the load balancer's health checks pass", func() bool {
		return ask(outside(o), netip.AddrPortFrom(o.VIPs[0].Address, lab.FrontPort), "HEALTH\n", trust) == answered
	})
	wantOf(t, "booted", all, func(thing) string { return answered })
}

// TestOneThingDown: what stops on a living host resets; a server without power, or hung, is silent; its neighbours go on.
func TestOneThingDown(t *testing.T) {
	t.Parallel()
	l, o := labtest.Start(t, nil)
	all := things(t, o)
	only := func(what, want string) func(thing) string {
		return func(x thing) string {
			switch {
			case strings.HasPrefix(x.name, "VIP") && x.site == labtest.Prod:
				return "" // until its health check has noticed, it sends some to the dead one
			case strings.HasSuffix(x.name, what):
				return want
			}
			return answered
		}
	}
	l.Front(1, false)
	wantOf(t, "front stopped", all, only("front of EX2010-2", reset))
	l.Front(1, true)
	l.Server(1, false)
	wantOf(t, "server without power", all, only(" of EX2010-2", silent))
	l.Server(1, true)
	labtest.Await(t, l.World(), "EX2010-2 up", func(s *dag.State) bool { return s.Nodes[1].Up })
	l.World().Apply(dag.Event{Kind: dag.EvHang, Member: 1, On: true})
	wantOf(t, "server hung", all, only(" of EX2010-2", silent))
	l.World().Apply(dag.Event{Kind: dag.EvHang, Member: 1})
	wantOf(t, "freed", all, func(thing) string { return answered })
	l.Witness(labtest.DR, false)
	wantOf(t, "witness stopped", all, only("witness dc-dr.test.local", reset))
	l.Witness(labtest.DR, true)
	l.Directory(labtest.DR, false)
	wantOf(t, "directory stopped, the witness on the same host not", all, func(x thing) string {
		if x.site == labtest.DR && (strings.HasPrefix(x.name, "directory") || strings.HasPrefix(x.name, "DNS")) {
			return map[bool]string{true: silent, false: reset}[strings.HasPrefix(x.name, "DNS")]
		}
		return answered
	})
}

// board speaks to the power control as any client could.
type board struct {
	t    *testing.T
	o    lab.Options
	http *http.Client
}

func (b board) do(method, path string, body any) (code int, answer map[string]dag.Power) {
	b.t.Helper()
	send, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequest(method, "http://"+b.o.Power.String()+path, bytes.NewReader(send))
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
			b.t.Fatal(err)
		}
	}
	return res.StatusCode, answer
}

func (b board) set(server string, notAfter time.Duration) (int, dag.Power) {
	code, answer := b.do(http.MethodPut, "/v1/power/"+server, map[string]any{"power": dag.HeldOff, "run": "r-1", "step": "fence", "attempt": 1, "not_after": notAfter})
	return code, answer["power"]
}

func (b board) read() map[string]dag.Power {
	_, all := b.do(http.MethodGet, "/v1/power", nil)
	return all
}

// TestPowerControl: it answers although the site is dead, holds a server off when power returns, and starts nothing too late.
func TestPowerControl(t *testing.T) {
	t.Parallel()
	l, o := labtest.Start(t, nil)
	b := board{t, o, &http.Client{Transport: &http.Transport{DialContext: lab.Dialer(outside(o)), DisableKeepAlives: true}}}
	if code, _ := b.set("EX2010-1", 0); code != http.StatusGone {
		t.Errorf("too late: %d", code)
	}
	if code, _ := b.set("EX9", time.Minute); code != http.StatusNotFound {
		t.Errorf("a server that there is not: %d", code)
	}
	if all := b.read(); all["EX2010-1"] != dag.PowerOn {
		t.Errorf("after two refusals: %v", all)
	}
	l.FailSite(labtest.Prod)
	if all := b.read(); all["EX2010-1"] != dag.PowerOff || all["EX2010-3"] != dag.PowerOn {
		t.Errorf("the dead site reads %v", all)
	}
	if code, got := b.set("EX2010-1", time.Minute); code != http.StatusOK || got != dag.HeldOff {
		t.Errorf("held off: %d %q", code, got)
	}
	l.RestoreSite(labtest.Prod)
	rest(t, l, o)
	if all := b.read(); all["EX2010-1"] != dag.HeldOff || all["EX2010-2"] != dag.PowerOn {
		t.Errorf("power is back: %v", all)
	}
	if got := ask(outside(o), netip.AddrPortFrom(o.Servers[0].Address, lab.FrontPort), "HEALTH\n", patience); got != silent {
		t.Errorf("the server that is held off: %s", got)
	}
}
