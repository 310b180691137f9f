package controller

import (
	"bytes"

	"github.com/hashicorp/raft"

	"siteswap/internal/run"
)

// Raft is the raft below a node, to put into the log what no controller would propose.
func (n *Node) Raft() *raft.Raft { return n.raft }

// Ledger is what the log amounts to.
type Ledger = ledger

// LedgerNow is the node's ledger.
func (n *Node) LedgerNow() Ledger { return n.ledgerNow() }

// Cluster is the ledger's state.
func (l ledger) Cluster() run.Cluster { return l.cluster }

// SnapshotOf is a ledger as a snapshot.
func SnapshotOf(l Ledger) ([]byte, error) {
	var b bytes.Buffer
	err := writeSnapshot(&b, l)
	return b.Bytes(), err
}

// SnapshotFrom reads one.
func SnapshotFrom(b []byte) (Ledger, error) { return readSnapshot(bytes.NewReader(b)) }

// Entry decodes a log entry and encodes it again.
func Entry(b []byte) ([]byte, error) {
	r, err := decodeRecord(b)
	if err != nil {
		return nil, err
	}
	return r.encode()
}

// Record encodes an entry as a controller would, proposed in a term.
func Record(e run.Entry, term uint64) ([]byte, error) {
	return (&record{Entry: e, Term: term, Node: "test"}).encode()
}

// Commit proposes an entry as the leader loop does.
func (n *Node) Commit(e run.Entry) error {
	s := n.session()
	if s == nil {
		return errNotLeading
	}
	_, err := s.propose(func(ledger) (*run.Entry, error) { return &e, nil })
	return err
}
