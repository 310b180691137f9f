package umredirect_test

import (
	"bytes"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"siteswap/umredirect"
	"siteswap/umredirect/health"
)

// journal is a log that is read while the redirector's tasks write to it.
type journal struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.String()
}

// What is dead is left out at the next call, its alarm is logged once and shown, and nothing stays of it when it is back.
func TestSetHealth(t *testing.T) {
	log := &journal{}
	r := start(t, umredirect.Options{First: inProd, Logger: slog.New(slog.NewTextHandler(log, nil))})
	status := func(extension string) string {
		answer, _ := umredirect.Handle(r.Server, []byte(message("INVITE", "sip:"+extension+"@x")), netip.MustParseAddrPort("127.0.0.1:9"), "udp")
		return string(answer[8:11])
	}
	if got := status("1001"); got != "302" {
		t.Fatal(got)
	}
	var report []health.Status
	for _, w := range table(t).Watched() {
		s := health.Status{Target: w, State: health.Up}
		if w.Host == "old.test.local" {
			s.State, s.Dead, s.Alarm = health.Down, true, &health.Alarm{Name: health.LegacyUM, Target: w.String(), Text: "does not answer"}
		}
		report = append(report, s)
	}
	for range 2 {
		r.Server.SetHealth(report)
	}
	st := r.Server.Status()
	if got := status("1001"); got != "480" || len(st.LegacyDown) != 1 || len(st.Alarms) != 1 || st.Alarms[0].Name != "legacy-um" {
		t.Errorf("a dead legacy server: %s, %+v", got, st)
	}
	if got := status("1002"); got != "302" {
		t.Errorf("a call for another server: %s", got)
	}
	r.Server.SetHealth(nil)
	if got := status("1001"); got != "302" || len(r.Server.Status().Alarms) != 0 {
		t.Errorf("back again: %s", got)
	}
	if n := strings.Count(log.String(), "does not answer"); n != 1 || !strings.Contains(log.String(), `msg="alarm over" name=legacy-um`) {
		t.Errorf("logged %d times: %s", n, log.String())
	}
}

// Every target of every site is watched, the legacy ones as such.
func TestWatched(t *testing.T) {
	var got []string
	for _, w := range table(t).Watched() {
		kind := "current "
		if w.Legacy {
			kind = "legacy "
		}
		got = append(got, kind+w.String())
	}
	want := []string{"current ex3.test.local:5060;transport=tcp", "current ex1.test.local:5060;transport=tcp", "current ex2.test.local:5060;transport=tcp",
		"current ex4.test.local:5061;transport=tls", "legacy old.test.local:5060;transport=tcp", "legacy old2.test.local:5060;transport=tcp", "legacy old3.test.local;transport=tcp"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A redirector that is about to end sends the PBX to another one by OPTIONS, and loses no call that comes all the same.
func TestLeave(t *testing.T) {
	r := start(t, umredirect.Options{First: inProd})
	udp := dialUDP(t, r.UDP)
	if got := ask(t, udp, message("OPTIONS", "sip:x")); !strings.HasPrefix(got, "SIP/2.0 200 ") {
		t.Fatal(got)
	}
	r.Server.Leave()
	if got := ask(t, udp, message("OPTIONS", "sip:x")); !strings.HasPrefix(got, "SIP/2.0 503 ") || !strings.Contains(got, "\r\nRetry-After: ") {
		t.Error(got)
	}
	if got := ask(t, udp, message("INVITE", "sip:1002@x")); !strings.HasPrefix(got, "SIP/2.0 302 ") {
		t.Error(got)
	}
	if st, err := r.Remote.State(t.Context()); err != nil || !st.Leaving || st.CanRoute {
		t.Errorf("%+v, %v", st, err)
	}
}
