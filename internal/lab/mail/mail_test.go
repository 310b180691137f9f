package mail_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/internal/lab/mail"
	"siteswap/internal/lab/network"
)

func TestMailGoesThroughTheVIP(t *testing.T) {
	r := newRig(t)
	var mu sync.Mutex
	var names []string
	c, stop := r.clients(4, func(o *mail.ClientsOptions) {
		o.OnName = func(name string, _ time.Time, up bool) {
			mu.Lock()
			defer mu.Unlock()
			names = append(names, fmt.Sprint(name, " ", up))
		}
	})
	r.more(c, 40)
	for _, s := range []string{"EX1", "EX2"} {
		if got := r.pool(s); !got.Healthy || !got.Enabled || got.Connections != 2 {
			t.Errorf("pool: %+v; want two of the four clients on each server", got)
		}
	}
	if s := c.Served()["mail.test.local"]; s.Clients != 4 || s.Served != 4 || s.Since.IsZero() {
		t.Errorf("served: %+v", s)
	}
	stop()
	a := r.ledger.Audit("DB1", "EX1")
	if a.Acknowledged < int(c.Acknowledged("DB1")) || a.Found != a.Acknowledged || a.Lost != 0 || a.LostLogs != 0 {
		t.Errorf("audit %+v with %d messages acknowledged", a, c.Acknowledged("DB1"))
	}
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff([]string{"mail.test.local true"}, names); diff != "" || len(c.Outages()) > 0 {
		t.Errorf("names: %s; outages %v", diff, c.Outages())
	}
}

func TestPublicAddressLeadsToTheSameVIP(t *testing.T) {
	r := newRig(t)
	r.set(func() { r.answers = []string{r.addr("PUBLIC").String()} })
	c, _ := r.clients(2, nil)
	r.more(c, 10)
	if n := r.pool("EX1").Connections + r.pool("EX2").Connections; n != 2 {
		t.Errorf("%d connections", n)
	}
}

func TestFrontDies(t *testing.T) {
	r := newRig(t)
	c, _ := r.clients(4, nil)
	r.more(c, 20)
	r.set(func() { r.dead["EX2"] = true })
	r.fronts["EX2"].Cut()
	r.until("EX2 is unhealthy", func() bool { m := r.pool("EX2"); return !m.Healthy && m.Connections == 0 })
	r.more(c, 20)
	r.until("all on EX1", func() bool { return r.pool("EX1").Connections == 4 })
	r.set(func() { delete(r.dead, "EX2") })
	r.until("EX2 is healthy", func() bool { return r.pool("EX2").Healthy })
}

func TestServerWithoutPowerAndTheNameMoves(t *testing.T) {
	r := newRig(t)
	c, stop := r.clients(3, func(o *mail.ClientsOptions) { o.Timeout = 10 * shortly })
	r.more(c, 20)
	for _, h := range []string{"EX1", "EX2", "VIP", "PUBLIC"} {
		r.net.SetPower(r.addr(h), false)
	}
	r.until("nobody is served", func() bool { return c.Served()["mail.test.local"].Served == 0 })
	r.set(func() { r.alone, r.answers = true, []string{r.addr("EX3").String()} })
	r.move("EX3")
	r.until("all are served", func() bool { return c.Served()["mail.test.local"].Served == 3 })
	r.more(c, 20)
	stop()
	out := c.Outages()
	if len(out) == 0 { // more than one on a machine so busy that answers come late
		t.Fatal("no outage")
	}
	for _, o := range out {
		if o.Name != "mail.test.local" || !o.End.After(o.Start) {
			t.Errorf("outage %+v; want it to have ended", o)
		}
	}
	if a := r.ledger.Audit("DB1", "EX3"); a.Lost != 0 || a.Acknowledged != a.Found || a.Acknowledged == 0 {
		t.Errorf("audit: %+v", a)
	}
}

func TestDatabaseMoves(t *testing.T) {
	r := newRig(t)
	c, stop := r.clients(3, nil)
	r.more(c, 20)
	for _, to := range []string{"EX2", "EX3", "EX1"} {
		r.set(func() { r.mounted = "" })
		r.move(to)
		r.more(c, 20)
	}
	stop()
	if a := r.ledger.Audit("DB1", "EX1"); a.Lost != 0 || a.LostLogs != 0 || a.Acknowledged != a.Found {
		t.Errorf("audit after lossless moves: %+v", a)
	}
}

func TestDrain(t *testing.T) {
	r := newRig(t)
	h := httptest.NewServer(r.vip.Handler())
	defer h.Close()
	c, _ := r.clients(4, nil)
	r.more(c, 20)
	if got := put(t, h, "EX1", `{"enabled": false, "run": "r1", "step": "pool-out", "attempt": 1}`); got != 200 {
		t.Fatalf("drain: status %d", got)
	}
	r.until("EX1 is empty", func() bool { return r.pool("EX1").Connections == 0 })
	r.more(c, 20)
	if m := r.pool("EX1"); m.Enabled || !m.Healthy || m.Connections != 0 {
		t.Errorf("drained: %+v", m)
	}
	for body, want := range map[string]int{`{"enabled": true}`: 200, `{}`: 400, `no`: 400} {
		if got := put(t, h, "EX1", body); got != want {
			t.Errorf("PUT %s: %d, want %d", body, got, want)
		}
	}
	if got := put(t, h, "EX9", `{"enabled": true}`); got != 404 {
		t.Errorf("unknown server: %d", got)
	}
	resp, err := http.Get(h.URL + "/v1/pool")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if want := `[{"server":"EX1","enabled":true,"healthy":true,"connections":`; !strings.HasPrefix(string(body), want) {
		t.Errorf("pool: %s", body)
	}
}

func put(t *testing.T, h *httptest.Server, server, body string) int {
	t.Helper()
	req, _ := http.NewRequest(http.MethodPut, h.URL+"/v1/pool/"+server, strings.NewReader(body))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// talk is one hand-made connection to a front.
type talk struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

func (r *rig) talk(to string) *talk {
	r.t.Helper()
	c, err := network.Dialer(r.net.Addr(0, 9)).DialContext(r.t.Context(), "tcp", to)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return &talk{r.t, c, bufio.NewReader(c)}
}

func (k *talk) say(line, want string) {
	k.t.Helper()
	if _, err := io.WriteString(k.c, line+"\n"); err != nil {
		k.t.Errorf("%s: %v", line, err)
	}
	k.hear(want, patient)
}

// hear reads one line, which begins with want.
func (k *talk) hear(want string, within time.Duration) {
	k.t.Helper()
	k.c.SetReadDeadline(time.Now().Add(within))
	if got, err := k.r.ReadString('\n'); err != nil || !strings.HasPrefix(got, want) {
		k.t.Errorf("%q, %v; want %s", got, err, want)
	}
}

func TestProtocolAndDuplicates(t *testing.T) {
	r := newRig(t)
	k := r.talk(r.front("EX2"))
	k.say("HEALTH", "OK\n")
	k.say("SEND DB1 a 1", "NO ")
	k.say("HELLO a", "OK\n")
	k.say("SEND DB1 a 1", "ACK 1\n")
	k.say("SEND DB1 a 1", "ACK 1\n") // again, as after a lost ACK
	k.say("SEND DB1 a 0", "NO ")
	k.say("SEND DB1 b 1", "NO ")
	k.say("SEND%% x", "NO ")
	k.say("NONSENSE", "NO ")
	if a := r.ledger.Audit("DB1", "EX1"); a.Acknowledged != 1 || a.LostLogs != 0 || r.gen["EX1"] != 1 {
		t.Errorf("audit %+v, %d logs; want the message once", a, r.gen["EX1"])
	}
	r.set(func() { r.mounted = "" })
	k.say("SEND DB1 a 2", "NO ")
	store := r.talk(fmt.Sprintf("%s:%d", r.addr("EX3"), storePort))
	store.say("APPEND EX1 DB1 a 3", "AWAY ")
}

func TestAcknowledgmentWaitsForTheOtherSite(t *testing.T) {
	r := newRig(t)
	r.set(func() { r.ship = false })
	k := r.talk(r.front("EX1"))
	k.say("HELLO a", "OK")
	io.WriteString(k.c, "SEND DB1 a 1\n")
	k.c.SetReadDeadline(time.Now().Add(shortly))
	if b, err := k.r.ReadByte(); err == nil {
		t.Fatalf("an answer (%q) before the log was copied to another site", b)
	}
	if a := r.ledger.Audit("DB1", "EX1"); a.Acknowledged != 0 {
		t.Fatalf("audit %+v", a)
	}
	r.set(func() { r.ship = true; r.shipLogs() })
	k.c.SetReadDeadline(time.Now().Add(patient))
	if got, err := k.r.ReadString('\n'); got != "ACK 1\n" {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestMessageThatWasCopiedButNotAcknowledgedIsAcknowledgedAfterTheMove(t *testing.T) {
	r := newRig(t)
	one := mail.Message{Client: "a", Number: 1}
	if err := r.ledger.Appended("DB1", "EX1", 1, one); err != nil {
		t.Fatal(err)
	}
	r.ledger.Held("DB1", one, "EX2")
	r.ledger.Copied("DB1", "EX1", "EX3", 1)
	r.set(func() { r.gen["EX1"], r.gen["EX3"], r.alone = 1, 1, true })
	r.move("EX3")
	k := r.talk(r.front("EX3"))
	k.say("HELLO a", "OK")
	k.say("SEND DB1 a 1", "ACK 1")
	if a := r.ledger.Audit("DB1", "EX3"); a.Acknowledged != 1 || a.Found != 1 || a.LostLogs != 0 {
		t.Errorf("audit %+v", a)
	}
}

func TestWithdrawnRequestIsNotAcknowledged(t *testing.T) {
	r := newRig(t)
	r.unacknowledged()
	r.net.SetPower(r.addr("EX1"), false)
	r.set(func() { r.alone, r.mounted = true, "" })
	r.net.SetPower(r.addr("EX1"), true)
	r.set(func() { r.mounted = "EX3" })
	if a := r.ledger.Audit("DB1", "EX3"); a.Acknowledged != 0 || a.LostLogs != 1 {
		t.Errorf("audit %+v; want one log lost and nothing acknowledged", a)
	}
}

func TestLossyActivation(t *testing.T) {
	r := newRig(t)
	c, stop := r.clients(3, nil)
	r.more(c, 20)
	// The link is cut and Prod believes itself alone: what it acknowledges now is safe in its own site only.
	r.set(func() { r.ship = false })
	r.set(func() { r.alone = true })
	r.more(c, 20)
	stop()
	r.move("EX3")
	lossy := r.ledger.Audit("DB1", "EX3")
	if lossy.Lost < 10 || lossy.LostLogs < int64(lossy.Lost) || lossy.Found+lossy.Lost != lossy.Acknowledged || len(lossy.Examples) != 10 {
		t.Errorf("audit after a lossy activation: %+v", lossy)
	}
	if n, err := r.store.Resubmit("DB1", "EX3", func(hub string) bool { return sites[hub] == 2 }); n != 0 || err != nil {
		t.Errorf("resubmitted %d, %v from dumpsters in the other site", n, err)
	}
	n, err := r.store.Resubmit("DB1", "EX3", func(string) bool { return true })
	if err != nil || n < lossy.Lost {
		t.Errorf("resubmitted %d, %v; want at least %d", n, err, lossy.Lost)
	}
	a := r.ledger.Audit("DB1", "EX3")
	if a.Lost != 0 || a.Found != lossy.Acknowledged || a.LostLogs != lossy.LostLogs {
		t.Errorf("audit after the dumpsters came back: %+v; before %+v", a, lossy)
	}
	if r.ledger.Copied("DB1", "EX3", "EX1", 1<<40) {
		t.Error("a diverged copy took logs")
	}
	r.ledger.Reseeded("DB1", "EX1", "EX3")
	if got := r.ledger.Audit("DB1", "EX1"); got.Lost != 0 || !r.ledger.Copied("DB1", "EX3", "EX1", 1<<40) {
		t.Errorf("after the reseed: %+v", got)
	}
}

func TestCleanShutdown(t *testing.T) {
	r := newRig(t)
	c, stop := r.clients(5, nil)
	r.more(c, 10)
	stop()
	if out := c.Outages(); len(out) > 0 {
		t.Errorf("stopping the clients made outages: %+v", out)
	}
}
