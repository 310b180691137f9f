package dnsupdatetest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"siteswap/dag"
	"siteswap/dnsupdate"
)

const minute = time.Minute

func one(s string) []string { return []string{s} }

func createSwapDelete(t *testing.T, b *bench) {
	b.must(dnsupdate.Done, b.change("a", "A", minute, nil, one("192.0.2.1")))
	if a := b.holds("a", "192.0.2.1"); a.TTL != minute || !a.Exists || a.Serial == 0 {
		t.Errorf("answer %+v: want TTL 1m, a serial", a)
	}
	o := b.must(dnsupdate.Done, b.change("a", "A", minute, one("192.0.2.1"), []string{"192.0.2.3", "192.0.2.2"}))
	if !o.Sent || !slices.Equal(o.Names[0].Before.Values, one("192.0.2.1")) || o.Names[0].Before.TTL != minute {
		t.Errorf("outcome does not keep the old value: %+v", o)
	}
	b.holds("a", "192.0.2.2", "192.0.2.3")
	b.must(dnsupdate.Done, b.change("a", "A", minute, []string{"192.0.2.2", "192.0.2.3"}, nil))
	if a := b.holds("a"); a.Exists {
		t.Error("the name is still there")
	}
}

func types(t *testing.T, b *bench) {
	b.must(dnsupdate.Done, b.change("six", "AAAA", minute, nil, one("2001:db8::1")))
	b.must(dnsupdate.Done, b.change("six", "AAAA", minute, one("2001:db8:0::1"), one("2001:db8::2")))
	b.holds("six", "2001:db8::2")
	both := []dnsupdate.Change{b.change("both", "A", minute, nil, one("192.0.2.1")), b.change("both", "AAAA", minute, nil, one("2001:db8::1"))}
	b.must(dnsupdate.Done, both...)
	b.must(dnsupdate.Done, b.change("both", "A", minute, one("192.0.2.1"), one("192.0.2.9")), b.change("both", "AAAA", minute, one("2001:db8::1"), nil))
	b.holds("both", "192.0.2.9")
	// One type is done already; the other is created on a name that is in use.
	b.must(dnsupdate.Done, b.change("both", "A", minute, one("192.0.2.1"), one("192.0.2.9")), b.change("both", "AAAA", minute, nil, one("2001:db8::7")))
	b.holds("both", "192.0.2.9", "2001:db8::7")
}

func aliasAndBack(t *testing.T, b *bench) {
	target := b.name("target")
	b.must(dnsupdate.Done, b.change("target", "A", minute, nil, one("192.0.2.7")), b.change("a", "A", minute, nil, one("192.0.2.1")))
	b.must(dnsupdate.Done, b.change("a", "A", minute, one("192.0.2.1"), nil), b.change("a", "CNAME", minute, nil, one(target)))
	if a := b.holds("a", "192.0.2.7"); !slices.Equal(a.Alias, one(target)) {
		t.Errorf("alias %v, want %s", a.Alias, target)
	}
	o := b.must(dnsupdate.Conflict, b.change("a", "A", minute, one("192.0.2.1"), one("192.0.2.2")))
	contains(t, o.Why, "CNAME "+target)
	b.must(dnsupdate.Done, b.change("a", "CNAME", minute, one(target), nil), b.change("a", "A", minute, nil, one("192.0.2.2")))
	b.holds("a", "192.0.2.2")
}

// swapIsCompared goes past the client's own look: the server itself must refuse to swap from a value that is not there.
func swapIsCompared(t *testing.T, b *bench) {
	b.must(dnsupdate.Done, b.change("a", "A", minute, nil, one("192.0.2.1")))
	stale := b.plan(b.change("a", "A", minute, one("192.0.2.66"), one("192.0.2.2")))
	if rc := b.raw(stale.Zones[0].Message(), true); rc != dns.RcodeNXRrset {
		t.Errorf("stale swap answered %s, want NXRRSET", dns.RcodeToString[rc])
	}
	part := b.plan(b.change("a", "A", minute, []string{"192.0.2.1", "192.0.2.66"}, one("192.0.2.2")))
	if rc := b.raw(part.Zones[0].Message(), true); rc != dns.RcodeNXRrset {
		t.Errorf("partly stale swap answered %s, want NXRRSET", dns.RcodeToString[rc])
	}
	unused := b.plan(b.change("a", "A", minute, nil, one("192.0.2.2")))
	if rc := b.raw(unused.Zones[0].Message(), true); rc != dns.RcodeYXDomain {
		t.Errorf("creation of a used name answered %s, want YXDOMAIN", dns.RcodeToString[rc])
	}
	b.holds("a", "192.0.2.1")
}

func handEdit(t *testing.T, b *bench) {
	b.must(dnsupdate.Done, b.change("a", "A", minute, nil, one("192.0.2.50")))
	o := b.must(dnsupdate.Conflict, b.change("a", "A", minute, one("192.0.2.1"), one("192.0.2.2")))
	contains(t, o.Why, "192.0.2.50")
	if o.Sent {
		t.Error("an update was sent although the conflict was seen")
	}
	b.holds("a", "192.0.2.50")
}

// nameInUse: the name holds something of another type, which the client's look does not show; the server's answer does.
func nameInUse(t *testing.T, b *bench) {
	if rc := b.raw(b.update(b.server.Zone, record(b.name("a"), "TXT", `"hands off"`)), true); rc != dns.RcodeSuccess {
		t.Fatalf("preparation answered %s", dns.RcodeToString[rc])
	}
	o := b.must(dnsupdate.Conflict, b.change("a", "A", minute, nil, one("192.0.2.2")))
	contains(t, o.Why, "YXDOMAIN")
	b.holds("a")
}

func atomicOverNames(t *testing.T, b *bench) {
	b.must(dnsupdate.Done, b.change("a", "A", minute, nil, one("192.0.2.1")), b.change("b", "A", minute, nil, one("192.0.2.1")))
	swap := []dnsupdate.Change{b.change("a", "A", minute, one("192.0.2.1"), one("192.0.2.2")), b.change("b", "A", minute, one("192.0.2.66"), one("192.0.2.2"))}
	if rc := b.raw(b.plan(swap...).Zones[0].Message(), true); rc != dns.RcodeNXRrset {
		t.Errorf("answered %s, want NXRRSET", dns.RcodeToString[rc])
	}
	b.holds("a", "192.0.2.1")
	b.holds("b", "192.0.2.1")
	o := b.must(dnsupdate.Conflict, swap...)
	if o.Names[0].Result != dnsupdate.Failed || o.Names[1].Result != dnsupdate.Conflict {
		t.Errorf("results %s, %s; want failed, conflict", o.Names[0].Result, o.Names[1].Result)
	}
	b.holds("a", "192.0.2.1")
	swap[1].Old = one("192.0.2.1")
	b.must(dnsupdate.Done, swap...)
	b.holds("a", "192.0.2.2")
	b.holds("b", "192.0.2.2")
}

func replay(t *testing.T, b *bench) {
	b.must(dnsupdate.Done, b.change("a", "A", minute, nil, one("192.0.2.1")))
	swap := b.change("a", "A", minute, one("192.0.2.1"), one("192.0.2.2"))
	if o := b.must(dnsupdate.Done, swap); !o.Sent {
		t.Error("nothing was sent")
	}
	serial := b.holds("a", "192.0.2.2").Serial
	if o := b.must(dnsupdate.Done, swap); o.Sent {
		t.Error("the replay was sent again")
	}
	if after := b.holds("a", "192.0.2.2").Serial; after != serial {
		t.Errorf("the replay moved the serial from %d to %d", serial, after)
	}
}

func ttlChange(t *testing.T, b *bench) {
	b.must(dnsupdate.Done, b.change("a", "A", 5*minute, nil, one("192.0.2.1")))
	b.must(dnsupdate.Done, b.change("a", "A", minute, one("192.0.2.1"), one("192.0.2.1")))
	if a := b.holds("a", "192.0.2.1"); a.TTL != minute {
		t.Errorf("TTL %s, want 1m", a.TTL)
	}
	if o := b.must(dnsupdate.Done, b.change("a", "A", minute, one("192.0.2.1"), one("192.0.2.1"))); o.Sent {
		t.Error("sent although the TTL was right")
	}
	// A value that is right already, with another TTL, is brought to the right one.
	b.must(dnsupdate.Done, b.change("a", "A", 2*minute, one("192.0.2.9"), one("192.0.2.1")))
	if a := b.holds("a", "192.0.2.1"); a.TTL != 2*minute {
		t.Errorf("TTL %s, want 2m", a.TTL)
	}
}

func manyNames(t *testing.T, b *bench) {
	var create, swap []dnsupdate.Change
	for i := range 100 {
		label := fmt.Sprintf("n%02d", i)
		create = append(create, b.change(label, "A", minute, nil, one("192.0.2.1")))
		swap = append(swap, b.change(label, "A", minute, one("192.0.2.1"), one("192.0.2.2")))
	}
	b.must(dnsupdate.Done, create...)
	b.must(dnsupdate.Done, swap...)
	b.holds("n99", "192.0.2.2")
	states := b.client.Verify(context.Background(), b.plan(swap...))
	if len(states) != 1 || states[0].State != dnsupdate.Agrees || len(states[0].Names) != 100 {
		t.Errorf("verify: %+v", states)
	}
}

func putBack(t *testing.T, b *bench) {
	b.must(dnsupdate.Done, b.change("a", "A", 5*minute, nil, one("192.0.2.1")))
	set := b.plan(b.change("a", "A", minute, one("192.0.2.1"), one("192.0.2.2")))
	rep := b.client.Repoint(context.Background(), set, b.listed)
	if rep.Result != dnsupdate.Done || len(rep.Old) != 1 {
		t.Fatalf("repoint: %+v", rep)
	}
	back, err := set.PutBack(rep.Old)
	if err != nil {
		t.Fatal(err)
	}
	b.must(dnsupdate.Done, back.Changes()...)
	if a := b.holds("a", "192.0.2.1"); a.TTL != 5*minute {
		t.Errorf("TTL %s, want the old 5m", a.TTL)
	}
}

func badKey(t *testing.T, b *bench) {
	good := b.listed
	b.listed.TSIG.Secret = dnsupdate.NewSecret([]byte("not the secret of that key, ever"))
	o := b.must(dnsupdate.Failed, b.change("a", "A", minute, nil, one("192.0.2.1")))
	contains(t, o.Why, good.TSIG.Name)
	b.listed = good
	b.listed.TSIG.Name = "nobody."
	o = b.must(dnsupdate.Failed, b.change("a", "A", minute, nil, one("192.0.2.1")))
	contains(t, o.Why, "nobody.")
	b.listed = good
	b.holds("a")
}

func badTime(t *testing.T, b *bench) {
	late := func() time.Time { return time.Now().Add(-10 * minute) }
	b.client = b.newClient(dnsupdate.Options{Servers: []dnsupdate.Server{b.listed}, Now: late})
	o := b.must(dnsupdate.Failed, b.change("a", "A", minute, nil, one("192.0.2.1")))
	contains(t, o.Why, "BADTIME")
	contains(t, o.Why, "ahead of ours")
	b.holds("a")
}

func unsigned(t *testing.T, b *bench) {
	rc := b.raw(b.update(b.server.Zone, record(b.name("a"), "A", "192.0.2.1")), false)
	if rc != dns.RcodeRefused && rc != dns.RcodeNotAuth {
		t.Errorf("answered %s, want REFUSED or NOTAUTH", dns.RcodeToString[rc])
	}
	b.holds("a")
}

func notZone(t *testing.T, b *bench) {
	m := b.update(b.server.Zone, record(b.name("a"), "A", "192.0.2.1"), record("www.elsewhere.example", "A", "192.0.2.1"))
	if rc := b.raw(m, true); rc != dns.RcodeNotZone {
		t.Errorf("answered %s, want NOTZONE", dns.RcodeToString[rc])
	}
	b.holds("a")
}

func notHeld(t *testing.T, b *bench) {
	if b.server.Foreign == "" {
		t.Skip("no zone is named that the server does not hold")
	}
	m := b.update(b.server.Foreign, record("a."+b.server.Foreign, "A", "192.0.2.1"))
	if rc := b.raw(m, true); rc != dns.RcodeNotAuth && rc != dns.RcodeRefused {
		t.Errorf("answered %s, want NOTAUTH", dns.RcodeToString[rc])
	}
	o := b.must(dnsupdate.Failed, dnsupdate.Change{Name: "a." + b.server.Foreign, Zone: b.server.Foreign, Type: "A", TTL: minute, New: one("192.0.2.1")})
	if o.Sent || o.Unreachable {
		t.Errorf("sent %v, unreachable %v: want neither", o.Sent, o.Unreachable)
	}
}

func facts(t *testing.T, b *bench) {
	b.must(dnsupdate.Done, b.change("a", "A", minute, nil, one("192.0.2.1")))
	targets := [][]string{one("192.0.2.9"), one("192.0.2.1")}
	top := &dag.Topology{Sites: []dag.Site{{Name: "Prod"}, {Name: "DR"}}, Names: []dag.Name{{Name: b.name("a"), Zone: b.server.Zone, Targets: targets}, {Name: b.name("none"), Zone: b.server.Zone, Targets: targets}}}
	got := b.client.Facts(context.Background(), top)
	if len(got) != 2 || !slices.Equal(got[0].Sites.Value, one("DR")) || got[0].TTL.Value != minute || !slices.Equal(got[0].Answers.Value, one("192.0.2.1")) {
		t.Fatalf("facts: %+v", got)
	}
	if !got[1].Answers.Known || len(got[1].Answers.Value) != 0 || len(got[1].Sites.Value) != 0 {
		t.Errorf("a name that is not there is known to answer nothing: %+v", got[1])
	}
}

// keyProvider signs what Plan would not make.
type keyProvider struct{ key dnsupdate.TSIG }

func (p keyProvider) Generate(msg []byte, _ *dns.TSIG) ([]byte, error) {
	digest := map[string]func() hash.Hash{"hmac-sha256": sha256.New, "hmac-sha384": sha512.New384, "hmac-sha512": sha512.New}
	h := hmac.New(digest[strings.TrimSuffix(p.key.Algorithm, ".")], p.key.Secret.Reveal())
	h.Write(msg)
	return h.Sum(nil), nil
}

func (p keyProvider) Verify(msg []byte, t *dns.TSIG) error {
	want, err := p.Generate(msg, t)
	if err != nil || hex.EncodeToString(want) != t.MAC {
		return dns.ErrSig
	}
	return nil
}
