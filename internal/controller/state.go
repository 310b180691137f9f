package controller

import (
	"fmt"
	"time"

	"siteswap/internal/run"
)

// commit applies one committed record. It is called by raft alone, in the order of the log.
func (n *Node) commit(r *record, index, term uint64) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	l, err := n.ledger.after(r, index, term)
	if err != nil {
		return err
	}
	if err := n.rightCluster(l.cluster); err != nil {
		return err
	}
	n.ledger = l
	switch {
	case r.Intent != nil:
		n.opened[stepKey{r.Run, r.Intent.Step, r.Intent.Attempt}] = n.o.Boot()
	case r.Result != nil:
		delete(n.opened, stepKey{r.Run, r.Result.Step, r.Result.Attempt})
	}
	n.announce()
	return nil
}

// rightCluster: a node must not act with a topology, or at a speed, that belongs to another cluster.
func (n *Node) rightCluster(c run.Cluster) error {
	switch {
	case c.ID == "":
		return nil
	case c.ID != n.o.ClusterID:
		return fmt.Errorf("the log is that of cluster %s, and this node was started for %s: give it its own data directory", c.ID, n.o.ClusterID)
	case n.o.Lab && !c.Lab:
		return fmt.Errorf("cluster %s was not created as a lab: start this node without the lab's options", c.ID)
	case n.o.TimeScale != 1 && !c.Lab:
		return fmt.Errorf("cluster %s was not created as a lab: time cannot be scaled", c.ID)
	}
	return nil
}

// replace is a restored snapshot. When its open INTENTs were committed is not known here, so they count from now.
func (n *Node) replace(l ledger) error {
	n.mu.Lock()
	err := n.rightCluster(l.cluster)
	if err == nil {
		now := n.o.Boot()
		n.ledger, n.opened = l, map[stepKey]time.Duration{}
		for _, r := range l.cluster.Runs {
			for _, s := range r.Steps {
				if s.State == run.Acting {
					n.opened[stepKey{r.ID, s.ID, s.Attempt}] = now
				}
			}
		}
		n.announce()
	}
	n.mu.Unlock()
	if err != nil {
		return n.fail(err)
	}
	return nil
}

func (n *Node) announce() {
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *Node) ledgerNow() ledger {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ledger
}

// watched is the ledger, and a channel that is closed when it is no longer the latest.
func (n *Node) watched() (ledger, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ledger, n.changed
}

// openFor is how long this node has known the open INTENT, from no earlier than since.
func (n *Node) openFor(k stepKey, since time.Duration) time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	at, ok := n.opened[k]
	if !ok {
		return 0
	}
	return n.o.Boot() - max(at, since)
}
