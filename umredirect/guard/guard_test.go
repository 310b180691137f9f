package guard_test

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"siteswap/umredirect/guard"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func prefixes(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func start() time.Time { return time.Unix(1_800_000_000, 0) }

func TestWhoIsAnswered(t *testing.T) {
	g := guard.New(guard.Options{Peers: prefixes("10.0.1.200/32", "10.9.0.0/16", "fe80::/10", "::1/128")})
	for a, want := range map[string]guard.Verdict{"10.0.1.200": guard.Answer, "10.9.3.4": guard.Answer, "::1": guard.Answer, "fe80::1%eth0": guard.Answer,
		"10.0.1.201": guard.Stranger, "10.10.0.1": guard.Stranger, "::2": guard.Stranger} {
		if got := g.Look(addr(a), start()); got != want {
			t.Errorf("%s: %d, want %d", a, got, want)
		}
		if g.Peer(addr(a)) != (want == guard.Answer) {
			t.Errorf("%s: Peer says otherwise", a)
		}
	}
	if c := g.Counts(); c.Strangers != 3 || c.Blocked != 0 {
		t.Errorf("%+v", c)
	}
}

// A source beyond its limit is silent until the block runs out, and nobody else is.
func TestLimit(t *testing.T) {
	g := guard.New(guard.Options{Peers: prefixes("10.0.0.0/8"), Allow: prefixes("10.1.0.0/16"), Rate: 100, Burst: 10, Block: 5 * time.Second})
	now, noisy, quiet, free := start(), addr("10.0.0.1"), addr("10.0.0.2"), addr("10.1.0.1")
	for i := range 10 {
		if g.Look(noisy, now) != guard.Answer {
			t.Fatalf("blocked at %d of 10", i)
		}
	}
	if g.Look(noisy, now) != guard.Blocked || g.Look(noisy, now.Add(4999*time.Millisecond)) != guard.Blocked {
		t.Error("beyond its limit it is answered")
	}
	if g.Look(quiet, now) != guard.Answer {
		t.Error("another one is blocked with it")
	}
	if g.Look(noisy, now.Add(5*time.Second)) != guard.Answer {
		t.Error("the block does not run out")
	}
	for range 1000 {
		if g.Look(free, now) != guard.Answer {
			t.Fatal("a source without a limit is blocked")
		}
	}
	for i := range 1000 { // as many per second as the limit allows
		if g.Look(quiet, now.Add(time.Duration(i+1)*10*time.Millisecond)) != guard.Answer {
			t.Fatalf("blocked at its own rate, after %d", i)
		}
	}
	if c := g.Counts(); c.Blocks != 1 || c.Blocked != 2 {
		t.Errorf("%+v", c)
	}
}

func TestScanners(t *testing.T) {
	g := guard.New(guard.Options{Peers: prefixes("10.0.0.0/8"), Allow: prefixes("10.1.0.1/32"), Rate: -1})
	for _, agent := range []string{"", "Cisco-CUCM11.5", "Asterisk PBX 18"} {
		if g.Scans(agent, addr("10.0.0.1"), start()) {
			t.Errorf("%q is taken for a scanner", agent)
		}
	}
	for _, a := range []string{"10.0.0.1", "10.1.0.1"} {
		if !g.Scans("Friendly-Scanner", addr(a), start()) {
			t.Error("a scanner is not known")
		}
	}
	if g.Look(addr("10.0.0.1"), start().Add(59*time.Minute)) != guard.Blocked || g.Look(addr("10.0.0.1"), start().Add(time.Hour)) != guard.Answer {
		t.Error("the source of a scanner is not silent for an hour")
	}
	if g.Look(addr("10.1.0.1"), start()) != guard.Answer {
		t.Error("a source without a limit is blocked")
	}
}

// A flood from a million forged peers takes no more memory than a handful, and a blocked source is not forgotten for it.
func TestFlood(t *testing.T) {
	g := guard.New(guard.Options{Peers: prefixes("10.0.0.0/8"), Rate: 10, Burst: 1, Memory: 1024, Block: time.Hour})
	now, noisy := start(), addr("10.255.0.1")
	g.Look(noisy, now)
	if g.Look(noisy, now) != guard.Blocked {
		t.Fatal("not blocked")
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range uint32(1_000_000) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], 10<<24|i)
		g.Look(netip.AddrFrom4(b), now)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<10 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if g.Look(noisy, now) != guard.Blocked {
		t.Error("the flood washed a block away")
	}
}

func TestNoAllocations(t *testing.T) {
	g := guard.New(guard.Options{Peers: prefixes("10.0.0.0/8", "10.0.0.1/32")})
	now, one, two := start(), addr("10.0.0.1"), addr("10.0.0.2")
	if n := testing.AllocsPerRun(100, func() { g.Look(one, now); g.Look(two, now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLook(b *testing.B) {
	g := guard.New(guard.Options{Peers: prefixes("10.0.0.0/8"), Rate: 1 << 30})
	now, one := start(), addr("10.0.0.1")
	for b.Loop() {
		g.Look(one, now)
	}
}
