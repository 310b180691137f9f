package controller

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"siteswap/internal/run"
)

// rejectedError: the entry cannot be applied to the state as it is; nothing was proposed.
type rejectedError struct{ err error }

func (e *rejectedError) Error() string { return e.err.Error() }
func (e *rejectedError) Unwrap() error { return e.err }

// propose makes an entry from the latest state, tries it, and commits it. The answer is the ledger after it. A nil entry of
// build means that there is nothing to do. It does not heed a caller's context: an entry under way is awaited, else the next
// one would be tried on a state that is not the one it meets.
func (s *session) propose(build func(ledger) (*run.Entry, error)) (ledger, error) {
	s.proposing.Lock()
	defer s.proposing.Unlock()
	if s.ctx.Err() != nil {
		return ledger{}, errNotLeading
	}
	now := s.n.ledgerNow()
	e, err := build(now)
	if err != nil || e == nil {
		return now, err
	}
	data, err := s.tried(now, *e)
	if err != nil {
		return now, err
	}
	f := s.n.raft.Apply(data, enqueueTimeout)
	if err := f.Error(); err != nil {
		s.cancel(err)
		if errors.Is(err, raft.ErrNotLeader) || errors.Is(err, raft.ErrEnqueueTimeout) || errors.Is(err, raft.ErrLeadershipTransferInProgress) {
			return now, fmt.Errorf("%w: %w", errNotLeading, err)
		}
		return now, fmt.Errorf("%w (%w)", errOutcomeUnknown, err)
	}
	if err, ok := f.Response().(error); ok {
		s.cancel(err)
		if errors.Is(err, errStale) {
			return now, fmt.Errorf("%w: %w", errNotLeading, err)
		}
		return now, err
	}
	return s.n.ledgerNow(), nil
}

// tried stamps an entry, sends it through its encoding, and applies what comes out on trial.
func (s *session) tried(now ledger, e run.Entry) ([]byte, error) {
	e.Version = 1
	if e.ID == "" {
		e.ID = entryID()
	}
	if e.Actor == "" {
		e.Actor = s.n.o.ID
	}
	e.Time = s.n.o.Now().Round(0).UTC()
	if e.Time.Before(now.last) {
		e.Time = now.last // clocks of controllers differ; the log's time does not run backwards
	}
	data, err := (&record{Entry: e, Term: s.term, Node: s.n.o.ID}).encode()
	if err != nil {
		return nil, &rejectedError{err}
	}
	back, err := decodeRecord(data)
	if err != nil {
		return nil, &rejectedError{err}
	}
	if _, err := run.Apply(now.cluster, back.Entry, now.index+1, s.term); err != nil {
		return nil, &rejectedError{err}
	}
	return data, nil
}

func entryID() string {
	var b [12]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// sleep waits, or until the session ends: then false.
func (s *session) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}
