package controller

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"siteswap/runbooks"
)

// Node is one controller.
type Node struct {
	o      Options
	x      *runbooks.Expressions
	raft   *raft.Raft
	stores *Stores
	eyes   *observer
	web    net.Listener // nil: no API on a socket

	mu      sync.Mutex
	ledger  ledger
	opened  map[stepKey]time.Duration // when this node applied each open INTENT, on the boot clock
	changed chan struct{}             // closed when the ledger changes
	failed  error
	leading *session // nil: this node may not propose

	stop    chan struct{} // closed by fail: the node must end
	ctx     context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup
	closing sync.Once
	closed  error
}

// stepKey is one attempt of one step.
type stepKey struct {
	run, step string
	attempt   int
}

// New opens the stores, listens, and joins the cluster. The node takes part in elections from now on; [Node.Run] makes it
// lead and serve.
func New(o Options) (*Node, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("controller %s: %w", o.ID, err)
	}
	n := &Node{o: o, x: runbooks.NewExpressions(), changed: make(chan struct{}), stop: make(chan struct{}), opened: map[stepKey]time.Duration{}}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.eyes = &observer{look: o.World.Observe, clock: o.Boot, ctx: n.ctx, spawn: n.spawn, places: map[int]*place{}}
	if err := n.open(); err != nil {
		n.cancel()
		return nil, fmt.Errorf("controller %s: %w", o.ID, err)
	}
	return n, nil
}

func (n *Node) open() error {
	if n.o.APIBind != "" {
		l, err := net.Listen("tcp", n.o.APIBind)
		if err != nil {
			return fmt.Errorf("listen for the API on %s: %w; is another controller running?", n.o.APIBind, err)
		}
		n.web = l
		if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
			n.o.Logger.Warn("the API listens beyond this machine, and its callers are not verified", "address", l.Addr().String())
		}
	}
	if err := n.openRaft(); err != nil {
		if n.web != nil {
			n.web.Close()
		}
		return err
	}
	return nil
}

// Run leads when elected and serves the API until ctx ends, or until something stops the node: then that is the error. The
// node is closed when it returns.
func (n *Node) Run(ctx context.Context) error {
	n.spawn(n.watch)
	srv := &http.Server{}
	if n.web != nil {
		srv = &http.Server{Handler: n.Handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute,
			BaseContext: func(net.Listener) context.Context { return n.ctx }}
		n.spawn(func() {
			if err := srv.Serve(n.web); !errors.Is(err, http.ErrServerClosed) && n.ctx.Err() == nil {
				n.fail(fmt.Errorf("serve the API on %s: %w", n.o.APIBind, err))
			}
		})
	}
	select {
	case <-ctx.Done():
	case <-n.stop:
	case <-n.ctx.Done():
	}
	return errors.Join(n.failure(), srv.Close(), n.Close())
}

// Close ends the node: no further decision, leadership handed over where that is possible, stores closed.
func (n *Node) Close() error {
	n.closing.Do(func() {
		n.mu.Lock()
		n.cancel()
		n.mu.Unlock()
		if n.web != nil {
			n.web.Close()
		}
		n.settleWork()
		if n.raft.State() == raft.Leader && len(n.o.Peers) > 1 {
			if err := n.raft.LeadershipTransfer().Error(); err != nil {
				n.o.Logger.Debug("leadership not handed over", "err", err)
			}
		}
		n.closed = n.raft.Shutdown().Error()
		for _, c := range n.stores.close {
			n.closed = errors.Join(n.closed, c())
		}
	})
	return n.closed
}

// spawn starts a goroutine that Close waits for; false: the node is closing and f does not run.
func (n *Node) spawn(f func()) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ctx.Err() != nil {
		return false
	}
	n.work.Go(f)
	return true
}

// settleWork waits for what this node has under way, while raft can still answer it. An act that does not heed its context
// is left behind after a while: its INTENT stays open, and the next leader drains it.
func (n *Node) settleWork() {
	done := make(chan struct{})
	go func() { n.work.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		n.o.Logger.Warn("closing although an act has not come back")
	}
}

// fail stops the node for good; the first reason stands.
func (n *Node) fail(err error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.failed == nil {
		n.failed = err
		n.o.Logger.Error("this controller stops", "err", err)
		close(n.stop)
	}
	return n.failed
}

func (n *Node) failure() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.failed
}
