package drill_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"siteswap/internal/drill"
)

// TestBuiltIn: every built-in scenario is good, is named as its file, says in a sentence what happens, and what is expected.
func TestBuiltIn(t *testing.T) {
	want := []string{"cas-down", "controller-crash", "dac-off", "db-move", "dc-lost", "double-fault", "legacy-um-lost", "link-down-dac-off", "long-outage", "lossy", "maintenance", "planned", "prod-returns", "server-loss", "site-loss",
		"site-loss-link-down", "split-brain", "stretched", "stretched-west", "two-site", "wan-cut", "witness-lost"}
	if diff := cmp.Diff(want, drill.Scenarios()); diff != "" {
		t.Fatalf("built in (-want +got):\n%s", diff)
	}
	for _, name := range want {
		s, ps := drill.LoadScenario(name)
		if len(ps) > 0 {
			t.Errorf("%s: %v", name, ps)
			continue
		}
		if s.Name != name || s.Title == "" || s.Expect == nil || len(s.Events) == 0 {
			t.Errorf("%s: name %q, title %q, expect %v, %d events", name, s.Name, s.Title, s.Expect, len(s.Events))
		}
	}
}

func TestLoadScenario(t *testing.T) {
	_, ps := drill.LoadScenario("wan-cot")
	want := "wan-cot: scenario: is no built-in scenario and cannot be read as a file; did you mean wan-cut? Built in: " + strings.Join(drill.Scenarios(), ", ")
	if got := ps.Error(); got != want {
		t.Errorf("got %s", got)
	}
	_, ps = drill.LoadScenario(filepath.Join(t.TempDir(), "mine.yaml"))
	if !strings.HasSuffix(ps.Error(), "write a file, or one of "+strings.Join(drill.Scenarios(), ", ")) {
		t.Errorf("got %v", ps)
	}
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, []byte("name: mine\nevents:\n  - {plant: effect-twice, at: start}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, ps := drill.LoadScenario(file)
	if len(ps) > 0 || s.Name != "mine" || s.Events[0].Plant != "effect-twice" {
		t.Errorf("%+v, %v", s, ps)
	}
}

// good is a scenario with one of everything; each broken one is it with some text replaced.
const good = `name: mine
title: "{{fail}} is lost"
parameters: {fail: Prod, to: DR}
site: site.yaml
set: {dag.activation_mode: Off}
kill_leader: {even: applied, odd: call-received}
events:
  - {fail: {site: Prod}, at: start}
  - {misbehave: {cmdlet: Move-ActiveMailboxDatabase, how: lie, times: 2}, at: start}
  - {hold: [failover, join], at: start}
  - {run: switchover, with: {mode: unplanned}, after: {seconds: 2}}
  - {restore: {site: Prod, link: false}, after: {step: restore, point: applied}}
  - {kill: {controller: leader}, after: {step: activate/DB1, point: answered}}
  - {cut: {link: [Prod, DR], one_way: true}, after: {run: switchover, outcome: done}}
  - {heal: {link: [Prod, DR]}, after: {healed: 1}}
  - {release: [failover], after: {healed: 1}}
  - {plant: mounted-twice, after: {healed: 1}}
expect: {outcome: passed}
`

func TestParseScenario(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"good", "", "", ""},
		{"no name", "name: mine\n", "", "s.yaml:1: name: missing; write the scenario's name"},
		{"unknown field", "title:", "titel:", "s.yaml:2: titel: unknown field; did you mean `title`?"},
		{"unknown verb", "{fail: {site", "{fial: {site", "s.yaml:8: events[0].fial: unknown field; did you mean `fail`?"},
		{"no verb", "{fail: {site: Prod}, at: start}", "{at: start}", "s.yaml:8: events[0]: has 0 verbs (); write exactly one of fail, restore, cut, heal, kill, run, move, misbehave, hold, release, slow, plant"},
		{"two verbs", "{fail: {site: Prod}, at: start}", "{fail: {site: Prod}, plant: left-frozen, at: start}", "s.yaml:8: events[0]: has 2 verbs (fail, plant); write exactly one of fail, restore, cut, heal, kill, run, move, misbehave, hold, release, slow, plant"},
		{"no when", "{fail: {site: Prod}, at: start}", "{fail: {site: Prod}}", "s.yaml:8: events[0]: does not say when; write `at: start` or `after: {...}`"},
		{"two whens", "{fail: {site: Prod}, at: start}", "{fail: {site: Prod}, at: start, after: {healed: 1}}", "s.yaml:8: events[0]: says twice when; keep `at` or `after`"},
		{"another when", "{fail: {site: Prod}, at: start}", "{fail: {site: Prod}, at: end}", "s.yaml:8: events[0].at: \"end\" is no known value; write one of start"},
		{"a fault by the clock", "after: {step: restore, point: applied}", "after: {seconds: 3}", "s.yaml:12: events[4].after.seconds: stands only on run; anchor a fault on a point of a run: `after: {step: ID, point: applied}`"},
		{"a step without a point", "after: {step: restore, point: applied}", "after: {step: restore}", "s.yaml:12: events[4].after: step and point belong together; write `{step: ID, point: intent|call-received|applied|answered|result}`"},
		{"after nothing", "after: {step: restore, point: applied}", "after: {outcome: done}", "s.yaml:12: events[4].after: names nothing; write step and point, run and outcome, seconds, or healed"},
		{"a point that is none", "point: applied", "point: aplied", "s.yaml:12: events[4].after.point: \"aplied\" is no known value; did you mean `applied`? Known: intent, call-received, applied, answered, result"},
		{"an outcome that is none", "outcome: done", "outcome: dune", "s.yaml:14: events[6].after.outcome: \"dune\" is no known value; did you mean `done`? Known: done, failed, refused, aborted, degraded, no-authority"},
		{"a link of one site", "{cut: {link: [Prod, DR], one_way: true}", "{cut: {link: [Prod]}", "s.yaml:14: events[6].cut: names not two sites; write `{link: [SITE, SITE]}`, or `{site: SITE}` for all of its links"},
		{"a negative time", "healed: 1}", "healed: -1}", "s.yaml:15: events[7].after.healed: -1 is out of bounds; write a number from 0 to 86400"},
		{"a cmdlet that does what it likes", "how: lie", "how: sulk", "s.yaml:9: events[1].misbehave.how: \"sulk\" is no known value; write one of lie, half, late, hang, fail, lose-answer, drop"},
		{"no cmdlet", "cmdlet: Move-ActiveMailboxDatabase, ", "", "s.yaml:9: events[1].misbehave.cmdlet: missing; name the cmdlet"},
		{"never", "times: 2", "times: 0", "s.yaml:9: events[1].misbehave.times: 0 is out of bounds; write a number from 1 to 100"},
		{"a plant that grows nowhere", "plant: mounted-twice", "plant: mounted-thrice", "s.yaml:17: events[9].plant: \"mounted-thrice\" is no known value; did you mean `mounted-twice`? Known: mounted-twice, lost-acknowledged, effect-twice, left-frozen"},
		{"half of kill_leader", "{even: applied, odd: call-received}", "{even: applied}", "s.yaml:6: kill_leader.odd: missing; write call-received (before the effect) or applied (after it)"},
		{"expects nothing", "expect: {outcome: passed}", "expect: {}", "s.yaml:18: expect: does not say how the drill ends; write outcome, violation, refused, waiting or authority"},
		{"expects what is none", "outcome: passed", "outcome: pased", "s.yaml:18: expect.outcome: \"pased\" is no known value; did you mean `passed`? Known: passed, failed, refused"},
		{"two things break", "{fail: {site: Prod}, at: start}", "{fail: {site: Prod, server: A}, at: start}", "s.yaml:8: events[0].fail: names 2 things; name exactly one, as in `{site: SITE}`"},
		{"nothing breaks", "{fail: {site: Prod}, at: start}", "{fail: {}, at: start}", "s.yaml:8: events[0].fail: names 0 things; name exactly one, as in `{site: SITE}`"},
		{"a held witness", "{fail: {site: Prod}, at: start}", "{fail: {witness: Prod, held: true}, at: start}", "s.yaml:8: events[0].fail.held: stands only with a site or a server; the power control switches servers"},
		{"a link of both kinds", "{heal: {link: [Prod, DR]}", "{heal: {link: [Prod, DR], site: Prod}", "s.yaml:15: events[7].heal: names not two sites; write `{link: [SITE, SITE]}`, or `{site: SITE}` for all of its links"},
		{"a world that does no such thing", "hold: [failover, join]", "hold: [failower]", "s.yaml:10: events[2]: the world does no \"failower\" by itself; write "},
		{"a server is killed", "kill: {controller: leader}", "kill: {server: A}", "s.yaml:13: events[5].kill: names no process; write `{controller: leader}`, a controller's id, or `{redirector: SITE}`"},
		{"a feeling that sessions do not have", "{outcome: passed}", "{outcome: passed, sessions: [sad]}", "s.yaml:18: expect.sessions: \"sad\" is nothing that a session feels; write broken, restart, no-broken or no-restart"},
		{"a state that steps do not have", "{outcome: passed}", "{outcome: passed, steps: {restore: dune}}", "s.yaml:18: expect.steps.restore: \"dune\" is no state of a step; write done, failed, unknown, skipped, refused, waiting or todo"},
		{"no YAML", "{fail: {site: Prod}", "{fail: {site: Prod", "s.yaml:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(good, tt.old) {
				t.Fatalf("the good one does not hold %q", tt.old)
			}
			_, ps := drill.ParseScenario("s.yaml", []byte(strings.Replace(good, tt.old, tt.new, 1)))
			if got := ps.Error(); got != tt.want && (tt.want == "" || !strings.HasPrefix(got, tt.want) || !strings.HasSuffix(tt.want, ":") && !strings.HasSuffix(tt.want, "write ")) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestManyProblems: all are said, by line.
func TestManyProblems(t *testing.T) {
	_, ps := drill.ParseScenario("s.yaml", []byte("name: bad\nevents:\n  - {at: start}\n  - {run: switchover}\n  - {cut: {link: [A]}, after: {seconds: 1}}\n"))
	want := []string{
		"s.yaml:3: events[0]: has 0 verbs (); write exactly one of fail, restore, cut, heal, kill, run, move, misbehave, hold, release, slow, plant",
		"s.yaml:4: events[1]: does not say when; write `at: start` or `after: {...}`",
		"s.yaml:5: events[2].after.seconds: stands only on run; anchor a fault on a point of a run: `after: {step: ID, point: applied}`",
		"s.yaml:5: events[2].cut: names not two sites; write `{link: [SITE, SITE]}`, or `{site: SITE}` for all of its links",
	}
	if diff := cmp.Diff(want, strings.Split(ps.Error(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzParseScenario: whatever stands in the file, it is read without a panic; each problem names the file; what is good has one
// verb and one anchor in every event.
func FuzzParseScenario(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("name: x\nevents:\n  - {cut: {link: []}, after: {}}\nexpect: {}\n"))
	f.Add([]byte("events: [{hold: [], at: start}, null]\nset: {a: 1}\n"))
	for _, name := range drill.Scenarios() {
		data, err := os.ReadFile(filepath.Join("scenarios", name+".yaml"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, ps := drill.ParseScenario("s.yaml", data)
		for _, p := range ps {
			if p.File != "s.yaml" || p.What == "" {
				t.Errorf("a problem without file or words: %+v", p)
			}
		}
		if ps.Err() != nil {
			return
		}
		for i, e := range s.Events {
			if (e.At == "") == (e.After == nil) {
				t.Errorf("event %d is anchored twice or nowhere and nobody says so: %+v", i, e)
			}
			if e.Cut != nil && (len(e.Cut.Link) == 2) == (e.Cut.Site != "") || e.Heal != nil && (len(e.Heal.Link) == 2) == (e.Heal.Site != "") {
				t.Errorf("event %d: a link of not two sites", i)
			}
		}
	})
}
