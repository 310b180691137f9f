// Package api has the wire types of the controllers' HTTP API, and its client. Everything that the terminal, the report
// and a page show comes from here, in the same words.
package api

import (
	"time"

	"siteswap/dag"
	"siteswap/runbooks"
)

// Paths of the API. {id} is a run, {step} a step id with "/" escaped.
const (
	PathStatus = "/v1/status"
	PathRuns   = "/v1/runs"   // GET list, POST start
	PathEvents = "/v1/events" // GET ?after=INDEX&wait=SECONDS: events of the replicated log, long poll
	PathFacts  = "/v1/facts"  // GET: what this controller observes, with ages
	PathRoute  = "/v1/route"  // GET ?after=GENERATION&wait=SECONDS: where calls are sent, since the last um.reroute; long poll
)

// HeaderIndex is the log index that an answer is of: reads may be stale, and say so.
const HeaderIndex = "Siteswap-Index"

// HeaderLeader is who leads, as far as the answering controller knows. NoLeader: it follows nobody, so it may have missed what the
// others have decided since.
const (
	HeaderLeader = "Siteswap-Leader"
	NoLeader     = "none"
)

// Codes of a [Problem]: what a program branches on.
const (
	CodeRefused    = "refused"     // by a rule; Refusal says which
	CodeBusy       = "busy"        // another run holds the DAG
	CodeNotLeader  = "not-leader"  // ask Leader
	CodeNoQuorum   = "no-quorum"   // no controller can act now; ask again
	CodeNotFound   = "not-found"   // no such run or step
	CodeBadRequest = "bad-request" // it can never succeed as it was asked
)

// Status is what one controller says of itself and of the cluster.
type Status struct {
	Node      string    `json:"node"`
	Site      string    `json:"site"`
	Leader    string    `json:"leader,omitempty"` // empty: none known
	LeaderAPI string    `json:"leader_api,omitempty"`
	CanAct    bool      `json:"can_act"` // it leads and has verified so
	Why       string    `json:"why,omitempty"`
	Voters    []Voter   `json:"voters"`
	Term      uint64    `json:"term"`
	Applied   uint64    `json:"applied"` // log index
	Lab       bool      `json:"lab"`
	TimeScale float64   `json:"time_scale"`
	DAG       string    `json:"dag"`
	Served    string    `json:"served"`        // who is served, one sentence
	State     string    `json:"state"`         // HEALTHY, DEGRADED, DOWN or UNKNOWN, of the DAG
	Run       *Run      `json:"run,omitempty"` // the one that goes on, or the last one
	Debts     []Debt    `json:"debts"`
	At        time.Time `json:"at"`
}

// Route is where redirectors send current mailboxes. The newest generation wins.
type Route struct {
	Site       string `json:"site"`
	Generation uint64 `json:"generation"`
}

// Voter is a controller as this one sees it.
type Voter struct {
	ID      string `json:"id"`
	Site    string `json:"site"`
	Address string `json:"address"`
}

// Run is a run as people see it.
type Run struct {
	ID           string             `json:"id"`
	Runbook      string             `json:"runbook"`
	Title        string             `json:"title"`
	DAG          string             `json:"dag"`
	Plan         string             `json:"plan"` // hash
	Parameters   []runbooks.Setting `json:"parameters"`
	Outcome      string             `json:"outcome"` // empty while it goes on
	Why          string             `json:"why,omitempty"`
	Paused       bool               `json:"paused,omitempty"`
	StartedBy    string             `json:"started_by"`
	StartedAt    time.Time          `json:"started_at"`
	EndedAt      time.Time          `json:"ended_at,omitzero"`
	Steps        []Step             `json:"steps"`
	Debts        []Debt             `json:"debts,omitempty"`
	Refusals     []Refusal          `json:"refusals,omitempty"`
	Approvals    []Approval         `json:"approvals,omitempty"`
	Overrides    []Override         `json:"overrides,omitempty"`
	NotPutBack   []string           `json:"not_put_back,omitempty"` // what the run changed for its own sake and has not put back
	NeedsAPerson []string           `json:"needs_a_person,omitempty"`
	Aborting     bool               `json:"aborting,omitempty"`
	HandedOver   string             `json:"handed_over,omitempty"` // who goes on by hand, and why; no step begins until reconcile
	// Overhead is the seconds in which no step was acting or waiting while the run went on.
	Overhead float64 `json:"overhead"`
}

// Step is a step of a run as people see it.
type Step struct {
	ID       string        `json:"id"`
	Kind     string        `json:"kind"`
	Title    string        `json:"title"`
	State    string        `json:"state"` // done | failed | unknown | skipped | refused | waiting | acting | todo
	Attempts int           `json:"attempts"`
	Needs    []string      `json:"needs,omitempty"`
	StartAt  time.Time     `json:"start_at,omitzero"`
	EndAt    time.Time     `json:"end_at,omitzero"`
	Text     string        `json:"text,omitempty"` // what happened, or what it waits for
	Agrees   *bool         `json:"agrees,omitempty"`
	Drift    []Difference  `json:"drift,omitempty"`
	Calls    []Call        `json:"calls,omitempty"`
	AtMost   time.Duration `json:"at_most,omitempty"` // timeout at real speed
	Args     runbooks.Args `json:"args,omitzero"`
	Observed []dag.Value   `json:"observed,omitempty"`
}

// Call is a cmdlet or request that a step sent.
type Call struct {
	Cmdlet   string   `json:"cmdlet"`
	On       string   `json:"on,omitempty"`
	Warnings []string `json:"warnings"`
	Errors   []string `json:"errors,omitempty"`
}

// Difference is a fact that is not as predicted.
type Difference struct {
	Path      string `json:"path"`
	Predicted string `json:"predicted"`
	Observed  string `json:"observed"`
}

// Debt is a change owed to something that was dead.
type Debt struct {
	Site string `json:"site"`
	Kind string `json:"kind"`
	What string `json:"what"`
}

// Refusal is a rule's no.
type Refusal struct {
	Rule     string `json:"rule"`
	Step     string `json:"step,omitempty"`
	Why      string `json:"why"`
	Evidence string `json:"evidence"`
	Unblock  string `json:"unblock"`
	FactHash string `json:"fact_hash,omitempty"`
}

// Approval is a person's yes.
type Approval struct {
	Step    string           `json:"step"`
	By      string           `json:"by"`
	Ceiling map[string]int64 `json:"ceiling,omitempty"`
	Unknown bool             `json:"unknown,omitempty"`
	Reason  string           `json:"reason,omitempty"`
}

// Override sets a rule aside for one step.
type Override struct {
	Rule     string   `json:"rule"`
	Step     string   `json:"step"`
	By       []string `json:"by"`
	Reason   string   `json:"reason"`
	FactHash string   `json:"fact_hash,omitempty"`
}

// Event is one entry of the replicated log as a sentence.
type Event struct {
	Index   uint64    `json:"index"`
	Term    uint64    `json:"term"`
	Time    time.Time `json:"time"`
	Type    string    `json:"type"` // start, intent, result, skip, wait, approve, deny, override, pause, resume, abort, end
	Run     string    `json:"run,omitempty"`
	Step    string    `json:"step,omitempty"`
	State   string    `json:"state,omitempty"`
	Attempt int       `json:"attempt,omitempty"`
	Text    string    `json:"text"`
	Leader  string    `json:"leader,omitempty"` // who proposed it
	Refusal *Refusal  `json:"refusal,omitempty"`
}

// StartRequest asks for a run. Plan is compiled by the caller and checked by the controller against its own topology.
type StartRequest struct {
	Plan         runbooks.Plan `json:"plan"`
	By           string        `json:"by"`
	HoldRefusals bool          `json:"hold_refusals,omitempty"`
	RequestID    string        `json:"request_id"` // the same id again is the same request
}

// StepRequest is approve, deny or override on a step: POST PathRuns/{id}/steps/{step}/approve|deny|override.
type StepRequest struct {
	By      string           `json:"by"`
	Reason  string           `json:"reason,omitempty"`
	Ceiling map[string]int64 `json:"ceiling,omitempty"`
	Unknown bool             `json:"unknown,omitempty"`
	Rule    string           `json:"rule,omitempty"`
	// FactHash binds an override to the facts that its giver was shown.
	FactHash string `json:"fact_hash,omitempty"`
	// Code is that of a site that stood down; with attest of a fence.
	Code string `json:"code,omitempty"`
}

// RunRequest is pause, resume or abort: POST PathRuns/{id}/pause|resume|abort.
type RunRequest struct {
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
}

// Problem is the body of every answer that is no success.
type Problem struct {
	Error   string   `json:"error"`            // one sentence, and what to do
	Code    string   `json:"code"`             // refused, busy, not-leader, no-quorum, not-found, bad-request
	Leader  string   `json:"leader,omitempty"` // API address, with not-leader
	Refusal *Refusal `json:"refusal,omitempty"`
}

// FactsAnswer is what a controller observes now.
type FactsAnswer struct {
	Node    string    `json:"node"`
	Vantage string    `json:"vantage"`
	At      time.Time `json:"at"`
	Facts   dag.Facts `json:"facts"`
}
