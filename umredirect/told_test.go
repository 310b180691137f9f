package umredirect_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"siteswap/umredirect"
)

// Who is told of calls keeps none of them waiting: the answer is on its way before. While the first is told the others come, and
// are read together; each is told with what is its own.
func TestAnsweredBeforeItIsTold(t *testing.T) {
	const calls = 20
	answered, told := make(chan struct{}), make(chan umredirect.Call, calls)
	first := true
	s := serverFor(t, nil, func(c umredirect.Call) {
		if first {
			first = false
			select {
			case <-answered:
			case <-time.After(patience):
				t.Error("told before the answer was sent")
			}
		}
		c.Request, c.Answer = bytes.Clone(c.Request), bytes.Clone(c.Answer) // they are not kept beyond this
		told <- c
	})
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.ServeUDP(p) }()
	defer func() {
		s.Close()
		<-ended
	}()
	conn := dialUDP(t, p.LocalAddr().(*net.UDPAddr).AddrPort())
	invite := func(i int) string {
		return message("INVITE", fmt.Sprintf("sip:%d@x", 1001+i%2), fmt.Sprintf("Call-ID: call-%d", i))
	}
	answers := map[string]string{"call-0": ask(t, conn, invite(0))}
	for i := 1; i < calls; i++ {
		if _, err := io.WriteString(conn, invite(i)); err != nil {
			t.Fatal(err)
		}
	}
	close(answered)
	buf := make([]byte, 65536)
	for len(answers) < calls {
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(buf[:n]), "\r\nCall-ID: ")
		id, _, _ := strings.Cut(rest, "\r\n")
		answers[id] = string(buf[:n])
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for i := range calls {
		select {
		case c := <-told:
			want := fmt.Sprintf("call-%d", i)
			if c.CallID != want || c.Called != fmt.Sprint(1001+i%2) || string(c.Request) != invite(i) || string(c.Answer) != answers[want] || !c.Fast || c.Took < 0 || c.At.IsZero() {
				t.Errorf("told of %+v, want %s\nrequest %s\nanswer %s", c, want, c.Request, c.Answer)
			}
		case <-ctx.Done():
			t.Fatalf("told of %d calls of %d", i, calls)
		}
	}
}
