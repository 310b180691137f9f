package names

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// ErrNotFound is wrapped when the name does not exist, or has no address.
var ErrNotFound = errors.New("no such name")

// ErrNoServer is wrapped when no upstream gave an answer.
var ErrNoServer = errors.New("no DNS server answers")

// ResolverOptions are what a Resolver needs.
type ResolverOptions struct {
	Dial      func(ctx context.Context, network, address string) (net.Conn, error) // from the client's own address
	Upstreams []string                                                             // host:port, asked in this order
	Timeout   time.Duration                                                        // per upstream; 0: 1 s
	Now       func() time.Time                                                     // nil: time.Now
}

// Resolver is the cache of one client, or of the clients of one place. It serves nothing stale: what ran out is asked for
// again, and if nobody answers, the lookup fails, as it does for the clients that an outage hits.
type Resolver struct {
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
	upstreams []string
	timeout   time.Duration
	now       func() time.Time

	mu    sync.Mutex
	cache map[string]entry
}

type entry struct {
	addresses []string // empty: there is none (a negative answer)
	expires   time.Time
}

// NewResolver is an empty cache.
func NewResolver(o ResolverOptions) *Resolver {
	r := &Resolver{dial: o.Dial, upstreams: o.Upstreams, timeout: o.Timeout, now: o.Now, cache: make(map[string]entry)}
	if r.dial == nil {
		r.dial = new(net.Dialer).DialContext
	}
	if r.timeout <= 0 {
		r.timeout = time.Second
	}
	if r.now == nil {
		r.now = time.Now
	}
	return r
}

// Lookup gives the addresses of a name and how long they may still be used.
func (r *Resolver) Lookup(ctx context.Context, name string) (addresses []string, ttl time.Duration, err error) {
	key := dns.CanonicalName(name)
	if e, ok := r.cached(key); ok {
		return e.result(name, r.now())
	}
	e, err := r.resolve(ctx, key)
	if err != nil {
		return nil, 0, fmt.Errorf("resolve %s: %w", name, err)
	}
	r.mu.Lock()
	r.cache[key] = e
	r.mu.Unlock()
	return e.result(name, r.now())
}

func (e entry) result(name string, now time.Time) ([]string, time.Duration, error) {
	ttl := max(e.expires.Sub(now), 0)
	if len(e.addresses) == 0 {
		return nil, ttl, fmt.Errorf("resolve %s: %w", name, ErrNotFound)
	}
	return append([]string(nil), e.addresses...), ttl, nil
}

func (r *Resolver) cached(key string) (entry, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.cache[key]
	return e, ok && r.now().Before(e.expires)
}

// Expires is the instant until which the cache answers for the name; false: it holds nothing, or it ran out.
func (r *Resolver) Expires(name string) (time.Time, bool) {
	e, ok := r.cached(dns.CanonicalName(name))
	if !ok {
		return time.Time{}, false
	}
	return e.expires, true
}

// Flush empties the cache, as a restart of the client does.
func (r *Resolver) Flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.cache)
}
