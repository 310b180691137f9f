package controller

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"siteswap/internal/run"
)

// errNotLeading: this node may not propose; nothing was proposed.
var errNotLeading = errors.New("this controller does not lead")

// errOutcomeUnknown: leadership was lost while an entry was under way. It may be committed or not: ask the next leader.
var errOutcomeUnknown = errors.New("leadership was lost while it was being decided; ask again, it counts once")

// errMoved: something was committed since the decision; it is taken anew.
var errMoved = errors.New("the state has changed since it was decided")

// enqueueTimeout bounds the wait for raft's own queue, which is short.
const enqueueTimeout = 5 * time.Second

// session is one leadership, from its barrier to its end. All proposals of this node go through the session of the term, one
// after the other, so that each is tried on exactly the state that it will meet.
type session struct {
	n      *Node
	term   uint64
	began  time.Duration // on the boot clock
	ctx    context.Context
	cancel context.CancelCauseFunc
	slots  chan struct{} // bounds how many acts are under way
	poke   chan struct{} // wakes the loop
	// yielded is the run for which leadership was offered away.
	yielded string

	proposing sync.Mutex

	mu     sync.Mutex
	flying map[[2]string]int // run and step -> attempt that this leader carries out
	fresh  time.Duration     // facts from before this instant do not count any more
}

// maxActs bounds the acts under way at once; a runbook bounds them further (parallel).
const maxActs = 16

// watch begins and ends sessions as raft elects.
func (n *Node) watch() {
	end := func() {}
	defer func() { end() }()
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-n.stop:
			return
		case leads := <-n.raft.LeaderCh():
			end()
			end = func() {}
			if leads {
				ctx, cancel := context.WithCancel(n.ctx)
				end = cancel
				n.spawn(func() { n.lead(ctx) })
			}
		}
	}
}

// lead holds sessions while raft says that this node leads. One may end without an election, when a proposal fails: then the
// next begins with a barrier of its own.
func (n *Node) lead(ctx context.Context) {
	for ctx.Err() == nil && n.raft.State() == raft.Leader {
		s, err := n.begin(ctx)
		if err == nil {
			n.o.Logger.Info("this controller leads", "term", s.term)
			err = s.run()
			s.cancel(err)
			n.mu.Lock()
			if n.leading == s {
				n.leading = nil
			}
			n.mu.Unlock()
		}
		n.o.Logger.Info("this controller does not lead any more", "why", err)
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// begin verifies the leadership and makes sure that everything committed before it is applied here.
func (n *Node) begin(ctx context.Context) (*session, error) {
	term := n.raft.CurrentTerm()
	if err := n.barrier(ctx); err != nil {
		return nil, err
	}
	if n.raft.CurrentTerm() != term {
		return nil, errNotLeading
	}
	s := &session{n: n, term: term, began: n.o.Boot(), slots: make(chan struct{}, maxActs), poke: make(chan struct{}, 1), flying: map[[2]string]int{}}
	s.fresh = s.began
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	if n.ledgerNow().cluster.ID == "" {
		_, err := s.propose(func(ledger) (*run.Entry, error) {
			return &run.Entry{Type: run.EntryGenesis, Critical: true, Genesis: &run.Genesis{ID: n.o.ClusterID, Lab: n.o.Lab}}, nil
		})
		if err != nil {
			s.cancel(err)
			return nil, err
		}
	}
	n.mu.Lock()
	n.leading = s
	n.mu.Unlock()
	return s, nil
}

// barrier waits until everything committed so far is applied here, and proves that this node leads.
func (n *Node) barrier(ctx context.Context) error {
	if err := n.await(ctx, n.raft.Barrier(enqueueTimeout)); err != nil {
		return fmt.Errorf("barrier: %w", err)
	}
	if err := n.await(ctx, n.raft.VerifyLeader()); err != nil {
		return fmt.Errorf("verify leadership: %w", err)
	}
	return nil
}

// await is a future with a context. Raft answers every future while it runs, so the goroutine ends.
func (n *Node) await(ctx context.Context, f raft.Future) error {
	done := make(chan error, 1)
	if !n.spawn(func() { done <- f.Error() }) {
		return n.ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// session is the present leadership of this node, nil if it has none.
func (n *Node) session() *session {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.leading
}
