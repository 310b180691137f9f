package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"
)

func (n *Node) openRaft() error {
	log := raftLogger(n.o.Logger)
	n.stores = n.o.Stores
	if n.stores == nil {
		s, err := openStores(&n.o, log)
		if err != nil {
			return err
		}
		n.stores = s
	}
	conf := raft.DefaultConfig()
	conf.LocalID, conf.Logger = raft.ServerID(n.o.ID), log
	conf.HeartbeatTimeout, conf.ElectionTimeout, conf.LeaderLeaseTimeout = n.o.HeartbeatTimeout, n.o.ElectionTimeout, n.o.LeaderLeaseTimeout
	conf.ShutdownOnRemove = false
	s := n.stores
	old, err := raft.HasExistingState(s.Logs, s.Stable, s.Snapshots)
	if err == nil && !old {
		err = raft.BootstrapCluster(conf, s.Logs, s.Stable, s.Snapshots, s.Transport, configuration(n.o.Peers))
	}
	if err == nil {
		n.raft, err = raft.NewRaft(conf, fsm{n}, s.Logs, s.Stable, s.Snapshots, s.Transport)
	}
	if err != nil {
		for _, c := range s.close {
			err = errors.Join(err, c())
		}
		return fmt.Errorf("start raft: %w", errors.Join(n.failure(), err))
	}
	return nil
}

// configuration is static and the same on every node. Nobody is ever removed from it: a dead controller is a controller.
func configuration(peers []Peer) raft.Configuration {
	var c raft.Configuration
	for _, p := range peers {
		c.Servers = append(c.Servers, raft.Server{Suffrage: raft.Voter, ID: raft.ServerID(p.ID), Address: raft.ServerAddress(p.Raft)})
	}
	return c
}

// openStores are bbolt and files in the data directory, and TCP.
func openStores(o *Options, log hclog.Logger) (*Stores, error) {
	if err := os.MkdirAll(o.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	path := filepath.Join(o.DataDir, "raft.db")
	db, err := raftboltdb.New(raftboltdb.Options{Path: path, BoltOptions: &bbolt.Options{Timeout: 3 * time.Second}})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w; is another controller using it?", path, err)
	}
	snaps, err := raft.NewFileSnapshotStoreWithLogger(o.DataDir, 2, log)
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("snapshots in %s: %w", o.DataDir, err)
	}
	l, err := net.Listen("tcp", o.RaftBind)
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("listen for raft on %s: %w; is another controller running?", o.RaftBind, err)
	}
	trans := raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{Logger: log, MaxPool: 3, Timeout: 2 * time.Second,
		Stream: &stream{Listener: l, advertise: o.RaftAdvertise, dial: o.Dial}})
	return &Stores{Logs: db, Stable: db, Snapshots: snaps, Transport: trans, close: []func() error{trans.Close, db.Close}}, nil
}

// stream is TCP that advertises another address than it listens on, and dials through the injected dialer. Certificates and
// the generation preamble (controllers.md, G1) belong here.
type stream struct {
	net.Listener
	advertise string
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
}

// Dial implements [raft.StreamLayer].
func (s *stream) Dial(address raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.dial(ctx, "tcp", string(address))
}

// Addr is where peers reach this node.
func (s *stream) Addr() net.Addr { return advertised(s.advertise) }

type advertised string

// Network implements [net.Addr].
func (advertised) Network() string { return "tcp" }

// String implements [net.Addr].
func (a advertised) String() string { return string(a) }

// raftLogger passes raft's own log on at debug: what an operator must know, this package says itself.
func raftLogger(to *slog.Logger) hclog.Logger {
	level := hclog.Off
	if to.Enabled(context.Background(), slog.LevelDebug) {
		level = hclog.Debug
	}
	return hclog.New(&hclog.LoggerOptions{Name: "raft", Level: level, DisableTime: true, Output: debugWriter{to}})
}

type debugWriter struct{ to *slog.Logger }

// Write is one line of raft's log.
func (w debugWriter) Write(b []byte) (int, error) {
	w.to.Debug(strings.Join(strings.Fields(string(b)), " "))
	return len(b), nil
}
