// Package wire is one Exchange or Windows cmdlet call as JSON over HTTP: what a transport sends to a management endpoint
// of the emulated sites, and what comes back. A real PowerShell transport carries the same values in its own form.
//
// A call is POSTed to http://ADDRESS:PORT/powershell of the server that shall run it.
package wire

import "time"

// Path is where an emulated server takes calls.
const Path = "/powershell"

// Call is one cmdlet with typed parameters: never script text, since the endpoint runs in NoLanguage mode (PYP 103).
type Call struct {
	Cmdlet     string         `json:"cmdlet"`
	Parameters map[string]any `json:"parameters,omitempty"` // string, bool, int64, []string; a switch is a bool

	// Who asks: every acting call carries its run, step and attempt, and how long after the Permit it may still start.
	// The far end checks NotAfter before it starts; a call without Run only reads.
	Run      string        `json:"run,omitempty"`
	Step     string        `json:"step,omitempty"`
	Attempt  int           `json:"attempt,omitempty"`
	NotAfter time.Duration `json:"not_after,omitempty"` // left when it was sent, in the lab's own (unscaled) time
}

// Reply is what a call returned: objects and every stream, all kept, since "all output must be saved and reviewed" (DCS).
type Reply struct {
	Objects  []Object `json:"objects,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Verbose  []string `json:"verbose,omitempty"`
	Errors   []Record `json:"errors,omitempty"`
}

// Object is one deserialised object: property names as Exchange has them.
type Object map[string]any

// Record is one record of the error stream.
type Record struct {
	Message string `json:"message"`
	ID      string `json:"id,omitempty"` // FullyQualifiedErrorId
}
