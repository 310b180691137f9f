package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

// Backend is a front behind a VIP.
type Backend struct {
	Server  string
	Address string // host:port of its front
}

// VIPOptions are what a load balancer needs.
type VIPOptions struct {
	Backends []Backend
	// Dial opens a connection from the VIP's own address.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// HealthEvery is the interval of health checks, HealthTimeout how long one may take, Fall how many in a row must fail
	// before a front is unhealthy (default 2); one that succeeds makes it healthy.
	HealthEvery   time.Duration
	HealthTimeout time.Duration
	Fall          int
	// DrainTime is how long the connections of a drained server may go on.
	DrainTime time.Duration
	// OnPool is told, if set, that an administrator enabled or drained a server.
	OnPool func(server string, enabled bool, by Change)
}

// Change says on whose behalf a pool was changed.
type Change struct {
	Run     string `json:"run"`
	Step    string `json:"step"`
	Attempt int    `json:"attempt"`
}

// PoolMember is a server's place in the pool, as the control interface shows it.
type PoolMember struct {
	Server      string `json:"server"`
	Enabled     bool   `json:"enabled"`
	Healthy     bool   `json:"healthy"`
	Connections int    `json:"connections"`
}

// VIP is a TCP load balancer over client-access fronts: least connections, health checks, administrative drain. It never
// asks where databases are mounted. One VIP may serve several listeners: its own address and the site's public ones.
type VIP struct {
	o     VIPOptions
	mu    sync.Mutex
	pool  []*member // in the order of VIPOptions.Backends
	turn  int       // breaks ties
	tasks sync.WaitGroup
}

type member struct {
	Backend
	enabled, healthy bool
	failed           int // health checks in a row
	conns            map[*relay]struct{}
	dialing          int // picked for a client, not yet in conns
	drain            *time.Timer
}

// NewVIP makes a load balancer whose servers are all enabled and taken to be healthy until a check says otherwise.
func NewVIP(o VIPOptions) *VIP {
	if o.Fall < 1 {
		o.Fall = 2
	}
	v := &VIP{o: o}
	for _, b := range o.Backends {
		v.pool = append(v.pool, &member{Backend: b, enabled: true, healthy: true, conns: map[*relay]struct{}{}})
	}
	return v
}

// Serve balances what arrives at the listeners until ctx ends.
func (v *VIP) Serve(ctx context.Context, listeners ...net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer v.tasks.Wait()
	defer cancel()
	for _, m := range v.pool {
		v.tasks.Go(func() { v.watch(ctx, m) })
	}
	errs := make(chan error, len(listeners))
	for _, l := range listeners {
		v.tasks.Go(func() {
			var s server
			errs <- s.run(ctx, l, v.carry)
		})
	}
	var all []error
	for range listeners {
		err := <-errs
		if err != nil {
			cancel()
		}
		all = append(all, err)
	}
	if len(listeners) == 0 {
		<-ctx.Done()
	}
	return errors.Join(all...)
}

// Pool shows the servers.
func (v *VIP) Pool() []PoolMember {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := make([]PoolMember, len(v.pool))
	for i, m := range v.pool {
		out[i] = PoolMember{m.Server, m.enabled, m.healthy, len(m.conns)}
	}
	return out
}

// SetEnabled enables a server, or drains it: it gets no new connections, and those it has are cut after the drain time.
func (v *VIP) SetEnabled(server string, enabled bool, by Change) error {
	v.mu.Lock()
	i := slices.IndexFunc(v.pool, func(m *member) bool { return m.Server == server })
	if i < 0 {
		v.mu.Unlock()
		return fmt.Errorf("server %s is not in the pool", server)
	}
	m := v.pool[i]
	was := m.enabled
	m.enabled = enabled
	if enabled && m.drain != nil {
		m.drain.Stop()
		m.drain = nil
	}
	if was && !enabled {
		m.drain = time.AfterFunc(v.o.DrainTime, func() { v.endDrain(m) })
	}
	v.mu.Unlock()
	if was != enabled && v.o.OnPool != nil {
		v.o.OnPool(server, enabled, by)
	}
	return nil
}

func (v *VIP) endDrain(m *member) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !m.enabled {
		m.cut()
	}
}

// cut resets the server's connections; v.mu is held.
func (m *member) cut() {
	for r := range m.conns {
		r.cut()
	}
}
