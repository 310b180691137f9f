package umredirect

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"siteswap/umredirect/guard"
	"siteswap/umredirect/health"
)

// Options are what a server needs.
type Options struct {
	Table     *Table
	Peers     []netip.Prefix // who gets answers: the PBX, as UM IP gateways are listed in Exchange; everyone else gets silence
	TagKey    []byte         // at least 16 secret bytes, the same at every redirector
	StateFile string         // where the setting is kept; empty: nowhere
	First     Setting        // in force until somebody sets another, when no state file says better

	OnCall func(Call)  // for each INVITE whose answer is made: it must be quick, for the next calls wait for it
	Wanted func() bool // asked once for each plain one: whether OnCall is to hear of it; nil: of every one. The others come all the same

	Limits Limits
	Logger *slog.Logger
	Now    func() time.Time

	// Stateful remembers each request until no copy of it can come any more, as RFC 3261, section 17.2, asks: an answer is sent
	// again until it is acknowledged, a CANCEL without its INVITE is told so, a request that came on two ways is answered once.
	// Without it every answer is a function of the request (section 8.2.7), and nothing can be filled up or made to repeat.
	Stateful        bool
	MaxTransactions int // that are remembered; 10,000. Beyond it answers are stateless.

	// Look is how long a UDP socket looks for the next datagram before it sleeps while they come that soon: batch.Options. 0: never.
	Look time.Duration

	IdleTimeout time.Duration // of a TCP connection without requests; 5 minutes
	MaxConns    int           // TCP connections at once; 256
}

// Call is what happened to one INVITE. A copy of it that the PBX sent again is a call of its own here: nothing is remembered.
type Call struct {
	At        time.Time
	CallID    string
	Source    netip.AddrPort
	Transport string // udp, tcp or tls
	Called    string
	By        string // where the called number was found
	Status    int
	Target    string // the first Contact's host and port
	Why       string
	Took      time.Duration // from when it was read until its answer was made
	Fast      bool          // a plain one, which Traffic counts
	// Request and Answer are the messages, for whoever copies them. They are not kept beyond OnCall.
	Request, Answer []byte
}

// Server answers requests on the sockets that it is given.
type Server struct {
	o    Options
	view atomic.Pointer[view]

	mu      sync.Mutex // of setting, health, dead, leaving and table, which view is made of
	setting Setting
	dead    map[string]bool // by Target.ID; replaced, never changed
	health  []health.Status // as last told
	leaving bool
	table   *Table

	memory   *transactions // nil: stateless
	guard    *guard.Guard
	fast     fastCounts
	answered map[string]*atomic.Uint64 // by mu; calls of the fast path by their first target
	tasks    sync.WaitGroup
	open     map[closer]struct{} // by mu
	conns    int                 // by mu
	closed   bool                // by mu
}

type closer interface{ Close() error }

// view is what an answer is made of; it is swapped as one.
type view struct {
	table  *Table
	state  State
	routes routes
}

// New makes a server with the setting of its state file.
func New(o Options) (*Server, error) {
	if len(o.TagKey) < 16 {
		return nil, errors.New("tag key: give at least 16 secret bytes, the same to every redirector")
	}
	if len(o.Peers) == 0 {
		return nil, errors.New("peers: list the PBX's addresses; nobody else is answered")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnCall == nil {
		o.OnCall, o.Wanted = func(Call) {}, func() bool { return false }
	}
	if o.Wanted == nil {
		o.Wanted = func() bool { return true }
	}
	if o.IdleTimeout == 0 {
		o.IdleTimeout = 5 * time.Minute
	}
	if o.MaxConns == 0 {
		o.MaxConns = 256
	}
	setting, err := readSetting(o.StateFile, o.First)
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, setting: setting, table: o.Table, open: map[closer]struct{}{}, guard: newGuard(o), answered: map[string]*atomic.Uint64{}}
	if o.Stateful {
		s.memory = newTransactions(o.MaxTransactions)
	}
	s.publish()
	return s, nil
}

// publish makes what mu guards the view; the caller holds mu.
func (s *Server) publish() {
	state := State{Site: s.setting.Site, Generation: s.setting.Generation, Dead: s.dead, Leaving: s.leaving}
	s.view.Store(&view{s.table, state, newRoutes(s.table, state, s.counter)})
}

// SetTable puts another table in force; calls that are being answered see the old one or the new one, whole.
func (s *Server) SetTable(t *Table) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.table = t
	s.publish()
}

// arrival is one request as it came.
type arrival struct {
	raw       []byte
	from      netip.AddrPort
	transport string // udp, tcp or tls
	tooLong   bool   // more of it came than is read
	send      sender // for copies of the answer over UDP; nil: there are none
}

// handle answers one request: the bytes, and for UDP where they go. No bytes is silence.
func (s *Server) handle(in arrival) ([]byte, netip.AddrPort) {
	start := s.o.Now()
	m, ok := split(in.raw)
	if !ok {
		return nil, netip.AddrPort{}
	}
	if agent := m.one("user-agent"); agent != "" && s.guard.Scans(agent, in.from.Addr(), start) {
		return nil, netip.AddrPort{}
	}
	m.tooLong = in.tooLong
	if in.transport != "udp" && len(m.all("content-length")) == 0 {
		m.fault("no content-length, which a stream needs") // RFC 3261, section 20.14
	}
	now := s.view.Load()
	v := judge(&m, now.table, now.state)
	if s.memory != nil && m.problem == "" {
		if answer, to, known := s.memory.known(&m); known {
			return answer, to
		}
		if other, better := s.memory.instead(&m); better {
			v = other
		}
	}
	if v.silent {
		return nil, netip.AddrPort{}
	}
	answer, to := appendAnswer(nil, &m, v, s.o.TagKey, in.from), replyTo(&m, in.from)
	if s.memory != nil && m.problem == "" {
		s.memory.keep(&m, answer, to, in.transport != "udp", in.send)
	}
	if m.method == "INVITE" {
		s.report(&m, v, in, answer, start)
	}
	return answer, to
}

// report tells of an INVITE.
func (s *Server) report(m *message, v verdict, in arrival, answer []byte, start time.Time) {
	c := Call{Request: in.raw, Answer: answer, At: start, CallID: m.one("call-id"), Source: in.from, Transport: in.transport, Called: v.Called, By: v.By, Status: v.Status, Why: v.Why}
	if len(v.Contacts) > 0 {
		c.Target = v.Contacts[0].address()
	}
	c.Took = s.o.Now().Sub(start)
	s.o.OnCall(c)
}

// track counts a socket or a connection that Close must end; false when the server is closed already.
func (s *Server) track(c closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.open[c] = struct{}{}
	s.tasks.Add(1)
	return true
}

func (s *Server) untrack(c closer) {
	s.mu.Lock()
	delete(s.open, c)
	s.mu.Unlock()
	s.tasks.Done()
}

// Close closes the sockets and returns when nothing is being answered any more.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for c := range s.open {
		c.Close()
	}
	s.mu.Unlock()
	s.tasks.Wait()
	if s.memory != nil {
		s.memory.close()
	}
	return nil
}

func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		ap = a.AddrPort()
	case *net.TCPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
