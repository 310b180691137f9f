package names

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// resolve asks for A and, where there is none, for AAAA.
func (r *Resolver) resolve(ctx context.Context, key string) (entry, error) {
	var e entry
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		var err error
		if e, err = r.chase(ctx, key, kind); err != nil || len(e.addresses) > 0 {
			return e, err
		}
	}
	return e, nil
}

// maxChain bounds a chain of aliases.
const maxChain = 8

// chase follows aliases over several answers. The smallest TTL of the chain counts.
func (r *Resolver) chase(ctx context.Context, key string, kind uint16) (entry, error) {
	asked := r.now() // the TTL counts from the question: the answer was true then at the latest
	ttl := time.Duration(-1)
	for range maxChain {
		m, err := r.ask(ctx, key, kind)
		if err != nil {
			return entry{}, err
		}
		found := follow(m, key, kind)
		ttl = shortest(ttl, found.ttl)
		switch {
		case len(found.addresses) > 0:
			return entry{found.addresses, asked.Add(ttl)}, nil
		case found.end == key || m.Rcode == dns.RcodeNameError || hasSOA(m):
			return entry{nil, asked.Add(shortest(ttl, negativeTTL(m)))}, nil
		}
		key = found.end
	}
	return entry{}, fmt.Errorf("a chain of more than %d aliases", maxChain)
}

// found is what one message says: the addresses, or the name that the chain ends in.
type found struct {
	addresses []string
	end       string
	ttl       time.Duration // -1: no record was used
}

func follow(m *dns.Msg, key string, kind uint16) found {
	out := found{end: key, ttl: -1}
	for range len(m.Answer) + 1 {
		next := ""
		for _, rr := range m.Answer {
			if dns.CanonicalName(rr.Header().Name) != out.end {
				continue
			}
			var used bool
			switch v := rr.(type) {
			case *dns.A:
				used = kind == dns.TypeA
				if used {
					out.addresses = append(out.addresses, v.A.String())
				}
			case *dns.AAAA:
				used = kind == dns.TypeAAAA
				if used {
					out.addresses = append(out.addresses, v.AAAA.String())
				}
			case *dns.CNAME:
				used, next = true, dns.CanonicalName(v.Target)
			}
			if used {
				out.ttl = shortest(out.ttl, time.Duration(rr.Header().Ttl)*time.Second)
			}
		}
		if next == "" || len(out.addresses) > 0 {
			break
		}
		out.end = next
	}
	return out
}

// shortest is the smaller TTL; -1 is none.
func shortest(a, b time.Duration) time.Duration {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}

func hasSOA(m *dns.Msg) bool { return negativeTTL(m) > 0 }

// negativeTTL is how long "there is none" may be kept: the smaller of the SOA's TTL and its minimum (RFC 2308, section 5);
// without a SOA, not at all.
func negativeTTL(m *dns.Msg) time.Duration {
	for _, rr := range m.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			return time.Duration(min(soa.Hdr.Ttl, soa.Minttl)) * time.Second
		}
	}
	return 0
}

// ask tries the upstreams in order; one that is silent, refuses or fails is passed over.
func (r *Resolver) ask(ctx context.Context, key string, kind uint16) (*dns.Msg, error) {
	var tried []string
	for _, up := range r.upstreams {
		m, err := r.exchange(ctx, up, key, kind)
		switch {
		case err != nil:
			tried = append(tried, up+": "+err.Error())
		case m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError:
			tried = append(tried, up+": "+dns.RcodeToString[m.Rcode])
		default:
			return m, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("%w (%s)", ErrNoServer, strings.Join(tried, "; "))
}

func (r *Resolver) exchange(ctx context.Context, upstream, key string, kind uint16) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	q := new(dns.Msg)
	q.SetQuestion(key, kind)
	m, err := r.exchangeBy(ctx, "udp", upstream, q)
	if err == nil && m.Truncated {
		m, err = r.exchangeBy(ctx, "tcp", upstream, q)
	}
	return m, err
}

func (r *Resolver) exchangeBy(ctx context.Context, network, upstream string, q *dns.Msg) (*dns.Msg, error) {
	conn, err := r.dial(ctx, network, upstream)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if d, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(d)
	}
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	raw, err := q.Pack()
	if err != nil {
		return nil, err
	}
	read := func() ([]byte, error) { return readDatagram(conn) }
	if network == "tcp" {
		raw, read = frame(raw), func() ([]byte, error) { return readFrame(conn) }
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
		if m.Unpack(p) == nil && m.Id == q.Id && m.Response && len(m.Question) == 1 &&
			strings.EqualFold(m.Question[0].Name, q.Question[0].Name) && m.Question[0].Qtype == q.Question[0].Qtype {
			return m, nil
		}
	}
}

// The framing is done by hand: dns.Conn tells UDP from TCP by the Go type of the connection, and a dialer may wrap it.

func readDatagram(conn net.Conn) ([]byte, error) {
	p := make([]byte, dns.DefaultMsgSize)
	n, err := conn.Read(p)
	return p[:n], err
}

func frame(raw []byte) []byte {
	return append(binary.BigEndian.AppendUint16(make([]byte, 0, len(raw)+2), uint16(len(raw))), raw...)
}

func readFrame(conn net.Conn) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	p := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(conn, p)
	return p, err
}
