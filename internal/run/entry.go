package run

import (
	"fmt"
	"time"

	"siteswap/runbooks"
)

// EntryType names a log entry. An unknown type with the critical bit stops the node; it is never skipped.
type EntryType string

// The log entries.
const (
	EntryGenesis  EntryType = "genesis"
	EntryStart    EntryType = "start"
	EntryIntent   EntryType = "intent"
	EntryResult   EntryType = "result"
	EntrySkip     EntryType = "skip"
	EntryWait     EntryType = "wait"
	EntryApprove  EntryType = "approve"
	EntryDeny     EntryType = "deny"
	EntryOverride EntryType = "override"
	EntryPause    EntryType = "pause"
	EntryResume   EntryType = "resume"
	EntryAbort    EntryType = "abort"
	EntryEnd      EntryType = "end"
	// What a person says about a step, and the handover of a run (operate.go).
	EntryRetry      EntryType = "retry"
	EntryForgo      EntryType = "forgo" // go on without the step
	EntryAttest     EntryType = "attest"
	EntryHandover   EntryType = "handover"
	EntryReconcile  EntryType = "reconcile"  // somebody wants the run back
	EntryReconciled EntryType = "reconciled" // the controllers have looked
)

// Entry is one entry of the replicated log. The proposer stamps ID and Time; Apply only copies them.
type Entry struct {
	Version  int       `json:"version"` // 1
	Type     EntryType `json:"type"`
	Critical bool      `json:"critical"`
	ID       string    `json:"id"` // of the entry; of a start it is the request's, so that one asked twice counts once
	Actor    string    `json:"actor"`
	Time     time.Time `json:"time"`
	Run      string    `json:"run,omitempty"`

	Genesis  *Genesis  `json:"genesis,omitempty"`
	Start    *Start    `json:"start,omitempty"`
	Intent   *Intent   `json:"intent,omitempty"`
	Result   *Result   `json:"result,omitempty"`
	Step     string    `json:"step,omitempty"`    // of skip, wait, deny
	Text     string    `json:"text,omitempty"`    // why
	NotYet   bool      `json:"not_yet,omitempty"` // of a wait: nothing can be chosen yet, which must not last for ever
	Approval *Approval `json:"approval,omitempty"`
	Override *Override `json:"override,omitempty"`
	Outcome  Outcome   `json:"outcome,omitempty"`
	Found    []Found   `json:"found,omitempty"` // of reconciled
}

// Genesis creates the cluster's state.
type Genesis struct {
	ID  string `json:"id"`
	Lab bool   `json:"lab"`
}

// Start begins a run.
type Start struct {
	Plan         runbooks.Plan `json:"plan"`
	HoldRefusals bool          `json:"hold_refusals,omitempty"`
}

// known says whether this program knows the type, and complete whether the entry carries what its type needs.
func (e *Entry) known() (known, complete bool) {
	switch e.Type {
	case EntryGenesis:
		return true, e.Genesis != nil
	case EntryStart:
		return true, e.Start != nil
	case EntryIntent:
		return true, e.Intent != nil
	case EntryResult:
		return true, e.Result != nil
	case EntryApprove:
		return true, e.Approval != nil
	case EntryOverride:
		return true, e.Override != nil
	case EntrySkip, EntryWait, EntryDeny, EntryPause, EntryResume, EntryAbort, EntryEnd, EntryRetry, EntryForgo, EntryAttest, EntryHandover, EntryReconcile,
		EntryReconciled:
		return true, true
	}
	return false, true
}

// step is the step that the entry is about, "" for one about the whole run.
func (e *Entry) step() string {
	switch e.Type {
	case EntryIntent:
		return e.Intent.Step
	case EntryResult:
		return e.Result.Step
	case EntryApprove:
		return e.Approval.Step
	case EntryOverride:
		return e.Override.Step
	}
	return e.Step
}

// check refuses what cannot be applied to any state. skip: the entry means nothing to this program and may be passed over.
func (e *Entry) check() (skip bool, err error) {
	if e.Version != 1 {
		return false, fmt.Errorf("entry %s has version %d; this program knows version 1: update it", e.ID, e.Version)
	}
	known, complete := e.known()
	switch {
	case !known && e.Critical:
		return false, fmt.Errorf("unknown critical entry %q: update this program", e.Type)
	case !known:
		return true, nil
	case !complete:
		return false, fmt.Errorf("entry %s of type %s has no payload", e.ID, e.Type)
	}
	return false, nil
}
