package run

import (
	"time"

	"siteswap/dag"
	"siteswap/runbooks"
)

// Cluster is the whole replicated state: small, pure data, the same on every controller at one log index.
type Cluster struct {
	ID    string `json:"id"`
	Lab   bool   `json:"lab"` // created as a lab: actors are unverified, so only there approvals and overrides count
	Runs  []Run  `json:"runs"`
	Debts []Debt `json:"debts"` // of sites, across runs
}

// Outcome of a run; empty while it goes on.
type Outcome string

// The outcomes of a run.
const (
	OutcomeDone     Outcome = "done"
	OutcomeFailed   Outcome = "failed"
	OutcomeRefused  Outcome = "refused"
	OutcomeAborted  Outcome = "aborted"
	OutcomeDegraded Outcome = "degraded"
)

// StepState is where a step stands.
type StepState string

// The states of a step (formats.md).
const (
	Todo    StepState = "todo"
	Acting  StepState = "acting" // an INTENT without RESULT
	Done    StepState = "done"
	Failed  StepState = "failed"
	Unknown StepState = "unknown"
	Skipped StepState = "skipped"
	Refused StepState = "refused"
	Waiting StepState = "waiting"
)

// Run is one execution of one plan. Runs on one DAG are serialised: at most one is without outcome.
type Run struct {
	ID        string        `json:"id"` // short: r-7f3a
	DAG       string        `json:"dag"`
	Plan      runbooks.Plan `json:"plan"`
	PlanHash  string        `json:"plan_hash"`
	Lab       bool          `json:"lab,omitempty"` // of the cluster: one person's override is enough
	StartedBy string        `json:"started_by"`
	StartedAt time.Time     `json:"started_at"`
	EndedAt   time.Time     `json:"ended_at,omitzero"`
	Outcome   Outcome       `json:"outcome,omitempty"`
	Why       string        `json:"why,omitempty"` // of an outcome that is not done
	Paused    bool          `json:"paused,omitempty"`
	Aborting  bool          `json:"aborting,omitempty"`
	// HandedOver: people go on by hand, as this says; no step begins, and the run does not end, until it is taken back.
	HandedOver  string `json:"handed_over,omitempty"`
	Reconciling bool   `json:"reconciling,omitempty"` // it is to be taken back as soon as nothing acts
	// HoldRefusals: a refused step waits for an override instead of ending the run.
	HoldRefusals bool         `json:"hold_refusals,omitempty"`
	Steps        []Step       `json:"steps"` // parallel to Plan.Steps
	Approvals    []Approval   `json:"approvals,omitempty"`
	Overrides    []Override   `json:"overrides,omitempty"`
	Refusals     []Refusal    `json:"refusals,omitempty"`
	Memory       []Remembered `json:"memory,omitempty"`
	Debts        []Debt       `json:"debts,omitempty"`
	// Owed are the debts of sites when the run began: those that it may settle.
	Owed []Debt `json:"owed,omitempty"`
}

// Step is the state of one step of the plan.
type Step struct {
	ID      string    `json:"id"`
	State   StepState `json:"state"`
	Attempt int       `json:"attempt"`           // of the last INTENT, from 1
	Lost    int       `json:"lost,omitempty"`    // how many attempts went with their leaders
	Waiting string    `json:"waiting,omitempty"` // for what
	Since   time.Time `json:"since,omitzero"`    // when it came into this state
	NotYet  time.Time `json:"not_yet,omitzero"`  // since when it waits because nothing can be chosen
	StartAt time.Time `json:"start_at,omitzero"` // first INTENT
	EndAt   time.Time `json:"end_at,omitzero"`
	Intent  *Intent   `json:"intent,omitempty"` // the last one
	Result  *Result   `json:"result,omitempty"` // the last one
	Calls   []Call    `json:"calls,omitempty"`  // of all attempts
}

// Intent is committed before anything is done. It carries durations, never deadlines.
type Intent struct {
	Step     string        `json:"step"`
	Attempt  int           `json:"attempt"`
	Choice   Choice        `json:"choice"`
	Timeout  time.Duration `json:"timeout"` // real speed
	Lands    time.Duration `json:"lands"`   // real speed
	FactHash string        `json:"fact_hash,omitempty"`
	Index    uint64        `json:"index,omitempty"` // set when applied
	Term     uint64        `json:"term,omitempty"`
	// Before is what was known of the step's footprint when it was decided: a new leader that cannot see it now does not know
	// whether the step is done.
	Before []dag.Value `json:"before,omitempty"`
	// Undo: the run ends, and the step only puts back what it changed for its own sake.
	Undo bool `json:"undo,omitempty"`
}

// Choice is what the plan left as auto, decided from facts and recorded in the INTENT.
type Choice struct {
	Servers           []string       `json:"servers,omitempty"`  // members that the step works on
	Server            string         `json:"server,omitempty"`   // chosen target of db.activate
	Database          string         `json:"database,omitempty"` // of db.activate, db.mount, db.dismount
	ConfigurationOnly bool           `json:"configuration_only,omitempty"`
	Witness           dag.WitnessUse `json:"witness,omitempty"`
	Dial              dag.Dial       `json:"dial,omitempty"`
	Sites             []string       `json:"sites,omitempty"`    // of dns.repoint: whose targets names with the policy all-healthy-sites get
	Mode              string         `json:"mode,omitempty"`     // what mode: auto means in this run, decided at its first step
	Evidence          []string       `json:"evidence,omitempty"` // what was seen when it was chosen, a sentence each
	// Memory are values that the step is about to change and that must be put back: they are in the log before the change.
	Memory []Remembered `json:"memory,omitempty"`
}

// Result is committed after the step was observed.
type Result struct {
	Step    string       `json:"step"`
	Attempt int          `json:"attempt"`
	State   StepState    `json:"state"` // Done, Failed, Unknown, Refused
	Text    string       `json:"text"`  // one sentence for people: "mounted on EX2010-3, 0 logs lost"
	Agrees  bool         `json:"agrees"`
	Drift   []Difference `json:"drift,omitempty"`
	Ask     bool         `json:"ask,omitempty"`   // found so after a handover: it waits for people, and does not end the run
	Retry   bool         `json:"retry,omitempty"` // the documented cure is to run it again
	Lost    bool         `json:"lost,omitempty"`  // its leader went, and nothing of it was to be seen: no failure of its own
	Aside   bool         `json:"aside,omitempty"` // ended because the run ends: no failure of its own
	Calls   []Call       `json:"calls,omitempty"`
	Memory  []Remembered `json:"memory,omitempty"`
	Debts   []Debt       `json:"debts,omitempty"`
	Settled []Debt       `json:"settled,omitempty"`
	Refusal *Refusal     `json:"refusal,omitempty"`
	After   []dag.Value  `json:"after,omitempty"` // the footprint as observed
}

// Difference is one fact that is not as the model predicted.
type Difference struct {
	Path      string `json:"path"`
	Predicted string `json:"predicted"`
	Observed  string `json:"observed"`
}

// Call is one cmdlet or request that a step sent, with everything that came back but the objects.
type Call struct {
	Cmdlet   string   `json:"cmdlet"`
	On       string   `json:"on,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Errors   []string `json:"errors,omitempty"`
	Verbose  []string `json:"verbose,omitempty"`
	Lost     bool     `json:"lost,omitempty"` // no answer came
}

// Remembered is a value that the run changed for its own sake and must put back, or that a later step needs.
type Remembered struct {
	Key   string `json:"key"` // "policy/EX2010-1", "ttl/internal.test.local", "dns/changed"
	Value string `json:"value"`
	Put   bool   `json:"put,omitempty"` // it has been put back
}

// Debt is a change that is owed to something that was dead: settled by the next failback.
type Debt struct {
	Site string `json:"site"`
	Kind string `json:"kind"` // dns, vip, um, member, policy
	What string `json:"what"` // "10.0.1.5:53 has not got internal.test.local at DR"
	Key  string `json:"key"`  // the thing that owes: its address or name
}

// Approval is a person's yes to a step.
type Approval struct {
	Step    string           `json:"step"`
	By      string           `json:"by"`
	At      time.Time        `json:"at"`
	Ceiling map[string]int64 `json:"ceiling,omitempty"` // logs that may be lost, per database
	Unknown bool             `json:"unknown,omitempty"` // "whatever it is", said explicitly
	Reason  string           `json:"reason,omitempty"`
	// StandDown are servers whose own site has signed that they were read back Stopped and Disabled; the code was checked.
	StandDown []string `json:"standdown,omitempty"`
}

// Override sets one rule aside for one step, bound to what its giver was shown. It covers the attempt after the refused one,
// and further ones only while nothing was acted on between.
type Override struct {
	Rule     string    `json:"rule"`
	Step     string    `json:"step"`
	Attempt  int       `json:"attempt"`
	PlanHash string    `json:"plan_hash"`
	FactHash string    `json:"fact_hash"`
	By       []string  `json:"by"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
	Expires  time.Time `json:"expires"`
}

// Refusal is a rule's no, with the four parts that people need.
type Refusal struct {
	Rule     string    `json:"rule"`
	Step     string    `json:"step,omitempty"`
	Attempt  int       `json:"attempt,omitempty"` // the attempt that was refused
	Why      string    `json:"why"`
	Evidence string    `json:"evidence"`
	Unblock  string    `json:"unblock"` // the cheapest way out
	FactHash string    `json:"fact_hash,omitempty"`
	At       time.Time `json:"at,omitzero"`
}
