package run

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// applyOverride records an override. Once enough people have given it, the step that its rule refused is decided anew.
func applyOverride(r *Run, s *Step, e Entry) error {
	o := *e.Override
	bad := ""
	switch {
	case o.PlanHash != r.PlanHash:
		bad = "it names another plan"
	case o.Rule == "" || o.FactHash == "":
		bad = "it names no rule, or nothing that its giver was shown"
	case len(people(o.By)) == 0 || strings.TrimSpace(o.Reason) == "":
		bad = "it names nobody, or gives no reason"
	case o.Expires.IsZero():
		bad = "it never lapses; give it an end"
	case o.Attempt < 0 || o.Attempt > s.Attempt+1:
		bad = fmt.Sprintf("it names attempt %d, the step is at %d", o.Attempt, s.Attempt)
	case s.State == Refused && !r.HoldRefusals:
		bad = "the run ends by its refusal; start it again so that refusals are held"
	case s.State == Refused && !s.refusedBy(&o):
		bad = "its giver was not shown what refuses the step now: look again"
	}
	if bad != "" {
		return fmt.Errorf("override of %s for %s: %s", o.Rule, s.ID, bad)
	}
	r.Overrides = append(r.Overrides, o)
	if s.State == Refused && r.overridden(s.Result.Refusal, s.ID, e.Time) {
		s.Waiting = ""
		s.become(Todo, e)
	}
	return nil
}

// refusedBy: the step's last result is the refusal that the override's giver was shown.
func (s *Step) refusedBy(o *Override) bool {
	return s.Result != nil && s.Result.Refusal != nil && s.Result.Refusal.Rule == o.Rule && s.Result.Refusal.FactHash == o.FactHash
}

// overridden: enough different people, together or one by one, have set just this rule aside for just this step and this
// evidence, and their word has not lapsed: by its expiry, by another plan, or because something was acted on since.
func (r *Run) overridden(ref *Refusal, step string, now time.Time) bool {
	var by []string
	for _, o := range r.Overrides {
		if o.Rule == ref.Rule && o.Step == step && o.FactHash == ref.FactHash && o.PlanHash == r.PlanHash && now.Before(o.Expires) && r.onlyRefusedSince(o.Attempt, step) {
			by = append(by, o.By...)
		}
	}
	return len(people(by)) >= r.overridesTake()
}

// overridesTake is how many different people an override takes: two, as two_person: required says; in a cluster created as
// a lab, where nobody's name is verified anyway, one.
func (r *Run) overridesTake() int {
	if r.Lab {
		return 1
	}
	return 2
}

// people are the different names of a list; how a name is spelled makes no second person.
func people(names []string) []string {
	var out []string
	for _, n := range names {
		if n = strings.ToLower(strings.TrimSpace(n)); n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// onlyRefusedSince: every attempt of the step from this one to the last but the present was refused, so nothing was acted on.
func (r *Run) onlyRefusedSince(attempt int, step string) bool {
	s := r.Step(step)
	if s == nil {
		return false
	}
	for a := max(attempt, 1); a < s.Attempt; a++ {
		if !r.refusedAt(step, a) {
			return false
		}
	}
	return true
}

func (r *Run) refusedAt(step string, attempt int) bool {
	return slices.ContainsFunc(r.Refusals, func(ref Refusal) bool { return ref.Step == step && ref.Attempt == attempt })
}

// acted: an attempt of the step was not refused, so it may have changed things; the one that is being decided does not count.
func (r *Run) acted(step string) bool {
	s := r.Step(step)
	if s == nil {
		return false
	}
	last := s.Attempt
	if s.State == Acting {
		last-- // the present attempt is still being decided
	}
	for a := 1; a <= last; a++ {
		if !r.refusedAt(step, a) {
			return true
		}
	}
	return false
}

// seal binds a refusal to what people are shown: its rule, its sentence and its evidence. None of them holds an age, a time
// of day or a driver's error text, so that the hash stays while nothing gets worse.
func (ref *Refusal) seal() *Refusal {
	if ref.FactHash == "" {
		ref.FactHash = evidenceHash(ref.Rule, ref.Why, ref.Evidence)
	}
	return ref
}

// unread is the refusal of a rule that cannot read what it needs. Why it cannot be read is shown and not hashed: the words of
// a time-out differ from one look to the next.
func unread(rule, why, from, reason, unblock string) *Refusal {
	return &Refusal{Rule: rule, Why: why, Evidence: strings.TrimSuffix(from+": "+reason, ": "), Unblock: unblock, FactHash: evidenceHash(rule, why, "")}
}

func evidenceHash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:8])
}
