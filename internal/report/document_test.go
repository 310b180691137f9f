package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
	"siteswap/internal/api"
	"siteswap/internal/report"
)

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := report.Write(&b, sample()); err != nil {
		t.Fatal(err)
	}
	golden(t, "sample.json", b.String())
	if strings.Contains(b.String(), "null") {
		t.Error("a list is null")
	}
	back, err := report.Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(report.Finish(sample()), back); diff != "" {
		t.Error(diff)
	}
	if _, err := report.Read(strings.NewReader(`{"schema": 9}`)); err == nil {
		t.Error("a later schema was read")
	}
}

// TestContract: the names of formats.md stand in the JSON, however little happened.
func TestContract(t *testing.T) {
	var b bytes.Buffer
	d := report.Document{Runs: []report.Run{{Steps: []report.Step{{ID: "x", Calls: []api.Call{{Cmdlet: "y"}}}}}}, Outages: []report.Outage{{}},
		Databases: []report.Database{{}}, Refusals: []api.Refusal{{}}, Invariants: []report.Invariant{{}}}
	if err := report.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	has := func(where string, v any, names string) {
		t.Helper()
		m, ok := v.(map[string]any)
		for _, n := range strings.Fields(names) {
			if _, in := m[n]; !ok || !in {
				t.Errorf("%s has no %s", where, n)
			}
		}
	}
	first := func(v any, name string) any { return v.(map[string]any)[name].([]any)[0] }
	has("document", got, "schema kind scenario dag outcome started_at duration speed invariants runs outages databases calls refusals")
	run := first(got, "runs")
	has("run", run, "runbook plan outcome duration overhead steps debts")
	has("step", first(run, "steps"), "id kind state start end attempts real_time calls")
	has("call", first(first(run, "steps"), "calls"), "cmdlet warnings")
	has("outage", first(got, "outages"), "clients run seconds parts")
	has("database", first(got, "databases"), "name acknowledged found lost lost_logs approved_logs")
	has("calls", got["calls"], "placed answered lost lost_after_service unserved_legacy")
	has("refusal", first(got, "refusals"), "rule why evidence unblock")
	has("invariant", first(got, "invariants"), "name violations")
}

func TestVerdict(t *testing.T) {
	no := false
	for _, tt := range []struct {
		name   string
		change func(*report.Document)
		want   string
	}{
		{"passed", func(*report.Document) {}, "passed: 0 mounted twice, 0 of 4,120 messages lost, 0 effects twice."},
		{"approved loss", func(d *report.Document) { d.Databases[0].Lost, d.Databases[0].Found = 3, 4117 },
			"passed: 0 mounted twice, 3 of 4,120 messages lost (within the approved loss), 0 effects twice."},
		{"broken", func(d *report.Document) {
			d.Outcome = "failed"
			d.Invariants[0] = report.Invariant{Name: report.MountedTwice, Violations: 1, Evidence: []string{"DB1 on EX2010-1 and EX2010-3 at 00:31."}}
		}, "failed: mounted-twice 1 time (DB1 on EX2010-1 and EX2010-3 at 00:31)."},
		{"a run failed", func(d *report.Document) {
			d.Outcome, d.Runs[0].Outcome = "failed", "failed"
			d.Runs[0].Steps[5].State, d.Runs[0].Steps[5].Text = "failed", "no answer in 15 min"
		}, "failed: switchover failed at restore (no answer in 15 min)."},
		{"refused", func(d *report.Document) {
			d.Outcome, d.Refusals = "refused", []api.Refusal{{Rule: "no-force-with-quorum", Why: "DR holds quorum"}}
		}, "refused: no-force-with-quorum: DR holds quorum."},
		{"interrupted", func(d *report.Document) { d.Outcome, d.Duration = "interrupted", 31 },
			"interrupted: stopped at 00:31; what follows is partial. 0 mounted twice, 0 of 4,120 messages lost, 0 effects twice."},
		{"planted", func(d *report.Document) {
			d.Outcome, d.ExpectMet, d.Expect = "failed", yes(), "violation mounted-twice"
			d.Invariants[0].Violations = 2
		}, "failed, as the scenario expects: mounted-twice 2 times."},
		{"wrongly passed", func(d *report.Document) { d.ExpectMet, d.Expect = &no, "refused fence-before-force" },
			"passed, but the scenario expects refused fence-before-force: 0 mounted twice, 0 of 4,120 messages lost, 0 effects twice."},
		{"a run alone", func(d *report.Document) {
			d.Kind, d.Outcome, d.Databases, d.Runs, d.Duration = report.KindRun, "done", nil, d.Runs[:1], 864
		}, "done: 10 steps in 14 min 24 s, 1 debt left."},
	} {
		d := sample()
		tt.change(&d)
		if got := report.Verdict(d); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*report.Document)
		want   string // "" is nothing
	}{
		{"good", func(*report.Document) {}, ""},
		{"no calls on purpose", func(d *report.Document) { d.Calls = report.Calls{None: "the site file has no UM"} }, ""},
		{"interrupted", func(d *report.Document) { d.Outcome, d.Databases, d.Calls = "interrupted", nil, report.Calls{} }, ""},
		{"lost messages", func(d *report.Document) { d.Databases[0].Found-- }, "DB1: found 4119 and lost 0 are not acknowledged 4120"},
		{"few messages", func(d *report.Document) { d.Databases[0].Acknowledged, d.Databases[0].Found = 49, 49 }, "DB1: only 49 messages"},
		{"few calls", func(d *report.Document) { d.Calls = report.Calls{Placed: 19} }, "only 19 were placed"},
		{"too many calls", func(d *report.Document) { d.Calls.Answered = 1000 }, "more than placed"},
		{"parts", func(d *report.Document) { d.Outages[0].Parts.Mount++ }, "the parts of the outage of internal.test.local"},
		{"negative part", func(d *report.Document) { d.Outages[0].Parts.Mount -= 5; d.Outages[0].Parts.Cache += 5 }, "part mount"},
		{"agrees", func(d *report.Document) { d.Runs[0].Steps[0].Agrees = nil }, "done step ready does not say"},
		{"agrees and drifts", func(d *report.Document) { d.Runs[0].Steps[0].Drift = []api.Difference{{Path: "x"}} }, "agrees, and 1 facts differ"},
		{"state", func(d *report.Document) { d.Runs[0].Steps[0].State = "acting" }, `state "acting"`},
		{"outcome", func(d *report.Document) { d.Outcome = "done" }, `outcome "done" of a drill`},
		{"run outcome", func(d *report.Document) { d.Runs[0].Outcome = "" }, `outcome "" is none`},
		{"twice", func(d *report.Document) { d.Runs[0].Steps[1].ID = "ready" }, "step ready stands twice"},
		{"backwards", func(d *report.Document) { d.Runs[0].Steps[1].End = 1 }, "before it starts"},
		{"passed and broken", func(d *report.Document) { d.Invariants[3].Violations = 1 }, "passed, and left-frozen was broken"},
		{"not judged", func(d *report.Document) { d.Invariants = d.Invariants[1:] }, "invariant mounted-twice was not judged"},
		{"lanes", func(d *report.Document) { d.Timeline[0].Spans[1].From = 2 }, "out of order"},
		{"kind", func(d *report.Document) { d.Kind = "party" }, "neither drill nor run"},
	} {
		d := report.Finish(sample())
		tt.change(&d)
		got := strings.Join(report.Validate(d), "; ")
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := report.Validate(sample()); len(got) != 1 {
		t.Errorf("schema 0: %q", got)
	}
}

func TestCriticalPath(t *testing.T) {
	d := report.Finish(sample())
	want := []string{"ready", "stop", "fence", "cluster-stop", "restore", "activate/DB1", "verify"}
	if diff := cmp.Diff(want, d.Runs[0].Path()); diff != "" {
		t.Error(diff)
	}
	// A skipped step hands on what it waited for; a circle ends.
	loop := report.Document{Runs: []report.Run{{Steps: []report.Step{
		step("a", "", "", 1, 2, "c"), {ID: "b", State: "skipped", Needs: []string{"a"}}, step("c", "", "", 2, 5, "b", "nobody"),
	}}}}
	if diff := cmp.Diff([]string{"a", "c"}, report.Finish(loop).Runs[0].Path()); diff != "" {
		t.Error(diff)
	}
}

func TestFromRun(t *testing.T) {
	zero := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(s float64) time.Time { return zero.Add(time.Duration(s * float64(time.Second))) }
	r := api.Run{ID: "r-1", Runbook: "switchover", Plan: "sha256:1", Outcome: "failed", StartedAt: at(1), EndedAt: at(10), Steps: []api.Step{
		{ID: "a", State: "done", StartAt: at(1), EndAt: at(3), Attempts: 1, Observed: []dag.Value{{Path: "p", Known: true, Text: "1"}}},
		{ID: "b", State: "failed", StartAt: at(4), EndAt: at(7), Drift: []api.Difference{{Path: "q", Predicted: "2", Observed: "3"}, {Path: "r", Predicted: "4", Observed: "5"}},
			Observed: []dag.Value{{Path: "q", Known: true, Text: "3"}, {Path: "u", Why: "no answer in 3 s"}}},
		{ID: "c", State: "acting", StartAt: at(6)},
		{ID: "d", State: "todo"},
	}}
	got := report.FromRun(r, zero, at(12), 60)
	yes := true
	want := report.Run{
		Runbook: "switchover", Plan: "sha256:1", Outcome: "failed", ID: "r-1", Start: 1, End: 10, Duration: 9, Overhead: 1,
		Steps: []report.Step{
			{ID: "a", State: "done", Start: 1, End: 3, Attempts: 1, RealTime: 120, Agrees: &yes, Predicted: []string{"p = 1"}, Observed: []string{"p = 1"}},
			{ID: "b", State: "failed", Start: 4, End: 7, RealTime: 180, Drift: r.Steps[1].Drift,
				Predicted: []string{"q = 2", "u = not known: no answer in 3 s", "r = 4"}, Observed: []string{"q = 3", "u = not known: no answer in 3 s", "r = 5"}},
			{ID: "c", State: "unknown", Start: 6, End: 10, RealTime: 240},
			{ID: "d", State: "todo"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	open := report.FromRun(api.Run{StartedAt: at(1)}, zero, at(12), 60)
	if open.Outcome != "waiting" || open.End != 12 {
		t.Errorf("a run that goes on: %+v", open)
	}
}

func TestTrack(t *testing.T) {
	k := report.NewTrack(report.LaneDatabase, "DB1")
	k.Set(0, report.StateGood, "EX1", "Prod")
	k.Set(1, report.StateGood, "EX1", "Prod") // seen again
	k.Set(5, report.StateBad, "not mounted", "")
	k.Set(5, report.StateOff, "dead", "") // at the same instant: the later word counts
	k.Set(4, report.StateGood, "EX3", "DR")
	k.Count(2.7, 1, 0)
	k.Count(0.2, 1, 1)
	k.Count(2.1, 1, 0)
	want := report.Lane{Name: "DB1", Kind: report.LaneDatabase,
		Spans:  []report.Span{{From: 0, To: 5, Label: "EX1", State: "good", Place: "Prod"}, {From: 5, To: 9, Label: "EX3", State: "good", Place: "DR"}},
		Points: []report.Point{{At: 0, OK: 1, Lost: 1}, {At: 2, OK: 2}}}
	if diff := cmp.Diff(want, k.Lane(9)); diff != "" {
		t.Error(diff)
	}
	if got := report.NewTrack("x", "y").Lane(3); len(got.Spans) != 0 {
		t.Error(got)
	}
}
