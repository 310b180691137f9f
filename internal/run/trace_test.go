package run_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/internal/run"
	"siteswap/runbooks"
)

// trace is the log as people read it: seconds since the run began, type, step, sentence.
func (s *sim) trace() string {
	var out []string
	for _, e := range s.log {
		id := e.Step
		switch {
		case e.Intent != nil:
			id = fmt.Sprintf("%s#%d", e.Intent.Step, e.Intent.Attempt)
		case e.Result != nil:
			id = fmt.Sprintf("%s#%d %s", e.Result.Step, e.Result.Attempt, e.Result.State)
		}
		text := run.Describe(e, s.c.Find(e.Run))
		if e.Type == run.EntryStart {
			text, _, _ = strings.Cut(text, ", plan")
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%4.0f %s %s", e.Time.Sub(s.log[0].Time).Seconds(), e.Type, id))+": "+text)
	}
	return strings.Join(out, "\n")
}

// One run in full: a question, a leader that dies after the effect, one that dies before it, a refusal and its override, a step
// that is not needed, a pause, and the end.
func TestTrace(t *testing.T) {
	s := newSim(t, reference())
	not := calls("not", "accept")
	not.When = `dag.mode == "Off"`
	s.start("r-1", plan(step("accept", "approve", runbooks.Args{Count: 1}), not, step("pool", "vip.drain", runbooks.Args{Site: "Prod"}, "accept"),
		calls("calls", "pool"), step("stop", "cluster.stop", runbooks.Args{Site: "DR"}, "calls"), step("short", "wait", runbooks.Args{For: time.Minute}, "stop")), true)
	s.crash = func(a attempt) crash {
		return map[attempt]crash{{"r-1", "pool", 1}: afterEffect, {"r-1", "calls", 1}: beforeEffect}[a]
	}
	for s.step("stop").State != run.Refused {
		if !s.round() {
			approveAll(s, s.run())
			s.now = s.now.Add(10 * time.Second)
		}
	}
	s.must(of(run.EntryPause))
	if err := s.override("stop", nil, "anna"); err != nil {
		t.Fatal(err)
	}
	s.says()
	s.must(of(run.EntryResume))
	want(t, s.finish(), run.OutcomeDone)
	diff := cmp.Diff(strings.Split(strings.TrimSpace(trace), "\n"), strings.Split(s.trace(), "\n"))
	if diff != "" {
		t.Errorf("%s\n%s", diff, s.trace())
	}
}

const trace = "\n" +
	"0 genesis: the cluster test begins\n" +
	"0 start: Test of DAG1\n" +
	"0 intent accept#1: accept\n" +
	"0 approve: anna approves accept: logs lost of DB1 at most 6\n" +
	"10 result accept#1 done: approved by anna: logs lost of DB1 at most 6\n" +
	"10 skip not: not needed: dag.mode == \"Off\" is false\n" +
	"10 intent pool#1: pool\n" +
	"10 result pool#1 done: drained: EX2010-1, EX2010-2 (found done by a new leader)\n" +
	"10 intent calls#1: calls\n" +
	"70 result calls#1 failed: a former leader began it, nothing of it is to be seen 1m0s later; it will be tried again\n" +
	"80 intent calls#2: calls (attempt 2)\n" +
	"80 result calls#2 done: so at every redirector that answers; the others owe it\n" +
	"80 intent stop#1: stop\n" +
	"80 result stop#1 refused: refused by no-force-with-quorum: DR holds quorum: EX2010-1, EX2010-2, EX2010-3 up of EX2010-1, EX2010-2, EX2010-3\n" +
	"80 pause: anna pauses the run: no new step begins\n" +
	"80 override: anna overrides no-force-with-quorum for stop: we know\n" +
	"80 resume: anna resumes the run\n" +
	"80 intent stop#2: stop (attempt 2)\n" +
	"80 result stop#2 done: cluster service stopped\n" +
	"81 intent short#1: short\n" +
	"142 result short#1 done: waited 1m0s\n" +
	"143 end: done\n"
