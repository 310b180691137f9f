package power_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/power"
)

// board is a management board that switches servers, with a fault.
type board struct {
	mu     sync.Mutex
	power  map[string]dag.Power
	asked  []power.Request
	skip   bool // nothing is done
	answer func(w http.ResponseWriter, r *http.Request)
}

func (b *board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Method == http.MethodGet {
		json.NewEncoder(w).Encode(b.power)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/v1/power/")
	var q power.Request
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.asked = append(b.asked, q)
	if !b.skip {
		b.power[name] = q.Power
	}
	if b.answer != nil {
		b.mu.Unlock()
		b.answer(w, r)
		b.mu.Lock()
		return
	}
	json.NewEncoder(w).Encode(map[string]dag.Power{"power": b.power[name]})
}

func serve(t *testing.T, h http.Handler) *power.Control {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return &power.Control{Address: srv.Listener.Addr().String(), HTTP: srv.Client()}
}

func request() power.Request {
	return power.Request{Power: dag.HeldOff, Run: "r-1", Step: "fence", Attempt: 2, NotAfter: 30 * time.Second}
}

func TestSwitchAndRead(t *testing.T) {
	b := &board{power: map[string]dag.Power{"EX/1": dag.PowerOn}}
	c := serve(t, b)
	got, err := c.Set(context.Background(), "EX/1", request())
	if err != nil || got != dag.HeldOff {
		t.Fatalf("set: %q, %v", got, err)
	}
	all, err := c.Read(context.Background())
	if err != nil || all["EX/1"] != dag.HeldOff || len(all) != 1 {
		t.Errorf("read: %v, %v", all, err)
	}
	if len(b.asked) != 1 || b.asked[0] != request() {
		t.Errorf("the far end was asked %+v", b.asked)
	}
}

// TestFaults: each once with and once without its effect; what is read afterwards tells which.
func TestFaults(t *testing.T) {
	fail := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not started: too late", http.StatusGone) }
	drop := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, c := range map[string]struct {
		skip   bool
		answer func(http.ResponseWriter, *http.Request)
		want   string
	}{
		"refused, not done":  {true, fail, "too late"},
		"refused, but done":  {false, fail, "too late"},
		"lost, not done":     {true, drop, "does not answer"},
		"lost, though done":  {false, drop, "does not answer"},
		"answered, not done": {true, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c2 := serve(t, &board{power: map[string]dag.Power{"EX1": dag.PowerOn}, skip: c.skip, answer: c.answer})
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer cancel()
			got, err := c2.Set(ctx, "EX1", request())
			if c.want == "" && (err != nil || got != dag.PowerOn) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("set: %q, %v", got, err)
			}
			all, err := c2.Read(context.Background())
			if err != nil || (all["EX1"] == dag.HeldOff) == c.skip {
				t.Errorf("read back: %v, %v", all, err)
			}
		})
	}
}

func TestBadAnswers(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"garbage":   {"<html>", "cannot be read"},
		"nothing":   {"", "cannot be read"},
		"wrong":     {`{"power": 7, "EX1": []}`, "cannot be read"},
		"oversized": {`{"power":"` + strings.Repeat("x", 2<<20) + `"}`, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, c.body) }))
			if all, err := p.Read(context.Background()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("read: %v, %v", all, err)
			}
			if got, err := p.Set(context.Background(), "EX1", request()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("set: %q, %v", got, err)
			}
		})
	}
}

func TestSilent(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c := &power.Control{Address: ln.Addr().String(), HTTP: &http.Client{}}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := c.Read(ctx); err == nil || !strings.Contains(err.Error(), c.Address) {
		t.Errorf("from one that says nothing: %v", err)
	}
	c.Address = "no port\x7f"
	if _, err := c.Read(context.Background()); err == nil {
		t.Error("an address that is none was asked")
	}
}
