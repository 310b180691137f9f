package run

import (
	"fmt"
	"strings"
)

// Describe is the one sentence that people read about an entry: in the log, on the terminal, in the report.
func Describe(e Entry, r *Run) string {
	switch e.Type {
	case EntryGenesis:
		return "the cluster " + e.Genesis.ID + " begins"
	case EntryStart:
		return fmt.Sprintf("%s, plan %s, %d steps", e.Start.Plan.Title, ShortHash(e.Start.Plan.Hash()), len(e.Start.Plan.Steps))
	case EntryIntent:
		return describeIntent(e.Intent, r)
	case EntryResult:
		return e.Result.Text
	case EntrySkip, EntryWait, EntryAbort:
		return e.Text
	case EntryApprove:
		if down := e.Approval.StandDown; len(down) > 0 {
			return e.Approval.By + " brings the code of a site that stood down: " + strings.Join(down, ", ")
		}
		return e.Approval.By + " approves " + e.Approval.Step + ceilingText(*e.Approval)
	case EntryDeny:
		return e.Actor + " denies " + e.Step + ": " + e.Text
	case EntryOverride:
		verb := "overrides"
		if len(e.Override.By) > 1 {
			verb = "override"
		}
		return fmt.Sprintf("%s %s %s for %s: %s", strings.Join(e.Override.By, " and "), verb, e.Override.Rule, e.Override.Step, e.Override.Reason)
	case EntryRetry:
		return e.Actor + " lets " + e.Step + " be tried again: " + e.Text
	case EntryForgo:
		return e.Actor + " goes on without " + e.Step + ": " + e.Text
	case EntryAttest:
		return e.Actor + " attests " + e.Step + ": " + e.Text
	case EntryHandover:
		return e.Actor + " takes the run over by hand: no step begins until `run reconcile`"
	case EntryReconcile:
		return e.Actor + " gives the run back: every step is looked at"
	case EntryReconciled:
		return e.Text
	case EntryPause:
		return e.Actor + " pauses the run: no new step begins"
	case EntryResume:
		return e.Actor + " resumes the run"
	case EntryEnd:
		if e.Text == "" {
			return string(e.Outcome)
		}
		return string(e.Outcome) + ": " + e.Text
	}
	return string(e.Type)
}

func describeIntent(in *Intent, r *Run) string {
	text := in.Step
	if r != nil {
		if p := r.Plan.Step(in.Step); p != nil && p.Title != "" {
			text = p.Title
		}
	}
	if in.Choice.Server != "" {
		text += " on " + in.Choice.Server
	}
	if in.Attempt > 1 {
		text += fmt.Sprintf(" (attempt %d)", in.Attempt)
	}
	return text
}

// ShortHash is the first four digits of a plan's hash, as people say it.
func ShortHash(hash string) string {
	hash = strings.TrimPrefix(hash, "sha256:")
	if len(hash) > 4 {
		return hash[:4]
	}
	return hash
}
