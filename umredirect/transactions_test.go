package umredirect_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/umredirect"
	"siteswap/umredirect/umredirecttest"
)

// stateful is a server without sockets, and when it sent what of its own accord.
type stateful struct {
	t      *testing.T
	s      *umredirect.Server
	began  time.Time
	mu     sync.Mutex
	copies []time.Duration
	last   []byte
}

func newStateful(t *testing.T, limit int) *stateful {
	s, err := umredirect.New(umredirect.Options{Table: table(t), Peers: umredirecttest.Loopback(), TagKey: []byte(umredirecttest.Key), First: inProd, Stateful: true, MaxTransactions: limit})
	if err != nil {
		t.Fatal(err)
	}
	return &stateful{t: t, s: s, began: time.Now()}
}

func (f *stateful) ask(transport, raw string) string {
	answer := umredirect.HandleSending(f.s, []byte(raw), netip.MustParseAddrPort("127.0.0.1:5070"), transport, func(b []byte, _ netip.AddrPort) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.copies, f.last = append(f.copies, time.Since(f.began)), b
	})
	return string(answer)
}

// sent is what was sent so far.
func (f *stateful) sent() []time.Duration {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.copies)
}

func seconds(s ...float64) (out []time.Duration) {
	for _, x := range s {
		out = append(out, time.Duration(x*float64(time.Second)))
	}
	return out
}

const branch = "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKa"

// Timers G and H: 0.5 s, doubled up to 4 s, given up after 32 s (RFC 3261, section 17.2.1).
func TestAnswerIsSentUntilItIsAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newStateful(t, 0)
		answer := f.ask("udp", message("INVITE", "sip:1001@x", branch))
		time.Sleep(time.Minute)
		want := seconds(0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5)
		if diff := cmp.Diff(want, f.sent()); diff != "" || string(f.last) != answer {
			t.Errorf("copies at %s; %q after %q", diff, f.last, answer)
		}
		if n := umredirect.Remembered(f.s); n != 0 {
			t.Errorf("%d transactions after timer H", n)
		}
	})
}

// Timer I: the ACK ends the copies; what comes within 5 s belongs to the transaction still.
func TestAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newStateful(t, 0)
		invite := message("INVITE", "sip:1001@x", branch)
		answer := f.ask("udp", invite)
		time.Sleep(700 * time.Millisecond)
		if again := f.ask("udp", invite); again != answer || answer == "" {
			t.Errorf("a copy of the INVITE got %q, first %q", again, answer)
		}
		if got := f.ask("udp", message("ACK", "sip:1001@x", branch)); got != "" {
			t.Errorf("an ACK got %q", got)
		}
		if got := f.ask("udp", invite); got != "" {
			t.Errorf("a copy after the ACK got %q", got)
		}
		time.Sleep(4900 * time.Millisecond)
		if got := f.ask("udp", message("ACK", "sip:1001@x", branch)); got != "" || umredirect.Remembered(f.s) != 1 {
			t.Errorf("before timer I: %q, %d transactions", got, umredirect.Remembered(f.s))
		}
		time.Sleep(200 * time.Millisecond)
		if n := umredirect.Remembered(f.s); n != 0 {
			t.Errorf("%d transactions after timer I", n)
		}
		if diff := cmp.Diff(seconds(0.5), f.sent()); diff != "" {
			t.Error(diff)
		}
	})
}

// Over a stream nothing is sent twice; timer H waits for the ACK, and timers I and J are 0.
func TestReliableTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newStateful(t, 0)
		f.ask("tcp", message("INVITE", "sip:1001@x", branch))
		f.ask("tcp", message("OPTIONS", "sip:x", "Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKb"))
		if n := umredirect.Remembered(f.s); n != 1 {
			t.Errorf("%d transactions, want that of the INVITE", n)
		}
		f.ask("tcp", message("ACK", "sip:1001@x", branch))
		if n := umredirect.Remembered(f.s); n != 0 {
			t.Errorf("%d transactions after the ACK", n)
		}
		f.ask("tcp", message("INVITE", "sip:1002@x", branch))
		time.Sleep(31 * time.Second)
		before := umredirect.Remembered(f.s)
		time.Sleep(2 * time.Second)
		if after := umredirect.Remembered(f.s); before != 1 || after != 0 || len(f.sent()) != 0 {
			t.Errorf("%d transactions before timer H, %d after, %d copies", before, after, len(f.sent()))
		}
	})
}

func TestStatefulAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newStateful(t, 0)
		invite := message("INVITE", "sip:1001@x", branch)
		old := func(method, to string) string {
			return message(method, "sip:1001@x", "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK", "Call-ID: old", "To: "+to)
		}
		for _, c := range []struct{ name, raw, want string }{
			{"CANCEL before its INVITE", message("CANCEL", "sip:1001@x", branch), "481"},
			{"INVITE", invite, "302"},
			{"CANCEL of another transaction", message("CANCEL", "sip:1001@x", strings.ReplaceAll(branch, "bKa", "bKb")), "481"},
			{"a copy of the first CANCEL gets what it got", message("CANCEL", "sip:1001@x", branch), "481"},
			{"the same request on another way", message("INVITE", "sip:1001@x", strings.ReplaceAll(branch, "bKa", "bKz")), "482"},
			{"the same branch of another sender", message("INVITE", "sip:1001@x", strings.ReplaceAll(branch, ":9", ":10"), "Call-ID: c9"), "302"},
			{"OPTIONS", message("OPTIONS", "sip:x", branch, "Call-ID: o"), "200"},
			{"INVITE of RFC 2543", old("INVITE", "<sip:1001@x>"), "302"},
			{"its copy", old("INVITE", "<sip:1001@x>"), "302"},
			{"its ACK", old("ACK", "<sip:1001@x>;tag=1"), ""},
			{"its copy after the ACK", old("INVITE", "<sip:1001@x>"), ""},
			{"not a request that can be read", message("INVITE", "sip:1001@x", branch, "CSeq: x"), "400"},
		} {
			got := f.ask("udp", c.raw)
			if len(got) > 11 {
				got = got[8:11]
			}
			if got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
		time.Sleep(33 * time.Second)
		if got := f.ask("udp", invite); !strings.HasPrefix(got, "SIP/2.0 302 ") {
			t.Errorf("the same request after all is forgotten: %q", got)
		}
		f.s.Close()
		if n := umredirect.Remembered(f.s); n != 0 {
			t.Errorf("%d transactions of a closed server", n)
		}
	})
}

// CANCEL of an INVITE that is known is 200, whatever the INVITE got (RFC 3261, section 9.2).
func TestCancelOfKnownInvite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newStateful(t, 0)
		defer f.s.Close()
		invite := f.ask("udp", message("INVITE", "sip:1001@x", branch))
		cancel := f.ask("udp", message("CANCEL", "sip:1001@x", branch))
		if !strings.HasPrefix(cancel, "SIP/2.0 200 ") || toTag(t, cancel) != toTag(t, invite) {
			t.Errorf("%q after %q", cancel, invite)
		}
	})
}

// Beyond its limit a server answers all the same, and remembers no more.
func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newStateful(t, 100)
		defer f.s.Close()
		for i := range 1000 {
			raw := message("INVITE", "sip:1001@x", fmt.Sprintf("Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK%d", i), fmt.Sprintf("Call-ID: %d", i))
			one := f.ask("udp", raw)
			if two := f.ask("udp", raw); one != two || !strings.HasPrefix(one, "SIP/2.0 302 ") {
				t.Fatalf("%q, then %q", one, two)
			}
		}
		if n := umredirect.Remembered(f.s); n != 100 {
			t.Errorf("%d transactions, want 100", n)
		}
		big := message("INVITE", "sip:1001@x", "Call-ID: big", "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKbig;x="+strings.Repeat("y", 60<<10))
		if got := f.ask("udp", big); !bytes.HasPrefix([]byte(got), []byte("SIP/2.0 302 ")) {
			t.Errorf("%.40q", got)
		}
	})
}
