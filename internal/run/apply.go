package run

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrBusy: another run holds the DAG (rule one-run-per-dag).
var ErrBusy = errors.New("one-run-per-dag")

// Apply is the cluster after one committed entry. It is pure: it reads no clock and no randomness, and leaves its input
// alone. An error means that the entry cannot be applied: the proposer has tried it before proposing, so on replay it stops
// the node.
func Apply(c Cluster, e Entry, index, term uint64) (Cluster, error) {
	if e.Version != 1 {
		return c, fmt.Errorf("entry %s has version %d; this program knows version 1: update it", e.ID, e.Version)
	}
	c.Runs = slices.Clone(c.Runs)
	switch e.Type {
	case EntryGenesis:
		if c.ID != "" {
			return c, fmt.Errorf("the cluster has its genesis already")
		}
		c.ID, c.Lab = e.Genesis.ID, e.Genesis.Lab
		return c, nil
	case EntryStart:
		return applyStart(c, e)
	}
	i := slices.IndexFunc(c.Runs, func(r Run) bool { return r.ID == e.Run })
	if i < 0 {
		if !e.Critical {
			return c, nil
		}
		return c, fmt.Errorf("%s: there is no run %q", e.Type, e.Run)
	}
	r, err := applyRun(cloneRun(c.Runs[i]), e, index, term)
	if err != nil {
		return c, err
	}
	c.Runs[i] = r
	if e.Type == EntryResult {
		c.Debts = settle(c.Debts, e.Result.Debts, e.Result.Settled)
	}
	return c, nil
}

func cloneRun(r Run) Run {
	r.Steps = slices.Clone(r.Steps)
	for i := range r.Steps {
		r.Steps[i].Calls = slices.Clone(r.Steps[i].Calls)
	}
	r.Approvals, r.Overrides = slices.Clone(r.Approvals), slices.Clone(r.Overrides)
	r.Refusals, r.Memory, r.Debts = slices.Clone(r.Refusals), slices.Clone(r.Memory), slices.Clone(r.Debts)
	return r
}

func applyStart(c Cluster, e Entry) (Cluster, error) {
	if slices.ContainsFunc(c.Runs, func(r Run) bool { return r.ID == e.Run }) {
		return c, fmt.Errorf("run %s exists already", e.Run)
	}
	if active := c.Active(e.Start.Plan.DAG); active != nil {
		return c, fmt.Errorf("%w: %s (%s) holds %s since %s; wait for it, or `siteswap run abort %s`", ErrBusy, active.ID, active.Plan.Title,
			active.DAG, active.StartedAt.Format("15:04:05"), active.ID)
	}
	plan := e.Start.Plan
	r := Run{ID: e.Run, DAG: plan.DAG, Plan: plan, PlanHash: plan.Hash(), StartedBy: e.Actor, StartedAt: e.Time, HoldRefusals: e.Start.HoldRefusals}
	for _, s := range plan.Steps {
		r.Steps = append(r.Steps, Step{ID: s.ID, State: Todo, Since: e.Time})
	}
	c.Runs = append(c.Runs, r)
	return c, nil
}

// Active is the run that holds the DAG, or nil.
func (c *Cluster) Active(dag string) *Run {
	for i := range c.Runs {
		if c.Runs[i].DAG == dag && c.Runs[i].Outcome == "" {
			return &c.Runs[i]
		}
	}
	return nil
}

// Find is the run with this id, or nil.
func (c *Cluster) Find(id string) *Run {
	for i := range c.Runs {
		if c.Runs[i].ID == id {
			return &c.Runs[i]
		}
	}
	return nil
}

func applyRun(r Run, e Entry, index, term uint64) (Run, error) {
	if r.Outcome != "" {
		return r, fmt.Errorf("%s: run %s has ended (%s)", e.Type, r.ID, r.Outcome)
	}
	switch e.Type {
	case EntryPause, EntryResume:
		r.Paused = e.Type == EntryPause
		return r, nil
	case EntryAbort:
		r.Aborting, r.Why = true, e.Text
		return r, nil
	case EntryEnd:
		r.Outcome, r.EndedAt = e.Outcome, e.Time
		if e.Text != "" {
			r.Why = e.Text
		}
		return r, nil
	case EntryApprove:
		r.Approvals = append(r.Approvals, *e.Approval)
		return r, nil
	case EntryOverride:
		o := *e.Override
		if o.PlanHash != r.PlanHash {
			return r, fmt.Errorf("override of %s: it names another plan", o.Rule)
		}
		r.Overrides = append(r.Overrides, o)
		return r, reopen(&r, o)
	}
	return applyStep(r, e, index, term)
}

// reopen lets a step that was refused by the overridden rule be decided anew.
func reopen(r *Run, o Override) error {
	s := r.Step(o.Step)
	if s == nil {
		return fmt.Errorf("override of %s: run %s has no step %q", o.Rule, r.ID, o.Step)
	}
	if s.State == Refused || s.State == Waiting {
		s.State, s.Waiting, s.Since = Todo, "", o.At
	}
	return nil
}

// Step is the state of the step with this id, or nil.
func (r *Run) Step(id string) *Step {
	for i := range r.Steps {
		if r.Steps[i].ID == id {
			return &r.Steps[i]
		}
	}
	return nil
}

func applyStep(r Run, e Entry, index, term uint64) (Run, error) {
	id := e.Step
	switch {
	case e.Intent != nil:
		id = e.Intent.Step
	case e.Result != nil:
		id = e.Result.Step
	}
	s := r.Step(id)
	if s == nil {
		return r, fmt.Errorf("%s: run %s has no step %q", e.Type, r.ID, id)
	}
	switch e.Type {
	case EntrySkip:
		if s.State != Todo && s.State != Waiting {
			return r, fmt.Errorf("skip of %s: it is %s", s.ID, s.State)
		}
		s.State, s.Waiting, s.EndAt, s.Since = Skipped, e.Text, e.Time, e.Time
	case EntryWait:
		if s.State != Todo && s.State != Waiting {
			return r, fmt.Errorf("wait of %s: it is %s", s.ID, s.State)
		}
		s.State, s.Waiting, s.Since = Waiting, e.Text, e.Time
	case EntryDeny:
		if s.State != Acting && s.State != Waiting && s.State != Todo {
			return r, fmt.Errorf("deny of %s: it is %s", s.ID, s.State)
		}
		s.State, s.EndAt, s.Since = Failed, e.Time, e.Time
		s.Result = &Result{Step: s.ID, Attempt: s.Attempt, State: Failed, Text: "denied by " + e.Actor + ": " + e.Text}
	case EntryIntent:
		return r, applyIntent(&r, s, e, index, term)
	case EntryResult:
		return r, applyResult(&r, s, e)
	default:
		if e.Critical {
			return r, fmt.Errorf("unknown critical entry %q: update this program", e.Type)
		}
	}
	return r, nil
}

// applyIntent: an attempt begins only when no other is open, and attempts count up by one.
func applyIntent(r *Run, s *Step, e Entry, index, term uint64) error {
	if s.State == Acting || s.State == Done || s.State == Skipped || s.State == Refused {
		return fmt.Errorf("intent of %s: it is %s", s.ID, s.State)
	}
	if e.Intent.Attempt != s.Attempt+1 {
		return fmt.Errorf("intent of %s: attempt %d after %d", s.ID, e.Intent.Attempt, s.Attempt)
	}
	in := *e.Intent
	for _, m := range in.Choice.Memory {
		r.Memory = remember(r.Memory, m)
	}
	in.Index, in.Term = index, term
	s.Intent, s.Attempt, s.State, s.Waiting, s.Since = &in, in.Attempt, Acting, "", e.Time
	if s.StartAt.IsZero() {
		s.StartAt = e.Time
	}
	return nil
}

func applyResult(r *Run, s *Step, e Entry) error {
	res := *e.Result
	if s.State != Acting || res.Attempt != s.Attempt {
		return fmt.Errorf("result of %s attempt %d: it is %s at attempt %d", s.ID, res.Attempt, s.State, s.Attempt)
	}
	s.Result, s.State, s.Since = &res, res.State, e.Time
	s.EndAt = e.Time
	s.Calls = append(s.Calls, res.Calls...)
	if res.Refusal != nil {
		ref := *res.Refusal
		ref.Step, ref.At = s.ID, e.Time
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
