package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/hashicorp/raft"

	"siteswap/dag"
)

// Peer is one controller of the static configuration.
type Peer struct {
	ID   string
	Site string
	Raft string // advertised address, host:port
	API  string // advertised address, host:port
}

// Options are what a node is made from. Required: ID, Peers (with this node in it), ClusterID, Topology, World, and either
// DataDir with the raft addresses or Stores.
type Options struct {
	ID            string
	Site          string
	RaftAdvertise string // what the peers dial
	RaftBind      string // what this node listens on; empty: RaftAdvertise
	APIAdvertise  string
	APIBind       string // empty: APIAdvertise; both empty: no listener, see [Node.Handler]
	Peers         []Peer
	DataDir       string

	ClusterID string
	// Lab: the cluster is created as a lab. Actors are unverified, so only there approvals and overrides count.
	Lab bool
	// TimeScale divides real-speed durations; anything but 1 (or 0, which is 1) works only in a lab.
	TimeScale float64
	Topology  *dag.Topology
	World     World
	// StandDownKey checks the codes of sites that stood down; nil: none is believed.
	StandDownKey []byte

	Logger *slog.Logger     // nil: none
	Now    func() time.Time // nil: time.Now
	// Boot is time since some fixed instant on a clock that counts suspend. nil: CLOCK_BOOTTIME where there is one.
	Boot func() time.Duration
	Dial func(ctx context.Context, network, address string) (net.Conn, error) // from the node's own address; nil: net.Dialer

	// Reach says whether a peer answers from here now. Leadership is offered only to a peer that does: a transfer that nobody
	// takes holds the leader up (hashicorp/raft issue 696). nil: it is never offered.
	Reach func(ctx context.Context, p Peer) bool

	// Raft's timeouts; zero: 500, 500 and 250 ms. They are never scaled (controllers.md).
	HeartbeatTimeout   time.Duration
	ElectionTimeout    time.Duration
	LeaderLeaseTimeout time.Duration

	// Stores replace DataDir and TCP, for tests in memory.
	Stores *Stores
}

// Stores are where raft keeps its log and how it talks.
type Stores struct {
	Logs      raft.LogStore
	Stable    raft.StableStore
	Snapshots raft.SnapshotStore
	Transport raft.Transport
	close     []func() error
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Boot == nil {
		o.Boot = newBootClock()
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.TimeScale == 0 {
		o.TimeScale = 1
	}
	o.HeartbeatTimeout = orDuration(o.HeartbeatTimeout, 500*time.Millisecond)
	o.ElectionTimeout = orDuration(o.ElectionTimeout, 500*time.Millisecond)
	o.LeaderLeaseTimeout = orDuration(o.LeaderLeaseTimeout, 250*time.Millisecond)
	if o.RaftBind == "" {
		o.RaftBind = o.RaftAdvertise
	}
	if o.APIBind == "" {
		o.APIBind = o.APIAdvertise
	}
	return o
}

func orDuration(d, or time.Duration) time.Duration {
	if d == 0 {
		return or
	}
	return d
}

func (o Options) validate() error {
	switch {
	case o.ID == "" || o.ClusterID == "":
		return errors.New("a controller needs an id and a cluster id")
	case o.Topology == nil || o.World == nil:
		return errors.New("a controller needs a topology and a world")
	case o.TimeScale < 1:
		return fmt.Errorf("time scale %g: at least 1", o.TimeScale)
	case o.TimeScale != 1 && !o.Lab:
		return fmt.Errorf("time scale %g: only a cluster created as a lab may scale time", o.TimeScale)
	case o.Stores == nil && (o.DataDir == "" || o.RaftAdvertise == ""):
		return errors.New("a controller needs a data directory and an address for raft")
	}
	seen := map[string]bool{}
	for _, p := range o.Peers {
		if seen[p.ID] {
			return fmt.Errorf("two controllers are called %s", p.ID)
		}
		seen[p.ID] = true
	}
	if !seen[o.ID] {
		return fmt.Errorf("controller %s is not among the controllers of the cluster: add it to the site file", o.ID)
	}
	return nil
}

// scaled is a real-speed duration on this node's clock.
func (o *Options) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / o.TimeScale)
}

// interval is how old an observation may become, and how long a decision waits for time to pass: between 100 ms and 1 s.
func (o *Options) interval() time.Duration {
	return min(max(o.scaled(10*time.Second), 100*time.Millisecond), time.Second)
}

// permitValid is how long after its request an act may still start (controllers.md, G3: 30 s). The floor is for the scheduler
// of a busy machine, which no lab scales: several drills side by side look round in a second where one takes a tenth.
func (o *Options) permitValid() time.Duration {
	return max(o.scaled(30*time.Second), 1500*time.Millisecond)
}

// site is the index of this node's site, 0 if it stands in none of the DAG's.
func (o *Options) site() int { return max(0, o.Topology.SiteIndex(o.Site)) }
