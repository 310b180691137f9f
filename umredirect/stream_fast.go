package umredirect

import (
	"bufio"
	"bytes"
	"net"
	"net/netip"
	"time"

	"siteswap/umredirect/invite"
)

// streamBuffer is what is read from a connection, and written to it, at once.
const streamBuffer = 16 << 10

// stream answers the requests of one connection. Answers to requests that came together go out together.
type stream struct {
	*worker
	conn      net.Conn
	in        *bufio.Reader
	out       []byte
	from      netip.AddrPort
	transport string
}

// await flushes what is written and waits for more, unless the next request is there already.
func (c *stream) await() error {
	if b, _ := c.in.Peek(c.in.Buffered()); len(c.out) < streamBuffer && bytes.Contains(b, []byte("\r\n\r\n")) {
		return nil
	}
	if err := c.flush(); err != nil {
		return err
	}
	c.conn.SetReadDeadline(time.Now().Add(c.s.o.IdleTimeout))
	if c.in.Buffered() > 0 {
		return nil // part of one
	}
	_, err := c.in.Peek(1)
	return err
}

func (c *stream) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, err := c.conn.Write(c.out)
	c.out = c.out[:0]
	return err
}

// plain answers the request at the front of what was read, if it is a plain INVITE that is there as a whole, or forgets it if
// it is an ACK.
func (c *stream) plain() bool {
	b, _ := c.in.Peek(c.in.Buffered())
	head := bytes.Index(b, []byte("\r\n\r\n"))
	if head < 0 {
		return false
	}
	length, sized := lengthOf(b[:head])
	end := head + 4 + length
	if !sized || end > len(b) {
		return false
	}
	if c.s.memory == nil && invite.IsACK(b) {
		c.s.fast.acks.Add(1)
	} else if out, ok := c.fast(c.out, b[:end], c.from); ok {
		c.out = out
		c.tell() // before the place of the request is used again
	} else {
		return false
	}
	c.in.Discard(end) // which is there
	return true
}

// lengthOf reads the one Content-Length of headers whose lines all end in CRLF; false leaves it to readMessage.
func lengthOf(head []byte) (n int, ok bool) {
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if bytes.IndexByte(line, '\n') >= 0 || bytes.IndexByte(line, '\r') >= 0 {
			return 0, false
		}
		name, value, _ := bytes.Cut(line, []byte{':'})
		if name = bytes.TrimSpace(name); !bytes.EqualFold(name, []byte("content-length")) && !bytes.EqualFold(name, []byte("l")) {
			continue
		}
		if value = bytes.TrimSpace(value); ok || len(value) == 0 || len(value) > 5 {
			return 0, false
		}
		for _, d := range value {
			if d < '0' || d > '9' {
				return 0, false
			}
			n = n*10 + int(d-'0')
		}
		ok = true
	}
	return n, ok
}
