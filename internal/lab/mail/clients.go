package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"time"
)

// Target is what a client connects to: a name, and the database that its mailbox lies in.
type Target struct {
	Name     string
	Database string
}

// ClientsOptions are a group of mail clients that share a place and a resolver's cache.
type ClientsOptions struct {
	Group   string // first part of the clients' names
	Count   int
	Targets []Target // client i takes the i-th, round robin
	Port    uint16   // of the fronts and VIPs, where an address that was resolved has none
	// Local is the address of client i.
	Local func(i int) netip.Addr
	// Resolve looks a name up as the group's computers do, through their cache, which keeps answers for their TTL.
	Resolve func(ctx context.Context, name string) ([]string, error)
	Dial    func(ctx context.Context, local netip.Addr, address string) (net.Conn, error)
	Now     func() time.Time

	Every   time.Duration // from one message of a client to its next
	Timeout time.Duration // for a connection, and for an ACK
	// Late is how long an ACK may take before the client counts as not served; 0 is as long as Timeout.
	Late time.Duration
	// Backoff is the pause after the first failure; it doubles up to MaxBackoff.
	Backoff    time.Duration
	MaxBackoff time.Duration

	// OnServed, if set, is told of every change of one client: at, it was served again (the ACK came), or not any more (when
	// the message was sent that failed or was late). Calls do not overlap.
	OnServed func(name, client string, at time.Time, up bool)
	// OnName is the same for a name: served while every client of it is. Calls do not overlap. When a client learns late
	// that it was not served either, a name that was reported served again is reported not served from its old time.
	OnName func(name string, at time.Time, up bool)
}

// Clients are a group of mail clients.
type Clients struct {
	o ClientsOptions
	b *board
}

// NewClients makes the clients; they start in Run.
func NewClients(o ClientsOptions) (*Clients, error) {
	if o.Count > 0 && len(o.Targets) == 0 {
		return nil, errors.New("mail clients without a name to connect to")
	}
	if o.Every <= 0 || o.Timeout <= 0 || o.Backoff <= 0 {
		return nil, errors.New("mail clients need a rate, a timeout and a back-off above zero")
	}
	if o.Late <= 0 {
		o.Late = o.Timeout
	}
	o.MaxBackoff = max(o.MaxBackoff, o.Backoff)
	c := &Clients{o: o, b: newBoard(o)}
	for i := range o.Count {
		c.b.enter(c.target(i).Name, c.name(i))
	}
	return c, nil
}

func (c *Clients) target(i int) Target { return c.o.Targets[i%len(c.o.Targets)] }
func (c *Clients) name(i int) string   { return c.o.Group + "-" + strconv.Itoa(i+1) }

// Run sends until ctx ends, and returns when the last client has stopped.
func (c *Clients) Run(ctx context.Context) {
	var all sync.WaitGroup
	for i := range c.o.Count {
		all.Go(func() {
			m := &mailer{o: &c.o, b: c.b, i: i, name: c.name(i), target: c.target(i)}
			m.run(ctx)
		})
	}
	all.Wait()
}

// Served is how many clients of each name are served now, of how many.
func (c *Clients) Served() map[string]Served { return c.b.served() }

// Outages are the times in which a name was not served, in the order of their beginning, without the time before its
// clients were first served.
func (c *Clients) Outages() []Outage { return c.b.list() }

// Sessions are what clients felt without being unserved.
func (c *Clients) Sessions() Sessions { return c.b.sessions() }

// Acknowledged is how many messages to a database the clients have an ACK for.
func (c *Clients) Acknowledged(db string) int64 { return c.b.acknowledged(db) }

// errRefused: the front answered, but not with what was asked for.
var errRefused = errors.New("refused")

// mailer is one client.
type mailer struct {
	o      *ClientsOptions
	b      *board
	i      int
	name   string
	target Target
	conn   *link
	turn   int // which address of an answer to try first
}

func (m *mailer) run(ctx context.Context) {
	defer m.hangUp()
	if !pause(ctx, m.o.Every*time.Duration(m.i)/time.Duration(m.o.Count)) { // not all at the same moment
		return
	}
	backoff := m.o.Backoff
	for number := int64(1); ; {
		sent, began := m.o.Now(), time.Now()
		err := m.deliver(ctx, number)
		if ctx.Err() != nil {
			return
		}
		took := time.Since(began)
		if err != nil || took > m.o.Late {
			m.b.failed(m.target.Name, m.name, sent)
		}
		wait := max(0, m.o.Every-took)
		if err != nil {
			m.turn++
			wait, backoff = backoff, min(2*backoff, m.o.MaxBackoff)
		} else {
			m.b.acked(m.target, m.name, m.o.Now())
			backoff = m.o.Backoff
			number++
		}
		if !pause(ctx, wait) {
			return
		}
	}
}

// deliver sends one message. A connection that turns out to be closed since the last message is replaced at once, as mail
// programs do; that alone is no failure.
func (m *mailer) deliver(ctx context.Context, number int64) error {
	used := m.conn != nil
	err := m.send(ctx, number)
	if err == nil {
		return nil
	}
	m.hangUp()
	if used && !errors.Is(err, errRefused) && !errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil {
		m.b.broke()
		if err = m.send(ctx, number); err != nil {
			m.hangUp()
		}
	}
	return err
}

func (m *mailer) hangUp() {
	if m.conn != nil {
		m.conn.conn.Close()
		m.conn = nil
	}
}

// send sends one message and waits for its ACK, over a new connection if there is none.
func (m *mailer) send(ctx context.Context, number int64) error {
	if m.conn == nil {
		if err := m.connect(ctx); err != nil {
			return err
		}
	}
	n := strconv.FormatInt(number, 10)
	verb, fields, err := m.conn.ask(ctx, m.o.Timeout, FormatLine("SEND", m.target.Database, m.name, n))
	if err != nil {
		return err
	}
	if verb != "ACK" || len(fields) < 1 || fields[0] != n {
		return fmt.Errorf("message %s: %w: %s %q", n, errRefused, verb, fields)
	}
	if len(fields) == 2 && fields[1] == restart {
		m.b.restarted()
		m.hangUp() // the user quits and starts again: the next message goes over a new connection
	}
	return nil
}

// connect resolves the name and takes the first of its addresses that answers.
func (m *mailer) connect(ctx context.Context) error {
	rctx, cancel := context.WithTimeout(ctx, m.o.Timeout)
	addrs, err := m.o.Resolve(rctx, m.target.Name)
	cancel()
	if err != nil {
		return fmt.Errorf("resolve %s: %w", m.target.Name, err)
	}
	err = fmt.Errorf("%s has no address", m.target.Name)
	for i := range addrs {
		var l *link
		if l, err = m.greet(ctx, addrs[(i+m.turn)%len(addrs)]); err == nil {
			m.conn = l
			return nil
		}
	}
	return err
}

func (m *mailer) greet(ctx context.Context, addr string) (*link, error) {
	if _, err := netip.ParseAddrPort(addr); err != nil {
		addr = net.JoinHostPort(addr, strconv.Itoa(int(m.o.Port)))
	}
	dctx, cancel := context.WithTimeout(ctx, m.o.Timeout)
	defer cancel()
	c, err := m.o.Dial(dctx, m.o.Local(m.i), addr)
	if err != nil {
		return nil, err
	}
	l := newLink(c)
	verb, _, err := l.ask(ctx, m.o.Timeout, FormatLine("HELLO", m.name))
	if err == nil && verb != "OK" {
		err = errRefused
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("greet %s: %w", addr, err)
	}
	return l, nil
}

// pause waits; false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
