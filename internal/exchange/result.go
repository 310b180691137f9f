package exchange

import (
	"siteswap/internal/exchange/wire"
)

// State is how a method ended.
type State string

// The states.
const (
	Done    State = "done"    // every call was answered without an error that matters
	Failed  State = "failed"  // a call was refused, failed, or was not sent at all
	Unknown State = "unknown" // no answer came back: it may still land
)

// Result is what came of a method: every call that it sent with every stream of its answer, since all output must be saved
// and reviewed (DCS).
type Result struct {
	State State
	Error string      // the text that made it Failed or Unknown, in Exchange's or the transport's own words
	Known *KnownError // what is known about that text, or about a warning
	Calls []Trace
}

// Trace is one call as it was sent, and its streams.
type Trace struct {
	Cmdlet   string // as a person would type it
	On       string // the server whose endpoint ran it
	Warnings []string
	Errors   []string
	Verbose  []string
	Lost     bool // no answer came
}

// Warned says whether a warning or error with this code came, and is for callers that branch on one.
func (r *Result) Warned(code Code) bool {
	for _, call := range r.Calls {
		for _, texts := range [][]string{call.Warnings, call.Errors} {
			for _, text := range texts {
				if k, ok := Classify(text); ok && k.Code == code {
					return true
				}
			}
		}
	}
	return false
}

// take judges the streams of one reply.
func (r *Result) take(trace *Trace, reply *wire.Reply) bool {
	trace.Warnings, trace.Verbose = reply.Warnings, reply.Verbose
	for _, e := range reply.Errors {
		text := recordText(e)
		trace.Errors = append(trace.Errors, text)
		known, ok := Classify(text)
		if ok && known.Benign {
			r.note(known)
			continue
		}
		if r.State == Done {
			r.State, r.Error, r.Known = Failed, text, nil
			if ok {
				r.Known = &known
			}
		}
	}
	for _, text := range reply.Warnings {
		if known, ok := Classify(text); ok {
			r.note(known)
		}
	}
	return r.State == Done
}

// note remembers a known warning where nothing more serious is known.
func (r *Result) note(known KnownError) {
	if r.Known == nil && r.State == Done {
		r.Known = &known
	}
}

// refuse ends a method before it sends anything.
func (r *Result) refuse(code Code, text string) {
	r.State, r.Error, r.Known = Failed, text, nil
	if known, ok := lookup(code); ok {
		r.Known = &known
	}
}

func recordText(e wire.Record) string {
	if e.ID == "" {
		return e.Message
	}
	return e.Message + " [" + e.ID + "]"
}
