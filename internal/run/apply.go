package run

import (
	"errors"
	"fmt"
	"slices"
)

// ErrBusy: another run holds the DAG (rule one-run-per-dag).
var ErrBusy = errors.New("one-run-per-dag")

// Apply is the cluster after one committed entry. It is pure: it reads no clock and no randomness, and leaves its input
// alone. An error means that the entry cannot be applied: the proposer has tried it before proposing, so on replay it stops
// the node.
func Apply(c Cluster, e Entry, index, term uint64) (Cluster, error) {
	if skip, err := e.check(); skip || err != nil {
		return c, err
	}
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
	c.Runs = slices.Clone(c.Runs)
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
	r := Run{ID: e.Run, DAG: plan.DAG, Plan: plan, PlanHash: plan.Hash(), Lab: c.Lab, StartedBy: e.Actor, StartedAt: e.Time, HoldRefusals: e.Start.HoldRefusals, Owed: slices.Clone(c.Debts)}
	for _, s := range plan.Steps {
		r.Steps = append(r.Steps, Step{ID: s.ID, State: Todo, Since: e.Time})
	}
	c.Runs = append(slices.Clone(c.Runs), r)
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

// Step is the state of the step with this id, or nil.
func (r *Run) Step(id string) *Step {
	for i := range r.Steps {
		if r.Steps[i].ID == id {
			return &r.Steps[i]
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
	case EntryHandover:
		r.HandedOver, r.Reconciling = e.Text, false
		return r, nil
	case EntryReconcile:
		if r.HandedOver == "" {
			return r, fmt.Errorf("%s: run %s was not handed over", e.Type, r.ID)
		}
		r.Reconciling = true
		return r, nil
	case EntryReconciled:
		return r, applyFound(&r, e)
	case EntryEnd:
		return applyEnd(r, e)
	}
	s := r.Step(e.step())
	if s == nil {
		return r, fmt.Errorf("%s: run %s has no step %q", e.Type, r.ID, e.step())
	}
	switch e.Type {
	case EntryApprove:
		if e.Approval.By == "" {
			return r, fmt.Errorf("approval of %s: it names nobody", s.ID)
		}
		r.Approvals = append(r.Approvals, *e.Approval)
		r.takeWord(s, e)
		return r, nil
	case EntryOverride:
		return r, applyOverride(&r, s, e)
	case EntryRetry, EntryForgo, EntryAttest:
		return r, applyOperate(&r, s, e)
	}
	return r, applyStep(&r, s, e, index, term)
}

// applyEnd: a run ends only when nothing of it is open, and with an outcome that people know.
func applyEnd(r Run, e Entry) (Run, error) {
	switch e.Outcome {
	case OutcomeDone, OutcomeFailed, OutcomeRefused, OutcomeAborted, OutcomeDegraded:
	default:
		return r, fmt.Errorf("end of %s: %q is no outcome", r.ID, e.Outcome)
	}
	if r.HandedOver != "" {
		return r, fmt.Errorf("end of %s: it was handed over: `siteswap run reconcile %s`", r.ID, r.ID)
	}
	if i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.State == Acting }); i >= 0 {
		return r, fmt.Errorf("end of %s: step %s is open", r.ID, r.Steps[i].ID)
	}
	r.Outcome, r.EndedAt = e.Outcome, e.Time
	if e.Text != "" {
		r.Why = e.Text
	}
	return r, nil
}
