package vip_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"siteswap/internal/vip"
	"siteswap/internal/vip/viptest"
)

// balancer is a load balancer's control with nothing behind it.
type balancer struct {
	mu    sync.Mutex
	pool  []vip.Member
	fault viptest.Fault
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.URL.Path == "/v1/pool" {
		b.mu.Lock()
		defer b.mu.Unlock()
		json.NewEncoder(w).Encode(b.pool)
		return
	}
	var body struct {
		Enabled bool `json:"enabled"`
		vip.By
	}
	server, ok := strings.CutPrefix(r.URL.Path, "/v1/pool/")
	if r.Method != http.MethodPut || !ok || json.NewDecoder(r.Body).Decode(&body) != nil || body.Run == "" {
		http.Error(w, "what?", http.StatusBadRequest)
		return
	}
	b.put(w, r, server, body.Enabled)
}

func (b *balancer) put(w http.ResponseWriter, r *http.Request, server string, enabled bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.pool, func(m vip.Member) bool { return m.Server == server })
	if i < 0 {
		http.Error(w, "no such server", http.StatusNotFound)
		return
	}
	if b.fault.Done() {
		b.pool[i].Enabled = enabled
	}
	switch b.fault {
	case viptest.FailedNotDone, viptest.FailedThoughDone:
		http.Error(w, "it failed", http.StatusInternalServerError)
	case viptest.LostNotDone, viptest.LostThoughDone:
		b.mu.Unlock()
		<-r.Context().Done()
		b.mu.Lock()
	default:
		json.NewEncoder(w).Encode(b.pool[i])
	}
}

func serve(t *testing.T, h http.Handler) *vip.Pool {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return &vip.Pool{Control: srv.Listener.Addr().String(), HTTP: srv.Client()}
}

func TestConformance(t *testing.T) {
	viptest.Run(t, func(t *testing.T, fault viptest.Fault) *vip.Pool {
		b := &balancer{fault: fault}
		for _, s := range viptest.Servers() {
			b.pool = append(b.pool, vip.Member{Server: s, Enabled: true, Healthy: true})
		}
		return serve(t, b)
	})
}

// TestBadAnswers: whatever comes back instead of an answer is an error that names the control, and no member.
func TestBadAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   string
		lost   bool
	}{
		"garbage":   {func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") }, "cannot be read", false},
		"nothing":   {func(w http.ResponseWriter) {}, "cannot be read", false},
		"wrong":     {func(w http.ResponseWriter) { fmt.Fprint(w, `{"server": 5}`) }, "cannot be read", false},
		"oversized": {func(w http.ResponseWriter) { fmt.Fprintf(w, `[{"server":%q}]`, strings.Repeat("x", 2<<20)) }, "cannot be read", false},
		"refused":   {func(w http.ResponseWriter) { http.Error(w, "log in first", http.StatusUnauthorized) }, "log in first", false},
		"cut short": {func(w http.ResponseWriter) { w.Header().Set("Content-Length", "100"); fmt.Fprint(w, "[") }, "no answer", true},
		"redirect":  {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotModified) }, "refused", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.answer(w) }))
			_, read := p.Members(context.Background())
			_, set := p.Set(context.Background(), "EX2010-1", false, vip.By{Run: "r-1"})
			for _, err := range []error{read, set} {
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), p.Control) || errors.Is(err, vip.ErrNoAnswer) != c.lost {
					t.Errorf("error %v; want %q, lost: %t", err, c.want, c.lost)
				}
			}
		})
	}
}

// TestSilent: nobody listens, or somebody does and says nothing.
func TestSilent(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	p := &vip.Pool{Control: ln.Addr().String(), HTTP: &http.Client{}}
	if _, err := p.Members(ctx); !errors.Is(err, vip.ErrNoAnswer) {
		t.Errorf("from one that says nothing: %v", err)
	}
	ln.Close()
	if _, err := p.Members(context.Background()); !errors.Is(err, vip.ErrNoAnswer) {
		t.Errorf("from nobody: %v", err)
	}
	p.Control = "no port\x7f"
	if _, err := p.Members(context.Background()); err == nil {
		t.Error("an address that is none was asked")
	}
}
