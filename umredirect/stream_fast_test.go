package umredirect_test

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"siteswap/umredirect"
)

// Requests that come together over a stream, plain ones and others, are answered in their order, each as it is alone.
func TestPipelined(t *testing.T) {
	s := server(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.ServeTCP(l)
	t.Cleanup(func() { s.Close() })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	var all, want strings.Builder
	from := c.LocalAddr().(*net.TCPAddr).AddrPort()
	for i, raw := range plainCalls() {
		requests := []string{raw, message("ACK", "sip:1001@x"), "\r\n\r\n", message("OPTIONS", "sip:x"), strings.Replace(raw, "Content-Length: 0", "l :  0", 1),
			strings.Replace(raw, "Content-Length: 0\r\n\r\n", "Content-Length: 6\r\n\r\nINVITE", 1), strings.Replace(raw, "CSeq: 1", "CSeq:\r\n 1", 1)}
		for _, r := range requests[i%2:] {
			all.WriteString(r)
			if answer, _ := umredirect.Handle(s, []byte(strings.TrimLeft(r, "\r\n")), netip.AddrPortFrom(from.Addr(), from.Port()), "tcp"); answer != nil {
				want.Write(answer)
			}
		}
	}
	go io.WriteString(c, all.String())
	got := make([]byte, want.Len())
	if _, err := io.ReadFull(bufio.NewReader(c), got); err != nil || string(got) != want.String() {
		t.Errorf("%v; got\n%s\nwant\n%s", err, got, want.String())
	}
	if traffic := s.Traffic(); traffic.ACKs == 0 || len(traffic.Fast) == 0 {
		t.Errorf("nothing went the fast way: %+v", traffic)
	}
}
