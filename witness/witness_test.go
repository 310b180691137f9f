package witness_test

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"siteswap/witness"
)

// share is a server on a share's port that does what it is told with each connection.
func share(t *testing.T, answer func(net.Conn)) witness.Target {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			answer(c)
			c.Close()
		}
	}()
	return witness.Target{Server: "dc.test.local", Address: ln.Addr().String()}
}

// halfClosed connects, and cannot send any more.
type halfClosed struct{ net.Dialer }

func (d *halfClosed) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return c, c.(*net.TCPConn).CloseWrite()
}

// TestProbeCannotAsk: a server that goes away between the connection and the question is one that cannot be reached.
func TestProbeCannotAsk(t *testing.T) {
	st := witness.Probe(t.Context(), &halfClosed{}, share(t, says("OK\n")), time.Second)
	if st.Usable || !strings.HasPrefix(st.Why, unable) {
		t.Errorf("got %+v", st)
	}
}

// says reads the question and answers with a text.
func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := bufio.NewReader(c).ReadString('\n'); err == nil {
			c.Write([]byte(text))
		}
	}
}

// unable begins what Exchange says of a witness that cannot be reached.
const unable = "Unable to access file shares on witness server 'dc.test.local': "

func TestProbe(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(net.Conn)
		usable bool
		why    string
	}{
		"usable":          {says("OK\n"), true, ""},
		"with a return":   {says("OK\r\n"), true, ""},
		"refuses":         {says("access is denied\n"), false, "access is denied"},
		"garbage":         {says("\x00\xff\n"), false, "dc.test.local"},
		"half an answer":  {says("OK"), false, unable + "the connection ended without an answer"},
		"closes at once":  {func(net.Conn) {}, false, unable},
		"silent":          {func(c net.Conn) { bufio.NewReader(c).ReadString(0) }, false, unable + "no answer in 200ms"},
		"an endless line": {func(c net.Conn) { endless(c) }, false, "endless"},
	} {
		t.Run(name, func(t *testing.T) {
			target := share(t, c.answer)
			patience := 200 * time.Millisecond
			if name == "an endless line" { // it must not be read until patience ends
				patience = time.Minute
			}
			at := time.Now()
			st := witness.Probe(context.Background(), &net.Dialer{}, target, patience)
			if st.Usable != c.usable || !strings.Contains(st.Why, c.why) || c.usable && st.Why != "" {
				t.Errorf("got %+v; want usable %t, why %q", st, c.usable, c.why)
			}
			if took := time.Since(at); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if len(st.Why) > 1000 {
				t.Errorf("why has %d bytes", len(st.Why))
			}
		})
	}
}

func endless(c net.Conn) {
	for {
		if _, err := c.Write(make([]byte, 64<<10)); err != nil {
			return
		}
	}
}

// TestNobody: what a person reads names the server and what to check.
func TestNobody(t *testing.T) {
	target := share(t, func(net.Conn) {})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target.Address = ln.Addr().String()
	ln.Close()
	if st := witness.Probe(context.Background(), &net.Dialer{}, target, time.Second); st.Usable || !strings.Contains(st.Why, "Unable to access file shares on witness server 'dc.test.local'") {
		t.Errorf("got %+v", st)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if st := witness.Probe(ctx, &net.Dialer{}, target, time.Second); st.Usable || st.Why == "" {
		t.Errorf("after the end of ctx: %+v", st)
	}
}
