package run

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"siteswap/runbooks"
)

func applyStep(r *Run, s *Step, e Entry, index, term uint64) error {
	waits := s.State == Todo || s.State == Waiting
	switch e.Type {
	case EntrySkip:
		if !waits {
			return fmt.Errorf("skip of %s: it is %s", s.ID, s.State)
		}
		s.Waiting, s.EndAt = e.Text, e.Time
		s.become(Skipped, e)
	case EntryWait:
		if p := r.Plan.Step(s.ID); s.State == Acting && p != nil && !Acts(p.Kind) {
			s.Waiting = e.Text // it is open already, and says for what
			return nil
		}
		if !waits && !mayRetry(s) {
			return fmt.Errorf("wait of %s: it is %s", s.ID, s.State)
		}
		applyWait(s, e)
	case EntryDeny:
		if p := r.Plan.Step(s.ID); !waits && (s.State != Acting || p == nil || Acts(p.Kind)) {
			return fmt.Errorf("deny of %s: it is %s; only a step that has not begun to act can be denied", s.ID, s.State)
		}
		s.EndAt, s.Waiting = e.Time, ""
		s.become(Failed, e)
		s.Result = &Result{Step: s.ID, Attempt: s.Attempt, State: Failed, Text: "denied by " + e.Actor + ": " + e.Text}
	case EntryIntent:
		return applyIntent(r, s, e, index, term)
	case EntryResult:
		return applyResult(r, s, e)
	}
	return nil
}

// become takes the step into another state.
func (s *Step) become(state StepState, e Entry) {
	s.State, s.Since, s.NotYet = state, e.Time, time.Time{}
	if state == Waiting && e.NotYet {
		s.NotYet = e.Time
	}
}

// applyWait: a step that goes on waiting keeps when it began to, whatever for; and since when nothing could be chosen for it.
func applyWait(s *Step, e Entry) {
	since, notYet := s.Since, s.NotYet
	again := s.State == Waiting
	s.become(Waiting, e)
	if again {
		s.Since = since
	}
	if again && e.NotYet && !notYet.IsZero() {
		s.NotYet = notYet
	}
	s.Waiting = e.Text
}

// applyIntent: an attempt begins only when the step is free for it and what it needs is there; attempts count up by one.
func applyIntent(r *Run, s *Step, e Entry, index, term uint64) error {
	p := r.Plan.Step(s.ID)
	switch {
	case s.State != Todo && s.State != Waiting && !mayRetry(s):
		return fmt.Errorf("intent of %s: it is %s", s.ID, s.State)
	case e.Intent.Attempt != s.Attempt+1:
		return fmt.Errorf("intent of %s: attempt %d after %d", s.ID, e.Intent.Attempt, s.Attempt)
	case r.HandedOver != "":
		return fmt.Errorf("intent of %s: run %s was handed over, no step begins", s.ID, r.ID)
	case e.Intent.Undo:
	case r.Aborting || r.Paused:
		return fmt.Errorf("intent of %s: run %s is aborted or paused, no step begins", s.ID, r.ID)
	case p == nil || !needsMet(r, p):
		return fmt.Errorf("intent of %s: a step that it needs is not done", s.ID)
	}
	in := *e.Intent
	for _, m := range in.Choice.Memory {
		r.Memory = remember(r.Memory, m)
	}
	in.Index, in.Term = index, term
	s.Intent, s.Attempt, s.Waiting = &in, in.Attempt, ""
	s.become(Acting, e)
	if s.StartAt.IsZero() {
		s.StartAt = e.Time
	}
	return nil
}

// applyResult ends an open attempt; or a wait that has lasted too long, which fails without having begun.
func applyResult(r *Run, s *Step, e Entry) error {
	res := *e.Result
	switch res.State {
	case Done, Failed, Unknown, Refused:
	default:
		return fmt.Errorf("result of %s: %q is no result", s.ID, res.State)
	}
	if s.State != Acting && (s.State != Waiting || res.State != Failed) || res.Attempt != s.Attempt {
		return fmt.Errorf("result of %s attempt %d: it is %s at attempt %d", s.ID, res.Attempt, s.State, s.Attempt)
	}
	s.Result, s.EndAt, s.Waiting = &res, e.Time, ""
	s.become(res.State, e)
	s.Calls = append(s.Calls, res.Calls...)
	if res.Lost {
		s.Lost++
	}
	if res.Refusal != nil {
		ref := *res.Refusal
		ref.Step, ref.Attempt, ref.At = s.ID, s.Attempt, e.Time
		r.Refusals = append(r.Refusals, ref)
	}
	for _, m := range res.Memory {
		r.Memory = remember(r.Memory, m)
	}
	r.Debts = settle(r.Debts, res.Debts, res.Settled)
	return nil
}

// remember keeps the first value of a key: that is the one to put back. A value that is put back is marked so.
func remember(memory []Remembered, m Remembered) []Remembered {
	for i := range memory {
		if memory[i].Key != m.Key {
			continue
		}
		if m.Put {
			memory[i].Put = true
		} else if memory[i].Put || strings.HasPrefix(m.Key, "time/") {
			memory[i] = m
		}
		return memory
	}
	return append(memory, m)
}

// settle adds new debts and takes away those that were settled.
func settle(debts, owed, paid []Debt) []Debt {
	out := slices.Clone(debts)
	for _, d := range owed {
		if !slices.ContainsFunc(out, func(o Debt) bool { return o.Kind == d.Kind && o.Key == d.Key }) {
			out = append(out, d)
		}
	}
	return slices.DeleteFunc(out, func(o Debt) bool {
		return slices.ContainsFunc(paid, func(p Debt) bool { return p.Kind == o.Kind && p.Key == o.Key })
	})
}

// needsMet: every step that it needs is done or skipped, or failed in a way that its runbook or people let pass.
func needsMet(r *Run, p *runbooks.Step) bool {
	for _, id := range p.Needs {
		n, q := r.Step(id), r.Plan.Step(id)
		if n == nil || q == nil {
			return false
		}
		switch n.State {
		case Done, Skipped:
			continue
		case Failed, Unknown:
			passes := q.OnFailure == runbooks.OnFailureContinue || q.OnFailure == runbooks.OnFailureIsolate || q.OnFailure == runbooks.OnFailureAsk && r.Excused(id)
			if mayRetry(n) || !passes {
				return false
			}
		default:
			return false
		}
	}
	return true
}
