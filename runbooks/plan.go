package runbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Plan is a runbook compiled for one topology and one set of parameters: a static graph of steps. Facts are no input of
// it, so the plan checked in peacetime is the plan of the worst day. It is hashed; a run executes exactly one.
type Plan struct {
	Runbook    string    `json:"runbook"`
	Title      string    `json:"title"` // with its parameters filled in: "Datacenter switchover of DAG1, Prod to DR"
	DAG        string    `json:"dag"`
	Topology   string    `json:"topology"` // hash of the topology that it was compiled for
	Parameters []Setting `json:"parameters"`
	Steps      []Step    `json:"steps"` // in the order of the runbook, for_each expanded
}

// Setting is one parameter of the runbook with the value that it was compiled with, rendered as text.
type Setting struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

// Step is one node of the graph.
type Step struct {
	ID        string        `json:"id"` // "stop", or "activate/DB1" for an expanded one
	Kind      string        `json:"kind"`
	Title     string        `json:"title"`
	Why       string        `json:"why,omitempty"`
	With      Args          `json:"with"`
	Needs     []string      `json:"needs,omitempty"` // ids of steps that must be done or skipped first
	When      string        `json:"when,omitempty"`  // CEL over facts at its start; "" is true
	Expect    string        `json:"expect,omitempty"`
	Timeout   time.Duration `json:"timeout"` // the longest that the caller waits for an answer, real speed
	Lands     time.Duration `json:"lands"`   // the longest after its start that an effect may still appear, real speed
	OnFailure string        `json:"on_failure"`
	Group     string        `json:"group,omitempty"`    // the step that for_each expanded
	Parallel  int           `json:"parallel,omitempty"` // how many of the group may act at once, 0: all
}

// What a step may do when it fails (formats.md).
const (
	OnFailureStop     = "stop"
	OnFailureAsk      = "ask"
	OnFailureContinue = "continue"
	OnFailureIsolate  = "isolate"
)

// Args are the parameters of every kind in one place; a kind names those that it takes. Sites, servers, databases and
// names are by name, as the site file has them.
type Args struct {
	Site              string        `json:"site,omitempty"`
	Server            string        `json:"server,omitempty"`
	RunFrom           string        `json:"run_from,omitempty"`          // site whose management endpoint is used
	DomainController  string        `json:"domain_controller,omitempty"` // FQDN
	Checks            []string      `json:"checks,omitempty"`
	Role              string        `json:"role,omitempty"`
	Count             int           `json:"count,omitempty"`
	Show              []string      `json:"show,omitempty"`
	Instructions      string        `json:"instructions,omitempty"`
	Evidence          string        `json:"evidence,omitempty"`
	Until             string        `json:"until,omitempty"` // CEL for wait; healthy or resyncing for db.resync
	For               time.Duration `json:"for,omitempty"`
	To                string        `json:"to,omitempty"`
	Leave             string        `json:"leave,omitempty"` // of dns.repoint: the site that no name leads to any more
	Message           string        `json:"message,omitempty"`
	By                []string      `json:"by,omitempty"`
	ConfigurationOnly string        `json:"configuration_only,omitempty"` // auto, true, false
	Witness           string        `json:"witness,omitempty"`            // auto, alternate, primary
	NewWitness        *Replacement  `json:"new_witness,omitempty"`
	NewAlternate      *Replacement  `json:"new_alternate,omitempty"`
	Model             string        `json:"model,omitempty"`
	ForceQuorum       bool          `json:"force_quorum,omitempty"`
	Databases         []string      `json:"databases,omitempty"`
	Loss              string        `json:"loss,omitempty"` // lossless, good, best, any
	Skip              []string      `json:"skip,omitempty"`
	Reseed            string        `json:"reseed,omitempty"` // never, ask, auto
	Names             []string      `json:"names,omitempty"`
	TTL               time.Duration `json:"ttl,omitempty"`
	Restore           bool          `json:"restore,omitempty"`
	Probes            []string      `json:"probes,omitempty"`
	Keep              bool          `json:"keep,omitempty"` // of policy.freeze: beyond the run, owed to the site

	// Sites are what the run chose for dns.repoint: whose targets all-healthy-sites names get. No part of a plan.
	Sites []string `json:"-"`
}

// Hash is "sha256:" and 64 hex digits over the plan's canonical JSON.
func (p *Plan) Hash() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic("a plan is plain data: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Step is the step with this id, or nil.
func (p *Plan) Step(id string) *Step {
	for i := range p.Steps {
		if p.Steps[i].ID == id {
			return &p.Steps[i]
		}
	}
	return nil
}

// Parameter is the value of a parameter, "" if the plan has none of that name.
func (p *Plan) Parameter(name string) string {
	for _, s := range p.Parameters {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}
