package controller

import (
	"maps"
	"time"

	"siteswap/internal/api"
	"siteswap/internal/run"
)

// keptEvents bounds what /v1/events can tell: some hundred runs.
const keptEvents = 20000

// ledger is what the log amounts to: the cluster's state, and what people ask about how it came to be. It is a value; the
// slices and maps in it are never changed in place, so that a reader may keep one.
type ledger struct {
	cluster run.Cluster
	events  []api.Event
	starts  map[string]string // request id -> run id
	last    time.Time         // of the last entry
	index   uint64            // of the last entry
}

// after is the ledger after one committed record.
func (l ledger) after(r *record, index, term uint64) (ledger, error) {
	if r.Term != term {
		return l, errStale
	}
	if !r.known() {
		l.index = index
		return l, nil
	}
	c, err := run.Apply(l.cluster, r.Entry, index, term)
	if err != nil {
		return l, err
	}
	l.cluster, l.index, l.last = c, index, r.Time
	if r.Type == run.EntryStart {
		starts := maps.Clone(l.starts)
		if starts == nil {
			starts = map[string]string{}
		}
		starts[r.ID] = r.Run
		l.starts = starts
	}
	if len(l.events) >= keptEvents {
		l.events = l.events[len(l.events)-keptEvents*3/4:]
	}
	l.events = append(l.events, eventOf(r, c.Find(r.Run), index, term))
	return l, nil
}

// eventsAfter are the events with a higher index.
func (l ledger) eventsAfter(index uint64) []api.Event {
	i := len(l.events)
	for i > 0 && l.events[i-1].Index > index {
		i--
	}
	return l.events[i:]
}

func eventOf(r *record, of *run.Run, index, term uint64) api.Event {
	e := api.Event{Index: index, Term: term, Time: r.Time, Type: string(r.Type), Run: r.Run, Step: r.Step, Leader: r.Node,
		Text: run.Describe(r.Entry, of)}
	switch {
	case r.Intent != nil:
		e.Step, e.Attempt, e.State = r.Intent.Step, r.Intent.Attempt, string(run.Acting)
	case r.Result != nil:
		e.Step, e.Attempt, e.State = r.Result.Step, r.Result.Attempt, string(r.Result.State)
		e.Refusal = refusalView(r.Result.Refusal, r.Result.Step)
	case r.Approval != nil:
		e.Step = r.Approval.Step
	case r.Override != nil:
		e.Step = r.Override.Step
	case r.Type == run.EntryEnd:
		e.State = string(r.Outcome)
	case r.Type == run.EntrySkip:
		e.State = string(run.Skipped)
	case r.Type == run.EntryWait:
		e.State = string(run.Waiting)
	}
	return e
}
