package run

import "time"

// IntentRef is what an act is done for: a committed INTENT, exactly.
type IntentRef struct {
	Index      uint64
	Term       uint64
	Generation uint64
	Run        string
	Step       string
	Attempt    int
	PlanHash   string
}

// Permit is the authority to act on one INTENT. Its fields are not exported and only the controller makes one, so an
// unauthorised action does not compile.
type Permit struct {
	ref     IntentRef
	expires time.Time
}

// NewPermit is called by internal/controller alone (a test checks it), after the INTENT is committed and leadership has
// been verified. Valid is how long after now the act may still start.
func NewPermit(ref IntentRef, now time.Time, valid time.Duration) Permit {
	return Permit{ref: ref, expires: now.Add(valid)}
}

// Ref is the INTENT that the permit is for.
func (p Permit) Ref() IntentRef { return p.ref }

// NotAfter is how long the act may still start, from now; zero or less: not any more.
func (p Permit) NotAfter(now time.Time) time.Duration { return p.expires.Sub(now) }
