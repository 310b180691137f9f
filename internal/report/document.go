package report

import (
	"time"

	"siteswap/internal/api"
)

// Schema is the version of the document's format.
const Schema = 1

// Kinds of documents.
const (
	KindDrill = "drill"
	KindRun   = "run"
)

// Document is the report. All times are seconds since StartedAt, unless they end in _at.
type Document struct {
	Schema     int           `json:"schema"`
	Kind       string        `json:"kind"`
	Scenario   string        `json:"scenario"`
	DAG        string        `json:"dag"`
	Outcome    string        `json:"outcome"`
	StartedAt  time.Time     `json:"started_at"`
	Duration   float64       `json:"duration"`
	Speed      float64       `json:"speed"`
	Invariants []Invariant   `json:"invariants"`
	Runs       []Run         `json:"runs"`
	Outages    []Outage      `json:"outages"`
	Databases  []Database    `json:"databases"`
	Calls      Calls         `json:"calls"`
	Refusals   []api.Refusal `json:"refusals"`

	Verdict     string         `json:"verdict"` // one sentence
	Why         string         `json:"why,omitempty"`
	NoAuthority bool           `json:"no_authority,omitempty"` // no controller could act
	Expect      string         `json:"expect,omitempty"`       // what the scenario expects, as its file says it
	ExpectMet   *bool          `json:"expect_met,omitempty"`
	Approvals   []api.Approval `json:"approvals"`
	Overrides   []api.Override `json:"overrides"`
	Timeline    []Lane         `json:"timeline"`
	Marks       []Mark         `json:"marks"` // what the world or a person did, and when
	Sites       []string       `json:"sites"` // in the site file's order; decides the pattern of a site in the picture
	Emulated    []string       `json:"emulated"`
	Real        []string       `json:"real"` // what was no emulation: processes, sockets, drivers
	Notes       []string       `json:"notes"`
	Machine     Machine        `json:"machine"`
	Version     string         `json:"version"`
	Seed        uint64         `json:"seed"`
	Again       string         `json:"again"` // the command that runs it again
	Transcript  []string       `json:"transcript,omitempty"`
	LostReasons []string       `json:"lost_reasons,omitempty"` // one sentence per kind of lost call or message
}

// Invariant is a promise and how often it was broken.
type Invariant struct {
	Name       string   `json:"name"`
	Violations int      `json:"violations"`
	Evidence   []string `json:"evidence,omitempty"` // one sentence per violation
}

// The names of the invariants.
const (
	MountedTwice     = "mounted-twice"
	LostAcknowledged = "lost-acknowledged"
	EffectTwice      = "effect-twice"
	LeftFrozen       = "left-frozen"
)

// Run is one run of a runbook.
type Run struct {
	Runbook  string     `json:"runbook"`
	Plan     string     `json:"plan"`
	Outcome  string     `json:"outcome"`
	Duration float64    `json:"duration"`
	Overhead float64    `json:"overhead"` // time in which no step was under way
	Steps    []Step     `json:"steps"`
	Debts    []api.Debt `json:"debts"`

	ID         string   `json:"id,omitempty"`
	Title      string   `json:"title,omitempty"`
	Why        string   `json:"why,omitempty"`
	StartedBy  string   `json:"started_by,omitempty"`
	Start      float64  `json:"start"`
	End        float64  `json:"end"`
	NotPutBack []string `json:"not_put_back,omitempty"`
}

// Step is one step of a run.
type Step struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	State    string     `json:"state"`
	Start    float64    `json:"start"`
	End      float64    `json:"end"`
	Attempts int        `json:"attempts"`
	Agrees   *bool      `json:"agrees,omitempty"`
	RealTime float64    `json:"real_time"`
	Calls    []api.Call `json:"calls"`

	Title     string           `json:"title,omitempty"`
	Text      string           `json:"text,omitempty"`
	Needs     []string         `json:"needs,omitempty"`
	Critical  bool             `json:"critical,omitempty"` // the run could not have ended sooner without this step ending sooner
	Predicted []string         `json:"predicted,omitempty"`
	Observed  []string         `json:"observed,omitempty"`
	Drift     []api.Difference `json:"drift,omitempty"`
}

// Database is what became of the messages that were acknowledged to a database's clients.
type Database struct {
	Name         string `json:"name"`
	Acknowledged int64  `json:"acknowledged"`
	Found        int64  `json:"found"`
	Lost         int64  `json:"lost"`
	LostLogs     int64  `json:"lost_logs"`
	ApprovedLogs int64  `json:"approved_logs"`
	// ApprovedUnknown: a person approved a loss that could not be known.
	ApprovedUnknown bool `json:"approved_unknown,omitempty"`
}

// Calls is what became of the calls that the PBX placed.
type Calls struct {
	Placed           int64 `json:"placed"`
	Answered         int64 `json:"answered"`
	Lost             int64 `json:"lost"`
	LostAfterService int64 `json:"lost_after_service"`
	UnservedLegacy   int64 `json:"unserved_legacy"`
	// None says why no call was placed: a site without Unified Messaging has none.
	None string `json:"none,omitempty"`
}

// Machine is where it ran. It names no host and no person: a report is handed on.
type Machine struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
	Go   string `json:"go,omitempty"`
	Text string `json:"text,omitempty"` // anything else that matters: kernel, container
}

// Mark is an instant in the picture: a fault, a heal, a run's start.
type Mark struct {
	At   float64 `json:"at"`
	Text string  `json:"text"`
	Kind string  `json:"kind"`
}

// Kinds of marks.
const (
	MarkFault = "fault"
	MarkHeal  = "heal"
	MarkRun   = "run"
	MarkOther = "other"
)
