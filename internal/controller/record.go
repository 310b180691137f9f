package controller

import (
	"encoding/json"
	"errors"
	"fmt"

	"siteswap/internal/run"
)

// errStale: the entry was proposed by a leadership that had ended before it was appended. It is ignored, by every node.
var errStale = errors.New("proposed in a term that is over")

// record is an entry as the log holds it.
type record struct {
	run.Entry
	// Term is that of the leadership which tried the entry on its state. Appended under another one it means nothing: it may
	// meet a state that it was not tried on.
	Term uint64 `json:"proposed_in"`
	Node string `json:"node"`
}

func (r *record) encode() ([]byte, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode entry %s: %w", r.ID, err)
	}
	return b, nil
}

func decodeRecord(b []byte) (*record, error) {
	var r record
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("decode log entry: %w", err)
	}
	return &r, r.check()
}

// check refuses what this program cannot know the meaning of. An unknown entry without the critical bit is passed over.
func (r *record) check() error {
	if r.Version != 1 {
		return fmt.Errorf("entry %s has version %d and this program knows version 1: update this program", r.ID, r.Version)
	}
	missing := false
	switch r.Type {
	case run.EntryGenesis:
		missing = r.Genesis == nil
	case run.EntryStart:
		missing = r.Start == nil
	case run.EntryIntent:
		missing = r.Intent == nil
	case run.EntryResult:
		missing = r.Result == nil
	case run.EntryApprove:
		missing = r.Approval == nil
	case run.EntryOverride:
		missing = r.Override == nil
	case run.EntrySkip, run.EntryWait, run.EntryDeny, run.EntryPause, run.EntryResume, run.EntryAbort, run.EntryEnd,
		run.EntryRetry, run.EntryForgo, run.EntryAttest, run.EntryHandover, run.EntryReconcile, run.EntryReconciled:
	default:
		if r.Critical {
			return fmt.Errorf("unknown critical entry %q: update this program", r.Type)
		}
	}
	if missing {
		return fmt.Errorf("entry %s of type %s has no payload", r.ID, r.Type)
	}
	return nil
}

func (r *record) known() bool {
	switch r.Type {
	case run.EntryGenesis, run.EntryStart, run.EntryIntent, run.EntryResult, run.EntryApprove, run.EntryOverride, run.EntrySkip,
		run.EntryWait, run.EntryDeny, run.EntryPause, run.EntryResume, run.EntryAbort, run.EntryEnd,
		run.EntryRetry, run.EntryForgo, run.EntryAttest, run.EntryHandover, run.EntryReconcile, run.EntryReconciled:
		return true
	}
	return false
}
