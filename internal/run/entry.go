package run

import (
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
)

// Entry is one entry of the replicated log. The proposer stamps ID and Time; Apply only copies them.
type Entry struct {
	Version  int       `json:"version"` // 1
	Type     EntryType `json:"type"`
	Critical bool      `json:"critical"`
	ID       string    `json:"id"` // of the entry; an entry that is applied twice counts once
	Actor    string    `json:"actor"`
	Time     time.Time `json:"time"`
	Run      string    `json:"run,omitempty"`

	Genesis  *Genesis  `json:"genesis,omitempty"`
	Start    *Start    `json:"start,omitempty"`
	Intent   *Intent   `json:"intent,omitempty"`
	Result   *Result   `json:"result,omitempty"`
	Step     string    `json:"step,omitempty"` // of skip, wait, deny
	Text     string    `json:"text,omitempty"` // why
	Approval *Approval `json:"approval,omitempty"`
	Override *Override `json:"override,omitempty"`
	Outcome  Outcome   `json:"outcome,omitempty"`
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
