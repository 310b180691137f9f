package report

import (
	"time"

	"siteswap/dag"
	"siteswap/internal/api"
)

// FromRun is a run of the API as the report has it. started is the document's start; a run that has not ended ends at now.
func FromRun(r api.Run, started, now time.Time, speed float64) Run {
	since := func(t time.Time) float64 {
		if t.IsZero() {
			return 0
		}
		return round(t.Sub(started).Seconds())
	}
	ended, outcome := r.EndedAt, r.Outcome
	if ended.IsZero() {
		ended = now
	}
	if outcome == "" {
		outcome = "waiting" // a report has no word for a run that goes on
	}
	out := Run{
		Runbook: r.Runbook, Plan: r.Plan, Outcome: outcome, Debts: r.Debts,
		ID: r.ID, Title: r.Title, Why: r.Why, StartedBy: r.StartedBy, NotPutBack: r.NotPutBack,
		Start: since(r.StartedAt), End: since(ended),
	}
	out.Duration = round(out.End - out.Start)
	for _, s := range r.Steps {
		out.Steps = append(out.Steps, fromStep(s, since, ended, speed))
	}
	out.Overhead = overhead(out.Steps, out.Start, out.End)
	return out
}

func fromStep(s api.Step, since func(time.Time) float64, ended time.Time, speed float64) Step {
	out := Step{
		ID: s.ID, Kind: s.Kind, State: s.State, Title: s.Title, Text: s.Text, Needs: s.Needs, Attempts: s.Attempts,
		Agrees: s.Agrees, Calls: s.Calls, Drift: s.Drift, Start: since(s.StartAt), End: since(s.EndAt),
	}
	if out.State == "acting" {
		out.State = "unknown" // sent, and no answer when the report was written
	}
	if !s.StartAt.IsZero() && s.EndAt.IsZero() {
		out.End = since(ended)
	}
	if out.State == "done" && out.Agrees == nil {
		agrees := len(s.Drift) == 0
		out.Agrees = &agrees
	}
	out.RealTime = round(max(out.End-out.Start, 0) * max(speed, 1))
	out.Predicted, out.Observed = effects(s.Observed, s.Drift)
	return out
}

// effects are the step's footprint as lines: what was predicted, what was observed.
func effects(values []dag.Value, drift []api.Difference) (predicted, observed []string) {
	differs := make(map[string]api.Difference, len(drift))
	for _, d := range drift {
		differs[d.Path] = d
	}
	for _, v := range values {
		now := v.Text
		if !v.Known {
			now = "not known: " + v.Why
		}
		before := now
		if d, ok := differs[v.Path]; ok {
			before = d.Predicted
			delete(differs, v.Path)
		}
		predicted = append(predicted, v.Path+" = "+before)
		observed = append(observed, v.Path+" = "+now)
	}
	for _, d := range drift {
		if _, ok := differs[d.Path]; ok {
			predicted = append(predicted, d.Path+" = "+d.Predicted)
			observed = append(observed, d.Path+" = "+d.Observed)
		}
	}
	return predicted, observed
}
