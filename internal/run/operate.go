package run

import (
	"fmt"
	"slices"
	"strings"

	"siteswap/dag"
	"siteswap/runbooks"
)

// What people may do to a run besides approving, denying and overriding: let a step be tried again, go on without it, say that it
// is done, take the whole run over by hand and give it back.

// stands: what became of the step needs a person, and its run has not ended by it.
func (r *Run) stands(s *Step) bool {
	return s.State == Failed || s.State == Unknown || s.State == Refused && r.HoldRefusals
}

// Asks says whether a step that failed, or of which nobody knows, waits for people instead of ending the run; for a fence one yes is
// not enough (see [Run.Excused]).
func (r *Run) Asks(step string) bool {
	s, p := r.Step(step), r.Plan.Step(step)
	if s == nil || p == nil || mayRetry(s) {
		return false
	}
	return s.Result != nil && s.Result.Ask || p.OnFailure == runbooks.OnFailureAsk && !r.Excused(step)
}

// applyOperate is a person's word about one step.
func applyOperate(r *Run, s *Step, e Entry) error {
	p := r.Plan.Step(s.ID)
	passive := s.State == Acting && p != nil && !Acts(p.Kind)
	switch e.Type {
	case EntryRetry:
		if !r.stands(s) {
			return fmt.Errorf("retry of %s: it is %s; only a step that failed, was refused or is not known can be tried again", s.ID, s.State)
		}
		s.Waiting = ""
		s.become(Todo, e)
		s.Result = nil // what it was waits no longer for anybody
	case EntryForgo:
		if s.State != Todo && s.State != Waiting && !passive && !r.stands(s) {
			return fmt.Errorf("skip of %s: it is %s; what acts is awaited, what is done is done", s.ID, s.State)
		}
		s.Waiting, s.EndAt = "left out by "+e.Actor+": "+e.Text, e.Time
		s.become(Skipped, e)
	case EntryAttest:
		if s.State != Waiting && s.State != Todo && !passive && !r.stands(s) {
			return fmt.Errorf("attest of %s: it is %s", s.ID, s.State)
		}
		s.Waiting, s.EndAt = "", e.Time
		s.become(Done, e)
		s.Result = &Result{Step: s.ID, Attempt: s.Attempt, State: Done, Agrees: true, Text: "attested by " + e.Actor + ": " + e.Text}
		r.Approvals = append(r.Approvals, Approval{Step: s.ID, By: e.Actor, At: e.Time, Reason: e.Text})
	}
	return nil
}

// Found is what was seen of a step after a handover.
type Found struct {
	Step  string    `json:"step"`
	State StepState `json:"state"` // Done, Todo (not done), Unknown
	Text  string    `json:"text"`  // the evidence
}

// applyFound marks the steps after a handover, and gives the run back to the controllers.
func applyFound(r *Run, e Entry) error {
	if r.HandedOver == "" || !r.Reconciling {
		return fmt.Errorf("%s: run %s was not handed over, or nobody asked for it back", e.Type, r.ID)
	}
	for _, f := range e.Found {
		s := r.Step(f.Step)
		if s == nil || s.State == Acting {
			return fmt.Errorf("%s: step %s of run %s is not there, or still acts", e.Type, f.Step, r.ID)
		}
		s.Waiting = ""
		switch f.State {
		case Todo:
			s.Result = nil
		case Done, Unknown:
			s.EndAt = e.Time
			s.Result = &Result{Step: s.ID, Attempt: s.Attempt, State: f.State, Agrees: f.State == Done, Text: f.Text, Ask: f.State == Unknown}
		default:
			return fmt.Errorf("%s: %q is nothing that can be found of %s", e.Type, f.State, f.Step)
		}
		s.become(f.State, e)
	}
	r.HandedOver, r.Reconciling = "", false
	return nil
}

// reconciled looks at every step that is not known to be done, once nothing acts any more (after a handover people have gone on by
// hand): what is seen done is done; what is not is carried out; what cannot be seen is for people.
func reconciled(r *Run, in Input, x *runbooks.Expressions) Decision {
	var found []Found
	never := runbooks.Needless(in.Topology, &r.Plan, r.mode(in), in.Topology.Mode)
	for i := range r.Steps {
		s, p := &r.Steps[i], &r.Plan.Steps[i]
		if s.State == Done || s.State == Skipped || s.State == Acting || never[s.ID] { // what still acts of these only asks or waits
			continue
		}
		found = append(found, r.found(s, p, in, x))
	}
	return Decision{Entry: Entry{Type: EntryReconciled, Critical: true, Found: found,
		Text: fmt.Sprintf("taken back after the handover: %s", summary(found))}}
}

// underWay: a step sends something that is not answered yet.
func (r *Run) underWay() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool { p := r.Plan.Step(s.ID); return s.State == Acting && p != nil && Acts(p.Kind) })
}

func summary(found []Found) string {
	n := map[StepState]int{}
	for _, f := range found {
		n[f.State]++
	}
	return fmt.Sprintf("%d steps were done by hand, %d are not done, %d are not known", n[Done], n[Todo], n[Unknown])
}

func (r *Run) found(s *Step, p *runbooks.Step, in Input, x *runbooks.Expressions) Found {
	f := Found{Step: s.ID, State: Todo, Text: "not done"}
	if !Acts(p.Kind) {
		return f // people are asked, checks are made and waits are waited for as ever
	}
	choice, not := choose(r, p, in)
	if m := mountedIn(in, p); p.Kind == "db.activate" && m != "" {
		choice = Choice{Server: m, Database: in.Topology.Databases[activated(in.Topology, p)].Name, Dial: dialOf(p.With.Loss)}
	} else if not != "" {
		if dark := darkCopy(in, p); dark != "" {
			f.State, f.Text = Unknown, "whether it was done by hand cannot be seen: "+dark
		}
		return f
	}
	look := *s
	look.Intent = &Intent{Step: s.ID, Attempt: s.Attempt, Choice: choice}
	done, why := achieved(r, &look, p, in, x)
	switch {
	case done:
		f.State, f.Text = Done, "seen done after the handover: "+evidenceOf(p, choice, in)
	case why != "":
		f.State, f.Text = Unknown, "whether it was done by hand cannot be seen: "+why
	}
	return f
}

// mountedIn is the member of the step's site that mounts its database, "" if none does.
func mountedIn(in Input, p *runbooks.Step) string {
	db := activated(in.Topology, p)
	if db < 0 {
		return ""
	}
	m := in.Topology.MemberIndex(in.Facts.Databases[db].MountedOn.Value)
	if m < 0 || !inScope(in.Topology, p, m) {
		return ""
	}
	return in.Topology.Members[m].Name
}

// darkCopy says which copy that the step could have mounted cannot be seen, "" if all can.
func darkCopy(in Input, p *runbooks.Step) string {
	db := activated(in.Topology, p)
	if p.Kind != "db.activate" || db < 0 {
		return ""
	}
	for i, c := range in.Topology.Databases[db].Copies {
		if inScope(in.Topology, p, c.Member) && !in.Facts.Databases[db].Copies[i].Status.Known {
			return "the copy on " + in.Topology.Members[c.Member].Name + " is dark"
		}
	}
	return ""
}

// evidenceOf is what is seen of a step's footprint, a few of its fields.
func evidenceOf(p *runbooks.Step, c Choice, in Input) string {
	k, ok := runbooks.KindOf(p.Kind)
	if !ok {
		return ""
	}
	step := Chosen(p, c)
	var out []string
	for _, v := range at(in.Topology, in.Facts, k.Footprint(in.Topology, step.With)) {
		if v.Known && len(out) < 3 {
			out = append(out, v.Path+" "+v.Text)
		}
	}
	if len(out) == 0 {
		_, then := k.Summary(in.Topology, step.With)
		return then
	}
	return strings.Join(out, ", ")
}

// undoes says whether a step may be carried out although the run ends: it puts back what the run changed for its own sake, and it
// has not begun. Copies that were blocked so that nothing mounts with an unapproved loss stay blocked where quorum was formed.
func undoes(r *Run, s *Step, p *runbooks.Step, t *dag.Topology) bool {
	if s.State != Todo && s.State != Waiting || p.Kind == "db.unblock" && r.hasForced() {
		return false
	}
	return slices.ContainsFunc(r.Memory, func(m Remembered) bool { return !m.Put && mustPutBack(m.Key) && putsBack(p, t, m.Key) })
}

// undo are the steps that a run which ends carries out first, so that nothing of what it changed for its own sake stays changed.
func undo(r *Run, in Input) []Decision {
	var out []Decision
	for i := range r.Steps {
		s, p := &r.Steps[i], &r.Plan.Steps[i]
		if !undoes(r, s, p, in.Topology) {
			continue
		}
		choice, not := choose(r, p, in)
		if not != "" {
			continue
		}
		choice.Mode = r.mode(in)
		it := intent(s, p, choice, in)
		it.Undo = true
		out = append(out, Decision{Entry: Entry{Type: EntryIntent, Critical: true, Intent: it}, Act: Acts(p.Kind)})
		break // one after the other: their footprints were never meant to meet
	}
	return out
}
