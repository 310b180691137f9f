package run_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// decisions are what Next says now, one line each.
func (s *sim) decisions() []string {
	s.t.Helper()
	out := []string{}
	for _, d := range run.Next(s.run(), s.input(), s.x) {
		e := d.Entry
		switch {
		case e.Intent != nil:
			out = append(out, fmt.Sprintf("intent %s %d", e.Intent.Step, e.Intent.Attempt))
		case e.Result != nil:
			out = append(out, fmt.Sprintf("%s %s: %s", e.Result.State, e.Result.Step, e.Result.Text))
		case e.Type == run.EntryEnd:
			out = append(out, strings.TrimSuffix(fmt.Sprintf("end %s: %s", e.Outcome, e.Text), ": "))
		default:
			out = append(out, fmt.Sprintf("%s %s: %s", e.Type, e.Step, e.Text))
		}
	}
	return out
}

// says checks what Next says now.
func (s *sim) says(lines ...string) {
	s.t.Helper()
	if diff := cmp.Diff(append([]string{}, lines...), s.decisions()); diff != "" {
		s.t.Errorf("Next: %s", diff)
	}
}

// take applies what Next says, without acting.
func (s *sim) take() {
	s.t.Helper()
	for _, d := range run.Next(s.run(), s.input(), s.x) {
		s.must(d.Entry)
		if d.Act {
			s.flying[d.Entry.Intent.Step] = true
		}
	}
}

func begin(t fatal, steps ...runbooks.Step) *sim {
	s := newSim(t, reference())
	s.start("r-1", plan(steps...), false)
	return s
}

func TestNeedsAndOrder(t *testing.T) {
	s := begin(t, calls("a"), calls("b", "a"), calls("c", "a"), calls("d", "b", "c"))
	s.says("intent a 1")
	s.take()
	s.says()
	s.must(resultOf("a", 1, run.Done))
	s.says("intent b 1", "intent c 1")
	s.take()
	s.must(resultOf("c", 1, run.Done))
	s.says()
	s.must(resultOf("b", 1, run.Done))
	s.take()
	s.must(resultOf("d", 1, run.Done))
	s.says("end done")
}

// A group never has more steps acting than it may: not in one round either.
func TestParallel(t *testing.T) {
	var steps []runbooks.Step
	for _, id := range []string{"g/1", "g/2", "g/3", "g/4", "g/5"} {
		st := calls(id)
		st.Group, st.Parallel = "g", 2
		steps = append(steps, st)
	}
	s := begin(t, steps...)
	s.says("intent g/1 1", "intent g/2 1")
	s.take()
	s.says()
	s.must(resultOf("g/2", 1, run.Done))
	s.says("intent g/3 1")
}

// True begins, false is skipped and said so, unknown waits and never skips; said once.
func TestWhen(t *testing.T) {
	when := func(id, expr string) runbooks.Step {
		st := calls(id)
		st.When = expr
		return st
	}
	s := begin(t, when("yes", `dag.mode == "DagOnly"`), when("no", `dag.mode == "Off"`), when("dark", `members(from).exists(m, m in dag.evicted)`), calls("after", "no"))
	s.blind = func(f *dag.Facts) {
		for m := range f.Members {
			f.Members[m].Evicted = dag.Unknown[bool]("events on "+s.topo.Members[m].Name, "no answer after "+s.now.Format("15:04:05"))
		}
	}
	s.says("intent yes 1", `skip no: not needed: dag.mode == "Off" is false`, "wait dark: its condition `members(from).exists(m, m in dag.evicted)` cannot be seen: dag.evicted; it is carried out when that is seen, or a person approves the step")
	s.take()
	s.says("intent after 1")
	s.take()
	s.now = s.now.Add(48 * time.Hour) // another reason why it is not known is no other text
	s.says()
	s.must(approvalOf("dark", "anna"))
	s.says("intent dark 1") // a person has answered
	s.blind = nil
	s.says("skip dark: not needed: members(from).exists(m, m in dag.evicted) is false")
	s = begin(t, when("bad", "nonsense("))
	if got := s.decisions(); len(got) != 1 || !strings.HasPrefix(got[0], "wait bad: its condition cannot be evaluated: ") {
		t.Error(got)
	}
}

// What a failed step does to its run.
func TestOnFailure(t *testing.T) {
	two := func(what string) *sim {
		s := begin(t, onFailure(calls("a"), what), calls("b", "a"))
		s.take()
		s.must(resultOf("a", 1, run.Failed))
		return s
	}
	two("stop").says("end failed: a: failed")
	two("").says("end failed: a: failed")
	for _, what := range []string{"continue", "isolate"} {
		s := two(what)
		s.says("intent b 1")
		s.take()
		s.must(resultOf("b", 1, run.Done))
		s.says(map[string]string{"continue": "end degraded: went on without a: failed", "isolate": "end degraded: set aside: a"}[what])
	}
	waits := step("a", "wait", runbooks.Args{Until: `dag.mode == "Off"`})
	waits.Timeout = time.Second
	s := begin(t, onFailure(waits, "continue"), calls("b", "a")) // a wait that was in vain changes nothing
	s.take()
	s.now = s.now.Add(2 * time.Second)
	s.take()
	s.take()
	s.must(resultOf("b", 1, run.Done))
	s.says("end done")
	s = two("ask")
	s.says()
	s.must(approvalOf("a", "anna"))
	s.says("intent b 1")
	s = begin(t, onFailure(calls("a"), "stop"), calls("b"))
	s.take()
	s.must(resultOf("a", 1, run.Unknown))
	s.says() // b is open: it is awaited
	s.must(resultOf("b", 1, run.Done))
	s.says("end failed: a: unknown")
}

// A fence that takes people's word takes that of two; of which one is no second one by another spelling.
func TestExcusedFence(t *testing.T) {
	s := begin(t, onFailure(step("fence", "fence", runbooks.Args{Site: "Prod", By: []string{"cluster", "people"}}), "ask"), calls("b", "fence"))
	s.take()
	s.must(resultOf("fence", 1, run.Failed))
	s.must(approvalOf("fence", "anna"))
	s.must(approvalOf("fence", " Anna"))
	s.says()
	s.must(approvalOf("fence", "bert"))
	s.says("intent b 1")
}

// A refusal ends the run; held, it waits.
func TestRefused(t *testing.T) {
	for _, hold := range []bool{false, true} {
		s := newSim(t, reference())
		s.start("r-1", plan(calls("a"), calls("b")), hold)
		s.take()
		s.must(resultOf("a", 1, run.Refused))
		s.must(resultOf("b", 1, run.Done))
		if hold {
			s.says()
			s.must(of(run.EntryAbort))
			s.says("end aborted")
		} else {
			s.says("end refused: refused")
		}
	}
}

func TestPauseAndResume(t *testing.T) {
	s := begin(t, calls("a"), calls("b", "a"), step("p", "approve", runbooks.Args{Count: 1}))
	s.take()
	s.must(of(run.EntryPause))
	s.must(resultOf("a", 1, run.Done))
	s.says()
	s.must(approvalOf("p", "anna")) // what is open may end
	s.says("done p: approved by anna")
	s.must(of(run.EntryResume))
	s.says("done p: approved by anna", "intent b 1")
}

// An abort begins nothing, awaits what acts, ends at once what only waits, and names what stays changed.
func TestAbort(t *testing.T) {
	waiting := []runbooks.Step{step("say", "approve", runbooks.Args{Count: 1}), step("do", "manual", runbooks.Args{Instructions: "x"}),
		step("long", "wait", runbooks.Args{For: time.Hour}), step("until", "wait", runbooks.Args{Until: "size(dag.stopped) == 3"})}
	s := begin(t, append(waiting, step("hold", "db.block", runbooks.Args{Site: "DR"}), calls("a"), calls("later", "a"))...)
	s.take()
	e := of(run.EntryAbort)
	e.Text = "aborted by anna"
	s.must(e)
	s.says("failed say: aborted", "failed do: aborted", "failed long: aborted", "failed until: aborted")
	s.take()
	s.says()
	s.must(resultOf("a", 1, run.Done))
	s.must(resultOf("hold", 1, run.Done))
	s.says("end aborted: aborted by anna; not put back: block/DB1/EX2010-3")
}

// Whatever ends a run, nobody is waited for any more; and the reason stays the true one.
func TestEndSetsWaitingAside(t *testing.T) {
	s := begin(t, step("say", "approve", runbooks.Args{Count: 1}), calls("a"), onFailure(step("late", "wait", runbooks.Args{For: time.Hour}), "isolate"))
	s.take()
	s.must(resultOf("a", 1, run.Failed))
	s.says("failed say: set aside: the run ends", "failed late: set aside: the run ends")
	s.take()
	s.says("end failed: a: failed")
}

func TestApprove(t *testing.T) {
	s := begin(t, step("say", "approve", runbooks.Args{Count: 2}), step("do", "manual", runbooks.Args{Instructions: "x"}), calls("b", "say"))
	s.take()
	s.must(approvalOf("say", "anna"))
	s.must(approvalOf("say", "ANNA "))
	s.says()
	e := approvalOf("say", "bert")
	e.Approval.Ceiling = map[string]int64{"DB2": 1, "DB1": 6}
	s.must(e)
	s.must(approvalOf("do", "carl"))
	s.says("done say: approved by anna; bert: logs lost of DB1 at most 6, DB2 at most 1", "done do: attested by carl")
	e = approvalOf("say", "dora")
	e.Approval.Unknown = true
	s.must(e)
	if got := s.decisions()[0]; !strings.HasSuffix(got, "dora, whatever the loss is") {
		t.Error(got)
	}
	s = begin(t, step("say", "approve", runbooks.Args{Count: 1}), calls("b", "say"))
	s.take()
	s.must(denyOf("say"))
	s.says("end failed: say: denied by bert: no")
}

func TestWait(t *testing.T) {
	s := newSim(t, reference())
	s.scale = 60
	until := step("until", "wait", runbooks.Args{Until: "size(dag.stopped) > 0"})
	s.start("r-1", plan(step("long", "wait", runbooks.Args{For: 10 * time.Minute}), until), false)
	s.take()
	s.now = s.now.Add(9 * time.Second)
	s.says()
	s.now = s.now.Add(time.Second)
	s.says("done long: waited 10m0s", "failed until: did not come true in 10m0s: size(dag.stopped) > 0")
	s.event(dag.Event{Kind: dag.EvBegin, Op: dag.Op{Kind: dag.OpStop, From: 1, Members: 3, ConfigurationOnly: true}})
	s.says("done long: waited 10m0s", "done until: size(dag.stopped) > 0")
	s.blind = func(f *dag.Facts) { *f = dag.Facts{} }
	if got := s.decisions(); !strings.Contains(got[1], "not to be seen: ") {
		t.Error(got)
	}
}

// dns.settle waits as long as a cache may hold the old answer, at the lab's speed; an earlier, longer TTL is not forgotten.
func TestSettle(t *testing.T) {
	s := newSim(t, reference())
	s.scale = 60
	down := step("down", "dns.ttl", runbooks.Args{TTL: time.Minute})
	s.start("r-1", plan(down, step("names", "dns.repoint", runbooks.Args{To: "DR"}, "down"), step("settle", "dns.settle", runbooks.Args{}, "names")), false)
	s.round()
	s.says("intent names 1")
	s.round()
	s.says("intent settle 1")
	s.take()
	s.now = s.now.Add(4 * time.Second) // the new TTL would have run out after one
	s.says()
	s.now = s.now.Add(time.Second)
	s.says("done settle: caches have run out: 5m0s since the last change")
	s = begin(t, step("settle", "dns.settle", runbooks.Args{}))
	s.take()
	s.says("done settle: no name has changed in this run")
}

// The documented cure is to run it again: with a back-off, three times in all.
func TestRetry(t *testing.T) {
	s := begin(t, calls("a"))
	for n := 1; n <= 3; n++ {
		s.says(fmt.Sprintf("intent a %d", n))
		s.take()
		s.must(retryOf("a", n))
		if n < 3 {
			s.says()
		}
		s.now = s.now.Add(10 * time.Second)
	}
	s.says("end failed: a: failed")
}

// Nothing to choose yet: it waits, once in the log, and not for ever; a retry too.
func TestNotYet(t *testing.T) {
	for _, retried := range []bool{false, true} {
		s := begin(t, onFailure(step("act", "db.activate", runbooks.Args{Site: "DR", Databases: []string{"DB1"}, Loss: "good"}), "isolate"))
		number := 0
		if retried {
			s.take()
			s.must(retryOf("act", 1))
			s.now, number = s.now.Add(time.Minute), 1
		}
		s.event(dag.Event{Kind: dag.EvServer, Member: 2})
		s.says("wait act: no copy of DB1 can be activated: EX2010-3 does not answer")
		s.take()
		s.says()
		s.now = s.now.Add(9 * time.Minute)
		s.event(dag.Event{Kind: dag.EvServer, Member: 2, On: true})
		s.blind = func(f *dag.Facts) { f.Databases[0].Copies[2].Status = dag.Know(dag.CopyFailed, "x") }
		s.says("wait act: no copy of DB1 can be activated: the copy on EX2010-3 is Failed")
		s.take()
		s.now = s.now.Add(time.Minute) // ten in all, whatever the reason was
		s.says("failed act: no copy of DB1 can be activated: the copy on EX2010-3 is Failed, and so for 10m0s")
		s.take()
		if st := s.step("act"); st.State != run.Failed || st.Attempt != number {
			t.Errorf("%+v", st)
		}
		s.says("end degraded: set aside: act")
	}
}

// The copy that is taken: the fewest missing logs, a queue that is not known last, then preference.
func TestChooseCopy(t *testing.T) {
	topo := reference()
	topo.Members = append(topo.Members, dag.Member{Name: "EX2010-4", FQDN: "ex2010-4.test.local", Site: 1, Dial: dag.GoodAvailability})
	topo.Databases[0].Copies = []dag.Copy{{Member: 0, Preference: 1}, {Member: 3, Preference: 4}, {Member: 2, Preference: 3}}
	queue := func(n int64) dag.Fact[int64] { return dag.Know(n, "x") }
	tests := []struct {
		name        string
		four, three dag.CopyFacts
		loss, want  string
		dial        dag.Dial
	}{
		{"preference", dag.CopyFacts{CopyQueue: queue(0)}, dag.CopyFacts{CopyQueue: queue(0)}, "good", "EX2010-3", dag.GoodAvailability},
		{"fewest logs", dag.CopyFacts{CopyQueue: queue(2)}, dag.CopyFacts{CopyQueue: queue(3)}, "best", "EX2010-4", dag.BestAvailability},
		{"known before unknown", dag.CopyFacts{CopyQueue: queue(9)}, dag.CopyFacts{}, "any", "EX2010-4", dag.BestEffort},
		{"health", dag.CopyFacts{CopyQueue: queue(9)}, dag.CopyFacts{CopyQueue: queue(0), Status: dag.Know(dag.CopyFailed, "x")}, "", "EX2010-4", dag.Lossless},
		{"not seen", dag.CopyFacts{CopyQueue: queue(9)}, dag.CopyFacts{CopyQueue: queue(0), Status: dag.Unknown[dag.CopyStatus]("x", "y")}, "lossless", "EX2010-4", dag.Lossless},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSim(t, topo)
			s.start("r-1", plan(step("act", "db.activate", runbooks.Args{Site: "DR", Databases: []string{"DB1"}, Loss: tt.loss})), false)
			s.blind = func(f *dag.Facts) {
				for i, c := range []dag.CopyFacts{tt.four, tt.three} {
					if c.Status == (dag.Fact[dag.CopyStatus]{}) {
						c.Status = dag.Know(dag.CopyHealthy, "x")
					}
					f.Databases[0].Copies[i+1] = c
				}
			}
			s.take()
			c := s.step("act").Intent.Choice
			if c.Server != tt.want || c.Dial != tt.dial || c.Database != "DB1" || len(c.Evidence) != 1 {
				t.Errorf("%+v", c)
			}
		})
	}
}
