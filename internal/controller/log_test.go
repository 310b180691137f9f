package controller_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/internal/api"
	"siteswap/internal/controller"
	"siteswap/internal/run"
)

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }

// TestUnusableEntry: what cannot be decoded or applied stops the node, with the reason; it is never skipped.
func TestUnusableEntry(t *testing.T) {
	for _, tc := range []struct {
		name string
		data func(term uint64) string
		why  string // empty: the node goes on
	}{
		{"no JSON", func(uint64) string { return "\x00\x01" }, "decode log entry"},
		{"newer version", func(uint64) string { return `{"version":2,"type":"pause","id":"x"}` }, "version 2"},
		{"unknown and critical", func(uint64) string { return `{"version":1,"type":"lease","critical":true,"id":"x"}` }, `unknown critical entry "lease"`},
		{"unknown, not critical", func(term uint64) string {
			return `{"version":1,"type":"hint","id":"x","proposed_in":` + itoa(term) + `}`
		}, ""},
		{"no payload", func(uint64) string { return `{"version":1,"type":"intent","critical":true,"id":"x"}` }, "no payload"},
		{"cannot be applied", func(term uint64) string {
			return `{"version":1,"type":"pause","critical":true,"id":"x","run":"r-none","proposed_in":` + itoa(term) + `}`
		}, "no run"},
		{"another term", func(term uint64) string {
			return `{"version":1,"type":"pause","critical":true,"id":"x","run":"r-none","proposed_in":` + itoa(term-1) + `}`
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) { unusable(t, tc.data, tc.why) })
		})
	}
}

func unusable(t *testing.T, data func(uint64) string, why string) {
	c := newCluster(t, 1)
	l := c.leader()
	l.Raft().Apply([]byte(data(l.Raft().CurrentTerm())), time.Second)
	time.Sleep(time.Second)
	var err error
	select {
	case err = <-l.done:
	default:
	}
	switch {
	case why == "" && err != nil:
		t.Fatalf("the node stopped: %v", err)
	case why == "":
		c.close()
		return
	case err == nil:
		t.Fatal("the node goes on")
	case !strings.Contains(err.Error(), why):
		t.Errorf("the node stopped with %v, want %q", err, why)
	}
	// And again, from its own log.
	c.boot(l)
	if err := <-l.done; err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("after a restart: %v", err)
	}
	time.Sleep(20 * time.Second)
}

// TestSnapshot: a node that starts from a snapshot knows the same, and one that was damaged is refused.
func TestSnapshot(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 1)
		defer c.close()
		l, r := c.begin(api.StartRequest{Plan: moveAway(), RequestID: "1"})
		c.ended(r.ID)
		c.begin(api.StartRequest{Plan: asks(), RequestID: "2"})
		c.until("it asks", func() bool {
			return len(l.run(t, r.ID).Steps) > 0 && l.LedgerNow().Cluster().Runs[1].Steps[0].State == run.Acting
		})
		before := l.LedgerNow()
		if err := l.Raft().Snapshot().Error(); err != nil {
			t.Fatal(err)
		}
		b, err := controller.SnapshotOf(before)
		if err != nil {
			t.Fatal(err)
		}
		l.cancel()
		if err := <-l.done; err != nil {
			t.Fatal(err)
		}
		c.boot(l)
		c.leader()
		if diff := cmp.Diff(before.Cluster(), l.LedgerNow().Cluster()); diff != "" {
			t.Errorf("after the restart: %s", diff)
		}
		back, err := controller.SnapshotFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		again, err := controller.SnapshotOf(back)
		if err != nil || !bytes.Equal(b, again) {
			t.Errorf("read and written again it differs: %v", err)
		}
		damaged(t, b)
		if _, same := c.begin(api.StartRequest{Plan: moveAway(), RequestID: "1"}); same.ID != r.ID {
			t.Errorf("the request is forgotten: run %s, and was %s", same.ID, r.ID)
		}
	})
}

func damaged(t *testing.T, b []byte) {
	t.Helper()
	for i := 0; i < len(b); i += 97 {
		d := bytes.Clone(b)
		d[i] ^= 1
		if _, err := controller.SnapshotFrom(d); err == nil {
			t.Fatalf("byte %d is damaged, and nobody notices", i)
		}
		if _, err := controller.SnapshotFrom(b[:i]); err == nil {
			t.Fatalf("it ends at byte %d, and nobody notices", i)
		}
	}
	newer := bytes.Replace(b, []byte(`"schema":1`), []byte(`"schema":2`), 1)
	if _, err := controller.SnapshotFrom(newer); err == nil || !strings.Contains(err.Error(), "schema 2") {
		t.Errorf("another schema: %v", err)
	}
}

// TestWrongCluster: a data directory of another cluster is not acted upon.
func TestWrongCluster(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 1)
		l := c.leader()
		l.cancel()
		<-l.done
		l.opt.ClusterID = "other"
		c.boot(l)
		if err := <-l.done; err == nil || !strings.Contains(err.Error(), "cluster test") {
			t.Errorf("it ended with %v", err)
		}
		time.Sleep(20 * time.Second)
	})
}

func TestOptions(t *testing.T) {
	peers := []controller.Peer{{ID: "a"}}
	good := controller.Options{ID: "a", ClusterID: "c", Topology: topology(), World: newWorld(), Peers: peers, DataDir: t.TempDir(), RaftAdvertise: "127.0.0.1:0"}
	for name, f := range map[string]func(*controller.Options){
		"no id":             func(o *controller.Options) { o.ID = "" },
		"no cluster":        func(o *controller.Options) { o.ClusterID = "" },
		"no topology":       func(o *controller.Options) { o.Topology = nil },
		"no directory":      func(o *controller.Options) { o.DataDir = "" },
		"not a peer":        func(o *controller.Options) { o.ID = "b" },
		"twice":             func(o *controller.Options) { o.Peers = append(o.Peers, o.Peers[0]) },
		"scaled, not a lab": func(o *controller.Options) { o.TimeScale = 60 },
		"slower":            func(o *controller.Options) { o.TimeScale, o.Lab = 0.5, true },
	} {
		o := good
		f(&o)
		if n, err := controller.New(o); err == nil {
			n.Close()
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzEntry(f *testing.F) {
	b, err := controller.Record(run.Entry{Version: 1, Type: run.EntryStart, Critical: true, ID: "x", Start: &run.Start{Plan: moveAway()}}, 3)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"version":1,"type":"hint"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		once, err := controller.Entry(b)
		if err != nil {
			return
		}
		twice, err := controller.Entry(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%q becomes %q and then %q: %v", b, once, twice, err)
		}
	})
}

func FuzzSnapshot(f *testing.F) {
	b, err := controller.SnapshotOf(controller.Ledger{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := controller.SnapshotFrom(b)
		if err != nil {
			return
		}
		if _, err := controller.SnapshotOf(l); err != nil {
			t.Error(err)
		}
	})
}

func containsAll(s string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}
