package health_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"siteswap/umredirect/health"
)

var (
	old     = health.Target{Host: "old.test.local", Port: 5060, Transport: "tcp", Legacy: true}
	current = health.Target{Host: "ex1.test.local", Port: 5061, Transport: "tls"}
	one     = netip.MustParseAddrPort("192.0.2.1:5060")
	two     = netip.MustParseAddrPort("192.0.2.2:5060")
)

// story tells a machine what happens, second by second, and returns how the target is after each word:
// r: the name resolves to one address; R: to two; n: there is no such name; x: nobody answers the question;
// + and -: the first address answers or not; p and m: the same of the second.
func story(words string) string {
	m := health.NewMachine(health.Options{})
	m.SetTargets(0, []health.Target{old})
	var out []string
	for i, w := range strings.Split(words, "") {
		now := time.Duration(i) * time.Second
		switch w {
		case "r":
			m.Resolved(now, old, health.Lookup{Addresses: []netip.AddrPort{one}})
		case "R":
			m.Resolved(now, old, health.Lookup{Addresses: []netip.AddrPort{one, two}})
		case "n":
			m.Resolved(now, old, health.Lookup{NoSuchName: true, Why: "no such name"})
		case "x":
			m.Resolved(now, old, health.Lookup{Why: "silence"})
		case "+", "-":
			m.Probed(now, health.Probe{Target: old, Address: one}, 0, strings.Trim(w, "+"))
		case "p":
			m.Probed(now, health.Probe{Target: old, Address: two}, 0, "")
		case "m":
			m.Probed(now, health.Probe{Target: old, Address: two}, 0, "-")
		}
		s := m.Report(now)[0]
		word := string(s.State)
		if s.Dead {
			word += " dead"
		}
		if s.Alarm != nil {
			word += "!"
		}
		out = append(out, word)
	}
	return strings.Join(out, ", ")
}

func TestStories(t *testing.T) {
	for words, want := range map[string]string{
		"r+":         "unknown, up",
		"r---":       "unknown, probing, probing, down dead!",
		"r+--+":      "unknown, up, probing, probing, up",
		"r+---+-++":  "unknown, up, probing, probing, down dead!, probing dead, down dead!, probing dead, up",
		"R+m":        "unknown, up, up",
		"R+mmm":      "unknown, up, up, up, up!", // one of two: a PBX that tries only the first loses calls
		"R---mmm":    "unknown, probing, probing, unknown!, probing!, probing!, down dead!",
		"n":          "probing!", // known at once, and an alarm at once
		"nnn":        "probing!, probing!, down dead!",
		"nnnr":       "probing!, probing!, down dead!, unknown",
		"r+nnn+r":    "unknown, up, probing!, probing!, down dead!, down dead!, up", // the old addresses help nobody
		"xxx":        "unknown, unknown, unknown!",                                  // the table serves while DNS is down
		"r+xxx+":     "unknown, up, up, up, up!, up!",
		"r+xnxnr":    "unknown, up, up, probing!, up, probing!, up",
		"r---xxx":    "unknown, probing, probing, down dead!, down dead!, down dead!, down dead!",
		"r---R":      "unknown, probing, probing, down dead!, unknown!", // a new address may answer
		"r---Rp":     "unknown, probing, probing, down dead!, unknown!, up!",
		"r+--r-":     "unknown, up, probing, probing, probing, down dead!", // a lookup in between forgets nothing
		"r-+":        "unknown, probing, up",
		"r--+---":    "unknown, probing, probing, up, probing, probing, down dead!",
		"R+p---m":    "unknown, up, up, probing, probing, up!, probing!",
		"r+---nr++":  "unknown, up, probing, probing, down dead!, down dead!, down dead!, probing dead, up",
		"r+---+xxx+": "unknown, up, probing, probing, down dead!, probing dead, probing dead, probing dead, probing dead!, up!",
	} {
		if diff := cmp.Diff(want, story(words)); diff != "" {
			t.Errorf("%s: %s\n%s", words, story(words), diff)
		}
	}
}

// Whatever happens: dead only after as many failures in a row as it takes, of the name or of every address, and never dead
// without an alarm once it is certain.
func TestNeverDeadForLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringOfN(rapid.SampledFrom([]rune("rRnx+-pm")), 1, 40, -1).Draw(t, "story")
		states := strings.Split(story(words), ", ")
		for i, s := range states {
			if strings.HasPrefix(s, "down") && (!strings.Contains(s, "dead") || !strings.HasSuffix(s, "!")) {
				t.Fatalf("%s: at %d %q", words, i, s)
			}
			if strings.Contains(s, "dead") && strings.Count(words[:i+1], "-")+strings.Count(words[:i+1], "m") < 3 && strings.Count(words[:i+1], "n") < 3 {
				t.Fatalf("%s: dead at %d without three failures", words, i)
			}
			if strings.HasPrefix(s, "up") && strings.Contains(s, "dead") {
				t.Fatalf("%s: at %d %q", words, i, s)
			}
		}
	})
}

// What is in doubt is asked more often; what is under way is not asked twice.
func TestDue(t *testing.T) {
	m := health.NewMachine(health.Options{Every: 10 * time.Second})
	m.SetTargets(0, []health.Target{old, current, old})
	type due struct {
		Lookups, Probes int
		Next            time.Duration
		Any             bool
	}
	ask := func(now time.Duration) due {
		l, p, next, any := m.Due(now)
		return due{len(l), len(p), next, any}
	}
	check := func(now time.Duration, want due) {
		t.Helper()
		if diff := cmp.Diff(want, ask(now)); diff != "" {
			t.Errorf("at %v: %s", now, diff)
		}
	}
	check(0, due{Lookups: 2})
	check(time.Second, due{})
	m.Resolved(time.Second, old, health.Lookup{Addresses: []netip.AddrPort{one}})
	check(time.Second, due{Probes: 1, Next: 31 * time.Second, Any: true})
	p := health.Probe{Target: old, Address: one}
	m.Probed(2*time.Second, p, 0, "")
	check(2*time.Second, due{Next: 12 * time.Second, Any: true})
	check(12*time.Second, due{Probes: 1, Next: 31 * time.Second, Any: true})
	m.Probed(14*time.Second, p, 0, "silence")
	check(14*time.Second, due{Next: 16 * time.Second, Any: true}) // in doubt
	m.Resolved(15*time.Second, current, health.Lookup{NoSuchName: true})
	check(15*time.Second, due{Next: 16 * time.Second, Any: true})
	check(17*time.Second, due{Lookups: 1, Probes: 1, Next: 31 * time.Second, Any: true})
	m.SetTargets(18*time.Second, []health.Target{current})
	m.Probed(18*time.Second, p, 0, "") // of one that is watched no more
	if got := m.Report(18 * time.Second); len(got) != 1 || got[0].Host != current.Host || got[0].For != 3*time.Second {
		t.Errorf("another table: %+v", got)
	}
}

// The sentences are what an operator reads at night.
func TestAlarms(t *testing.T) {
	m := health.NewMachine(health.Options{DownAfter: 1})
	m.SetTargets(0, []health.Target{old, current})
	m.Resolved(0, old, health.Lookup{NoSuchName: true, Why: "no such name as old.test.local, says 192.0.2.53:53"})
	m.Resolved(0, current, health.Lookup{Addresses: []netip.AddrPort{one, two}})
	m.Probed(0, health.Probe{Target: current, Address: one}, 0, "connection refused")
	m.Probed(0, health.Probe{Target: current, Address: two}, 0, "")
	got := fmt.Sprintln(health.Alarms(m.Report(0)))
	for _, part := range []string{
		"legacy-um: old.test.local:5060;transport=tcp does not resolve (no such name as old.test.local, says 192.0.2.53:53): a PBX drops the calls that are sent there",
		"current-um: ex1.test.local:5061;transport=tls has 2 addresses, and 192.0.2.1:5060 does not answer",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in %q", part, got)
		}
	}
}

// A name that leads back to a redirector is dead at once, whoever answers there.
func TestCircle(t *testing.T) {
	m := health.NewMachine(health.Options{Self: []netip.AddrPort{two}})
	m.SetTargets(0, []health.Target{old})
	m.Resolved(0, old, health.Lookup{Addresses: []netip.AddrPort{one, two}})
	m.Probed(0, health.Probe{Target: old, Address: one}, 0, "")
	if s := m.Report(0)[0]; !s.Dead || s.Alarm == nil || !strings.Contains(s.Alarm.Text, "192.0.2.2:5060 is a redirector") {
		t.Errorf("%+v", s)
	}
	m.Resolved(0, old, health.Lookup{Addresses: []netip.AddrPort{one}})
	if s := m.Report(0)[0]; s.Dead || s.Alarm != nil {
		t.Errorf("mended: %+v", s)
	}
}
