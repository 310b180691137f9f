package exchange

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"siteswap/internal/exchange/wire"
)

// Client sends cmdlets. Its methods may be used at the same time.
type Client struct {
	Transport Transport
	Verbose   bool // ask acting Exchange cmdlets for their verbose stream
}

// At says where a call runs.
type At struct {
	Server           string // host name of the endpoint, one member
	DomainController string // the directory server to read and write; "": the endpoint's own choice. Only Exchange cmdlets take it
}

// Authority is on whose behalf a call acts. Without one nothing is sent.
type Authority struct {
	Run     string
	Step    string
	Attempt int
	// Left is how long from now the call may still start, from the Permit. The far end checks it.
	Left func() time.Duration
}

type parameters = map[string]any

// read sends a call that only reads.
func (c *Client) read(ctx context.Context, at At, r *Result, cmdlet string, p parameters) ([]wire.Object, bool) {
	return c.invoke(ctx, at.Server, r, wire.Call{Cmdlet: cmdlet, Parameters: p})
}

// readExchange is read with the preferred domain controller.
func (c *Client) readExchange(ctx context.Context, at At, r *Result, cmdlet string, p parameters) ([]wire.Object, bool) {
	return c.read(ctx, at, r, cmdlet, at.with(p))
}

// act sends a call that changes something.
func (c *Client) act(ctx context.Context, at At, who Authority, r *Result, cmdlet string, p parameters) ([]wire.Object, bool) {
	call := wire.Call{Cmdlet: cmdlet, Parameters: p, Run: who.Run, Step: who.Step, Attempt: who.Attempt}
	if who.Run == "" || who.Left == nil {
		r.refuse(CodeNoAuthority, cmdlet+": not sent: an acting call needs a run, a step and how long it may still start")
		return nil, false
	}
	if call.NotAfter = who.Left(); call.NotAfter <= 0 {
		r.refuse(CodeTooLate, cmdlet+": not sent: too late, the permit has run out")
		return nil, false
	}
	return c.invoke(ctx, at.Server, r, call)
}

// actExchange is act with the preferred domain controller and no prompt: without -Confirm:$false a cmdlet hangs on its
// built-in question (domain-exchange.md section 9, row 28).
func (c *Client) actExchange(ctx context.Context, at At, who Authority, r *Result, cmdlet string, p parameters) ([]wire.Object, bool) {
	p = at.with(p)
	p["Confirm"] = false
	if c.Verbose {
		p["Verbose"] = true
	}
	return c.act(ctx, at, who, r, cmdlet, p)
}

func (at At) with(p parameters) parameters {
	out := maps.Clone(p)
	if out == nil {
		out = parameters{}
	}
	if at.DomainController != "" {
		out["DomainController"] = at.DomainController
	}
	return out
}

// invoke sends one call, keeps its trace, and says whether it went well. An empty identity is never sent: Get with one
// returns every object (PS:Get), and an acting cmdlet would prompt for it.
func (c *Client) invoke(ctx context.Context, server string, r *Result, call wire.Call) ([]wire.Object, bool) {
	if r.State == "" {
		r.State = Done
	}
	for name, value := range call.Parameters {
		if text, ok := value.(string); ok && strings.TrimSpace(text) == "" {
			r.refuse(CodeEmptyParameter, call.Cmdlet+": not sent: -"+name+" is empty")
			return nil, false
		}
	}
	trace := Trace{Cmdlet: call.Text(), On: server}
	reply, err := c.Transport.Invoke(ctx, server, call)
	ok := false
	switch {
	case errors.Is(err, ErrAnswerLost):
		trace.Lost = true
		trace.Errors = []string{err.Error()}
		r.State, r.Error, r.Known = Unknown, err.Error(), nil
	case err != nil:
		trace.Errors = []string{err.Error()}
		r.refuse(CodeNotSent, err.Error())
	default:
		ok = r.take(&trace, &reply)
	}
	r.Calls = append(r.Calls, trace)
	return reply.Objects, ok
}

// one is the exactly-one-object check: a Get that names an object must return that object and no other (PS:Get).
func (r *Result) one(objects []wire.Object, property, want string) (wire.Object, bool) {
	if len(objects) == 1 {
		if got, ok := objects[0].Text(property); ok && strings.EqualFold(got, want) {
			return objects[0], true
		}
	}
	r.refuse(CodeNotOneObject, "asked for "+want+" and did not get exactly that one object")
	return nil, false
}
