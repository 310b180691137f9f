package mail

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// relay is one connection through a VIP.
type relay struct {
	client, front net.Conn
}

func (r *relay) cut() {
	resetConn(r.client)
	resetConn(r.front)
}

// carry serves one client: it picks a server, and another one if that does not answer the dial.
func (v *VIP) carry(ctx context.Context, client net.Conn) {
	var tried []*member
	for {
		m := v.pick(tried)
		if m == nil {
			resetConn(client) // no server is left
			return
		}
		front, err := v.dial(ctx, m)
		if err != nil {
			v.unpick(m)
			tried = append(tried, m)
			continue
		}
		v.join(ctx, m, &relay{client, front})
		return
	}
}

func (v *VIP) dial(ctx context.Context, m *member) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, v.o.HealthTimeout)
	defer cancel()
	return v.o.Dial(ctx, m.Address)
}

// pick is the usable server with the fewest connections; those with the same number take turns.
func (v *VIP) pick(but []*member) *member {
	v.mu.Lock()
	defer v.mu.Unlock()
	var best *member
	for i := range v.pool {
		m := v.pool[(v.turn+i)%len(v.pool)]
		if m.enabled && m.healthy && !slices.Contains(but, m) && (best == nil || m.load() < best.load()) {
			best = m
		}
	}
	v.turn++
	if best != nil {
		best.dialing++
	}
	return best
}

func (m *member) load() int { return len(m.conns) + m.dialing }

func (v *VIP) unpick(m *member) {
	v.mu.Lock()
	defer v.mu.Unlock()
	m.dialing--
}

// join carries bytes both ways until both ends have ended, or one of them fails.
func (v *VIP) join(ctx context.Context, m *member, r *relay) {
	v.mu.Lock()
	m.dialing--
	usable := m.enabled && m.healthy
	if usable {
		m.conns[r] = struct{}{}
	}
	v.mu.Unlock()
	if !usable { // drained or dead since it was picked
		r.cut()
		return
	}
	defer func() {
		v.mu.Lock()
		delete(m.conns, r)
		v.mu.Unlock()
		r.client.Close()
		r.front.Close()
	}()
	defer context.AfterFunc(ctx, r.cut)()
	var both sync.WaitGroup
	both.Go(func() { r.pass(r.front, r.client) })
	both.Go(func() { r.pass(r.client, r.front) })
	both.Wait()
}

func (r *relay) pass(dst, src net.Conn) {
	_, err := io.Copy(struct{ io.Writer }{dst}, struct{ io.Reader }{src})
	if err == nil {
		if half, ok := dst.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			return
		}
	}
	r.cut()
}

// watch checks a front's health until ctx ends.
func (v *VIP) watch(ctx context.Context, m *member) {
	tick := time.NewTicker(v.o.HealthEvery)
	defer tick.Stop()
	for {
		v.checked(m, v.healthy(ctx, m))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (v *VIP) healthy(ctx context.Context, m *member) bool {
	c, err := v.dial(ctx, m)
	if err != nil {
		return false
	}
	defer c.Close()
	verb, _, err := newLink(c).ask(ctx, v.o.HealthTimeout, "HEALTH")
	return err == nil && verb == "OK"
}

// checked takes the result of a health check; the connections of a server that became unhealthy are cut.
func (v *VIP) checked(m *member, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if ok {
		m.failed, m.healthy = 0, true
		return
	}
	if m.failed++; m.failed >= v.o.Fall {
		m.healthy = false
		m.cut()
	}
}
