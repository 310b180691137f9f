package batch

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// queue is what waits to be sent: datagrams, and the messages that the system is given of them. Of those of one length to one
// address it makes one message, which the system cuts up again when it has found the way and made the headers (UDP_SEGMENT, udp(7)):
// a fifth of the whole cost of a call is saved that way when many come at once.
type queue struct {
	answers [][]byte
	to      []unix.RawSockaddrInet6 // where each goes
	named   []uint32                // length of to; 0: a connected socket
	queued  int

	apart  bool // each datagram is a message of its own
	order  []int
	pieces []unix.Iovec // in that order
	out    []mmsghdr
	notes  []byte // control messages, noteSize bytes for each of out
	from   int    // the message that is next
	upto   int    // how many messages there are
}

func newQueue(size int) queue {
	q := queue{answers: make([][]byte, size), to: make([]unix.RawSockaddrInet6, size), named: make([]uint32, size),
		order: make([]int, size), pieces: make([]unix.Iovec, size), out: make([]mmsghdr, size), notes: make([]byte, size*noteSize)}
	for i := range q.answers {
		q.answers[i] = make([]byte, 0, answerSize)
	}
	return q
}

const (
	mostSegments = 64   // of a message: UDP_MAX_SEGMENTS of linux/udp.h, as it was at first
	mostSegment  = 1232 // bytes: what every path of IPv6 takes whole (RFC 8200, section 5). A segment may not be cut up on its way
	mostMessage  = 65000
)

// segments says whether the system knows UDP_SEGMENT, Linux 4.18. One that does not would send all answers in one datagram.
func segments(fd int) bool {
	_, err := unix.GetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_SEGMENT)
	return err == nil
}

// Answer is an empty buffer to append an answer to, for Reply.
func (c *Conn) Answer() []byte { return c.answers[c.queued][:0] }

// Reply queues an answer, made in the buffer that Answer gave, to the sender of the datagram at i, or to another port of
// its address. One Read makes room for one answer to each of its datagrams.
func (c *Conn) Reply(i int, port uint16, answer []byte) {
	q := c.queued
	c.queued++
	c.answers[q], c.order[q], c.to[q], c.named[q] = answer, q, c.names[i], c.in[i].hdr.Namelen
	binary.BigEndian.PutUint16(portOf(&c.to[q]), port)
}

// Send queues a datagram of a connected socket, made in the buffer that Answer gave; false when the queue is full.
func (c *Conn) Send(data []byte) (more bool) {
	q := c.queued
	c.queued++
	c.answers[q], c.order[q], c.named[q] = data, q, 0
	return c.queued < len(c.out)
}

// Flush sends what is queued, and says how many datagrams the system refused, and its first reason: those are skipped, the rest
// is sent. Datagrams of one length to one address go together, and may overtake others.
func (c *Conn) Flush() (refused int, reason error) {
	c.gather(0, c.apart)
	for done, parted := 0, false; c.from < c.upto; {
		err := c.raw.Write(c.write)
		switch {
		case err != nil:
			refused, reason, c.from = refused+c.queued-done, closed(err), c.upto
		case c.errno == 0:
			for range c.got {
				done += int(c.out[c.from].hdr.Iovlen)
				c.from++
			}
			c.apart = c.apart || parted && refused == 0 && done == c.queued // together it was refused, apart it was not
		case c.errno == unix.EINTR: // and again
		case c.out[c.from].hdr.Iovlen > 1: // because of one of them, or the way takes no segments
			parted = true
			c.gather(done, true)
		default:
			if refused++; reason == nil {
				reason = c.errno
			}
			done++
			c.from++
		}
	}
	c.queued = 0
	return refused, reason
}

// gather makes messages of what is queued from that place of the order on.
func (c *Conn) gather(at int, apart bool) {
	c.from, c.upto = 0, 0
	for at < c.queued {
		first, end := c.order[at], at+1
		size := len(c.answers[first])
		for i := end; i < c.queued && !apart && size <= mostSegment && (end-at+1)*size <= mostMessage && end-at < mostSegments; i++ {
			if other := c.order[i]; len(c.answers[other]) == size && c.named[other] == c.named[first] && (c.named[first] == 0 || c.to[other] == c.to[first]) {
				c.order[i], c.order[end] = c.order[end], other
				end++
			}
		}
		c.message(first, at, end)
		at = end
	}
}

// message makes the next message, of the datagrams in these places of the order.
func (c *Conn) message(first, at, end int) {
	for i, q := range c.order[at:end] {
		c.pieces[at+i].Base = unsafe.SliceData(c.answers[q])
		c.pieces[at+i].SetLen(len(c.answers[q]))
	}
	h := &c.out[c.upto].hdr
	h.Iov, h.Name, h.Namelen, h.Control = &c.pieces[at], nil, c.named[first], nil
	h.SetIovlen(end - at)
	h.SetControllen(0)
	if h.Namelen > 0 {
		h.Name = (*byte)(unsafe.Pointer(&c.to[first]))
	}
	if end-at > 1 {
		note := unsafe.Pointer(&c.notes[c.upto*noteSize])
		head := (*unix.Cmsghdr)(note)
		*head = unix.Cmsghdr{Level: unix.IPPROTO_UDP, Type: unix.UDP_SEGMENT}
		head.SetLen(unix.CmsgLen(2))
		*(*uint16)(unsafe.Add(note, unsafe.Sizeof(*head))) = uint16(len(c.answers[first]))
		h.Control = (*byte)(note)
		h.SetControllen(unix.CmsgSpace(2))
	}
	c.upto++
}

// send is raw as receive is.
func (c *Conn) send(fd uintptr) bool {
	n, _, e := unix.RawSyscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&c.out[c.from])), uintptr(c.upto-c.from), unix.MSG_DONTWAIT, 0, 0)
	c.got, c.errno = int(n), e
	return e != unix.EAGAIN
}
