package batch

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// Conn is a UDP socket. Use it from one goroutine; Buffers may be asked for from any.
type Conn struct {
	raw    syscall.RawConn
	asked  int
	pace   pace
	alone  bool      // one processor for all goroutines: who looks lets the others run each time
	turned time.Time // when it did

	in     []mmsghdr
	names  []unix.RawSockaddrInet6 // large enough for IPv4 too
	data   []byte                  // Datagram bytes for each of in
	iovs   []unix.Iovec
	stamps []byte // control messages, noteSize bytes for each of in; none without Options.Stamps

	queue
	// For the functions that the runtime calls, made once because a function value is an allocation.
	read, write func(fd uintptr) bool
	poll        func(fd uintptr)
	got         int
	errno       syscall.Errno
}

func open(p *net.UDPConn, o Options) (*Conn, error) {
	raw, err := p.SyscallConn()
	if err != nil {
		return nil, err
	}
	c := &Conn{raw: raw, asked: o.Receive, pace: pace{limit: o.Look}, alone: runtime.GOMAXPROCS(0) == 1, in: make([]mmsghdr, o.Size), names: make([]unix.RawSockaddrInet6, o.Size), data: make([]byte, o.Size*Datagram), iovs: make([]unix.Iovec, o.Size),
		queue: newQueue(o.Size)}
	for i := range c.in {
		c.iovs[i].Base = &c.data[i*Datagram]
		c.iovs[i].SetLen(Datagram)
		c.in[i].hdr.Name = (*byte)(unsafe.Pointer(&c.names[i]))
		c.in[i].hdr.Iov = &c.iovs[i]
		c.in[i].hdr.SetIovlen(1)
	}
	if o.Stamps {
		c.stamps = make([]byte, o.Size*noteSize)
		for i := range c.in {
			c.in[i].hdr.Control = &c.stamps[i*noteSize]
		}
	}
	c.read, c.write, c.poll = c.receive, c.send, func(fd uintptr) { c.receive(fd) }
	var stamps error
	err = raw.Control(func(fd uintptr) {
		ask(int(fd), o.Receive)
		c.apart = o.Apart || !segments(int(fd))
		if o.Stamps {
			stamps = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
		}
	})
	return c, errors.Join(err, stamps)
}

// ask sets the receive buffer: beyond the system's limit where we may (CAP_NET_ADMIN), else up to it. What became of it is
// read back by Buffers; the system counts its own overhead in, and so doubles what it was asked for (socket(7)).
func ask(fd, size int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, size) // what was granted is read back
	}
}

// Buffers asks the system what it granted and how many datagrams found no room.
func (c *Conn) Buffers() Buffers {
	b := Buffers{Asked: c.asked}
	c.raw.Control(func(fd uintptr) { // a closed socket has nothing to tell
		if n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF); err == nil {
			b.Granted = n / 2
		}
		var info [9]uint32 // SK_MEMINFO_VARS of linux/sock_diag.h; the last is SK_MEMINFO_DROPS
		size := uint32(unsafe.Sizeof(info))
		if _, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO, uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0); e == 0 {
			b.Drops = uint64(info[8])
		}
	})
	return b
}

// Read waits for datagrams and says how many there are; they are there until the next Read.
func (c *Conn) Read() (int, error) {
	n, err := c.look()
	if n == 0 && err == nil {
		n, err = c.sleep()
	}
	if c.pace.limit > 0 {
		c.pace.came(n, time.Now())
	}
	return n, err
}

// turn is how long who looks keeps its processor from the other goroutines where there are several. The runtime takes it away by
// force after 10 ms, and then looks after it every 70 us for a while, on a processor that it needs for that.
const turn = 5 * time.Millisecond

// look looks for datagrams until there are some, as long as the pace says.
func (c *Conn) look() (n int, err error) {
	if !c.pace.look() {
		return 0, nil
	}
	began := time.Now()
	for now := began; n == 0 && err == nil && now.Sub(began) < c.pace.limit; now = time.Now() {
		n, err = c.Poll()
		late := now.Sub(c.turned) > turn
		if late {
			wakeWatcher()
			c.turned = now
		}
		if n == 0 && (c.alone || late) {
			runtime.Gosched()
		}
	}
	return n, err
}

// wakeWatcher has the runtime's watcher (sysmon) awake: any call of the system does that which is not raw. With one processor that is
// always busy it alone asks for news of other sockets, every 10 ms, and once asleep it would sleep until somebody else makes such a call.
func wakeWatcher() { unix.Syscall(unix.SYS_GETPID, 0, 0, 0) }

// sleep waits in the scheduler.
func (c *Conn) sleep() (int, error) {
	for {
		if err := c.raw.Read(c.read); err != nil {
			return 0, closed(err)
		}
		switch c.errno {
		case 0:
			return c.got, nil
		case unix.EINTR: // and again
		default:
			return 0, c.errno
		}
	}
}

// Poll is Read that does not wait: none is no error.
func (c *Conn) Poll() (int, error) {
	if err := c.raw.Control(c.poll); err != nil {
		return 0, closed(err)
	}
	switch c.errno {
	case 0:
		return c.got, nil
	case unix.EAGAIN, unix.EINTR, unix.ECONNREFUSED: // the last: nobody was there for what was sent before
		return 0, nil
	}
	return 0, c.errno
}

// Wait returns when there is something to read, or after that long: with the fine timer of ppoll(2), not the millisecond of
// the runtime's. It blocks its thread, so it is for load generators.
func (c *Conn) Wait(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	c.raw.Control(func(fd uintptr) {
		unix.Ppoll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, &ts, nil) // whatever it says, Poll looks next
	})
}

// receive is raw: with MSG_DONTWAIT the call cannot block, and the scheduler need not be told of it.
func (c *Conn) receive(fd uintptr) bool {
	for i := range c.in {
		c.in[i].hdr.Namelen = unix.SizeofSockaddrInet6
		if c.stamps != nil {
			c.in[i].hdr.SetControllen(noteSize)
		}
	}
	n, _, e := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&c.in[0])), uintptr(len(c.in)), unix.MSG_DONTWAIT, 0, 0)
	c.got, c.errno = int(n), e
	return e != unix.EAGAIN
}

// Message is the datagram at i of the last Read, who sent it, and whether it is whole.
func (c *Conn) Message(i int) (data []byte, from netip.AddrPort, whole bool) {
	at := i * Datagram
	return c.data[at : at+int(c.in[i].len)], address(&c.names[i]), c.in[i].hdr.Flags&unix.MSG_TRUNC == 0
}

// noteSize is the room of a control message, as CMSG_SPACE counts: its header and a struct timespec, or the length of a segment.
const noteSize = int(unsafe.Sizeof(unix.Cmsghdr{}) + unsafe.Sizeof(unix.Timespec{}))

// Came is when the system had the datagram at i of the last Read (SO_TIMESTAMPNS, socket(7)), however long it lay there. It is zero
// without Options.Stamps. The first ones after the option was set may have the time of the Read: the system begins a little later.
func (c *Conn) Came(i int) time.Time {
	if c.stamps == nil || int(c.in[i].hdr.Controllen) < noteSize {
		return time.Time{}
	}
	head := (*unix.Cmsghdr)(unsafe.Pointer(&c.stamps[i*noteSize]))
	if head.Level != unix.SOL_SOCKET || head.Type != unix.SCM_TIMESTAMPNS {
		return time.Time{}
	}
	ts := (*unix.Timespec)(unsafe.Add(unsafe.Pointer(head), unsafe.Sizeof(*head)))
	return time.Unix(ts.Unix())
}

// portOf is the port in network byte order; in an IPv4 address it stands at the same place.
func portOf(name *unix.RawSockaddrInet6) []byte { return (*[2]byte)(unsafe.Pointer(&name.Port))[:] }

func closed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return net.ErrClosed
	}
	return err
}

// address reads what the kernel wrote; an IPv4 address in IPv6 clothes is IPv4.
func address(name *unix.RawSockaddrInet6) netip.AddrPort {
	port := binary.BigEndian.Uint16(portOf(name))
	if name.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(name)).Addr), port)
	}
	addr := netip.AddrFrom16(name.Addr).Unmap()
	if name.Scope_id != 0 && addr.IsLinkLocalUnicast() {
		addr = addr.WithZone(strconv.Itoa(int(name.Scope_id)))
	}
	return netip.AddrPortFrom(addr, port)
}
