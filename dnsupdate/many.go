package dnsupdate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/miekg/dns"
)

// question is what is asked of a server.
type question struct {
	name string
	kind uint16
}

// window is how many questions are under way at once on one socket: few enough to fit the receive buffer of any server.
const window = 64

// askMany asks many questions over one UDP socket, and gives the answers in their order. A question without an answer is
// sent again once; one whose answer was truncated is asked by TCP. The server is given up when none of what is under way
// was answered within the timeout.
func (c *Client) askMany(ctx context.Context, server string, asked []question) ([]*dns.Msg, error) {
	if len(asked) < 2 {
		return c.askEach(ctx, server, asked)
	}
	conn, err := c.dial(ctx, "udp", server)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", server, ErrUnreachable, c.plain(err))
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	b := &batch{conn: conn, asked: asked, limit: c.timeout, under: make(map[uint16]int), out: make([]*dns.Msg, len(asked)), sent: make([]flight, len(asked))}
	if err := b.run(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", server, ErrUnreachable, c.plain(err))
	}
	for i, m := range b.out {
		if !m.Truncated {
			continue
		}
		if b.out[i], err = c.askStream(ctx, server, asked[i]); err != nil {
			return nil, err
		}
	}
	return b.out, nil
}

func (c *Client) askEach(ctx context.Context, server string, asked []question) ([]*dns.Msg, error) {
	out := make([]*dns.Msg, len(asked))
	for i, q := range asked {
		m, err := c.ask(ctx, server, q.name, q.kind)
		if err != nil {
			return nil, err
		}
		out[i] = m
	}
	return out, nil
}

// askStream asks by TCP, where an answer did not fit a datagram.
func (c *Client) askStream(ctx context.Context, server string, asked question) (*dns.Msg, error) {
	q := asked.message()
	raw, err := q.Pack()
	if err != nil {
		return nil, fmt.Errorf("question for %s: %w", asked.name, err)
	}
	m, err := c.askOnce(ctx, "tcp", server, raw, q, c.timeout)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", server, ErrUnreachable, c.plain(err))
	}
	return m, nil
}

func (q question) message() *dns.Msg {
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(q.name), q.kind)
	m.RecursionDesired = false
	m.SetEdns0(udpSize, false)
	return m
}

// flight is one question under way.
type flight struct {
	q     *dns.Msg
	raw   []byte
	tries int
	at    time.Time // sent last
}

// batch is many questions on one socket.
type batch struct {
	conn  net.Conn
	asked []question
	limit time.Duration // since the last answer

	under map[uint16]int // by message ID: what is under way
	out   []*dns.Msg
	sent  []flight
	next  int
	left  int
}

// run fills the window, reads an answer, and so on. Timers are checked where reading times out, which needs no clock of its
// own per question: what is under way was sent at nearly the same time.
func (b *batch) run(ctx context.Context) error {
	b.left = len(b.asked)
	heard := time.Now()
	buf := make([]byte, udpSize)
	for b.left > 0 {
		if err := b.fill(); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		_ = b.conn.SetReadDeadline(time.Now().Add(b.limit / udpTries))
		n, err := b.conn.Read(buf)
		if err == nil && b.take(buf[:n]) {
			heard = time.Now()
			continue
		}
		var late net.Error
		if err != nil && !(errors.As(err, &late) && late.Timeout()) {
			return err
		}
		if time.Since(heard) >= b.limit {
			return context.DeadlineExceeded
		}
		if err := b.again(); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) fill() error {
	for len(b.under) < window && b.next < len(b.asked) {
		q := b.asked[b.next].message()
		if _, used := b.under[q.Id]; used {
			continue // another random number
		}
		raw, err := q.Pack()
		if err != nil {
			return err
		}
		b.sent[b.next] = flight{q: q, raw: raw}
		b.under[q.Id] = b.next
		if err := b.send(b.next); err != nil {
			return err
		}
		b.next++
	}
	return nil
}

func (b *batch) send(i int) error {
	f := &b.sent[i]
	f.tries, f.at = f.tries+1, time.Now()
	_, err := b.conn.Write(f.raw)
	return err
}

// take files an answer; anything else on the socket is late, forged or broken, and is not looked at.
func (b *batch) take(p []byte) bool {
	m := new(dns.Msg)
	if m.Unpack(p) != nil {
		return false
	}
	i, ok := b.under[m.Id]
	if !ok || !belongs(m, b.sent[i].q) {
		return false
	}
	delete(b.under, m.Id)
	b.out[i] = m
	b.left--
	return true
}

// again sends what has waited for its answer for half the limit.
func (b *batch) again() error {
	now := time.Now()
	for _, i := range b.under {
		if b.sent[i].tries < udpTries && now.Sub(b.sent[i].at) >= b.limit/udpTries {
			if err := b.send(i); err != nil {
				return err
			}
		}
	}
	return nil
}
