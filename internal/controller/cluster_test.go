package controller_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"

	"siteswap/internal/api"
	"siteswap/internal/controller"
)

// cluster is controllers in memory, inside a synctest bubble.
type cluster struct {
	t     *testing.T
	w     *world
	nodes []*member
	start time.Time
}

type member struct {
	*controller.Node
	id     string
	trans  *raft.InmemTransport
	logs   *raft.InmemStore
	snaps  raft.SnapshotStore
	opt    controller.Options
	cancel context.CancelFunc
	done   chan error
}

type choice func(*controller.Options)

func notLab(o *controller.Options) { o.Lab, o.TimeScale = false, 1 }

func newCluster(t *testing.T, size int, choices ...choice) *cluster {
	t.Helper()
	c := &cluster{t: t, w: newWorld(), start: time.Now()}
	sites := []string{"Prod", "DR", "Branch"}
	var peers []controller.Peer
	for i := range size {
		id := fmt.Sprintf("ctl-%d", i+1)
		peers = append(peers, controller.Peer{ID: id, Site: sites[i%3], Raft: id, API: id + ":7000"})
	}
	for i := range size {
		m := &member{id: peers[i].ID, logs: raft.NewInmemStore(), snaps: raft.NewInmemSnapshotStore()}
		m.opt = controller.Options{ID: peers[i].ID, Site: peers[i].Site, Peers: peers, ClusterID: "test", Lab: true, TimeScale: 60,
			Topology: topology(), World: c.w, Boot: func() time.Duration { return time.Since(c.start) }, Logger: slog.New(slog.DiscardHandler)}
		if testing.Verbose() {
			m.opt.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo})).With("node", m.id)
		}
		for _, ch := range choices {
			ch(&m.opt)
		}
		c.nodes = append(c.nodes, m)
		c.boot(m)
	}
	return c
}

// boot starts a node on its own stores, as after a crash.
func (c *cluster) boot(m *member) {
	c.t.Helper()
	_, m.trans = raft.NewInmemTransport(raft.ServerAddress(m.id))
	m.opt.Stores = &controller.Stores{Logs: m.logs, Stable: m.logs, Snapshots: m.snaps, Transport: m.trans}
	n, err := controller.New(m.opt)
	if err != nil {
		c.t.Fatal(err)
	}
	m.Node = n
	c.join(m)
	var ctx context.Context
	ctx, m.cancel = context.WithCancel(c.t.Context())
	m.done = make(chan error, 1)
	go func() { m.done <- n.Run(ctx) }()
}

func (c *cluster) join(m *member) {
	for _, o := range c.nodes {
		if o != m && o.trans != nil {
			o.trans.Connect(raft.ServerAddress(m.id), m.trans)
			m.trans.Connect(raft.ServerAddress(o.id), o.trans)
		}
	}
}

func (c *cluster) cut(m *member) {
	m.trans.DisconnectAll()
	for _, o := range c.nodes {
		o.trans.Disconnect(raft.ServerAddress(m.id))
	}
}

func (c *cluster) close() {
	for _, m := range c.nodes {
		m.cancel()
	}
	for _, m := range c.nodes {
		if err := <-m.done; err != nil {
			c.t.Errorf("%s ended with %v", m.id, err)
		}
	}
	time.Sleep(20 * time.Second) // the bubble's: raft's last calls to nodes that are gone time out
}

// until waits in the bubble's time.
func (c *cluster) until(what string, ok func() bool) {
	c.t.Helper()
	for range 6000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.t.Fatalf("not within a minute: %s", what)
}

// leader is the one that says, verified, that it can act.
func (c *cluster) leader() *member {
	c.t.Helper()
	var found *member
	c.until("a leader", func() bool {
		for _, m := range c.nodes {
			var s api.Status
			if m.get(c.t, api.PathStatus, &s); s.CanAct {
				found = m
			}
		}
		return found != nil
	})
	return found
}

func (m *member) get(t *testing.T, path string, into any) int {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	reflect.ValueOf(into).Elem().SetZero()
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("GET %s: %v in %q", path, err, w.Body)
	}
	return w.Code
}

func (m *member) post(t *testing.T, path string, body, into any) int {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, bytes.NewReader(b)))
	reflect.ValueOf(into).Elem().SetZero()
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("POST %s: %v in %q", path, err, w.Body)
	}
	return w.Code
}

func (m *member) run(t *testing.T, id string) api.Run {
	t.Helper()
	var r api.Run
	if code := m.get(t, api.PathRuns+"/"+id, &r); code != http.StatusOK {
		t.Fatalf("run %s: status %d", id, code)
	}
	return r
}

// begin starts a run at the leader.
func (c *cluster) begin(req api.StartRequest) (*member, api.Run) {
	c.t.Helper()
	l := c.leader()
	req.By = "anna"
	var r api.Run
	if code := l.post(c.t, api.PathRuns, req, &r); code != http.StatusOK {
		c.t.Fatalf("start: status %d", code)
	}
	return l, r
}

// ended waits for the run's outcome, on any node but those left out.
func (c *cluster) ended(id string, without ...*member) api.Run {
	c.t.Helper()
	var r api.Run
	c.until("the run ends", func() bool {
		for _, m := range c.nodes {
			out := false
			for _, o := range without {
				out = out || o == m
			}
			if out {
				continue
			}
			var got api.Run
			if m.get(c.t, api.PathRuns+"/"+id, &got) == http.StatusOK && got.Outcome != "" {
				r = got
				return true
			}
		}
		return false
	})
	return r
}

func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}
