package run

import (
	"slices"
	"strings"

	"siteswap/runbooks"
)

// ending says whether no new step may begin, and how the run will end once none is open.
func ending(r *Run) (Outcome, string, bool) {
	if r.Aborting {
		return OutcomeAborted, r.Why + leftBehind(r), true
	}
	left, aside, isolated, without := false, "", []string{}, []string{}
	for i := range r.Steps {
		s, p := &r.Steps[i], &r.Plan.Steps[i]
		switch s.State {
		case Done, Skipped:
		case Refused:
			if !r.HoldRefusals {
				return OutcomeRefused, s.text() + leftBehind(r), true
			}
			left = true
		case Failed, Unknown:
			switch {
			case s.Result != nil && s.Result.Aside:
				aside = s.ID + ": " + s.text()
			case mayRetry(s):
				left = true
			case s.Result != nil && s.Result.Ask:
				left = true
			case p.OnFailure == runbooks.OnFailureContinue:
				if Acts(p.Kind) { // what it was to change is not changed, and who looks at the end only must see that
					without = append(without, s.ID+": "+s.text())
				}
			case p.OnFailure == runbooks.OnFailureIsolate:
				isolated = append(isolated, s.ID)
			case p.OnFailure == runbooks.OnFailureAsk:
				left = left || !r.Excused(s.ID)
			default:
				return OutcomeFailed, s.ID + ": " + s.text() + leftBehind(r), true
			}
		default:
			left = true
		}
	}
	switch {
	case aside != "":
		return OutcomeFailed, aside + leftBehind(r), true
	case left:
		return "", "", false
	case len(isolated) > 0:
		return OutcomeDegraded, "set aside: " + strings.Join(isolated, ", ") + leftBehind(r), true
	case len(without) > 0:
		return OutcomeDegraded, "went on without " + strings.Join(without, "; ") + leftBehind(r), true
	}
	if back := NotPutBack(r); len(back) > 0 {
		return OutcomeDegraded, "not put back: " + strings.Join(back, ", "), true
	}
	return OutcomeDone, "", true
}

// leftBehind ends the sentence about a run that ends before its time: what it changed for its own sake stays changed.
func leftBehind(r *Run) string {
	if back := NotPutBack(r); len(back) > 0 {
		return "; not put back: " + strings.Join(back, ", ")
	}
	return ""
}

func (s *Step) text() string {
	if s.Result != nil {
		return s.Result.Text
	}
	return s.Waiting
}

// mayRetry: what its leader left behind, or what the documented cure is to run again; not for ever.
func mayRetry(s *Step) bool {
	return s.State == Failed && s.Result != nil && s.Result.Retry && s.Attempt-s.Lost < maxAttempts && s.Lost < maxLost
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
	for _, p := range []string{"policy/", "dial/", "block/", "ttl/", "drain/", "preference"} {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}

// Excused: people have said that the run goes on although this step failed. For a fence that takes people's word it is that
// word, of two of them; for any other step one is enough.
func (r *Run) Excused(step string) bool {
	p := r.Plan.Step(step)
	if p != nil && p.Kind == "fence" && slices.Contains(p.With.By, "people") {
		return len(r.approvers(step)) >= wordTakes
	}
	return len(r.approvers(step)) > 0
}

// wordTakes is how many people's word stands for evidence that no machine gives (fence-before-force).
const wordTakes = 2

// takeWord lets a fence that was refused, in a run that holds its refusals, be decided anew once two people have given their
// word.
func (r *Run) takeWord(s *Step, e Entry) {
	p := r.Plan.Step(s.ID)
	if p == nil || p.Kind != "fence" || s.State != Refused || !r.HoldRefusals {
		return
	}
	if len(e.Approval.StandDown) > 0 || slices.Contains(p.With.By, "people") && r.Excused(s.ID) {
		s.become(Todo, e)
	}
}

// approvers are the different people who approved a step.
func (r *Run) approvers(step string) []string {
	var by []string
	for i := range r.Approvals {
		if r.Approvals[i].Step == step {
			by = append(by, r.Approvals[i].By)
		}
	}
	return people(by)
}
