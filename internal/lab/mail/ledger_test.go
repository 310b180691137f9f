package mail_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"siteswap/internal/lab/mail"
)

func msg(n int64) mail.Message { return mail.Message{Client: "a", Number: n} }

// newLedger has DB1 on EX1 and EX2 (site 1) and EX3 (site 2), with messages 1 to n logged on EX1.
func newLedger(t testing.TB, n int64) *mail.Ledger {
	l := mail.NewLedger(sites)
	l.AddDatabase("DB1", "EX1", "EX2", "EX3")
	for i := int64(1); i <= n; i++ {
		if err := l.Appended("DB1", "EX1", i, msg(i)); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func TestSafe(t *testing.T) {
	for _, tc := range []struct {
		name           string
		before         func(l *mail.Ledger)
		notAlone, solo bool
	}{
		{"logged only", func(*mail.Ledger) {}, false, false},
		{"copied within the site", func(l *mail.Ledger) { l.Copied("DB1", "EX1", "EX2", 1) }, false, false},
		{"copied to another site", func(l *mail.Ledger) { l.Copied("DB1", "EX1", "EX3", 1) }, true, false},
		{"copied too little", func(l *mail.Ledger) { l.Copied("DB1", "EX1", "EX3", 0) }, false, false},
		{"dumpster of another site", func(l *mail.Ledger) { l.Held("DB1", msg(1), "EX3") }, true, false},
		{"dumpster of its site", func(l *mail.Ledger) { l.Held("DB1", msg(1), "EX2") }, false, true},
		{"dumpster holds another message", func(l *mail.Ledger) { l.Held("DB1", msg(2), "EX2", "EX3") }, false, false},
		{"not on the branch any more", func(l *mail.Ledger) {
			l.Copied("DB1", "EX1", "EX3", 1)
			l.Held("DB1", msg(1), "EX2", "EX3")
			l.Activated("DB1", "EX1", 0)
		}, false, false},
		{"logged again on another branch", func(l *mail.Ledger) {
			l.Copied("DB1", "EX1", "EX3", 1)
			l.Activated("DB1", "EX1", 0)
			l.Appended("DB1", "EX1", 1, msg(1))
		}, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newLedger(t, 1)
			tc.before(l)
			for alone, want := range map[bool]bool{false: tc.notAlone, true: tc.solo} {
				if got := l.Safe("DB1", "EX1", msg(1), alone); got != want {
					t.Errorf("alone %v: %v, want %v", alone, got, want)
				}
			}
		})
	}
}

func TestLossyActivationCutsTheBranch(t *testing.T) {
	l := newLedger(t, 10)
	if !l.Copied("DB1", "EX1", "EX2", 10) || !l.Copied("DB1", "EX1", "EX3", 7) {
		t.Fatal("not copied")
	}
	for n := int64(1); n <= 10; n++ {
		l.Acknowledge("DB1", "EX1", msg(n), false)
	}
	l.Held("DB1", msg(8), "EX2")
	l.Held("DB1", msg(9), "EX3")
	l.Activated("DB1", "EX3", 6) // one log that was copied could not be inspected
	want := mail.Audit{Acknowledged: 7, Found: 6, Lost: 1, LostLogs: 4, Examples: []mail.Message{msg(7)}}
	if diff := cmp.Diff(want, l.Audit("DB1", "EX3")); diff != "" {
		t.Error(diff)
	}
	missing := l.Missing("DB1", "EX3", func(hub string) bool { return hub == "EX3" })
	if diff := cmp.Diff([]mail.Message{msg(9)}, missing); diff != "" {
		t.Error(diff)
	}
	if err := l.Appended("DB1", "EX3", 6, msg(11)); err == nil {
		t.Error("a generation was used twice on one branch")
	}
	if err := l.Appended("DB1", "EX3", 7, msg(7)); err != nil {
		t.Error(err)
	}
	want = mail.Audit{Acknowledged: 7, Found: 7, LostLogs: 4}
	if diff := cmp.Diff(want, l.Audit("DB1", "EX3")); diff != "" {
		t.Error(diff)
	}
	if l.Copied("DB1", "EX3", "EX1", 100) || l.Copied("DB1", "EX3", "EX2", 100) {
		t.Error("copies that hold logs of the old branch took logs of the new one")
	}
	if diff := cmp.Diff(mail.Audit{Acknowledged: 7, Lost: 7, LostLogs: 11, Examples: []mail.Message{
		msg(1), msg(2), msg(3), msg(4), msg(5), msg(6), msg(7)}}, l.Audit("DB1", "")); diff != "" {
		t.Errorf("mounted nowhere: %s", diff)
	}
}

// TestMissingAsksWithoutTheLock: the model is asked what can be reached under its own lock, and it tells the ledger of changes
// under that lock: with the ledger's lock held meanwhile, both would wait for ever.
func TestMissingAsksWithoutTheLock(t *testing.T) {
	l := newLedger(t, 3)
	l.Held("DB1", msg(2), "EX2")
	missing := l.Missing("DB1", "EX3", func(string) bool {
		changed := make(chan struct{})
		go func() {
			l.Activated("DB1", "EX3", 0)
			l.Wake()
			close(changed)
		}()
		select {
		case <-changed:
		case <-time.After(5 * time.Second):
			t.Error("the ledger is locked while it asks")
		}
		return true
	})
	if diff := cmp.Diff([]mail.Message{msg(2)}, missing); diff != "" {
		t.Error(diff)
	}
}

func TestAwaitAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(t, 2)
		may := false
		errs := make(chan error, 1)
		go func() {
			errs <- l.AwaitAcknowledged(t.Context(), "DB1", "EX1", msg(1), func() (bool, bool, error) { return may, false, nil })
		}()
		synctest.Wait()
		l.Copied("DB1", "EX1", "EX3", 1)
		synctest.Wait()
		if len(errs) > 0 {
			t.Fatal("acknowledged by a server that may not")
		}
		may = true
		l.Wake()
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			errs <- l.AwaitAcknowledged(ctx, "DB1", "EX1", msg(2), func() (bool, bool, error) { return true, false, nil })
		}()
		synctest.Wait()
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if a := l.Audit("DB1", "EX1"); a.Acknowledged != 1 {
			t.Errorf("%+v", a)
		}
	})
}

func TestDumpsters(t *testing.T) {
	two := []string{"EX1", "EX2", "EX3"}
	all := func(string, string) bool { return true }
	cut := func(a, b string) bool { return sites[a] == sites[b] }
	for _, tc := range []struct {
		name  string
		o     mail.DumpsterOptions
		hosts []string
	}{
		{"2010", mail.DumpsterOptions{Mounted: "EX1", Front: "EX1", Reachable: all}, []string{"EX2"}},
		{"2010, one server in the site", mail.DumpsterOptions{Mounted: "EX3", Front: "EX1", Reachable: all}, []string{"EX3"}},
		{"2013", mail.DumpsterOptions{SafetyNet: true, Mounted: "EX1", Front: "EX2", Reachable: all}, []string{"EX1", "EX3"}},
		{"2013, cut off", mail.DumpsterOptions{SafetyNet: true, Mounted: "EX1", Front: "EX2", Reachable: cut}, []string{"EX1", "EX2"}},
		{"2013, alone", mail.DumpsterOptions{SafetyNet: true, Mounted: "EX3", Front: "EX3", Reachable: cut}, []string{"EX3"}},
	} {
		tc.o.Servers, tc.o.Site = two, func(s string) int { return sites[s] }
		if diff := cmp.Diff(tc.hosts, mail.Dumpsters(tc.o)); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}

// naive is the ledger without its shortcuts: each copy is the list of the logs that it holds.
type naive struct {
	copies map[string][]naiveLog
	acked  map[mail.Message]bool
	logs   int
}

var servers = []string{"EX1", "EX2", "EX3"}

type naiveLog struct {
	id  int
	gen int64
	msg mail.Message
}

func (n *naive) last(s string) int64 {
	if c := n.copies[s]; len(c) > 0 {
		return c[len(c)-1].gen
	}
	return 0
}

func (n *naive) copied(from, to string, upTo int64) bool {
	src, dst := n.copies[from], n.copies[to]
	if len(dst) > len(src) || !slices.Equal(dst, src[:len(dst)]) {
		return false
	}
	end := len(dst)
	for end < len(src) && src[end].gen <= upTo {
		end++
	}
	n.copies[to] = src[:end:end]
	return true
}

func (n *naive) compare(t *rapid.T, l *mail.Ledger) {
	for _, s := range servers {
		want := mail.Audit{Acknowledged: len(n.acked), LostLogs: int64(n.logs - len(n.copies[s]))}
		for _, e := range n.copies[s] {
			if n.acked[e.msg] {
				want.Found++
			}
		}
		want.Lost = want.Acknowledged - want.Found
		got := l.Audit("DB1", s)
		got.Examples = nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s: %s", s, diff)
		}
	}
}

func TestLedgerAgreesWithTheNaiveOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := mail.NewLedger(sites)
		l.AddDatabase("DB1", servers...)
		n := naive{copies: map[string][]naiveLog{}, acked: map[mail.Message]bool{}}
		server := rapid.SampledFrom(servers)
		number := int64(0)
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				s := server.Draw(t, "server")
				number++
				n.logs++
				gen := n.last(s) + 1
				n.copies[s] = append(slices.Clone(n.copies[s]), naiveLog{n.logs, gen, msg(number)})
				if err := l.Appended("DB1", s, gen, msg(number)); err != nil {
					t.Fatal(err)
				}
				if l.Acknowledge("DB1", s, msg(number), false) {
					t.Fatal("acknowledged before anything was copied")
				}
			},
			"copy": func(t *rapid.T) {
				from, to := server.Draw(t, "from"), server.Draw(t, "to")
				upTo := rapid.Int64Range(0, n.last(from)).Draw(t, "upTo")
				src, dst := n.copies[from], n.copies[to]
				ok := len(dst) <= len(src) && slices.Equal(dst, src[:len(dst)])
				for ok && len(n.copies[to]) < len(src) && src[len(n.copies[to])].gen <= upTo {
					n.copies[to] = src[: len(n.copies[to])+1 : len(n.copies[to])+1]
				}
				if got := l.Copied("DB1", from, to, upTo); got != ok {
					t.Fatalf("copied: %v, want %v", got, ok)
				}
			},
			"acknowledge": func(t *rapid.T) {
				s := server.Draw(t, "server")
				for _, e := range n.copies[s] {
					want := false
					for _, o := range servers {
						want = want || sites[o] != sites[s] && slices.Contains(n.copies[o], e)
					}
					if got := l.Acknowledge("DB1", s, e.msg, false); got != want {
						t.Fatalf("%v on %s: acknowledged %v, want %v", e.msg, s, got, want)
					}
					if want {
						n.acked[e.msg] = true
					}
				}
			},
			"activate": func(t *rapid.T) {
				s := server.Draw(t, "server")
				at := rapid.Int64Range(0, n.last(s)).Draw(t, "at")
				n.copies[s] = n.copies[s][:at:at] // generations have no gaps here
				l.Activated("DB1", s, at)
			},
			"reseed": func(t *rapid.T) {
				from, to := server.Draw(t, "from"), server.Draw(t, "to")
				n.copies[to] = n.copies[from]
				l.Reseeded("DB1", to, from)
			},
			"": func(t *rapid.T) {
				n.compare(t, l)
			},
		})
	})
}

func FuzzParseLine(f *testing.F) {
	for _, s := range []string{"HEALTH", "SEND Mailbox+Database+1 a 7", "OK ", "NO %zz", "", " x", "A  b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		verb, fields, err := mail.ParseLine(line)
		if err != nil {
			return
		}
		again, same, err := mail.ParseLine(mail.FormatLine(verb, fields...))
		if len(mail.FormatLine(verb, fields...)) > 4<<10 {
			return // escaping made it too long
		}
		if err != nil || again != verb || fmt.Sprint(same) != fmt.Sprint(fields) {
			t.Errorf("%q: %q %q became %q %q, %v", line, verb, fields, again, same, err)
		}
	})
}
