package dnsupdate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// DefaultTimeout is how long one exchange with a server may take.
const DefaultTimeout = 3 * time.Second

// Server is an authoritative server that takes updates.
type Server struct {
	Address string   `json:"address"` // host:port
	Site    string   `json:"site"`
	Zones   []string `json:"zones,omitempty"` // that it holds; empty: all
	TSIG    TSIG     `json:"tsig"`
	GSS     *GSS     `json:"gss,omitempty"` // instead of TSIG, where the zones take secure updates only
}

// holds says whether the server is listed for the zone.
func (s Server) holds(zone string) bool {
	for _, z := range s.Zones {
		if dns.CanonicalName(z) == dns.CanonicalName(zone) {
			return true
		}
	}
	return len(s.Zones) == 0
}

// takes says whether the changes of a zone are for this server: it holds the zone, and the view names it or no server.
func (s Server) takes(z Zone) bool {
	return s.holds(z.Name) && (len(z.Servers) == 0 || slices.Contains(z.Servers, s.Address))
}

func (s Server) validate() error {
	if _, _, err := net.SplitHostPort(s.Address); err != nil {
		return fmt.Errorf("dns server %q: give host:port", s.Address)
	}
	err := error(nil)
	if s.GSS != nil {
		err = s.GSS.Validate()
	} else {
		err = s.TSIG.Validate()
	}
	if err != nil {
		return fmt.Errorf("dns server %s: %w", s.Address, err)
	}
	return nil
}

// Options are what a Client needs.
type Options struct {
	Dialer  func(ctx context.Context, network, address string) (net.Conn, error) // nil: net.Dialer
	Timeout time.Duration                                                        // of one exchange; 0: DefaultTimeout
	Servers []Server                                                             // every one that serves the names
	Now     func() time.Time                                                     // for signatures; nil: time.Now
	Local   net.Addr                                                             // the address that Kerberos sessions are made from; nil: any
	// Converge is how long Repoint waits for servers that answer something else to follow; 0: it reads once.
	Converge time.Duration
	ReadOnly bool // keys are not needed, and Apply refuses
	// NamePort is the port at which the servers that the zones' own NS records name are read too; empty: they are not.
	NamePort string
	Out      []Out // servers that are left out
}

// Client reads and updates names at the listed servers. It keeps nothing but Kerberos sessions and may be used by several
// goroutines.
type Client struct {
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	timeout  time.Duration
	servers  []Server
	now      func() time.Time
	local    net.Addr
	converge time.Duration
	readOnly bool
	namePort string
	out      []Out
	sessions *sessions
}

// ErrUnreachable is wrapped when a server did not answer: it is owed what it did not get.
var ErrUnreachable = errors.New("no answer")

// NewClient checks the options.
func NewClient(o Options) (*Client, error) {
	c := &Client{dial: o.Dialer, timeout: o.Timeout, servers: o.Servers, now: o.Now, local: o.Local, converge: o.Converge,
		readOnly: o.ReadOnly, namePort: o.NamePort, out: o.Out, sessions: &sessions{}}
	for _, s := range o.Servers {
		if err := s.validate(); err != nil && !o.ReadOnly {
			return nil, err
		}
	}
	for _, out := range o.Out {
		if err := out.validate(o.Servers); err != nil {
			return nil, err
		}
	}
	if c.dial == nil {
		c.dial = new(net.Dialer).DialContext
	}
	if c.timeout <= 0 {
		c.timeout = DefaultTimeout
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c, nil
}

// Close ends the Kerberos sessions.
func (c *Client) Close() { c.sessions.close() }

// Servers are the listed ones, in order.
func (c *Client) Servers() []Server { return append([]Server(nil), c.servers...) }

// udpSize is what fits one unfragmented datagram nearly everywhere.
const udpSize = 1232

// udpTries is how often a query is sent by UDP, within one timeout: a datagram may be lost without anything being wrong.
const udpTries = 2

// ask sends a question, by UDP first, by TCP where the answer was truncated.
func (c *Client) ask(ctx context.Context, server, name string, kind uint16) (*dns.Msg, error) {
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(name), kind)
	q.RecursionDesired = false
	q.SetEdns0(udpSize, false)
	raw, err := q.Pack()
	if err != nil {
		return nil, fmt.Errorf("question for %s: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var m *dns.Msg
	for range udpTries {
		m, err = c.askOnce(ctx, "udp", server, raw, q, c.timeout/udpTries)
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	if err == nil && m.Truncated {
		m, err = c.askOnce(ctx, "tcp", server, raw, q, c.timeout)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", server, ErrUnreachable, c.plain(err))
	}
	return m, nil
}

func (c *Client) askOnce(ctx context.Context, network, server string, raw []byte, q *dns.Msg, limit time.Duration) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := c.dial(ctx, network, server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer bound(ctx, conn)()
	read := datagrams(conn)
	if network == "tcp" {
		raw, read = framed(raw), func() ([]byte, error) { return readFrame(conn) }
	}
	if _, err := conn.Write(raw); err != nil {
		return nil, err
	}
	for {
		p, err := read()
		if err != nil {
			return nil, err
		}
		m := new(dns.Msg)
		if m.Unpack(p) == nil && belongs(m, q) {
			return m, nil
		}
		if network == "tcp" {
			return nil, errors.New("the answer is not one to the question")
		}
	}
}

// belongs says whether m answers q; anything else on the socket is late, forged or broken, and is not looked at.
func belongs(m, q *dns.Msg) bool {
	return m.Response && m.Id == q.Id && m.Opcode == q.Opcode && len(m.Question) == 1 &&
		m.Question[0].Qtype == q.Question[0].Qtype && strings.EqualFold(m.Question[0].Name, q.Question[0].Name)
}

// send carries a signed update by TCP and gives the raw answer. sent: bytes may have reached the server. Each update has
// its own connection: no answer can be taken for that of another.
func (c *Client) send(ctx context.Context, server string, raw []byte) (answer []byte, sent bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	conn, err := c.dial(ctx, "tcp", server)
	if err != nil {
		return nil, false, err
	}
	defer conn.Close()
	defer bound(ctx, conn)()
	if _, err := conn.Write(framed(raw)); err != nil {
		return nil, true, err
	}
	answer, err = readFrame(conn)
	return answer, true, err
}

// bound ends the connection's reads and writes with ctx.
func bound(ctx context.Context, conn net.Conn) (stop func() bool) {
	if d, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(d)
	}
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}

// plain is the reason in few words: which call failed on which socket is no help to a person.
func (c *Client) plain(err error) string {
	var n net.Error
	if errors.As(err, &n) && n.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return "silent for " + c.timeout.String()
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the server closed the connection"
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err.Error()
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err.Error()
	}
	return err.Error()
}
