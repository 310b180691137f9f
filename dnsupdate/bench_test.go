package dnsupdate_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"siteswap/dnsupdate"
	"siteswap/internal/peers"
)

// arena is four servers with ten zones of a hundred names each, and the two sets that move all names to and fro.
type arena struct {
	key     peers.Key
	servers []fixture
	client  *dnsupdate.Client
	there   dnsupdate.Set
	back    dnsupdate.Set
	at      bool // the names are where `there` moves them
}

func newArena(b *testing.B, run starter, servers, zones, names int) *arena {
	b.Helper()
	peers.Skip(b, peers.BIND, peers.Knot, peers.NSUpdate)
	a := &arena{key: peers.NewKey("siteswap")}
	var list []peers.Zone
	var changes []dnsupdate.Change
	for z := range zones {
		zone := peers.Zone{Name: fmt.Sprintf("zone%d.test", z)}
		for n := range names {
			zone.Records = append(zone.Records, fmt.Sprintf("name%d 300 A 10.0.1.%d", n, n%200+1))
			changes = append(changes, dnsupdate.Change{Name: fmt.Sprintf("name%d.%s", n, zone.Name), Zone: zone.Name, Type: "A", TTL: 300 * time.Second,
				Old: []string{fmt.Sprintf("10.0.1.%d", n%200+1)}, New: []string{fmt.Sprintf("10.0.2.%d", n%200+1)}})
		}
		list = append(list, zone)
	}
	var listed []dnsupdate.Server
	for range servers {
		f := start(b, run, peers.DNSOptions{Keys: []peers.Key{a.key}, Zones: list}, "Prod")
		a.servers = append(a.servers, f)
		listed = append(listed, f.listed)
	}
	a.client = clientOf(b, 5*time.Second, listed...)
	a.there = setOf(b, changes...)
	back, err := a.there.PutBack(nil)
	if err != nil {
		b.Fatal(err)
	}
	a.back = back
	return a
}

// next is the set that changes every name, wherever they are.
func (a *arena) next() dnsupdate.Set {
	a.at = !a.at
	if a.at {
		return a.there
	}
	return a.back
}

// race does the same work by turns with ours and with nsupdate, and reports the median of each and their ratio. Both are
// warmed up by one round that does not count.
func race(b *testing.B, a *arena, ours, theirs func(dnsupdate.Set)) {
	b.Helper()
	var mine, other []time.Duration
	for i := -1; i < b.N; i++ {
		t := time.Now()
		ours(a.next())
		m := time.Since(t)
		t = time.Now()
		theirs(a.next())
		if o := time.Since(t); i >= 0 {
			mine, other = append(mine, m), append(other, o)
		}
	}
	m, o := median(mine), median(other)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(m.Microseconds())/1000, "ours-ms")
	b.ReportMetric(float64(o.Microseconds())/1000, "nsupdate-ms")
	b.ReportMetric(float64(o)/float64(m), "times-as-fast")
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// done insists that a set was applied and read back.
func (a *arena) done(b *testing.B, o dnsupdate.Outcome) {
	if o.Result != dnsupdate.Done || !o.Sent {
		b.Errorf("%s: %s: %s", o.Server, o.Result, o.Why)
	}
}

// BenchmarkNSUpdate is ours against nsupdate doing the same; ours reads every name before and after, nsupdate does not.
func BenchmarkNSUpdate(b *testing.B) {
	for name, run := range map[string]starter{"bind": peers.StartBIND, "knot": peers.StartKnot} {
		b.Run(name+"/1-update-100-names/warm", func(b *testing.B) {
			a := newArena(b, run, 1, 1, 100)
			ns := warmNSUpdate(b, a.key)
			s := a.servers[0].listed
			race(b, a, func(set dnsupdate.Set) { a.done(b, a.client.Swap(bounded(b), s, set)) },
				func(set dnsupdate.Set) { ns.run(b, scriptFor(set, s.Address, true), 1) })
		})
		b.Run(name+"/1-update-100-names/with-start", func(b *testing.B) {
			a := newArena(b, run, 1, 1, 100)
			cold(b, a)
		})
		b.Run(name+"/1000-names-10-zones-4-servers/warm/sequential", func(b *testing.B) {
			a := newArena(b, run, 4, 10, 100)
			ns := warmNSUpdate(b, a.key)
			race(b, a, func(set dnsupdate.Set) { a.oneByOne(b, set) }, func(set dnsupdate.Set) {
				for _, s := range a.servers {
					ns.run(b, scriptFor(set, s.listed.Address, true), len(set.Zones))
				}
			})
		})
		b.Run(name+"/1000-names-10-zones-4-servers/warm/parallel", func(b *testing.B) {
			a := newArena(b, run, 4, 10, 100)
			var ns []*nsupdate
			for range a.servers {
				ns = append(ns, warmNSUpdate(b, a.key))
			}
			race(b, a, func(set dnsupdate.Set) { a.atOnce(b, set) }, func(set dnsupdate.Set) {
				var all sync.WaitGroup
				for i, s := range a.servers {
					all.Go(func() { ns[i].run(b, scriptFor(set, s.listed.Address, true), len(set.Zones)) })
				}
				all.Wait()
			})
		})
		b.Run(name+"/1000-names-10-zones-4-servers/with-start", func(b *testing.B) { cold(b, newArena(b, run, 4, 10, 100)) })
	}
}

// oneByOne does one zone at one server after the other.
func (a *arena) oneByOne(b *testing.B, set dnsupdate.Set) {
	for _, s := range a.servers {
		for _, z := range set.Zones {
			a.done(b, a.client.Swap(bounded(b), s.listed, dnsupdate.Set{Zones: []dnsupdate.Zone{z}}))
		}
	}
}

func (a *arena) atOnce(b *testing.B, set dnsupdate.Set) {
	var all sync.WaitGroup
	for _, s := range a.servers {
		all.Go(func() { a.done(b, a.client.Swap(bounded(b), s.listed, set)) })
	}
	all.Wait()
}

// cold counts the start of the process: `siteswap dns apply PLAN` against nsupdate with a script, one after the other for
// several servers, as a person would run it.
func cold(b *testing.B, a *arena) {
	program := os.Getenv("SITESWAP_PROGRAM")
	if program == "" {
		b.Skip("SITESWAP_PROGRAM names no built siteswap (scripts/bench.sh builds one)")
	}
	dir := b.TempDir()
	file := filepath.Join(dir, "dns.yaml")
	a.siteFile(b, dir, file)
	key := nsKeyFile(b, a.key)
	race(b, a, func(set dnsupdate.Set) {
		cmd := exec.Command(program, "dns", "apply", "--config", file, planText(b, dir, a, set))
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}, func(set dnsupdate.Set) {
		for _, s := range a.servers {
			coldNSUpdate(b, key, scriptFor(set, s.listed.Address, false))
		}
	})
}

func planText(b *testing.B, dir string, a *arena, set dnsupdate.Set) string {
	b.Helper()
	text, err := json.Marshal(map[string]any{"schema": 1, "home": a.servers[0].listed.Address, "set": set})
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(dir, "move.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}

func (a *arena) siteFile(b *testing.B, dir, file string) {
	b.Helper()
	if err := os.WriteFile(filepath.Join(dir, "dns.key"), []byte(base64.StdEncoding.EncodeToString(a.key.Secret)), 0o600); err != nil {
		b.Fatal(err)
	}
	text := "dns:\n  servers:\n"
	for _, s := range a.servers {
		text += fmt.Sprintf("    - {site: Prod, address: '%s', tsig: {name: siteswap., algorithm: hmac-sha256, key_file: dns.key}}\n", s.listed.Address)
	}
	text += "  names:\n    - {name: name0.zone0.test, zone: zone0.test, ttl: 5m, targets: {Prod: [10.0.1.1]}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkVerify is verify of 1,000 names at four servers.
func BenchmarkVerify(b *testing.B) {
	a := newArena(b, peers.StartBIND, 4, 10, 100)
	a.atOnce(b, a.next())
	b.ResetTimer()
	for b.Loop() {
		for _, s := range a.client.Verify(bounded(b), a.there) {
			if s.State != dnsupdate.Agrees {
				b.Fatalf("%s: %s", s.Server, s.Why)
			}
		}
	}
}
