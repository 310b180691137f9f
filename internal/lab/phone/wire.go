package phone

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// datagram is the largest UDP payload.
const datagram = 64 << 10

// link is one conversation with one far end: a socket, and what has been read from it.
type link struct {
	conn    net.Conn
	udp     bool
	parser  *sip.Parser
	stream  *sip.ParserStream
	waiting []sip.Message
	buf     []byte
	stop    func() bool
}

// newLink takes a connected socket over. It is closed when the context ends, which ends every read.
func newLink(ctx context.Context, c net.Conn, network string) *link {
	l := &link{conn: c, udp: network == "udp", parser: sip.NewParser(), buf: make([]byte, datagram)}
	if !l.udp {
		l.stream = l.parser.NewSIPStream()
	}
	l.stop = context.AfterFunc(ctx, func() { c.Close() })
	return l
}

func (l *link) close() {
	l.stop()
	l.conn.Close()
	if l.stream != nil {
		l.stream.Close()
	}
}

// transport is how the link is written in a Via.
func (l *link) transport() string {
	if l.udp {
		return "UDP"
	}
	return "TCP"
}

// read returns the next message until the deadline. A datagram that is no message is passed over.
func (l *link) read(until time.Time) (sip.Message, error) {
	for len(l.waiting) == 0 {
		l.conn.SetReadDeadline(until)
		n, err := l.conn.Read(l.buf)
		if err != nil {
			return nil, err
		}
		if l.udp {
			if m, err := l.parser.ParseSIP(l.buf[:n]); err == nil {
				l.waiting = append(l.waiting, m)
			}
			continue
		}
		err = l.stream.ParseSIPStream(l.buf[:n], func(m sip.Message) { l.waiting = append(l.waiting, m) })
		if err != nil && !errors.Is(err, sip.ErrParseSipPartial) {
			return nil, fmt.Errorf("read the stream: %w", err)
		}
	}
	m := l.waiting[0]
	l.waiting = l.waiting[1:]
	return m, nil
}

// exchange sends a request and waits for its final response, sending it again over UDP as RFC 3261, section 17.1, says.
func (l *link) exchange(ctx context.Context, request, callID, cseq string, first, limit time.Duration) (*sip.Response, error) {
	end := time.Now().Add(limit)
	again := end // over TCP nothing is sent again
	if l.udp {
		again = time.Now().Add(first)
	}
	if _, err := l.conn.Write([]byte(request)); err != nil {
		return nil, err
	}
	for {
		until := end
		if again.Before(end) {
			until = again
		}
		m, err := l.read(until)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, os.ErrDeadlineExceeded) && time.Now().Before(end):
			first *= 2
			again = time.Now().Add(first)
			if _, err := l.conn.Write([]byte(request)); err != nil {
				return nil, err
			}
			continue
		case err != nil:
			return nil, err
		}
		res, ok := m.(*sip.Response)
		if !ok || res.CallID() == nil || res.CallID().Value() != callID || res.CSeq() == nil || res.CSeq().Value() != cseq {
			continue
		}
		if res.StatusCode >= 200 {
			return res, nil
		}
		again = end // somebody is working on it
	}
}

// request writes a request of the dialog.
type request struct {
	method, uri, branch, from, to, callID string
	seq                                   int
	diversion, contact                    string
	body                                  string
}

func (r request) cseq() string { return fmt.Sprintf("%d %s", r.seq, r.method) }

func (r request) text(l *link) string {
	var b strings.Builder
	local := l.conn.LocalAddr().String()
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\n", r.method, r.uri)
	fmt.Fprintf(&b, "Via: SIP/2.0/%s %s;branch=z9hG4bK%s;rport\r\n", l.transport(), local, r.branch)
	fmt.Fprintf(&b, "Max-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n", r.from, r.to, r.callID, r.cseq())
	if r.diversion != "" {
		fmt.Fprintf(&b, "Diversion: %s\r\n", r.diversion)
	}
	if r.contact != "" {
		fmt.Fprintf(&b, "Contact: <sip:%s@%s>\r\n", r.contact, local)
	}
	if r.body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(r.body), r.body)
	return b.String()
}

// sdp offers or answers one audio stream that nobody will send.
func sdp(addr netip.Addr) string {
	family := "IP4"
	if addr.Is6() {
		family = "IP6"
	}
	return fmt.Sprintf("v=0\r\no=- 0 0 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\nm=audio 1024 RTP/AVP 0\r\n", family, addr, family, addr)
}

func hostOf(a net.Addr) netip.Addr {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return ap.Addr().Unmap()
}
