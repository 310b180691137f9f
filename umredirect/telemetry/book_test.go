package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/umredirect"
	"siteswap/umredirect/health"
	"siteswap/umredirect/hep"
	"siteswap/umredirect/telemetry"
)

func call(id string) umredirect.Call {
	return umredirect.Call{At: time.Unix(1700000000, 0), CallID: id, Source: netip.MustParseAddrPort("192.0.2.1:5060"), Transport: "udp", Called: "1001",
		By: "diversion", Status: 302, Target: "old.test.local:5060", Why: "mailbox on OLD", Took: 30 * time.Microsecond}
}

// lines is a log that is written and read by several goroutines.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// running is a book that runs, with so many lines a second, its log, and what ends it.
func running(t *testing.T, rate int) (b *telemetry.Book, log *lines, end func()) {
	log = new(lines)
	b = telemetry.New(telemetry.Options{Logger: slog.New(slog.NewTextHandler(log, nil)), PerSecond: rate})
	ctx, cancel := context.WithCancel(t.Context())
	go b.Run(ctx)
	return b, log, func() {
		cancel()
		synctest.Wait()
	}
}

// A line has everything that an operator looks for; above the rate calls are counted, and the next second says how many.
func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, log, end := running(t, 3)
		for range 10 {
			b.Note(call("c1"))
		}
		if wanted := b.Wanted(); log.String() != "" || wanted { // a plain call, the eighth without a line
			t.Errorf("a call waited for its line, or wanted %v: %s", wanted, log.String())
		}
		time.Sleep(334 * time.Millisecond)
		synctest.Wait()
		want := `msg=call call_id=c1 source=192.0.2.1:5060 transport=udp called=1001 by=diversion status=302 target=old.test.local:5060 why="mailbox on OLD" us=30`
		if n := strings.Count(log.String(), want); n != 3 {
			t.Errorf("%d lines: %s", n, log.String())
		}
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if !strings.Contains(log.String(), `msg="calls without a line" count=8 limit_per_second=3`) || !b.Wanted() {
			t.Errorf("after a second: %s", log.String())
		}
		for range 10 {
			b.Note(call("c2"))
		}
		time.Sleep(334 * time.Millisecond)
		synctest.Wait()
		if n := strings.Count(log.String(), "call_id=c2"); n != 3 {
			t.Errorf("%d lines after a quiet second", n)
		}
		// A steady stream gets its lines one after the other.
		for i := range 4 {
			for range 5 {
				b.Note(call("c3"))
			}
			time.Sleep(time.Second/3 + time.Millisecond)
			synctest.Wait()
			if n := strings.Count(log.String(), "call_id=c3"); n != i+1 {
				t.Errorf("%d lines of a stream after %d thirds of a second", n, i+1)
			}
		}
		end()
	})
}

// While every call gets a line it is there within a tenth of a second; of more calls than that the lines come once a second.
func TestLinesAreHeldUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, log, end := running(t, 50)
		var got []int
		tenths := func(n, calls int) {
			for range n {
				for range calls {
					b.Note(call("c"))
				}
				time.Sleep(100 * time.Millisecond)
				synctest.Wait()
				got = append(got, strings.Count(log.String(), "call_id=c"))
			}
		}
		tenths(3, 2)
		tenths(12, 1000) // 50 of them at once, then 5 in each tenth
		end()
		got = append(got, strings.Count(log.String(), "call_id=c"))
		want := []int{2, 4, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 101, 101, 101, 111} // a second after the last was written, and at the end
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lines after each tenth (-want +got):\n%s", diff)
		}
	})
}

// A rate that is no multiple of ten is kept too: of a steady stream as many calls as that get a line.
func TestRate(t *testing.T) {
	for _, rate := range []int{1, 3, 15, 50, 59} {
		synctest.Test(t, func(t *testing.T) {
			b, log, end := running(t, rate)
			for range 10_000 {
				b.Note(call("c"))
				time.Sleep(time.Millisecond)
			}
			end()
			// Those of the first second are there at the beginning; the last grant may be a tick away.
			if n := strings.Count(log.String(), "call_id=c"); n < 11*rate-rate/10-1 || n > 11*rate {
				t.Errorf("%d lines in 10 s at %d a second", n, rate)
			}
		})
	}
}

func TestAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := telemetry.New(telemetry.Options{PerSecond: 1000, Keep: 10})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go b.Run(ctx)
		ids := func(path string) (out string) {
			t.Helper()
			w := httptest.NewRecorder()
			b.ServeHTTP(w, httptest.NewRequest("GET", telemetry.PathCalls+path, nil))
			var entries []telemetry.Entry
			if err := json.Unmarshal(w.Body.Bytes(), &entries); err != nil {
				return w.Body.String()
			}
			for _, e := range entries {
				out += e.CallID
			}
			return out
		}
		if got := ids(""); got != "" {
			t.Errorf("before any call: %q", got)
		}
		for _, id := range strings.Split("abcdefghijklmnopqrstuvwxy", "") {
			b.Note(call(id))
		}
		time.Sleep(110 * time.Millisecond)
		for path, want := range map[string]string{"?after=22": "wxy", "?after=25": "", "?after=99&wait=0": "pqrstuvwxy", "?after=x": "after: write a number\n", "?wait=-1": "wait: write seconds\n", "": "pqrstuvwxy"} {
			if got := ids(path); got != want {
				t.Errorf("%s: %q, want %q", path, got, want)
			}
		}
		go func() {
			time.Sleep(3 * time.Second)
			b.Note(call("z"))
		}()
		began := time.Now()
		if got := ids("?after=25&wait=20"); got != "z" || time.Since(began) != 3090*time.Millisecond { // noted after 3.11 s, written at 3.2
			t.Errorf("waiting: %q after %v", got, time.Since(began))
		}
	})
}

func TestMetrics(t *testing.T) {
	b := telemetry.New(telemetry.Options{PerSecond: 1})
	for range 3 {
		b.Note(call("c"))
	}
	declined := call("d")
	declined.Status, declined.Target = 480, ""
	b.Note(declined)
	plain := call("e") // Traffic counts it
	plain.Fast = true
	b.Note(plain)
	h, err := telemetry.Metrics(b, telemetry.Source{
		Status: func() umredirect.Status {
			return umredirect.Status{Setting: umredirect.Setting{Site: "DR", Generation: 9}, CanRoute: true,
				Health: []health.Status{{Target: health.Target{Host: "old.test.local", Port: 5060, Transport: "tcp", Legacy: true}, State: health.Down, Dead: true}},
				Alarms: []health.Alarm{{Name: health.LegacyUM}}}
		},
		Traffic: func() telemetry.Traffic {
			return telemetry.Traffic{Fast: map[string]uint64{"ex3.test.local:5060": 70}, ACKs: 5, Strangers: 4}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`siteswap_um_calls_total{path="slow",status="302",target="old.test.local:5060"} 3`,
		`siteswap_um_calls_total{path="slow",status="480",target=""} 1`,
		`siteswap_um_calls_total{path="fast",status="302",target="ex3.test.local:5060"} 70`,
		`siteswap_um_answer_seconds_bucket{le="2e-05"} 0`, `siteswap_um_answer_seconds_bucket{le="5e-05"} 5`, `siteswap_um_answer_seconds_count 5`,
		`siteswap_um_can_route 1`, `siteswap_um_generation 9`, `siteswap_um_active_site{site="DR"} 1`,
		`siteswap_um_target_up{kind="legacy",target="old.test.local:5060;transport=tcp"} 0`, `siteswap_um_alarms{name="legacy-um"} 1`, `siteswap_um_alarms{name="current-um"} 0`,
		`siteswap_um_silent_total{why="stranger"} 4`, `siteswap_um_acks_total 5`, `siteswap_um_calls_without_line 4`, "go_goroutines ",
	} {
		if !strings.Contains(w.Body.String(), want+"\n") && !strings.Contains(w.Body.String(), "\n"+want) {
			t.Errorf("no %s", want)
		}
	}
	if t.Failed() {
		t.Log(w.Body.String())
	}
}

// Homer gets the request and its answer, each with where it came from.
func TestMirror(t *testing.T) {
	here, there := net.Pipe()
	sink := hep.NewSink(hep.SinkOptions{Conn: here, Node: 7})
	b := telemetry.New(telemetry.Options{Mirror: sink, Local: func(string) netip.AddrPort { return netip.MustParseAddrPort("192.0.2.30:5060") }})
	c := call("c1")
	c.Request, c.Answer = []byte("INVITE"), []byte("SIP/2.0 302")
	b.Note(c)
	c.Request[0] = 'X' // the redirector uses its buffer again
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	go sink.Run(ctx)
	buf := make([]byte, 4096)
	for _, want := range []string{"192.0.2.1:5060 192.0.2.30:5060 INVITE", "192.0.2.30:5060 192.0.2.1:5060 SIP/2.0 302"} {
		n, err := there.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		p, err := hep.Parse(buf[:n])
		if got := fmt.Sprintf("%s %s %s", p.From, p.To, p.Payload); err != nil || got != want || p.CallID != "c1" || p.Protocol != hep.UDP {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
}
