package dnsupdate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/bodgit/tsig"
	"github.com/bodgit/tsig/gss"
	"github.com/miekg/dns"
)

// session is a security context with one server (RFC 3645, 3.1). It counts what it signs, so it serves one update at a time.
type session struct {
	client *gss.Client
	key    string
	ends   time.Time
}

// sessions are the idle ones by server. Making one costs a log-on, so they are kept for the next update.
type sessions struct {
	mu   sync.Mutex
	idle map[string][]*session
}

// errLogon is wrapped when no security context came about: nothing was sent.
var errLogon = errors.New("no log-on")

// take gives an idle session that lasts for a while, or a new one.
func (p *sessions) take(ctx context.Context, c *Client, s Server) (*session, error) {
	p.mu.Lock()
	for list := p.idle[s.Address]; len(list) > 0; list = p.idle[s.Address] {
		last := list[len(list)-1]
		p.idle[s.Address] = list[:len(list)-1]
		if last.ends.After(c.now().Add(time.Minute)) {
			p.mu.Unlock()
			return last, nil
		}
		last.close()
	}
	p.mu.Unlock()
	return negotiate(ctx, c, s)
}

func (p *sessions) give(address string, s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle == nil {
		p.idle = make(map[string][]*session)
	}
	p.idle[address] = append(p.idle[address], s)
}

func (p *sessions) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, list := range p.idle {
		for _, s := range list {
			s.close()
		}
	}
	p.idle = nil
}

func (s *session) close() { _ = s.client.Close() }

// negotiate logs on and exchanges TKEY records with the server (RFC 2930). The library takes no context: where ours ends
// first, the session that comes about later is closed.
func negotiate(ctx context.Context, c *Client, s Server) (*session, error) {
	type result struct {
		s   *session
		err error
	}
	done := make(chan result, 1)
	ctx, cancel := context.WithTimeout(ctx, max(c.timeout, logonTime))
	defer cancel()
	go func() {
		made, err := logon(c, s)
		if err != nil && strings.Contains(err.Error(), sendFailed) && ctx.Err() == nil {
			made, err = logon(c, s) // a centre that was busy or just started; nothing was decided
		}
		done <- result{made, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, fmt.Errorf("%w: %s", errLogon, plainKerberos(r.err))
		}
		return r.s, nil
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				r.s.close()
			}
		}()
		return nil, fmt.Errorf("%w: the Kerberos log-on took too long; check that a key distribution centre answers", errLogon)
	}
}

// sendFailed is in the library's error when no key distribution centre answered.
const sendFailed = "error sending to a KDC"

// logonTime is how long a log-on may take at least: it asks a key distribution centre twice, then the server.
const logonTime = 10 * time.Second

func logon(c *Client, s Server) (*session, error) {
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return nil, err
	}
	name := dns.CanonicalName(s.GSS.Host)
	d := &dns.Client{Net: "tcp", Timeout: c.timeout, Dialer: &net.Dialer{Timeout: c.timeout, LocalAddr: c.local, Resolver: knownAddress(name, host)}}
	var options []func(*gss.Client) error
	if s.GSS.Kerberos != "" && !windows {
		options = append(options, gss.WithConfig(s.GSS.Kerberos))
	}
	client, err := gss.NewClient(d, options...)
	if err != nil {
		return nil, err
	}
	key, ends, err := contextWith(client, net.JoinHostPort(name, port), *s.GSS)
	if err != nil {
		_ = client.Close()
		return nil, err
	}
	return &session{client: client, key: key, ends: ends}, nil
}

func contextWith(client *gss.Client, host string, g GSS) (string, time.Time, error) {
	switch {
	case !g.Password.IsZero():
		return client.NegotiateContextWithCredentials(host, g.Realm, g.User, strings.TrimRight(string(g.Password.Reveal()), "\r\n"))
	case g.Keytab != "":
		return client.NegotiateContextWithKeytab(host, g.Realm, g.User, g.Keytab)
	}
	return client.NegotiateContext(host)
}

func (s *session) sign(m *dns.Msg, at time.Time) (raw []byte, mac string, err error) {
	m.SetTsig(s.key, tsig.GSS, uint16(Fudge.Seconds()), at.Unix())
	return dns.TsigGenerateWithProvider(m, s.client, "", false)
}

// knownAddress is a resolver that knows one name and asks nobody: the library dials the name that stands in the server's
// principal, and the server is to be reached at its listed address whatever DNS says at the moment.
func knownAddress(name, host string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			for {
				raw, err := readFrame(theirs)
				if err != nil {
					return
				}
				q := new(dns.Msg)
				if q.Unpack(raw) != nil || len(q.Question) != 1 {
					return
				}
				if _, err := theirs.Write(framed(answerKnown(q, name, net.ParseIP(host)))); err != nil {
					return
				}
			}
		}()
		return ours, nil
	}}
}

func answerKnown(q *dns.Msg, name string, ip net.IP) []byte {
	r := new(dns.Msg)
	r.SetReply(q)
	r.RecursionAvailable = true
	h := dns.RR_Header{Name: q.Question[0].Name, Rrtype: q.Question[0].Qtype, Class: dns.ClassINET, Ttl: 1}
	switch v4 := ip.To4(); {
	case dns.CanonicalName(h.Name) != name:
		r.Rcode = dns.RcodeNameError
	case h.Rrtype == dns.TypeA && v4 != nil:
		r.Answer = []dns.RR{&dns.A{Hdr: h, A: v4}}
	case h.Rrtype == dns.TypeAAAA && v4 == nil && ip != nil:
		r.Answer = []dns.RR{&dns.AAAA{Hdr: h, AAAA: ip}}
	}
	raw, err := r.Pack()
	if err != nil {
		return nil
	}
	return raw
}
