package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"siteswap/internal/config"
)

// port is a free one on loopback.
func port(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// text is what a command writes while others read it.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *text) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *text) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// sip sends a request for a number over UDP and returns the answer.
func sip(t *testing.T, at int, method, number string) string {
	t.Helper()
	c, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", at))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "%s sip:%s@x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKa;rport\r\nMax-Forwards: 70\r\nFrom: <sip:pbx@x>;tag=f\r\nTo: <sip:%s@x>\r\n"+
		"Call-ID: call-of-%s\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n", method, number, number, number, method)
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	b := make([]byte, 4096)
	n, err := c.Read(b)
	if err != nil {
		return err.Error()
	}
	return string(b[:n])
}

// TestRedirector is one as an operator runs it: it answers, says so in log, figures, trace and status, raises the alarm that its
// targets cannot be looked up, and when it is asked to end sends the PBX away by OPTIONS before it does.
func TestRedirector(t *testing.T) {
	calls, control, metrics := port(t), port(t), port(t)
	_, data := config.Reference()
	file := filepath.Join(t.TempDir(), "site.yaml")
	site := strings.NewReplacer("listen: ['udp://10.0.1.30:5060', 'tcp://10.0.1.30:5060']", fmt.Sprintf("listen: ['udp://127.0.0.1:%d'], control: '127.0.0.1:%d', metrics: '127.0.0.1:%d'", calls, control, metrics),
		"peers: [10.0.1.200, 10.0.2.200]", "peers: [127.0.0.1]\n  drain: 700ms\n  watch: {every: 100ms, timeout: 50ms, resolvers: ['127.0.0.1:1']}",
		"10.0.1.20:8443", "127.0.0.1:1", "10.0.2.20:8443", "127.0.0.1:2", "10.0.3.20:8443", "127.0.0.1:3").Replace(string(data))
	if err := os.WriteFile(file, []byte(site), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	log, done := &text{}, make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"um", "serve", "--config", file, "--site", "Prod", "--data", t.TempDir()}, strings.NewReader(""), io.Discard, log)
	}()
	ask := func(args ...string) string {
		out := &text{}
		run(t.Context(), append(args, "--config", file), strings.NewReader(""), out, out)
		return out.String()
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("its log: %s", log)
		}
	})
	until(t, "it answers", func() bool { return strings.HasPrefix(sip(t, calls, "OPTIONS", "x"), "SIP/2.0 200 ") })
	if got := sip(t, calls, "INVITE", "1001"); !strings.Contains(got, "Contact: <sip:1001@ex2007-um.test.local:5060;transport=tcp>") {
		t.Errorf("a call: %s", got)
	}
	until(t, "a line in the log", func() bool { return strings.Contains(log.String(), "msg=call call_id=call-of-1001") })
	if got := ask("um", "trace", "--redirector", "Prod"); !strings.Contains(got, "302 to ex2007-um.test.local:5060  mailbox on EX2007-UM") {
		t.Errorf("trace: %s", got)
	}
	if got := ask("um", "route", "1002", "--redirector", "Prod"); !strings.Contains(got, "<sip:1002@ex2010-1.test.local:5060;user=phone;transport=tcp>") {
		t.Errorf("route: %s", got)
	}
	until(t, "the alarm", func() bool {
		return strings.Contains(ask("um", "status"), "alarm legacy-um: ex2007-um.test.local:5060;transport=tcp could not be looked up yet")
	})
	res, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", metrics))
	if err != nil {
		t.Fatal(err)
	}
	figures, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || !strings.Contains(string(figures), `siteswap_um_calls_total{path="fast",status="302",target="ex2007-um.test.local:5060"} 1`) || !strings.Contains(string(figures), `siteswap_um_alarms{name="legacy-um"} 1`) {
		t.Errorf("figures: %s, %v", figures, err)
	}
	end()
	until(t, "it leaves", func() bool { return strings.HasPrefix(sip(t, calls, "OPTIONS", "x"), "SIP/2.0 503 ") })
	if got := sip(t, calls, "INVITE", "1001"); !strings.HasPrefix(got, "SIP/2.0 302 ") {
		t.Errorf("a call while it leaves: %s", got)
	}
	select {
	case code := <-done:
		if code != exitGood {
			t.Errorf("exit code %d: %s", code, log)
		}
	case <-time.After(20 * time.Second):
		t.Error("it does not end")
	}
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 10 s", what)
		}
	}
}
