package controller

import (
	"context"
	"sync"
	"time"

	"siteswap/dag"
)

// observer shares observations: whoever needs facts no older than an instant gets those of a look that began after it, and
// all who ask while one is under way share the next. Looking costs the observed; a dead site costs timeouts.
type observer struct {
	look  func(ctx context.Context, vantage int) dag.Facts
	clock func() time.Duration
	ctx   context.Context
	spawn func(func()) bool

	mu     sync.Mutex
	places map[int]*place // by vantage
}

type place struct{ last, now, next *sight }

// sight is one observation. Its facts may be read once done is closed, and are never changed.
type sight struct {
	began time.Duration
	facts dag.Facts
	done  chan struct{}
}

// since is an observation that began at or after the instant, which is not in the future.
func (o *observer) since(ctx context.Context, vantage int, instant time.Duration) (*sight, error) {
	s := o.book(vantage, instant)
	select {
	case <-s.done:
		return s, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-o.ctx.Done():
		return nil, o.ctx.Err()
	}
}

// latest is the last observation from there, nil if there is none; it does not wait.
func (o *observer) latest(vantage int) *sight {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p := o.places[vantage]; p != nil {
		return p.last
	}
	return nil
}

func (o *observer) book(vantage int, instant time.Duration) *sight {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.places[vantage]
	if p == nil {
		p = &place{}
		o.places[vantage] = p
	}
	switch {
	case p.last != nil && p.last.began >= instant:
		return p.last
	case p.now != nil && p.now.began >= instant:
		return p.now
	case p.next != nil:
		return p.next
	}
	s := &sight{done: make(chan struct{})}
	if p.now != nil {
		p.next = s
		return s
	}
	o.begin(vantage, p, s)
	return s
}

func (o *observer) begin(vantage int, p *place, s *sight) {
	s.began = o.clock()
	p.now = s
	if !o.spawn(func() { o.run(vantage, p, s) }) {
		p.now = nil // the node is closing: whoever waits sees that by o.ctx
	}
}

func (o *observer) run(vantage int, p *place, s *sight) {
	s.facts = o.look(o.ctx, vantage)
	close(s.done)
	o.mu.Lock()
	defer o.mu.Unlock()
	p.last, p.now = s, nil
	if p.next != nil {
		next := p.next
		p.next = nil
		o.begin(vantage, p, next)
	}
}
