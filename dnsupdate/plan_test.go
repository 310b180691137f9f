package dnsupdate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"siteswap/dnsupdate"
)

func a(name, zone string, old, new []string) dnsupdate.Change {
	return dnsupdate.Change{Name: name, Zone: zone, Type: "A", TTL: time.Minute, Old: old, New: new}
}

func list(v ...string) []string { return v }

func TestPlan(t *testing.T) {
	got, err := dnsupdate.Plan(
		a("Mail.Test.Local.", "test.local", list("10.0.1.10"), list("10.0.2.14", "10.0.2.13", "10.0.2.14")),
		a("www.other.example", "OTHER.example.", nil, list("10.0.2.13")),
		dnsupdate.Change{Name: "internal.test.local", Zone: "test.local", Type: "cname", TTL: 1400 * time.Millisecond, New: list("Mail.test.local.")},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := dnsupdate.Set{Zones: []dnsupdate.Zone{
		{Name: "other.example", Changes: []dnsupdate.Change{{Name: "www.other.example", Zone: "other.example", Type: "A", TTL: time.Minute, Old: []string{}, New: list("10.0.2.13")}}},
		{Name: "test.local", Changes: []dnsupdate.Change{
			{Name: "internal.test.local", Zone: "test.local", Type: "CNAME", TTL: time.Second, Old: []string{}, New: list("mail.test.local")},
			{Name: "mail.test.local", Zone: "test.local", Type: "A", TTL: time.Minute, Old: list("10.0.1.10"), New: list("10.0.2.13", "10.0.2.14")},
		}},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestPlanRefuses(t *testing.T) {
	many := make([]dnsupdate.Change, 0, 3000)
	for i := range 3000 {
		many = append(many, a(strings.Repeat("x", 1+i%60)+"."+strings.Repeat("y", 1+i/60)+".test.local", "test.local", list("10.0.1.10"), list("10.0.2.13")))
	}
	for _, c := range []struct {
		name string
		in   []dnsupdate.Change
		want string
	}{
		{"no name", []dnsupdate.Change{a("", "test.local", nil, list("10.0.0.1"))}, "empty name"},
		{"a bad name", []dnsupdate.Change{a("a..b", "test.local", nil, list("10.0.0.1"))}, "not a domain name"},
		{"a name that breaks a line", []dnsupdate.Change{a("a b.test.local", "test.local", nil, list("10.0.0.1"))}, "not a domain name"},
		{"umlauts", []dnsupdate.Change{a("büro.test.local", "test.local", nil, list("10.0.0.1"))}, "xn--"},
		{"the root", []dnsupdate.Change{a("test.local", ".", nil, list("10.0.0.1"))}, "root"},
		{"another zone", []dnsupdate.Change{a("mail.test.local", "est.local", nil, list("10.0.0.1"))}, "not in zone"},
		{"nothing to do", []dnsupdate.Change{a("mail.test.local", "test.local", nil, nil)}, "at least one"},
		{"no address", []dnsupdate.Change{a("mail.test.local", "test.local", nil, list("dc"))}, "not an address"},
		{"the wrong family", []dnsupdate.Change{a("mail.test.local", "test.local", nil, list("::1"))}, "type A"},
		{"a zoned address", []dnsupdate.Change{{Name: "a.test", Zone: "test", Type: "AAAA", New: list("fe80::1%eth0")}}, "not an address"},
		{"an unknown type", []dnsupdate.Change{{Name: "a.test", Zone: "test", Type: "MX", New: list("x")}}, "one of A, AAAA, CNAME"},
		{"two targets", []dnsupdate.Change{{Name: "a.test", Zone: "test", Type: "CNAME", New: list("x.test", "y.test")}}, "one target"},
		{"twice", []dnsupdate.Change{a("a.test", "test", nil, list("10.0.0.1")), a("A.test", "test", nil, list("10.0.0.2"))}, "changed twice"},
		{"alias and address", []dnsupdate.Change{a("a.test", "test", nil, list("10.0.0.1")), {Name: "a.test", Zone: "test", Type: "CNAME", New: list("x.test")}}, "cannot be a CNAME"},
		{"too many", many, "more than one update can carry"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := dnsupdate.Plan(c.in...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestPlanIgnoresOrder: the same changes make the same messages, whoever lists them.
func TestPlanIgnoresOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		label := rapid.StringMatching(`[a-z]{1,3}`)
		ip := rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2", "10.0.0.3"})
		seen := make(map[string]dnsupdate.Change)
		for range rapid.IntRange(0, 12).Draw(t, "n") {
			zone := rapid.SampledFrom([]string{"one.test", "two.test"}).Draw(t, "zone")
			c := a(label.Draw(t, "label")+"."+zone, zone, rapid.SliceOf(ip).Draw(t, "old"), append(rapid.SliceOf(ip).Draw(t, "new"), "10.0.0.9"))
			seen[c.Name] = c
		}
		var in []dnsupdate.Change
		for _, c := range seen { // in the map's own order, which differs from run to run
			in = append(in, c)
		}
		first, err := dnsupdate.Plan(in...)
		if err != nil {
			t.Fatal(err)
		}
		second, err := dnsupdate.Plan(rapid.Permutation(in).Draw(t, "order")...)
		if err != nil {
			t.Fatal(err)
		}
		again, err := dnsupdate.Plan(first.Changes()...)
		if err != nil || !cmp.Equal(first, second) || !cmp.Equal(first, again) {
			t.Fatalf("%v\n%v\n%v %v", first, second, again, err)
		}
	})
}

func TestMessage(t *testing.T) {
	set, err := dnsupdate.Plan(
		a("mail.test.local", "test.local", list("10.0.1.10"), list("10.0.2.13")),
		a("new.test.local", "test.local", nil, list("10.0.2.13")),
		dnsupdate.Change{Name: "new.test.local", Zone: "test.local", Type: "AAAA", TTL: time.Minute, New: list("2001:db8::1")},
		a("www.test.local", "test.local", list("10.0.1.10"), nil),
		dnsupdate.Change{Name: "www.test.local", Zone: "test.local", Type: "CNAME", TTL: time.Minute, New: list("mail.test.local")},
		a("test.local", "test.local", nil, list("10.0.2.13")),
		a("two.test.local", "test.local", list("10.0.1.10", "10.0.1.11"), list("10.0.1.11", "10.0.2.13")),
		a("ttl.test.local", "test.local", list("10.0.1.10"), list("10.0.1.10")),
		dnsupdate.Change{Name: "alias.test.local", Zone: "test.local", Type: "CNAME", TTL: time.Minute, Old: list("a.test"), New: list("b.test")},
	)
	if err != nil {
		t.Fatal(err)
	}
	prerequisites := []string{
		"alias.test.local. 0 IN CNAME a.test.",
		"mail.test.local. 0 IN A 10.0.1.10", // holds exactly this
		"new.test.local. 0 NONE ANY",        // not in use, asked once for both types
		"test.local. 0 NONE A",              // an apex is always in use
		"ttl.test.local. 0 IN A 10.0.1.10",
		"two.test.local. 0 IN A 10.0.1.10",
		"two.test.local. 0 IN A 10.0.1.11",
		"www.test.local. 0 IN A 10.0.1.10",
		"www.test.local. 0 NONE CNAME", // in use until the address goes
	}
	added := []string{
		"alias.test.local. 60 IN CNAME b.test.",
		"mail.test.local. 60 IN A 10.0.2.13",
		"new.test.local. 60 IN A 10.0.2.13",
		"new.test.local. 60 IN AAAA 2001:db8::1",
		"test.local. 60 IN A 10.0.2.13",
		"ttl.test.local. 60 IN A 10.0.1.10",
		"two.test.local. 60 IN A 10.0.1.11",
		"two.test.local. 60 IN A 10.0.2.13",
		"www.test.local. 60 IN CNAME mail.test.local.",
	}
	for directory, want := range map[bool][]string{
		false: slices.Concat(prerequisites, []string{ // deletions first
			"alias.test.local. 0 CLASS255 CNAME", "mail.test.local. 0 CLASS255 A", "ttl.test.local. 0 CLASS255 A", "two.test.local. 0 CLASS255 A", "www.test.local. 0 CLASS255 A",
		}, added),
		true: slices.Concat(prerequisites, []string{ // only of what cannot stand beside the new
			"alias.test.local. 0 CLASS255 CNAME", "www.test.local. 0 CLASS255 A",
		}, added, []string{ // old addresses last: the name is there all the time
			"mail.test.local. 0 NONE A 10.0.1.10", "two.test.local. 0 NONE A 10.0.1.10",
		}),
	} {
		m := dnsupdate.MessageFor(set.Zones[0], directory)
		if d := cmp.Diff(want, append(texts(m.Answer), texts(m.Ns)...)); d != "" {
			t.Errorf("in a directory %t: %s", directory, d)
		}
	}
}

func TestPutBack(t *testing.T) {
	set, err := dnsupdate.Plan(a("a.test", "test", list("10.0.1.1"), list("10.0.2.1")), a("b.test", "test", nil, list("10.0.2.1")), a("c.test", "test", list("10.0.1.1"), list("10.0.2.1")))
	if err != nil {
		t.Fatal(err)
	}
	back, err := set.PutBack([]dnsupdate.Record{
		{Name: "a.test", Type: "A", Values: list("10.0.1.1"), TTL: 5 * time.Minute},
		{Name: "b.test", Type: "A", Values: []string{}},
		{Name: "c.test", Type: "A", Values: list("10.0.2.1"), TTL: time.Minute}, // was there already when it was read
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []dnsupdate.Change{
		{Name: "a.test", Zone: "test", Type: "A", TTL: 5 * time.Minute, Old: list("10.0.2.1"), New: list("10.0.1.1")},
		{Name: "b.test", Zone: "test", Type: "A", TTL: time.Minute, Old: list("10.0.2.1"), New: []string{}},
		{Name: "c.test", Zone: "test", Type: "A", TTL: time.Minute, Old: list("10.0.2.1"), New: list("10.0.1.1")},
	}
	if d := cmp.Diff(want, back.Changes()); d != "" {
		t.Error(d)
	}
}
