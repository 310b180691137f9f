package controller

import (
	"fmt"
	"sort"
	"time"

	"siteswap/internal/api"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// runView is a run as people see it, at an instant.
func runView(r *run.Run, now time.Time) *api.Run {
	v := &api.Run{
		ID: r.ID, Runbook: r.Plan.Runbook, Title: r.Plan.Title, DAG: r.DAG, Plan: r.PlanHash, Parameters: r.Plan.Parameters,
		Outcome: string(r.Outcome), Why: r.Why, Paused: r.Paused, HandedOver: r.HandedOver, Aborting: r.Aborting && r.Outcome == "", StartedBy: r.StartedBy,
		StartedAt: r.StartedAt, EndedAt: r.EndedAt, Debts: debtViews(r.Debts), NotPutBack: run.NotPutBack(r), Overhead: overhead(r, now).Seconds(),
	}
	for i := range r.Steps {
		v.Steps = append(v.Steps, stepView(&r.Steps[i], &r.Plan.Steps[i]))
	}
	for i := range r.Refusals {
		v.Refusals = append(v.Refusals, *refusalView(&r.Refusals[i], r.Refusals[i].Step))
	}
	for _, a := range r.Approvals {
		v.Approvals = append(v.Approvals, api.Approval{Step: a.Step, By: a.By, Ceiling: a.Ceiling, Unknown: a.Unknown, Reason: a.Reason})
	}
	for _, o := range r.Overrides {
		v.Overrides = append(v.Overrides, api.Override{Rule: o.Rule, Step: o.Step, By: o.By, Reason: o.Reason, FactHash: o.FactHash})
	}
	v.NeedsAPerson = needsAPerson(r)
	return v
}

func stepView(s *run.Step, p *runbooks.Step) api.Step {
	v := api.Step{ID: s.ID, Kind: p.Kind, Title: p.Title, State: string(s.State), Attempts: s.Attempt, Needs: p.Needs, StartAt: s.StartAt,
		EndAt: s.EndAt, AtMost: p.Timeout, Args: p.With, Text: s.Waiting}
	if s.State == run.Acting && !run.Acts(p.Kind) {
		v.State = string(run.Waiting)
	}
	if s.State == run.Acting {
		v.EndAt = time.Time{}
	} else if res := s.Result; res != nil {
		if res.Text != "" {
			v.Text = res.Text
		}
		if s.State == run.Done {
			agrees := res.Agrees
			v.Agrees = &agrees
		}
		for _, d := range res.Drift {
			v.Drift = append(v.Drift, api.Difference(d))
		}
		v.Observed = res.After
	}
	for _, c := range s.Calls {
		call := api.Call{Cmdlet: c.Cmdlet, On: c.On, Warnings: c.Warnings, Errors: c.Errors}
		if call.Warnings == nil {
			call.Warnings = []string{}
		}
		v.Calls = append(v.Calls, call)
	}
	return v
}

func debtViews(debts []run.Debt) []api.Debt {
	var out []api.Debt
	for _, d := range debts {
		out = append(out, api.Debt{Site: d.Site, Kind: d.Kind, What: d.What})
	}
	return out
}

func refusalView(r *run.Refusal, step string) *api.Refusal {
	if r == nil {
		return nil
	}
	return &api.Refusal{Rule: r.Rule, Step: step, Why: r.Why, Evidence: r.Evidence, Unblock: r.Unblock, FactHash: r.FactHash}
}

// needsAPerson says what goes on only when somebody does something, and with which command.
func needsAPerson(r *run.Run) []string {
	if r.Outcome != "" {
		return nil
	}
	var out []string
	if r.Paused {
		out = append(out, "the run is paused: `siteswap run resume "+r.ID+"`")
	}
	if r.HandedOver != "" {
		out = append(out, "the run is taken over by hand ("+r.HandedOver+"): when that is over `siteswap run reconcile "+r.ID+"`")
	}
	for i := range r.Steps {
		s, p := &r.Steps[i], &r.Plan.Steps[i]
		yes := fmt.Sprintf("`siteswap run approve %s %s`", r.ID, s.ID)
		switch {
		case s.State == run.Acting && p.Kind == "approve":
			out = append(out, s.ID+": "+p.Title+": "+yes+", or deny")
		case s.State == run.Acting && p.Kind == "manual":
			out = append(out, s.ID+": "+p.With.Instructions+"; then "+yes)
		case s.State == run.Waiting, s.State == run.Acting && s.Waiting != "":
			out = append(out, s.ID+": "+s.Waiting)
		case s.State == run.Refused && r.HoldRefusals:
			out = append(out, s.ID+": "+s.Result.Text+": override the rule, or `siteswap run abort "+r.ID+"`")
		case (s.State == run.Failed || s.State == run.Unknown) && r.Asks(s.ID):
			out = append(out, s.ID+" failed: "+s.Result.Text+": `siteswap run retry|skip|attest "+r.ID+" "+s.ID+" --reason ...`, or `siteswap run abort "+r.ID+"`")
		}
	}
	return out
}

// overhead is the time of the run in which no step was acting or waiting.
func overhead(r *run.Run, now time.Time) time.Duration {
	end := r.EndedAt
	if end.IsZero() {
		end = now
	}
	type span struct{ from, to time.Time }
	var spans []span
	for i := range r.Steps {
		s := &r.Steps[i]
		switch {
		case s.State == run.Waiting && s.StartAt.IsZero():
			spans = append(spans, span{s.Since, end})
		case s.StartAt.IsZero():
		case s.State == run.Acting || s.EndAt.IsZero():
			spans = append(spans, span{s.StartAt, end})
		default:
			spans = append(spans, span{s.StartAt, s.EndAt})
		}
	}
	sort.Slice(spans, func(i, j int) bool { return spans[i].from.Before(spans[j].from) })
	var none time.Duration
	at := r.StartedAt
	for _, s := range spans {
		if s.from.After(at) {
			none += s.from.Sub(at)
		}
		if s.to.After(at) {
			at = s.to
		}
	}
	if end.After(at) {
		none += end.Sub(at)
	}
	return none
}
