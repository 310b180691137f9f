package run

import (
	"fmt"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/runbooks"
)

// maxAttempts is how often a step is tried when its documented cure is to run it again.
const maxAttempts = 3

// Input is what a decision is made from besides the run: facts, the leader's clock, and what this leader has under way.
type Input struct {
	Topology *dag.Topology
	Facts    *dag.Facts
	Now      time.Time
	Scale    float64                         // 1 in reality; in a lab real-speed durations are divided by it
	InFlight func(step string) bool          // this leader carries the step out right now
	OpenFor  func(step string) time.Duration // how long this leader has known the open INTENT, on a clock that counts suspend
	Final    bool                            // for Judge: lands is over, what is seen now is final
}

// scaled is a real-speed duration on the leader's clock.
func (in *Input) scaled(d time.Duration) time.Duration {
	if in.Scale <= 1 {
		return d
	}
	return time.Duration(float64(d) / in.Scale)
}

// Decision is something to propose, and for an INTENT whether the kind acts.
type Decision struct {
	Entry Entry
	Act   bool
}

// Acts says whether a kind has an acting half. The others are decided here from facts, time and people alone.
func Acts(kind string) bool {
	switch kind {
	case "check", "approve", "manual", "wait", "dns.settle":
		return false
	}
	return true
}

// Next is everything that may be decided now; empty means that there is nothing but waiting.
func Next(r *Run, in Input, x *runbooks.Expressions) []Decision {
	if r.Outcome != "" {
		return nil
	}
	var out []Decision
	open := 0
	for i := range r.Steps {
		if r.Steps[i].State != Acting {
			continue
		}
		open++
		if d, ok := nextOpen(r, i, in, x); ok {
			out = append(out, d)
		}
	}
	if end, why, over := ending(r); over {
		if open == 0 {
			return []Decision{{Entry: Entry{Type: EntryEnd, Critical: true, Outcome: end, Text: why}}}
		}
		return out
	}
	if r.Paused {
		return out
	}
	for i := range r.Steps {
		if d, ok := nextStep(r, i, in, x); ok {
			out = append(out, d)
		}
	}
	return out
}

// ending says whether no new step may begin, and how the run will end once none is open.
func ending(r *Run) (Outcome, string, bool) {
	if r.Aborting {
		return OutcomeAborted, r.Why, true
	}
	left, isolated := false, []string{}
	for i := range r.Steps {
		s, p := &r.Steps[i], &r.Plan.Steps[i]
		switch s.State {
		case Done, Skipped:
		case Refused:
			if !r.HoldRefusals {
				return OutcomeRefused, s.text(), true
			}
			left = true
		case Failed, Unknown:
			if mayRetry(s) {
				left = true
				continue
			}
			switch p.OnFailure {
			case runbooks.OnFailureContinue:
			case runbooks.OnFailureIsolate:
				isolated = append(isolated, s.ID)
			case runbooks.OnFailureAsk:
				left = left || !r.approved(s.ID)
			default:
				return OutcomeFailed, s.ID + ": " + s.text(), true
			}
		default:
			left = true
		}
	}
	if left {
		return "", "", false
	}
	if len(isolated) > 0 {
		return OutcomeDegraded, "set aside: " + strings.Join(isolated, ", "), true
	}
	if back := NotPutBack(r); len(back) > 0 {
		return OutcomeDegraded, "not put back: " + strings.Join(back, ", "), true
	}
	return OutcomeDone, "", true
}

func (s *Step) text() string {
	if s.Result != nil {
		return s.Result.Text
	}
	return s.Waiting
}

func mayRetry(s *Step) bool {
	return s.State == Failed && s.Result != nil && s.Result.Retry && s.Attempt < maxAttempts
}

// NotPutBack are the things that the run changed for its own sake and has not put back (rule put-back).
func NotPutBack(r *Run) []string {
	var keys []string
	for _, m := range r.Memory {
		if !m.Put && mustPutBack(m.Key) {
			keys = append(keys, m.Key)
		}
	}
	return keys
}

func mustPutBack(key string) bool {
	for _, p := range []string{"policy/", "dial/", "block/", "ttl/", "preference"} {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}

// nextStep decides about a step that is not open: skip, wait, refuse or begin.
func nextStep(r *Run, i int, in Input, x *runbooks.Expressions) (Decision, bool) {
	s, p := &r.Steps[i], &r.Plan.Steps[i]
	if s.State != Todo && s.State != Waiting && !mayRetry(s) || !needsMet(r, p) || !roomInGroup(r, p) {
		return Decision{}, false
	}
	if s.State == Failed && in.Now.Sub(s.EndAt) < in.scaled(10*time.Second) {
		return Decision{}, false // back-off before the documented rerun
	}
	if p.When != "" && s.Attempt == 0 {
		truth, unknown, err := x.Eval(p.When, env(r, p, in))
		switch {
		case err != nil:
			return wait(s, "its condition cannot be evaluated: "+err.Error())
		case truth == runbooks.Unknown:
			return wait(s, "its condition `"+p.When+"` cannot be seen: "+strings.Join(unknown, ", "))
		case truth == runbooks.False:
			return Decision{Entry: Entry{Type: EntrySkip, Critical: true, Step: s.ID, Text: "not needed: " + p.When + " is false"}}, true
		}
	}
	choice, not := choose(r, p, in)
	if not != "" {
		return wait(s, not)
	}
	intent := &Intent{Step: s.ID, Attempt: s.Attempt + 1, Choice: choice, Timeout: p.Timeout, Lands: p.Lands, FactHash: FactHash(in.Topology, in.Facts)}
	return Decision{Entry: Entry{Type: EntryIntent, Critical: true, Intent: intent}, Act: Acts(p.Kind)}, true
}

func wait(s *Step, text string) (Decision, bool) {
	if s.State == Waiting && s.Waiting == text {
		return Decision{}, false
	}
	if s.State != Todo && s.State != Waiting {
		return Decision{}, false
	}
	return Decision{Entry: Entry{Type: EntryWait, Step: s.ID, Text: text}}, true
}

// needsMet: every step that it needs is done or skipped, or failed in a way that its runbook lets pass.
func needsMet(r *Run, p *runbooks.Step) bool {
	for _, id := range p.Needs {
		n := r.Step(id)
		if n == nil {
			return false
		}
		switch n.State {
		case Done, Skipped:
			continue
		case Failed, Unknown:
			q := r.Plan.Step(id)
			passes := q.OnFailure == runbooks.OnFailureContinue || q.OnFailure == runbooks.OnFailureIsolate || q.OnFailure == runbooks.OnFailureAsk && r.approved(id)
			if mayRetry(n) || !passes {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// roomInGroup keeps at most Parallel steps of an expanded group acting.
func roomInGroup(r *Run, p *runbooks.Step) bool {
	if p.Group == "" || p.Parallel <= 0 {
		return true
	}
	acting := 0
	for i := range r.Steps {
		if r.Plan.Steps[i].Group == p.Group && r.Steps[i].State == Acting {
			acting++
		}
	}
	return acting < p.Parallel
}

func (r *Run) approved(step string) bool { return r.approval(step) != nil }

func (r *Run) approval(step string) *Approval {
	for i := range r.Approvals {
		if r.Approvals[i].Step == step {
			return &r.Approvals[i]
		}
	}
	return nil
}

// nextOpen decides about an open INTENT: of a kind that does not act, or one that another leader left behind.
func nextOpen(r *Run, i int, in Input, x *runbooks.Expressions) (Decision, bool) {
	s, p := &r.Steps[i], &r.Plan.Steps[i]
	if Acts(p.Kind) {
		if in.InFlight(s.ID) {
			return Decision{}, false
		}
		return recover(r, s, p, in, x)
	}
	res, ready := passive(r, s, p, in, x)
	if !ready {
		return Decision{}, false
	}
	res.Step, res.Attempt = s.ID, s.Attempt
	return Decision{Entry: Entry{Type: EntryResult, Critical: true, Result: &res}}, true
}

// recover decides about an INTENT that a former leader left without RESULT. If it is seen done, it is done. Else the full
// lands must be over, since the effect may still appear; then the next attempt may begin. Never a blind repeat.
func recover(r *Run, s *Step, p *runbooks.Step, in Input, x *runbooks.Expressions) (Decision, bool) {
	done, why := achieved(r, p, in, s.Intent.Choice)
	over := in.OpenFor(s.ID) >= in.scaled(s.Intent.Lands)
	res := Result{Step: s.ID, Attempt: s.Attempt}
	switch {
	case done:
		finish(r, s, p, in, &res)
		res.Text += " (found done by a new leader)"
	case !over:
		return Decision{}, false
	case why != "":
		res.State, res.Text = Unknown, "a former leader began it and it cannot be seen whether it is done: "+why
	default:
		res.State, res.Retry = Failed, true
		res.Text = fmt.Sprintf("a former leader began it, nothing of it is to be seen %s later: tried again", s.Intent.Lands)
	}
	return Decision{Entry: Entry{Type: EntryResult, Critical: true, Result: &res}}, true
}

func env(r *Run, p *runbooks.Step, in Input) runbooks.Env {
	item := ""
	if p.Group != "" {
		item = strings.TrimPrefix(p.ID, p.Group+"/")
	}
	return runbooks.Env{Topology: in.Topology, Facts: *in.Facts, Vantage: Vantage(&r.Plan, in.Topology), Params: r.Plan.Parameters, Item: item}
}

// Vantage is the site from which the run looks: where its steps run from, else the site that it goes to.
func Vantage(p *runbooks.Plan, t *dag.Topology) int {
	if v := runbooks.Vantage(p, t); v >= 0 {
		return v
	}
	return max(0, t.SiteIndex(p.Parameter("to")))
}
