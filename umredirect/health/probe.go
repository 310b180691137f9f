package health

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// How a target is asked.
const (
	// ByOptions sends an OPTIONS, which only a server that would take calls answers. Exchange UM ignores it from whoever is not
	// among its UM IP gateways (domain-exchange.md, section 8.2).
	ByOptions = "options"
	// ByConnect only opens a connection: it finds a dead host and a dead process, no hung one.
	ByConnect = "connect"
)

// Prober asks one address.
type Prober struct {
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
	TLS     *tls.Config   // for targets over TLS, whose certificate must name the target's host; nil: the system's roots
	Timeout time.Duration // 2 s
	How     string        // ByOptions unless set; over UDP always that
	ID      func() string // an identifier that nobody can guess, a fresh one for each call
}

// resend is how long a datagram waits for its first repetition (T1 of RFC 3261, section 17.1.1.1).
const resend = 500 * time.Millisecond

// maxAnswer is the longest answer that is read.
const maxAnswer = 64 << 10

// Probe sends an OPTIONS to the address and waits for the answer. Everything but a server's failure (5xx, 6xx) is a sign of life:
// 404 and 405 come from a server that is there.
func (p Prober) Probe(ctx context.Context, q Probe) error {
	timeout := p.Timeout
	if timeout <= 0 {
		timeout = 2 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c, err := p.connect(ctx, q)
	if err != nil {
		return err
	}
	defer c.Close()
	if p.How == ByConnect && q.Target.Transport != "udp" {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	id := p.ID()
	status, err := p.exchange(c, q, id, min(resend, timeout/4))
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("no answer in %v", timeout)
	case err != nil:
		return err
	case status >= 500:
		return fmt.Errorf("answers %d", status)
	}
	return nil
}

func (p Prober) connect(ctx context.Context, q Probe) (net.Conn, error) {
	dial := p.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	network := "tcp"
	if q.Target.Transport == "udp" {
		network = "udp"
	}
	c, err := dial(ctx, network, q.Address.String())
	if err != nil || q.Target.Transport != "tls" {
		return c, err
	}
	o := &tls.Config{MinVersion: tls.VersionTLS12}
	if p.TLS != nil {
		o = p.TLS.Clone()
	}
	o.ServerName = q.Target.Host
	t := tls.Client(c, o)
	if err := t.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return t, nil
}

// exchange sends the request, over UDP again and again, and reads until its own final answer.
func (p Prober) exchange(c net.Conn, q Probe, id string, again time.Duration) (int, error) {
	request := options(c.LocalAddr(), q, id)
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	if q.Target.Transport == "udp" {
		done := make(chan struct{})
		defer close(done)
		go repeat(c, request, again, done)
	}
	r := bufio.NewReader(c)
	for {
		raw, err := readHead(r, q.Target.Transport == "udp")
		if err != nil {
			return 0, err
		}
		if status, ok := answered(raw, id); ok && status >= 200 {
			return status, nil
		}
	}
}

// repeat sends a datagram again, at doubled distances, until done.
func repeat(c net.Conn, request []byte, every time.Duration, done <-chan struct{}) {
	for {
		t := time.NewTimer(every)
		select {
		case <-done:
			t.Stop()
			return
		case <-t.C:
		}
		if _, err := c.Write(request); err != nil {
			return // the reader finds out
		}
		every *= 2
	}
}

var errNoSIP = errors.New("what answers there does not speak SIP")

// readHead reads one message up to its body: a whole datagram, or the header lines of a stream. A body of an answer to OPTIONS
// is of no use, and the connection is closed after it.
func readHead(r *bufio.Reader, datagram bool) ([]byte, error) {
	if datagram {
		buf := make([]byte, maxAnswer)
		n, err := r.Read(buf)
		return buf[:n], err
	}
	var out []byte
	for len(out) < maxAnswer {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			err = nil
		}
		if err == io.EOF {
			return nil, errors.New("it closed the connection without an answer")
		}
		if err != nil {
			return nil, err
		}
		if len(out) == 0 && len(bytes.TrimRight(line, "\r\n")) == 0 {
			continue // a keep-alive
		}
		out = append(out, line...)
		if i := bytes.IndexByte(out, '\n'); i >= 0 && !bytes.Contains(out[:i], []byte("SIP/2.")) {
			return nil, errNoSIP
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return out, nil
		}
	}
	return nil, errNoSIP
}

// answered reads the status of a response that carries the request's identifier; a stranger's, or a request, is none.
func answered(raw []byte, id string) (int, bool) {
	first, rest, _ := strings.Cut(string(raw), "\n")
	words := strings.SplitN(strings.TrimRight(first, "\r"), " ", 3)
	if len(words) < 2 || !strings.HasPrefix(words[0], "SIP/2.") || len(words[1]) != 3 || !strings.Contains(rest, id) {
		return 0, false
	}
	status, err := strconv.Atoi(words[1])
	return status, err == nil && status >= 100 && status < 700
}

func options(local net.Addr, q Probe, id string) []byte {
	uri := "sip:" + q.Target.Host
	if q.Target.Port != 0 {
		uri += ":" + strconv.Itoa(q.Target.Port)
	}
	via := strings.ToUpper(q.Target.Transport)
	if q.Target.Transport == "tls" {
		uri = "sips" + strings.TrimPrefix(uri, "sip")
	} else {
		uri += ";transport=" + q.Target.Transport
	}
	return fmt.Appendf(nil, "OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:probe@%s>;tag=%s\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContact: <sip:probe@%s>\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n",
		uri, via, local, id, local, id[:min(8, len(id))], uri, id, local)
}
