package umredirect_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"siteswap/umredirect"
)

// tortureTable is the document that this test writes: with SITESWAP_UPDATE=1 and SITESWAP_PEERS=1.
const tortureTable = "../docs/rfc4475.md"

// caller sends the messages from an address of its own, at every port of which it hears answers: they go to the port that a
// Via names.
type caller struct {
	t    *testing.T
	addr netip.Addr
	at   map[uint16]*net.UDPConn
}

func newCaller(t *testing.T) *caller {
	p := os.Getpid()
	return &caller{t: t, addr: netip.AddrFrom4([4]byte{127, 77, byte(p >> 8), byte(p | 1)}), at: map[uint16]*net.UDPConn{}}
}

// port is a socket; 0 is any port.
func (c *caller) port(n uint16) *net.UDPConn {
	c.t.Helper()
	if s := c.at[n]; s != nil {
		return s
	}
	s, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(c.addr, n)))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { s.Close() })
	c.at[n] = s
	return s
}

// overUDP sends a message and a request behind it whose answer shows that the message has been dealt with; hear is the port
// where the answer to the message arrives (0: where it was sent from).
func (c *caller) overUDP(m tortureMessage, server netip.AddrPort, hear uint16) string {
	c.t.Helper()
	from, to := c.port(0), net.UDPAddrFromAddrPort(server)
	answered := c.port(hear)
	if _, err := from.WriteTo(m.raw, to); err != nil {
		c.t.Fatal(err)
	}
	after := "after-" + m.name
	if _, err := from.WriteTo([]byte(message("OPTIONS", "sip:x", "Call-ID: "+after)), to); err != nil {
		c.t.Fatal(err)
	}
	got := silence
	buf := make([]byte, 65536)
	from.SetReadDeadline(time.Now().Add(patience))
	for {
		n, err := from.Read(buf)
		if err != nil {
			c.t.Fatalf("after %s: %v", m.name, err)
		}
		if strings.Contains(string(buf[:n]), after) {
			break
		}
		got = status(string(buf[:n]))
	}
	if hear == 0 {
		return got
	}
	answered.SetReadDeadline(time.Now().Add(50 * time.Millisecond)) // it was sent before the answer that has arrived
	if n, err := answered.Read(buf); err == nil {
		got = status(string(buf[:n]))
	}
	return got
}

// overTCP sends a message on a connection of its own, ends its half, and hears all that is said before the other ends.
func (c *caller) overTCP(m tortureMessage, server netip.AddrPort) string {
	c.t.Helper()
	conn, err := net.Dial("tcp", server.String())
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	conn.Write(m.raw)
	conn.(*net.TCPConn).CloseWrite()
	all, err := io.ReadAll(conn)
	if err != nil {
		c.t.Fatalf("%s: %v", m.name, err)
	}
	var got []string
	for _, part := range strings.SplitAfter(string(all), "\r\n\r\n") {
		if part != "" {
			got = append(got, status(part))
		}
	}
	if len(got) == 0 {
		return silence
	}
	return strings.Join(got, " ")
}

// TestRFC4475OnTheWire sends all messages to our sockets, and to Kamailio where that may run, and compares what they say with
// the table of the documentation.
func TestRFC4475OnTheWire(t *testing.T) {
	messages := tortured(t)
	r := start(t, umredirect.Options{First: inProd})
	c := newCaller(t)
	kamailio := kamailioAnswers(t, c, messages)
	written := readTable(t)
	var rows []string
	right := 0
	for i, m := range messages {
		a := tortureAsked[i]
		_, hear := umredirect.Handle(r.Server, m.raw, netip.AddrPortFrom(c.addr, 0), "udp")
		udp, tcp := c.overUDP(m, r.UDP, hear.Port()), c.overTCP(m, r.TCP)
		stream := a.stream
		if stream == "" {
			stream = a.want
		}
		if !a.takes(udp) || !strings.Contains(" "+stream+" ", " "+tcp+" ") && stream != tcp {
			t.Errorf("%s: %s over UDP, %s over TCP; want %s: %s", m.name, udp, tcp, a.want, a.why)
			continue
		}
		right++
		theirs := written[m.name]
		if kamailio != nil {
			theirs = kamailio[m.name]
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |", a.section, m.name, strings.ReplaceAll(a.want, " ", " or "), a.why, udp, tcp, theirs))
	}
	t.Logf("%d of %d", right, len(messages))
	compareTable(t, rows, right)
}

// readTable is what the document says of Kamailio, by message.
func readTable(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(tortureTable)
	if err != nil {
		t.Log(err)
		return nil
	}
	out := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		if cells := strings.Split(strings.TrimSpace(line), " | "); len(cells) == 7 {
			out[cells[1]] = strings.TrimSuffix(cells[6], " |")
		}
	}
	return out
}

func compareTable(t *testing.T, rows []string, right int) {
	t.Helper()
	theirs := 0
	for i, row := range rows {
		cells := strings.Split(strings.TrimSuffix(row, " |"), " | ")
		if tortureAsked[i].takes(cells[6]) {
			theirs++
		}
	}
	text := fmt.Sprintf(tortureHead, right, len(tortureAsked), theirs, len(tortureAsked)) + strings.Join(rows, "\n") + "\n"
	if os.Getenv("SITESWAP_UPDATE") != "" && !t.Failed() {
		if err := os.WriteFile(tortureTable, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if raw, err := os.ReadFile(tortureTable); err != nil || string(raw) != text {
		t.Errorf("%s does not say what was measured (%v); SITESWAP_UPDATE=1 SITESWAP_PEERS=1 writes it anew:\n%s", tortureTable, err, text)
	}
}

const tortureHead = `# The torture messages of RFC 4475

All messages as they stand in the RFC, each sent over UDP and over a TCP connection of its own whose sending half is then
closed. "asked" is what the RFC asks a redirect server for, the best first; where a section leaves a choice all of them stand there.
Right here: %d of %d. Kamailio: %d of %d.

Kamailio is Debian 12's 5.6 over UDP, set up as a stateless redirector: force_rport, sanity_check(17895, 7), 200 to OPTIONS, 481
within a dialog, 302 to INVITE, 405 to the rest, no answer to ACK. Most of its silences are its core's: what does not parse
never reaches the script.

` + "`go test ./umredirect -run RFC4475`" + ` compares this table with what is answered; with SITESWAP_PEERS=1 Kamailio is asked
again, and SITESWAP_UPDATE=1 writes the table anew.

| section | message | asked | why | UDP | TCP | Kamailio |
|---|---|---|---|---|---|---|
`

// kamailioAnswers asks a real Kamailio; nil where none may run.
func kamailioAnswers(t *testing.T, c *caller, messages []tortureMessage) map[string]string {
	if os.Getenv("SITESWAP_PEERS") != "1" {
		t.Log("Kamailio is not asked: SITESWAP_PEERS=1 does")
		return nil
	}
	server := startKamailio(t, c.addr)
	out := map[string]string{}
	for _, m := range messages {
		out[m.name] = c.overUDP(m, server, 0)
	}
	return out
}

func freePort(t *testing.T, a netip.Addr) uint16 {
	t.Helper()
	l, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port, err := strconv.Atoi(l.LocalAddr().String()[strings.LastIndexByte(l.LocalAddr().String(), ':')+1:])
	if err != nil {
		t.Fatal(err)
	}
	return uint16(port)
}
