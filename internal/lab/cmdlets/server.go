package cmdlets

import (
	"context"
	"time"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

// Model is the shared world that the servers answer from.
type Model interface {
	Topology() *dag.Topology
	Snapshot() dag.State
	// Do begins the operation and blocks until it answers. It returns an error only when the world ends, and then must not
	// block any longer.
	Do(ctx context.Context, op dag.Op) (dag.Answer, error)
}

// Point is a moment of one call.
type Point string

// The points, in their order. Gates may block at each: that holds the call.
const (
	Received Point = "call-received" // before it is checked and has any effect
	Applied  Point = "applied"       // after its effect, before its answer
	Answered Point = "answered"      // after its answer was written
)

// Action is what becomes of a call at a point.
type Action int

// The actions.
const (
	Go   Action = iota
	Drop        // no answer, ever: the connection stays open and silent until the caller gives up
	Fail        // an error is answered: at Received nothing was done, at Applied all of it
	Lie         // success is answered and nothing done; only at Received
	Half        // success is answered and half of it done; only at Received
	Late        // success is answered, and the effect comes Options.LateBy later; only at Received
)

// Halver is a Model that can do half of an operation and say that it is done.
type Halver interface {
	DoHalf(ctx context.Context, op dag.Op) (dag.Answer, error)
}

// Gate decides at each point. A call without Run only reads; it has no point Applied. At Answered the action is ignored.
type Gate func(point Point, c wire.Call, server string) Action

// Options are what a Server needs.
type Options struct {
	Model  Model
	Member int              // index of Topology.Members: the server that this is
	Now    func() time.Time // the clock that NotAfter is measured on; nil: time.Now
	Gate   Gate             // nil: everything goes
	// Applied is told of every acting call whose operation was begun, when it has ended, before its answer is sent. The
	// cmdlet is the call's full text, so that two different calls of one attempt are told apart. nil: nobody is told.
	Applied func(run, step string, attempt int, cmdlet, server string)
	LateBy  time.Duration // how long after its answer the effect of a call that is Late comes
}

// Server is the endpoint of one member. It is an http.Handler.
type Server struct {
	o    Options
	name string
	all  map[string]cmdlet
}

// New makes the endpoint of a member.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Gate == nil {
		o.Gate = func(Point, wire.Call, string) Action { return Go }
	}
	if o.Applied == nil {
		o.Applied = func(string, string, int, string, string) {}
	}
	return &Server{o: o, name: o.Model.Topology().Members[o.Member].Name, all: table()}
}

// view is the world as one moment and this server have it.
func (s *Server) view() *view {
	t := s.o.Model.Topology()
	state := s.o.Model.Snapshot()
	v := &view{t: t, s: &state, me: s.o.Member, site: t.Members[s.o.Member].Site}
	v.f = dag.Observe(t, v.s, v.site)
	return v
}

// alive says whether the server's operating system runs and answers.
func (s *Server) alive() bool {
	state := s.o.Model.Snapshot()
	n := &state.Nodes[s.o.Member]
	return n.Up && !n.Hung
}
