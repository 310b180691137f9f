package run_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/internal/run"
	"siteswap/runbooks"
)

func step(id, kind string, with runbooks.Args, needs ...string) runbooks.Step {
	return runbooks.Step{ID: id, Kind: kind, Title: id, With: with, Needs: needs, Timeout: 10 * time.Minute, Lands: time.Minute, OnFailure: runbooks.OnFailureStop}
}

func onFailure(s runbooks.Step, what string) runbooks.Step {
	s.OnFailure = what
	return s
}

func plan(steps ...runbooks.Step) runbooks.Plan {
	return runbooks.Plan{Runbook: "test", Title: "Test of DAG1", DAG: "DAG1",
		Parameters: []runbooks.Setting{{Name: "from", Type: "site", Value: "Prod"}, {Name: "to", Type: "site", Value: "DR"}}, Steps: steps}
}

// calls is a step that acts and that every rule lets pass.
func calls(id string, needs ...string) runbooks.Step {
	return step(id, "um.reroute", runbooks.Args{To: "DR"}, needs...)
}

func intentOf(id string, number int) run.Entry {
	return run.Entry{Type: run.EntryIntent, Critical: true, Intent: &run.Intent{Step: id, Attempt: number, Lands: time.Minute, Timeout: time.Minute}}
}

func resultOf(id string, number int, state run.StepState) run.Entry {
	return run.Entry{Type: run.EntryResult, Critical: true, Result: &run.Result{Step: id, Attempt: number, State: state, Text: string(state)}}
}

func retryOf(id string, number int) run.Entry {
	e := resultOf(id, number, run.Failed)
	e.Result.Retry = true
	return e
}

func waitOf(id, text string) run.Entry { return run.Entry{Type: run.EntryWait, Step: id, Text: text} }
func skipOf(id string) run.Entry {
	return run.Entry{Type: run.EntrySkip, Critical: true, Step: id, Text: "not needed"}
}
func denyOf(id string) run.Entry {
	return run.Entry{Type: run.EntryDeny, Critical: true, Step: id, Actor: "bert", Text: "no"}
}
func of(t run.EntryType) run.Entry { return run.Entry{Type: t, Critical: true, Actor: "anna"} }
func endOf(o run.Outcome) run.Entry {
	return run.Entry{Type: run.EntryEnd, Critical: true, Outcome: o}
}

func approvalOf(id, by string) run.Entry {
	return run.Entry{Type: run.EntryApprove, Critical: true, Actor: by, Approval: &run.Approval{Step: id, By: by}}
}

// Every entry in every state of a step: allowed or not, and the state after it.
func TestTransitions(t *testing.T) {
	states := []struct {
		name string
		log  []run.Entry
	}{
		{"todo", nil},
		{"waiting", []run.Entry{waitOf("a", "x")}},
		{"acting", []run.Entry{intentOf("a", 1)}},
		{"done", []run.Entry{intentOf("a", 1), resultOf("a", 1, run.Done)}},
		{"failed", []run.Entry{intentOf("a", 1), resultOf("a", 1, run.Failed)}},
		{"retry", []run.Entry{intentOf("a", 1), retryOf("a", 1)}},
		{"unknown", []run.Entry{intentOf("a", 1), resultOf("a", 1, run.Unknown)}},
		{"refused", []run.Entry{intentOf("a", 1), resultOf("a", 1, run.Refused)}},
		{"skipped", []run.Entry{skipOf("a")}},
	}
	next := func(s string) int {
		if s == "todo" || s == "waiting" || s == "skipped" {
			return 1
		}
		return 2
	}
	entries := []struct {
		name  string
		entry func(state string) run.Entry
		ok    map[string]run.StepState // state before -> state after; any other refuses
	}{
		{"intent", func(s string) run.Entry { return intentOf("a", next(s)) }, map[string]run.StepState{"todo": run.Acting, "waiting": run.Acting, "retry": run.Acting}},
		{"intent of the same attempt", func(s string) run.Entry { return intentOf("a", next(s)-1) }, nil},
		{"intent two attempts on", func(s string) run.Entry { return intentOf("a", next(s)+1) }, nil},
		{"result done", func(s string) run.Entry { return resultOf("a", next(s)-1, run.Done) }, map[string]run.StepState{"acting": run.Done}},
		{"result failed", func(s string) run.Entry { return resultOf("a", next(s)-1, run.Failed) }, map[string]run.StepState{"acting": run.Failed, "waiting": run.Failed}},
		{"result unknown", func(s string) run.Entry { return resultOf("a", next(s)-1, run.Unknown) }, map[string]run.StepState{"acting": run.Unknown}},
		{"result refused", func(s string) run.Entry { return resultOf("a", next(s)-1, run.Refused) }, map[string]run.StepState{"acting": run.Refused}},
		{"result of another attempt", func(s string) run.Entry { return resultOf("a", next(s), run.Done) }, nil},
		{"result waiting", func(s string) run.Entry { return resultOf("a", next(s)-1, run.Waiting) }, nil},
		{"skip", func(string) run.Entry { return skipOf("a") }, map[string]run.StepState{"todo": run.Skipped, "waiting": run.Skipped}},
		{"wait", func(string) run.Entry { return waitOf("a", "y") }, map[string]run.StepState{"todo": run.Waiting, "waiting": run.Waiting, "retry": run.Waiting}},
		{"deny", func(string) run.Entry { return denyOf("a") }, map[string]run.StepState{"todo": run.Failed, "waiting": run.Failed}},
		{"approve", func(string) run.Entry { return approvalOf("a", "anna") }, map[string]run.StepState{"todo": run.Todo, "waiting": run.Waiting, "acting": run.Acting, "done": run.Done,
			"failed": run.Failed, "retry": run.Failed, "unknown": run.Unknown, "refused": run.Refused, "skipped": run.Skipped}},
	}
	for _, st := range states {
		for _, en := range entries {
			t.Run(st.name+"/"+en.name, func(t *testing.T) {
				s := newSim(t, reference())
				s.start("r-1", plan(calls("a")), false)
				for _, e := range st.log {
					s.must(e)
				}
				after, ok := en.ok[st.name]
				err := s.apply(en.entry(st.name))
				if ok != (err == nil) {
					t.Fatalf("allowed: %v, want %v (%v)", err == nil, ok, err)
				}
				if ok && s.step("a").State != after {
					t.Errorf("it is %s, want %s", s.step("a").State, after)
				}
			})
		}
	}
}

// What else cannot be applied, whoever proposes it.
func TestApplyRefuses(t *testing.T) {
	override := func(change func(*run.Override)) func(s *sim) run.Entry {
		return func(s *sim) run.Entry {
			o := run.Override{Rule: "x", Step: "a", PlanHash: s.run().PlanHash, FactHash: "f", By: []string{"anna"}, Reason: "r", Expires: s.now.Add(time.Hour)}
			change(&o)
			return run.Entry{Type: run.EntryOverride, Critical: true, Override: &o}
		}
	}
	just := func(e run.Entry) func(*sim) run.Entry { return func(*sim) run.Entry { return e } }
	tests := []struct {
		name   string
		before []run.Entry
		entry  func(s *sim) run.Entry
		want   string
	}{
		{"a second genesis", nil, just(run.Entry{Type: run.EntryGenesis, Critical: true, Genesis: &run.Genesis{ID: "other"}}), "genesis already"},
		{"the same run again", nil, just(run.Entry{Type: run.EntryStart, Critical: true, Run: "r-1", Start: &run.Start{}}), "exists already"},
		{"a run that is not there", nil, just(run.Entry{Type: run.EntryPause, Critical: true, Run: "r-9"}), `no run "r-9"`},
		{"a step that is not there", nil, just(intentOf("z", 1)), `no step "z"`},
		{"no payload", nil, just(run.Entry{Type: run.EntryIntent, Critical: true}), "no payload"},
		{"an unknown critical entry", nil, just(of("shrink")), "unknown critical entry"},
		{"needs are not done", nil, just(intentOf("b", 1)), "not done"},
		{"paused", []run.Entry{of(run.EntryPause)}, just(intentOf("a", 1)), "paused"},
		{"aborted", []run.Entry{of(run.EntryAbort)}, just(intentOf("a", 1)), "aborted"},
		{"an end while a step is open", []run.Entry{intentOf("a", 1)}, just(endOf(run.OutcomeDone)), "is open"},
		{"an end without outcome", nil, just(endOf("")), "no outcome"},
		{"anything after the end", []run.Entry{endOf(run.OutcomeAborted)}, just(of(run.EntryPause)), "has ended"},
		{"deny of a step that acts", []run.Entry{intentOf("a", 1)}, just(denyOf("a")), "has not begun"},
		{"an approval by nobody", nil, just(approvalOf("a", "")), "nobody"},
		{"an override by nobody", nil, override(func(o *run.Override) { o.By = []string{" "} }), "nobody"},
		{"an override without reason", nil, override(func(o *run.Override) { o.Reason = "" }), "no reason"},
		{"an override of no rule", nil, override(func(o *run.Override) { o.Rule = "" }), "no rule"},
		{"an override without end", nil, override(func(o *run.Override) { o.Expires = time.Time{} }), "never lapses"},
		{"an override of another plan", nil, override(func(o *run.Override) { o.PlanHash = "sha256:0" }), "another plan"},
		{"an override far ahead", nil, override(func(o *run.Override) { o.Attempt = 2 }), "attempt 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSim(t, reference())
			s.start("r-1", plan(calls("a"), calls("b", "a")), false)
			for _, e := range tt.before {
				s.must(e)
			}
			if err := s.apply(tt.entry(s)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	if _, err := run.Apply(run.Cluster{}, run.Entry{Version: 2, Type: run.EntryPause}, 1, 1); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Error(err)
	}
}

// Runs on one DAG are serialised; an entry that means nothing here and is not critical is passed over.
func TestClusterEntries(t *testing.T) {
	s := newSim(t, reference())
	if !s.c.Lab || s.c.ID != "test" {
		t.Errorf("%+v", s.c)
	}
	s.start("r-1", plan(calls("a")), false)
	err := s.apply(run.Entry{Type: run.EntryStart, Critical: true, Run: "r-2", Start: &run.Start{Plan: plan(calls("a"))}})
	if !errors.Is(err, run.ErrBusy) || !strings.Contains(err.Error(), "r-1") || !strings.Contains(err.Error(), "siteswap run abort r-1") {
		t.Error(err)
	}
	other := plan(calls("a"))
	other.DAG = "DAG2"
	s.must(run.Entry{Type: run.EntryStart, Critical: true, Run: "r-2", Start: &run.Start{Plan: other}})
	before := encode(s.c)
	s.must(run.Entry{Type: "gossip", Run: "r-1", Step: "nothing"})
	s.must(run.Entry{Type: run.EntryWait, Run: "r-9", Step: "a"})
	if diff := cmp.Diff(before, encode(s.c)); diff != "" {
		t.Error(diff)
	}
	s.must(endOf(run.OutcomeAborted))
	s.must(run.Entry{Type: run.EntryStart, Critical: true, Run: "r-3", Start: &run.Start{Plan: plan(calls("a"))}})
	if r := s.c.Active("DAG1"); r == nil || r.ID != "r-3" || !r.Lab || s.c.Active("DAG9") != nil {
		t.Errorf("active: %+v", r)
	}
}

// An attempt keeps when the step began and ended, its calls and its INTENT's place in the log.
func TestAttemptsAreRecorded(t *testing.T) {
	s := newSim(t, reference())
	s.start("r-1", plan(calls("a")), false)
	began := s.now
	for n := 1; n <= 2; n++ {
		s.must(intentOf("a", n))
		if in := s.step("a").Intent; in.Index != s.index || in.Term != 1 || in.Attempt != n {
			t.Errorf("intent %+v at index %d", in, s.index)
		}
		e := retryOf("a", n)
		e.Result.Calls = []run.Call{{Cmdlet: "call"}}
		s.must(e)
		s.now = s.now.Add(time.Minute)
	}
	st := s.step("a")
	if st.Attempt != 2 || !st.StartAt.Equal(began) || !st.EndAt.Equal(began.Add(time.Minute)) || len(st.Calls) != 2 {
		t.Errorf("%+v", st)
	}
}

// A value to put back is remembered as it was first, and in the log before it is changed; debts are settled across runs.
func TestMemoryAndDebts(t *testing.T) {
	s := newSim(t, reference())
	s.start("r-1", plan(calls("a"), calls("b")), false)
	with := func(e run.Entry, m ...run.Remembered) run.Entry {
		if e.Intent != nil {
			e.Intent.Choice.Memory = m
		} else {
			e.Result.Memory = m
		}
		return e
	}
	s.must(with(intentOf("a", 1), run.Remembered{Key: "ttl/n", Value: "5m"}, run.Remembered{Key: "time/dns", Value: "1"}))
	s.must(with(retryOf("a", 1), run.Remembered{Key: "time/dns", Value: "2"}))
	s.must(with(intentOf("a", 2), run.Remembered{Key: "ttl/n", Value: "1m"}))
	want := []run.Remembered{{Key: "ttl/n", Value: "5m"}, {Key: "time/dns", Value: "2"}}
	if diff := cmp.Diff(want, s.run().Memory); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ttl/n"}, run.NotPutBack(s.run())); diff != "" {
		t.Error(diff)
	}
	owed := resultOf("a", 2, run.Done)
	owed.Result.Debts = []run.Debt{{Kind: "dns", Key: "1"}, {Kind: "dns", Key: "2"}}
	s.must(owed)
	s.must(intentOf("b", 1))
	paid := with(resultOf("b", 1, run.Done), run.Remembered{Key: "ttl/n", Value: "5m", Put: true})
	paid.Result.Settled = []run.Debt{{Kind: "dns", Key: "1"}}
	s.must(paid)
	if diff := cmp.Diff([]run.Debt{{Kind: "dns", Key: "2"}}, s.c.Debts); diff != "" {
		t.Error(diff)
	}
	if len(run.NotPutBack(s.run())) != 0 || len(s.run().Debts) != 1 {
		t.Errorf("%+v", s.run())
	}
}

// What goes on waiting keeps since when, whatever it waits for.
func TestWaitKeepsSince(t *testing.T) {
	s := newSim(t, reference())
	s.start("r-1", plan(calls("a")), false)
	first := waitOf("a", "one")
	first.NotYet = true
	s.must(first)
	began := s.now
	s.now = s.now.Add(time.Minute)
	second := waitOf("a", "two")
	second.NotYet = true
	s.must(second)
	if st := s.step("a"); !st.Since.Equal(began) || !st.NotYet.Equal(began) || st.Waiting != "two" {
		t.Errorf("%+v", st)
	}
	s.must(waitOf("a", "a condition"))
	if st := s.step("a"); !st.NotYet.IsZero() {
		t.Errorf("%+v", st)
	}
	s.must(intentOf("a", 1))
	if st := s.step("a"); st.Waiting != "" || !st.Since.Equal(s.now) {
		t.Errorf("%+v", st)
	}
}

// The state survives its encoding: what a snapshot holds is what was applied.
func TestStateSurvivesEncoding(t *testing.T) {
	s := newSim(t, reference())
	there(t, s)
	var back run.Cluster
	if err := json.Unmarshal([]byte(encode(s.c)), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(encode(s.c), encode(back)); diff != "" {
		t.Error(diff)
	}
	var replay run.Cluster
	for i, e := range s.log {
		var err error
		if replay, err = run.Apply(replay, e, uint64(i+1), 1); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(encode(s.c), encode(replay)); diff != "" {
		t.Error(diff)
	}
}
