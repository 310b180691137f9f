package controller_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"siteswap/internal/api"
	"siteswap/internal/controller"
	"siteswap/internal/run"
)

// tcpNode is a controller on real sockets and real files.
type tcpNode struct {
	*controller.Node
	id     string
	cancel context.CancelFunc
	done   chan error
}

func (n *tcpNode) end(tb testing.TB) {
	n.cancel()
	if err := <-n.done; err != nil {
		tb.Errorf("%s ended with %v", n.id, err)
	}
}

// freePort is a port that was free a moment ago: what a controller advertises must be known before it listens. It is one of an
// address of this process alone, so that nobody else's connection takes it meanwhile.
func freePort(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.72.%d.%d:0", os.Getpid()>>8&0xff, 1+os.Getpid()&0x7f))
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func tcpCluster(tb testing.TB, size int, dials *atomic.Int64) ([]*tcpNode, *api.Client) {
	tb.Helper()
	var peers []controller.Peer
	client := &api.Client{Timeout: time.Second}
	for i := range size {
		p := controller.Peer{ID: "ctl-" + strconv.Itoa(i), Site: "Prod", Raft: freePort(tb), API: freePort(tb)}
		peers = append(peers, p)
		client.Endpoints = append(client.Endpoints, p.API)
	}
	tb.Cleanup(client.Close)
	var nodes []*tcpNode
	for _, p := range peers {
		n, err := controller.New(controller.Options{ID: p.ID, Site: p.Site, RaftAdvertise: p.Raft, APIAdvertise: p.API, Peers: peers, DataDir: tb.TempDir(),
			ClusterID: "test", Lab: true, TimeScale: 60, Topology: topology(), World: newWorld(),
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				if dials != nil {
					dials.Add(1)
				}
				return (&net.Dialer{}).DialContext(ctx, network, address)
			}})
		if err != nil {
			tb.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		t := &tcpNode{Node: n, id: p.ID, cancel: cancel, done: make(chan error, 1)}
		go func() { t.done <- n.Run(ctx) }()
		nodes = append(nodes, t)
	}
	return nodes, client
}

// TestClientFollowsTheLeader over TCP: a run starts wherever it is asked for, and the same request is the same run after the
// leader has gone; without a majority the client says so when its time is over.
func TestClientFollowsTheLeader(t *testing.T) {
	var dials atomic.Int64
	nodes, client := tcpCluster(t, 3, &dials)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	first, err := client.Start(ctx, api.StartRequest{Plan: asks(), By: "anna", RequestID: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if dials.Load() == 0 {
		t.Error("raft did not use the injected dialer")
	}
	events, err := client.Events(ctx, 0, time.Second)
	if err != nil || len(events) < 2 {
		t.Errorf("events: %v, %v", events, err)
	}
	if _, err := client.Start(ctx, api.StartRequest{Plan: asks(), By: "bert", RequestID: "2"}); !errors.Is(err, api.ErrBusy) {
		t.Errorf("a second run: %v", err)
	}
	if _, err := client.Run(ctx, "r-none"); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("no such run: %v", err)
	}
	s, err := client.Status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var left []*tcpNode
	for _, n := range nodes {
		if n.id == s.Leader {
			n.end(t)
		} else {
			left = append(left, n)
		}
	}
	again, err := client.Start(ctx, api.StartRequest{Plan: asks(), By: "anna", RequestID: "1"})
	if err != nil || again.ID != first.ID {
		t.Fatalf("the same request at the next leader: %v, %v", again, err)
	}
	if _, err := client.Abort(ctx, first.ID, api.RunRequest{By: "anna"}); err != nil {
		t.Error(err)
	}
	left[0].end(t)
	short, stop := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer stop()
	if _, err := client.Pause(short, first.ID, api.RunRequest{By: "anna"}); !errors.Is(err, api.ErrNoQuorum) {
		t.Errorf("without a majority: %v", err)
	}
	if _, err := client.Runs(ctx); err != nil {
		t.Errorf("a read needs no majority: %v", err)
	}
	left[1].end(t)
	if _, err := client.Status(ctx); !errors.Is(err, api.ErrNoQuorum) {
		t.Errorf("without any controller: %v", err)
	}
}

// TestAddressTaken: the second node on the same addresses says which is taken.
func TestAddressTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().String()
	for name, f := range map[string]func(*controller.Options){
		"raft": func(o *controller.Options) { o.RaftAdvertise = taken },
		"api":  func(o *controller.Options) { o.APIBind = taken },
	} {
		o := controller.Options{ID: "a", ClusterID: "c", Topology: topology(), World: newWorld(), Peers: []controller.Peer{{ID: "a"}}, DataDir: t.TempDir(), RaftAdvertise: freePort(t)}
		f(&o)
		if n, err := controller.New(o); err == nil {
			n.Close()
			t.Errorf("%s: no error", name)
		} else if !containsAll(err.Error(), taken, "another controller") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// BenchmarkCommit is one entry after the other through proposal, replication, fsync and apply, on real files and TCP.
func BenchmarkCommit(b *testing.B) {
	for _, size := range []int{1, 3} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			nodes, client := tcpCluster(b, size, nil)
			ctx, cancel := context.WithTimeout(b.Context(), 30*time.Second)
			defer cancel()
			r, err := client.Start(ctx, api.StartRequest{Plan: asks(), By: "bench", RequestID: "1"})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := client.Pause(ctx, r.ID, api.RunRequest{By: "bench"}); err != nil {
				b.Fatal(err)
			}
			s, err := client.Status(ctx)
			if err != nil {
				b.Fatal(err)
			}
			leader := nodes[0]
			for _, n := range nodes {
				if n.id == s.Leader {
					leader = n
				}
			}
			b.ResetTimer()
			for range b.N {
				if err := leader.Commit(run.Entry{Type: run.EntryPause, Critical: true, Run: r.ID}); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			for _, n := range nodes {
				n.end(b)
			}
		})
	}
}
