package controller

import (
	"errors"
	"fmt"
	"io"

	"github.com/hashicorp/raft"
)

// fsm is the thin adapter from raft to the ledger. What cannot be applied stops the node: it is never skipped, and no
// snapshot is taken of a state that lacks it.
type fsm struct{ n *Node }

// Apply implements [raft.FSM]. Its answer is nil or an error, which the proposer sees.
func (f fsm) Apply(l *raft.Log) any {
	if err := f.n.failure(); err != nil {
		return err
	}
	r, err := decodeRecord(l.Data)
	if err != nil {
		return f.n.fail(fmt.Errorf("log entry %d of term %d: %w", l.Index, l.Term, err))
	}
	err = f.n.commit(r, l.Index, l.Term)
	if err != nil && !errors.Is(err, errStale) {
		return f.n.fail(fmt.Errorf("log entry %d of term %d (%s of run %q by %s): %w", l.Index, l.Term, r.Type, r.Run, r.Node, err))
	}
	return err
}

// Snapshot implements [raft.FSM].
func (f fsm) Snapshot() (raft.FSMSnapshot, error) {
	if err := f.n.failure(); err != nil {
		return nil, err
	}
	return snapshot{f.n.ledgerNow()}, nil
}

// Restore implements [raft.FSM].
func (f fsm) Restore(in io.ReadCloser) error {
	defer in.Close()
	l, err := readSnapshot(in)
	if err != nil {
		return f.n.fail(fmt.Errorf("restore a snapshot: %w", err))
	}
	return f.n.replace(l)
}

type snapshot struct{ ledger ledger }

// Persist implements [raft.FSMSnapshot].
func (s snapshot) Persist(sink raft.SnapshotSink) error {
	if err := writeSnapshot(sink, s.ledger); err != nil {
		return errors.Join(err, sink.Cancel())
	}
	return sink.Close()
}

// Release implements [raft.FSMSnapshot].
func (snapshot) Release() {}
