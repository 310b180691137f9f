package mail

import (
	"context"
	"fmt"
	"net"
	"time"
)

// FrontOptions are what a client-access front needs.
type FrontOptions struct {
	Server    string
	Directory Directory
	// DialStore opens a connection to the store of a server, from this server's address.
	DialStore func(ctx context.Context, server string) (net.Conn, error)
	// Up says whether the front runs; nil is always. One that does not run resets who connects.
	Up func() bool
	// Timeout bounds one message, from asking the directory to the store's answer; it should outlast a client's patience.
	Timeout time.Duration
}

// Front is the client-access front of one server: it takes the clients of any database and passes their messages to the
// store of the server that mounts it.
type Front struct {
	o FrontOptions
	s server
}

// NewFront makes a front.
func NewFront(o FrontOptions) *Front {
	if o.Up == nil {
		o.Up = func() bool { return true }
	}
	return &Front{o: o}
}

// Serve serves until ctx ends.
func (f *Front) Serve(ctx context.Context, l net.Listener) error { return f.s.run(ctx, l, f.handle) }

// Cut resets every connection: the front's process died. New connections are judged by Up.
func (f *Front) Cut() { f.s.cut() }

func (f *Front) handle(ctx context.Context, c net.Conn) {
	if !f.o.Up() {
		resetConn(c)
		return
	}
	p := &frontConn{Front: f}
	defer p.drop()
	serveLines(ctx, c, p.answer)
}

// frontConn is one client's connection, with the connection to the store that its database was on last.
type frontConn struct {
	*Front
	client  string
	store   *link
	storeOf string
	served  string // the server that the client's last message went to
}

// restart is what a front adds to an ACK when the client's database has moved since its last message: the client stays on the
// front, is served, and is told to quit and start again, as Outlook is by the RPC client access service.
const restart = "restart"

func (p *frontConn) drop() {
	if p.store != nil {
		p.store.conn.Close()
		p.store = nil
	}
}

func (p *frontConn) answer(ctx context.Context, verb string, fields []string) string {
	if !p.o.Up() {
		return ""
	}
	switch {
	case verb == "HELLO" && len(fields) == 1:
		p.client = fields[0]
		return "OK"
	case verb == "HEALTH" && len(fields) == 0:
		return "OK"
	case verb == "SEND" && len(fields) == 3:
		m, err := parseMessage(fields[1], fields[2])
		if err != nil {
			return no(err)
		}
		if p.client != m.Client {
			return FormatLine("NO", "say HELLO with the client's name first")
		}
		return p.send(ctx, fields[0], m)
	}
	return FormatLine("NO", "unknown request "+verb)
}

// send passes one message to the store that mounts the database, and waits until it is acknowledged. A store that says that the
// database is not there makes it ask Active Manager again, as long as that names another server.
func (p *frontConn) send(ctx context.Context, db string, m Message) string {
	ctx, cancel := context.WithTimeout(ctx, p.o.Timeout)
	defer cancel()
	verb, fields, asked := away, []string{db + " is not mounted"}, ""
	for verb == away && ctx.Err() == nil {
		server, ok := p.o.Directory.MountedOn(db)
		if !ok || server == asked {
			break
		}
		var err error
		if verb, fields, err = p.pass(ctx, server, db, m); err != nil {
			return no(err)
		}
		asked = server
	}
	switch {
	case verb == "OK":
		moved := p.served != "" && p.served != asked
		p.served = asked
		if moved {
			return FormatLine("ACK", messageFields(m)[1], restart)
		}
		return FormatLine("ACK", messageFields(m)[1])
	case len(fields) > 0:
		return FormatLine("NO", fields[0])
	}
	return FormatLine("NO", "the store refused")
}

// pass asks the store of a server to log the message, and returns its answer.
func (p *frontConn) pass(ctx context.Context, server, db string, m Message) (verb string, fields []string, err error) {
	if p.store == nil || p.storeOf != server {
		p.drop()
		c, err := p.o.DialStore(ctx, server)
		if err != nil {
			return "", nil, err
		}
		p.store, p.storeOf = newLink(c), server
	}
	line := FormatLine("APPEND", append([]string{p.o.Server, db}, messageFields(m)...)...)
	if verb, fields, err = p.store.ask(ctx, p.o.Timeout, line); err != nil {
		p.drop()
		return "", nil, fmt.Errorf("no answer from the store of %s", server)
	}
	return verb, fields, nil
}
