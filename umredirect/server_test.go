package umredirect_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"siteswap/umredirect"
	"siteswap/umredirect/umredirecttest"
)

const patience = 5 * time.Second

func start(t testing.TB, o umredirect.Options) *umredirecttest.Redirector {
	t.Helper()
	if o.Table == nil {
		o.Table = table(t)
	}
	return umredirecttest.Start(t, o)
}

var inProd = umredirect.Setting{Site: "Prod", Generation: 1}

// message is a request; headers replace those of the same name, and an empty value leaves one out.
func message(method, uri string, headers ...string) string {
	lines := []string{"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKa;rport", "Max-Forwards: 70", "From: <sip:pbx@x>;tag=f1", "To: <" + uri + ">", "Call-ID: c1", "CSeq: 1 " + method, "Content-Length: 0"}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		found := false
		for i, line := range lines {
			if strings.HasPrefix(line, name+":") {
				lines[i], found = h, true
				if strings.TrimSpace(value) == "" {
					lines[i] = ""
				}
			}
		}
		if !found {
			lines = append(lines, h)
		}
	}
	out := method + " " + uri + " SIP/2.0\r\n"
	for _, line := range lines {
		if line != "" {
			out += line + "\r\n"
		}
	}
	return out + "\r\n"
}

func dialUDP(t testing.TB, to netip.AddrPort) net.Conn {
	t.Helper()
	c, err := net.Dial("udp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ask sends a datagram and returns the answer.
func ask(t testing.TB, c net.Conn, raw string) string {
	t.Helper()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, raw); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 65536)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatalf("no answer to %q: %v", raw, err)
	}
	return string(buf[:n])
}

func TestAnswersOverUDP(t *testing.T) {
	r := start(t, umredirect.Options{First: inProd})
	for _, c := range []struct {
		name, request string
		want          string // beginning of the answer
		holds         []string
	}{
		{"INVITE", message("INVITE", "sip:1001@x"), "SIP/2.0 302 Moved Temporarily\r\n", []string{"Contact: <sip:1001@old.test.local:5060;transport=tcp>;q=1\r\n", "Content-Length: 0\r\n", "To: <sip:1001@x>;tag="}},
		{"OPTIONS", message("OPTIONS", "sip:x"), "SIP/2.0 200 ", []string{"Allow: INVITE"}},
		{"CANCEL", message("CANCEL", "sip:1001@x"), "SIP/2.0 200 ", nil},
		{"BYE", message("BYE", "sip:1001@x", "To: <sip:1@x>;tag=q"), "SIP/2.0 481 ", []string{"To: <sip:1@x>;tag=q\r\n"}},
		{"re-INVITE", message("INVITE", "sip:1001@x", "To: <sip:1@x>;tag=q"), "SIP/2.0 481 ", nil},
		{"another method", message("REGISTER", "sip:x"), "SIP/2.0 405 ", []string{"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE\r\n"}},
		{"lower case is another method", message("invite", "sip:x"), "SIP/2.0 405 ", nil},
		{"scheme", message("INVITE", "mailto:x"), "SIP/2.0 416 ", nil},
		{"extension", message("INVITE", "sip:1001@x", "Require: 100rel"), "SIP/2.0 420 ", []string{"Unsupported: 100rel\r\n"}},
		{"version", strings.Replace(message("INVITE", "sip:1001@x"), " SIP/2.0\r\nVia", " SIP/3.0\r\nVia", 1), "SIP/2.0 505 ", nil},
		{"no From", message("INVITE", "sip:1001@x", "From:"), "SIP/2.0 400 ", nil},
		{"two Call-IDs", message("INVITE", "sip:1001@x", "i: c2"), "SIP/2.0 400 ", nil},
		{"another method in CSeq", message("INVITE", "sip:1001@x", "CSeq: 1 BYE"), "SIP/2.0 400 ", nil},
		{"too much Content-Length", message("INVITE", "sip:1001@x", "Content-Length: 5"), "SIP/2.0 400 ", nil},
		{"a line feed in a header", message("INVITE", "sip:1001@x", "Subject: a\nContact: <sip:evil@x>"), "SIP/2.0 400 ", nil},
		{"Max-Forwards 0", message("INVITE", "sip:1001@x", "Max-Forwards: 0"), "SIP/2.0 302 ", nil},
		{"several Vias stay in order", message("INVITE", "sip:1001@x", "v: SIP/2.0/UDP b;branch=z9hG4bKb, SIP/2.0/TCP c"), "SIP/2.0 302 ", []string{"\r\nVia: SIP/2.0/UDP b;branch=z9hG4bKb, SIP/2.0/TCP c\r\n"}},
	} {
		conn := dialUDP(t, r.UDP)
		got := ask(t, conn, c.request)
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		port := conn.LocalAddr().(*net.UDPAddr).Port
		for _, part := range append(c.holds, fmt.Sprintf("Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKa;rport=%d;received=127.0.0.1\r\n", port)) {
			if !strings.Contains(got, part) {
				t.Errorf("%s: no %q in %q", c.name, part, got)
			}
		}
	}
}

func toTag(t testing.TB, answer string) string {
	t.Helper()
	_, rest, _ := strings.Cut(answer, "\r\nTo: ")
	line, _, _ := strings.Cut(rest, "\r\n")
	_, tag, ok := strings.Cut(line, ";tag=")
	if !ok {
		t.Fatalf("no To tag in %q", answer)
	}
	return tag
}

func TestSameRequestSameBytes(t *testing.T) {
	first, second := start(t, umredirect.Options{First: inProd}), start(t, umredirect.Options{First: inProd})
	conn := dialUDP(t, first.UDP)
	invite := message("INVITE", "sip:1002@x")
	one := ask(t, conn, invite)
	if two := ask(t, conn, invite); one != two {
		t.Errorf("a repeated INVITE got %q, first %q", two, one)
	}
	if tag := toTag(t, ask(t, conn, message("CANCEL", "sip:1002@x"))); tag != toTag(t, one) {
		t.Errorf("the CANCEL's To tag is %s, the INVITE's %s", tag, toTag(t, one))
	}
	if tag := toTag(t, ask(t, dialUDP(t, second.UDP), invite)); tag != toTag(t, one) {
		t.Errorf("another redirector's To tag is %s, not %s", tag, toTag(t, one))
	}
	if tag := toTag(t, ask(t, conn, message("INVITE", "sip:1002@x", "Call-ID: c2"))); tag == toTag(t, one) {
		t.Error("another call has the same To tag")
	}
}

// An ACK, a response, noise and a stranger get silence: the only answer is to the request that comes after.
func TestSilence(t *testing.T) {
	r := start(t, umredirect.Options{First: inProd})
	conn := dialUDP(t, r.UDP)
	for _, raw := range []string{message("ACK", "sip:1001@x"), "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x\r\n\r\n", "\r\n\r\n", "hello", "", "INVITE"} {
		io.WriteString(conn, raw)
	}
	if got := ask(t, conn, message("OPTIONS", "sip:x", "Call-ID: last")); !strings.Contains(got, "Call-ID: last\r\n") {
		t.Errorf("answered: %q", got)
	}
	closed := start(t, umredirect.Options{First: inProd, Peers: []netip.Prefix{netip.MustParsePrefix("127.9.9.9/32")}})
	stranger := dialUDP(t, closed.UDP)
	io.WriteString(stranger, message("OPTIONS", "sip:x"))
	tcp, err := net.Dial("tcp", closed.TCP.String())
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	tcp.SetDeadline(time.Now().Add(patience))
	io.WriteString(tcp, message("OPTIONS", "sip:x"))
	if n, err := tcp.Read(make([]byte, 1)); n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a stranger read %d bytes, %v", n, err)
	}
	peer := (&net.Dialer{LocalAddr: &net.UDPAddr{IP: net.IPv4(127, 9, 9, 9)}})
	known, err := peer.Dial("udp", closed.UDP.String())
	if err != nil {
		t.Fatal(err)
	}
	defer known.Close()
	ask(t, known, message("OPTIONS", "sip:x"))
	stranger.SetReadDeadline(time.Now().Add(time.Millisecond))
	if n, err := stranger.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a stranger read %d bytes, %v", n, err)
	}
	if got := closed.Server.Ignored(); got != 2 {
		t.Errorf("ignored %d, want 2", got)
	}
}

func TestOptionsOnlyWhileItCanRoute(t *testing.T) {
	r := start(t, umredirect.Options{})
	conn := dialUDP(t, r.UDP)
	if got := ask(t, conn, message("OPTIONS", "sip:x")); !strings.HasPrefix(got, "SIP/2.0 503 ") || !strings.Contains(got, "Retry-After: ") {
		t.Errorf("without a site: %q", got)
	}
	if err := r.Server.Set(inProd); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, conn, message("OPTIONS", "sip:x")); !strings.HasPrefix(got, "SIP/2.0 200 ") {
		t.Errorf("with a site: %q", got)
	}
	r.Server.SetTable(nil)
	if got := ask(t, conn, message("OPTIONS", "sip:x")); !strings.HasPrefix(got, "SIP/2.0 503 ") {
		t.Errorf("without a table: %q", got)
	}
	if got := ask(t, conn, message("INVITE", "sip:1001@x")); !strings.HasPrefix(got, "SIP/2.0 503 ") || !strings.Contains(got, "Retry-After: ") {
		t.Errorf("a call without a table: %q", got)
	}
}

func TestTCPStream(t *testing.T) {
	r := start(t, umredirect.Options{First: inProd})
	c, err := net.Dial("tcp", r.TCP.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	body := "v=0\r\n\r\n"
	with := strings.Replace(message("INVITE", "sip:1001@x", fmt.Sprintf("l: %d", len(body))), "Content-Length: 0\r\n", "", 1) + body
	go func() { // in pieces, with a keep-alive between the requests
		all := "\r\n\r\n" + with + "\r\n" + message("OPTIONS", "sip:x") + message("INVITE", "sip:1002@x", "Content-Length:")
		for len(all) > 0 {
			n := min(7, len(all))
			io.WriteString(c, all[:n])
			all = all[n:]
		}
	}()
	in := bufio.NewReader(c)
	for _, want := range []string{"SIP/2.0 302 ", "SIP/2.0 200 ", "SIP/2.0 400 "} {
		if got := readAnswer(t, in); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("after a request without a length: %v, want the end", err)
	}
	if calls := r.Calls(t, 2); len(calls) != 2 || calls[0].Transport != "tcp" || calls[0].Target != "old.test.local:5060" || calls[0].Called != "1001" {
		t.Errorf("%+v", calls)
	}
}

func readAnswer(t *testing.T, in *bufio.Reader) string {
	t.Helper()
	var b bytes.Buffer
	for !bytes.HasSuffix(b.Bytes(), []byte("\r\n\r\n")) {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatalf("after %q: %v", b.String(), err)
		}
		b.WriteString(line)
	}
	return b.String()
}

func TestEndlessHeadersEndTheConnection(t *testing.T) {
	r := start(t, umredirect.Options{First: inProd})
	c, err := net.Dial("tcp", r.TCP.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, "INVITE sip:1001@x SIP/2.0\r\n")
	for err == nil {
		_, err = io.WriteString(c, strings.Repeat("X-Filler: y\r\n", 100))
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("it reads on for ever")
	}
}

func TestNewRefuses(t *testing.T) {
	for want, o := range map[string]umredirect.Options{
		"tag key": {Peers: umredirecttest.Loopback()},
		"peers":   {TagKey: []byte(umredirecttest.Key)},
	} {
		if _, err := umredirect.New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func FuzzHandle(f *testing.F) {
	f.Add([]byte(message("INVITE", "sip:1001@x", "Diversion: <sip:1001@x>")), "udp")
	f.Add([]byte(message("OPTIONS", "sip:x", "v: SIP / 2.0 / UDP [::1]:5 ; received=1 ; rport")), "tcp")
	f.Add([]byte("A  B SIP/9.9\r\n :\r\n\r\n"), "udp")
	for _, m := range torture(f) {
		f.Add(m.raw, "udp")
	}
	s, err := umredirect.New(umredirect.Options{Table: table(f), Peers: umredirecttest.Loopback(), TagKey: []byte(umredirecttest.Key), First: inProd})
	if err != nil {
		f.Fatal(err)
	}
	from := netip.MustParseAddrPort("127.0.0.1:5070")
	f.Fuzz(func(t *testing.T, raw []byte, transport string) {
		one, to := umredirect.Handle(s, raw, from, transport)
		two, _ := umredirect.Handle(s, raw, from, transport)
		if !bytes.Equal(one, two) {
			t.Errorf("two answers: %q and %q", one, two)
		}
		if len(one) == 0 {
			return
		}
		head, rest, whole := strings.Cut(string(one), "\r\n\r\n")
		if !strings.HasPrefix(head, "SIP/2.0 ") || !whole || rest != "" || strings.ContainsAny(strings.ReplaceAll(head, "\r\n", ""), "\r\n") {
			t.Errorf("answer %q", one)
		}
		if to.Addr() != from.Addr() {
			t.Errorf("answered to %s", to)
		}
		for line := range strings.SplitSeq(head, "\r\n") {
			if contact, is := strings.CutPrefix(line, "Contact: "); is && !strings.Contains(contact, ".test.local") {
				t.Errorf("reflected %q", line)
			}
		}
	})
}
