package cmdlets_test

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"

	"siteswap/dag"
	"siteswap/internal/exchange"
	"siteswap/internal/exchange/exchangetest"
	"siteswap/internal/exchange/wire"
	"siteswap/internal/lab/cmdlets"
)

// world is a Model without time: an operation is carried out at once, and then everything comes to rest.
type world struct {
	t  *dag.Topology
	mu sync.Mutex
	s  dag.State
}

func newWorld(t *dag.Topology) *world { return &world{t: t, s: dag.New(t)} }

func (w *world) Topology() *dag.Topology { return w.t }

func (w *world) Snapshot() dag.State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.s.Clone()
}

func (w *world) Do(_ context.Context, op dag.Op) (dag.Answer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, answer := dag.Do(w.t, w.s, op)
	w.s, _ = dag.Settle(w.t, s)
	return answer, nil
}

// happen applies an event and lets everything come to rest.
func (w *world) happen(e dag.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, _ := dag.Apply(w.t, w.s, e)
	w.s, _ = dag.Settle(w.t, s)
}

// serve starts an endpoint per member on the loopback and returns the transport to them.
func serve(t *testing.T, topology *dag.Topology, m cmdlets.Model, gate cmdlets.Gate) exchange.Transport {
	t.Helper()
	addresses := map[string]string{}
	for i := range topology.Members {
		server := httptest.NewServer(cmdlets.New(cmdlets.Options{Model: m, Member: i, Gate: gate}))
		t.Cleanup(server.CloseClientConnections)
		t.Cleanup(server.Close)
		addresses[topology.Members[i].FQDN] = server.Listener.Addr().String()
	}
	return exchange.NewHTTPTransport(exchange.HTTPOptions{Address: func(server string) string { return addresses[server] }})
}

// faulty is a gate with a fault for the first acting call.
func faulty(fault exchangetest.Fault) cmdlets.Gate {
	var mu sync.Mutex
	first := ""
	return func(point cmdlets.Point, c wire.Call, server string) cmdlets.Action {
		mu.Lock()
		defer mu.Unlock()
		if c.Run == "" {
			return cmdlets.Go
		}
		if first == "" {
			first = c.Text()
		}
		if c.Text() != first || c.Attempt != 1 {
			return cmdlets.Go
		}
		return map[exchangetest.Fault]map[cmdlets.Point]cmdlets.Action{
			exchangetest.FailedNotDone:    {cmdlets.Received: cmdlets.Fail},
			exchangetest.LostNotDone:      {cmdlets.Received: cmdlets.Drop},
			exchangetest.LiedNotDone:      {cmdlets.Received: cmdlets.Lie},
			exchangetest.FailedThoughDone: {cmdlets.Applied: cmdlets.Fail},
			exchangetest.LostThoughDone:   {cmdlets.Applied: cmdlets.Drop},
		}[fault][point]
	}
}

func TestConformance(t *testing.T) {
	exchangetest.Run(t, func(t *testing.T, topology *dag.Topology, fault exchangetest.Fault) exchange.Transport {
		return serve(t, topology, newWorld(topology), faulty(fault))
	})
}
