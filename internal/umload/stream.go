package umload

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// lines is how many connections there are; each has its share of the calls in flight.
const lines = 8

// runStreams calls over TCP or TLS, a new call for each that is answered. Of the options that disturb none has an effect.
func runStreams(ctx context.Context, o Options) (Report, error) {
	reports, errs := make([]*book, lines), make([]error, lines)
	var tasks sync.WaitGroup
	for i := range lines {
		one := o
		one.First, one.InFlight = o.First+uint64(i)*ring, max(1, o.InFlight/lines)
		reports[i] = newBook(one)
		tasks.Go(func() { errs[i] = runStream(ctx, reports[i]) })
	}
	tasks.Wait()
	all := newBook(o)
	for i, b := range reports {
		if errs[i] != nil {
			return Report{}, errs[i]
		}
		r := b.done(o.Duration)
		all.report.Placed, all.report.Answered, all.report.Wrong = all.report.Placed+r.Placed, all.report.Answered+r.Answered, all.report.Wrong+r.Wrong
		all.report.Lost += r.Placed - r.Answered
		if all.report.First == "" {
			all.report.First = r.First
		}
		for us, n := range b.hist.counts {
			all.hist.counts[us] += n
		}
		all.hist.n, all.hist.max = all.hist.n+b.hist.n, max(all.hist.max, b.hist.max)
	}
	return all.done(o.Duration), nil
}

func connect(ctx context.Context, o Options) (net.Conn, error) {
	d := net.Dialer{Timeout: o.Patience}
	if o.Local.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(o.Local, 0))
	}
	c, err := d.DialContext(ctx, "tcp", o.Target.String())
	if err != nil || o.Network == "tcp" {
		return c, err
	}
	// What is measured is the server's work; whose certificate it is makes no difference to that.
	t := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	if err := t.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return t, nil
}

func runStream(ctx context.Context, b *book) error {
	c, err := connect(ctx, b.o)
	if err != nil {
		return fmt.Errorf("call %s over %s: %w", b.o.Target, b.o.Network, err)
	}
	defer c.Close()
	transport := "TCP"
	if b.o.Network == "tls" {
		transport = "TLS"
	}
	texts := newTemplates(transport, c.LocalAddr().String(), b.o.Target.String())
	in, out, buf := bufio.NewReaderSize(c, 64<<10), bufio.NewWriterSize(c, 64<<10), []byte(nil)
	for {
		now := b.since()
		for b.due(now) > 0 && ctx.Err() == nil {
			f := b.place(now)
			buf = texts.invite.write(buf[:0], f.id, int(f.mailbox))
			out.Write(buf) // Flush has its error
		}
		if b.pending == 0 {
			return nil
		}
		c.SetDeadline(time.Now().Add(b.o.Patience))
		if err := out.Flush(); err != nil {
			return fmt.Errorf("call %s over %s: %w", b.o.Target, b.o.Network, err)
		}
		for more := true; more; more = in.Buffered() > 0 {
			answer, err := readAnswer(in, buf[:0])
			if err != nil {
				return fmt.Errorf("answers of %s over %s: %w", b.o.Target, b.o.Network, err)
			}
			buf = answer
			now := b.since()
			if f := b.take(answer, now, now); f != nil {
				ack := texts.writeACK(nil, f.id, int(f.mailbox), header(answer, "\r\nTo: "))
				out.Write(ack)
			}
		}
	}
}

// readAnswer reads an answer, none of which has a body.
func readAnswer(in *bufio.Reader, b []byte) ([]byte, error) {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return b, err
		}
		if b = append(b, line...); len(line) == 2 && bytes.HasSuffix(b, []byte("\r\n\r\n")) {
			return b, nil
		}
	}
}
