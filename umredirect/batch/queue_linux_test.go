package batch

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// table is a Conn and who sends to it.
type table struct {
	*Conn
	socket  *net.UDPConn
	clients []*net.UDPConn
}

var four = net.IPv4(127, 0, 0, 1)

// tester is a test, or one draw of a property.
type tester interface {
	Helper()
	Fatal(...any)
	Cleanup(func())
}

// seat listens on an address of loopback, or on all there are, and sends there over IPv4.
func seat(t tester, address net.IP, clients int, o Options) *table {
	t.Helper()
	p, err := net.ListenUDP("udp", &net.UDPAddr{IP: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	c, err := New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	out := &table{Conn: c, socket: p}
	for range clients {
		to := *p.LocalAddr().(*net.UDPAddr)
		if to.IP.IsUnspecified() {
			to.IP = four
		}
		u, err := net.DialUDP("udp", nil, &to)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { u.Close() })
		u.SetDeadline(time.Now().Add(10 * time.Second))
		out.clients = append(out.clients, u)
	}
	return out
}

// ask has clients send, reads all of it, and queues an answer of a length to each; port 0 where bad.
func (s *table) ask(t tester, from, lengths []int, bad []bool) (want [][]string) {
	t.Helper()
	want = make([][]string, len(s.clients))
	for i, c := range from {
		fmt.Fprintf(s.clients[c], "%d", i)
	}
	for got := 0; got < len(from); { // loopback has delivered all of it when the last call that sends returns
		n, err := s.Poll()
		if err != nil || n != len(from) {
			t.Fatal("read", n, "of", len(from), err)
		}
		for i := range n {
			name, addr, _ := s.Message(i)
			answer := fmt.Appendf(s.Answer(), "%s:", name)
			answer = append(answer, bytes.Repeat([]byte{'a' + byte(got%26)}, lengths[got])...)
			port := addr.Port()
			if bad[got] {
				port = 0
			} else {
				want[from[got]] = append(want[from[got]], string(answer))
			}
			s.Reply(i, port, answer)
			got++
		}
	}
	return want
}

// heard is what the clients got, so many answers each, in order of their bytes.
func (s *table) heard(t tester, want [][]string) (got [][]string) {
	t.Helper()
	got = make([][]string, len(s.clients))
	buf := make([]byte, Datagram)
	for i, c := range s.clients {
		for range want[i] {
			n, err := c.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			got[i] = append(got[i], string(buf[:n]))
		}
		slices.Sort(got[i])
		slices.Sort(want[i])
	}
	return got
}

// Whatever is queued for whomever arrives, each datagram by itself, and what is refused is counted.
func TestEveryAnswerArrives(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := seat(r, rapid.SampledFrom([]net.IP{four, net.IPv6loopback, net.IPv6unspecified}).Draw(r, "address"), 3, Options{Apart: rapid.Bool().Draw(r, "apart")})
		for range 2 {
			n := rapid.IntRange(1, 64).Draw(r, "n")
			from := rapid.SliceOfN(rapid.IntRange(0, 2), n, n).Draw(r, "from")
			lengths := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 400, 401, 1229, 1230, 1500, 3000}), n, n).Draw(r, "lengths")
			bad := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) bool { return rapid.IntRange(0, 9).Draw(r, "bad") == 0 }), n, n).Draw(r, "bad")
			want := s.ask(r, from, lengths, bad)
			refused, reason := s.Flush()
			no := 0
			for _, b := range bad {
				if b {
					no++
				}
			}
			if refused != no || (reason != nil) != (no > 0) {
				r.Fatalf("%d refused, %v; want %d", refused, reason, no)
			}
			if diff := gocmp.Diff(want, s.heard(r, want)); diff != "" {
				r.Fatal(diff)
			}
		}
	})
}

// Datagrams of one length to one address are one message of the system's.
func TestGather(t *testing.T) {
	for name, c := range map[string]struct {
		from, lengths []int
		apart         bool
		want          []int // datagrams in each message, the largest first
	}{
		"one PBX":               {[]int{0, 0, 0, 0}, []int{9, 9, 9, 9}, false, []int{4}},
		"one PBX, apart":        {[]int{0, 0, 0, 0}, []int{9, 9, 9, 9}, true, []int{1, 1, 1, 1}},
		"two, by turns":         {[]int{0, 1, 0, 1, 0}, []int{9, 9, 9, 9, 9}, false, []int{3, 2}},
		"two lengths, by turns": {[]int{0, 0, 0, 0, 0}, []int{9, 8, 9, 8, 7}, false, []int{2, 2, 1}},
		"long ones":             {[]int{0, 0, 0}, []int{1400, 1400, 1400}, false, []int{1, 1, 1}},
		"as many as go":         {make([]int, 64), slices.Repeat([]int{1200}, 64), false, []int{54, 10}}, // 65,000 bytes
	} {
		s := seat(t, four, 2, Options{Apart: c.apart})
		s.ask(t, c.from, c.lengths, make([]bool, len(c.from)))
		for i := range s.queued {
			s.answers[i] = s.answers[i][len(s.answers[i])-c.lengths[i]:] // without their numbers, whose lengths differ
		}
		s.gather(0, s.apart)
		var got []int
		for _, m := range s.out[:s.upto] {
			got = append(got, int(m.hdr.Iovlen))
		}
		slices.SortFunc(got, func(a, b int) int { return cmp.Compare(b, a) })
		if diff := gocmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A way that takes no segments gets each datagram alone, and all of them; it is not asked a second time. One that a bad address made
// refuse them is.
func TestNoSegments(t *testing.T) {
	s := seat(t, four, 1, Options{})
	s.raw.Control(func(fd uintptr) {
		// Without checksums there are no segments (udp_send_skb in the kernel's net/ipv4/udp.c), as with hardware that makes none.
		if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_NO_CHECK, 1); err != nil {
			t.Fatal(err)
		}
	})
	for _, apart := range []bool{false, true} {
		if s.apart != apart {
			t.Fatalf("apart %v, want %v", s.apart, apart)
		}
		want := s.ask(t, make([]int, 10), slices.Repeat([]int{400}, 10), make([]bool, 10))
		if refused, reason := s.Flush(); refused != 0 {
			t.Fatal(refused, reason)
		}
		if diff := gocmp.Diff(want, s.heard(t, want)); diff != "" {
			t.Fatal(diff)
		}
	}
	s = seat(t, four, 1, Options{})
	s.ask(t, make([]int, 4), slices.Repeat([]int{400}, 4), []bool{true, true, true, true})
	if refused, reason := s.Flush(); refused != 4 || !errors.Is(reason, unix.EINVAL) || s.apart {
		t.Errorf("%d refused, %v, apart %v", refused, reason, s.apart)
	}
}

// A closed socket refuses all that is queued, each datagram counted.
func TestFlushClosed(t *testing.T) {
	s := seat(t, four, 1, Options{})
	s.ask(t, make([]int, 10), slices.Repeat([]int{400}, 10), make([]bool, 10))
	s.socket.Close()
	if refused, reason := s.Flush(); refused != 10 || !errors.Is(reason, net.ErrClosed) {
		t.Errorf("%d refused, %v", refused, reason)
	}
}

// Who looks for the next datagram gets it, lets others run with one processor, and ends when the socket is closed.
func TestLook(t *testing.T) {
	for _, processors := range []int{1, 2} {
		before := runtime.GOMAXPROCS(processors)
		defer runtime.GOMAXPROCS(before)
		s := seat(t, four, 1, Options{Look: time.Hour})
		s.pace.fits = 2
		got := make(chan error)
		go func() {
			n, err := s.Read()
			if n != 1 {
				err = errors.Join(err, fmt.Errorf("read %d", n))
			}
			got <- err
		}()
		fmt.Fprint(s.clients[0], "x")
		if err := <-got; err != nil {
			t.Fatal(err)
		}
		s.pace.fits = 2
		go func() {
			_, err := s.Read()
			got <- err
		}()
		s.socket.Close()
		if err := <-got; !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
	}
}
