package phone

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Outcome is what became of a call.
type Outcome string

// The outcomes.
const (
	Answered       Outcome = "answered"
	Lost           Outcome = "lost"
	UnservedLegacy Outcome = "unserved-legacy" // a legacy mailbox whose server is down: declined, and said so
	Abandoned      Outcome = "abandoned"       // the PBX was closed before the call had an end
)

// Redirector is where the PBX sends its calls first.
type Redirector struct {
	Name     string
	UDP, TCP netip.AddrPort // either may be missing
}

// Extension is a mailbox that is called.
type Extension struct {
	Number string
	Legacy bool // on the older version
}

// Options are what a PBX needs.
type Options struct {
	Name        string // of the PBX, in Call-IDs
	Domain      string // of the URIs that it calls
	Pilot       string // when set, that number is called and the extension is the diversion, as call answering does
	Redirectors []Redirector
	Extensions  []Extension

	Dial    func(ctx context.Context, network, address string) (net.Conn, error) // from the PBX's own address
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)

	// Place makes the calls instead of this package: one leg through a redirector, over TCP, to its end; see [Sipp].
	Place func(ctx context.Context, l Leg) LegEnd

	Rate         float64       // calls per second
	Timeout      time.Duration // of a whole call; 8 s
	LegTimeout   time.Duration // of one INVITE or connection; a quarter of Timeout
	PingEvery    time.Duration // 1 s
	PingTimeout  time.Duration // PingEvery
	MaxRedirects int           // 302s in one chain; 3
	MaxCalls     int           // at once; 256. Above that no call is placed.

	Now    func() time.Time
	OnCall func(Call)                                     // after every call, from its own goroutine
	OnPing func(redirector string, up bool, at time.Time) // when a redirector's answer changes
}

// Call is the record of one call.
type Call struct {
	At         time.Time
	Took       time.Duration
	CallID     string
	Extension  string
	Legacy     bool
	Transport  string // to the redirector
	Redirector string // the last one asked
	Redirects  int    // followed on the way to the answer
	Outcome    Outcome
	Target     string // who answered, as host:port of the Contact that was followed
	Why        string
}

// Counters sum up the calls that have ended. Placed counts those under way too.
type Counters struct {
	Placed, Answered, Lost, UnservedLegacy, Abandoned int
}

// PBX places calls.
type PBX struct {
	o  Options
	up []atomic.Bool // by redirector

	seq   atomic.Uint64
	mu    sync.Mutex
	count Counters
}

// New makes a PBX; Run starts it.
func New(o Options) (*PBX, error) {
	if o.Dial == nil || o.Resolve == nil {
		return nil, errors.New("pbx: give it a dialer and a resolver")
	}
	if len(o.Redirectors) == 0 || len(o.Extensions) == 0 {
		return nil, errors.New("pbx: give it redirectors and extensions")
	}
	for _, r := range o.Redirectors {
		if !r.UDP.IsValid() && !r.TCP.IsValid() {
			return nil, errors.New("pbx: redirector " + r.Name + " has no address")
		}
	}
	o.fill()
	return &PBX{o: o, up: make([]atomic.Bool, len(o.Redirectors))}, nil
}

func (o *Options) fill() {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&o.Timeout, 8*time.Second)
	set(&o.LegTimeout, o.Timeout/4)
	set(&o.PingEvery, time.Second)
	set(&o.PingTimeout, o.PingEvery)
	if o.MaxRedirects == 0 {
		o.MaxRedirects = 3
	}
	if o.MaxCalls == 0 {
		o.MaxCalls = 256
	}
	if o.Name == "" {
		o.Name = "pbx"
	}
	if o.Domain == "" {
		o.Domain = "pbx.invalid"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnCall == nil {
		o.OnCall = func(Call) {}
	}
	if o.OnPing == nil {
		o.OnPing = func(string, bool, time.Time) {}
	}
}

// Run pings every redirector once, then places calls at the rate until the context ends; it returns when the last call has
// ended.
func (p *PBX) Run(ctx context.Context) {
	var tasks sync.WaitGroup
	defer tasks.Wait()
	p.pingAll(ctx)
	for i := range p.o.Redirectors {
		tasks.Go(func() { p.pingLoop(ctx, i) })
	}
	if p.o.Rate <= 0 {
		<-ctx.Done()
		return
	}
	lines := make(chan struct{}, p.o.MaxCalls)
	tick := time.NewTicker(time.Duration(float64(time.Second) / p.o.Rate))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		select {
		case lines <- struct{}{}:
		default:
			continue // every line is taken
		}
		n := p.seq.Add(1)
		tasks.Go(func() {
			defer func() { <-lines }()
			p.place(ctx, n, p.extension(n), p.network(n))
		})
	}
}

// extension goes round, and network alternates in such a way that every extension is called over both.
func (p *PBX) extension(n uint64) Extension { return p.o.Extensions[(n-1)%uint64(len(p.o.Extensions))] }

func (p *PBX) network(n uint64) string {
	if p.o.Place != nil {
		return "tcp" // which the UM servers speak; a caller from outside keeps to one transport
	}
	turn, count := n-1, uint64(len(p.o.Extensions))
	if count%2 == 0 {
		turn += turn / count // else an extension would always meet the same one
	}
	if turn%2 == 0 {
		return "udp"
	}
	return "tcp"
}

// Place makes one call now and waits for its end.
func (p *PBX) Place(ctx context.Context, e Extension, network string) Call {
	return p.place(ctx, p.seq.Add(1), e, network)
}

// Counters are the sums up to now.
func (p *PBX) Counters() Counters {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

func (p *PBX) add(f func(*Counters)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.count)
}
