package names_test

import (
	"context"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"

	"siteswap/internal/lab/names"
)

// FuzzResolver: whatever an upstream answers, a lookup ends, and gives addresses or an error.
func FuzzResolver(f *testing.F) {
	for _, text := range []string{"mail.test.local. 60 IN A 10.0.1.10", "mail.test.local. 60 IN CNAME mail.test.local."} {
		m := new(dns.Msg)
		m.SetQuestion("mail.test.local.", dns.TypeA)
		m.Response = true
		rr, err := dns.NewRR(text)
		if err != nil {
			f.Fatal(err)
		}
		m.Answer = []dns.RR{rr}
		raw, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw[2:])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		dial := func(context.Context, string, string) (net.Conn, error) { return &oneAnswer{body: body}, nil }
		r := names.NewResolver(names.ResolverOptions{Dial: dial, Upstreams: []string{"127.0.0.1:53"}})
		got, ttl, err := r.Lookup(context.Background(), "mail.test.local")
		if (err == nil) != (len(got) > 0) || ttl < 0 {
			t.Errorf("%v %s %v", got, ttl, err)
		}
	})
}

// oneAnswer is a connection that answers every write with the same body under the right number.
type oneAnswer struct {
	net.Conn
	body, out []byte
}

func (o *oneAnswer) Write(p []byte) (int, error) {
	o.out = append(slices.Clone(p[:2]), o.body...)
	return len(p), nil
}

func (o *oneAnswer) Read(p []byte) (int, error) {
	if len(o.out) == 0 {
		return 0, io.EOF
	}
	n := copy(p, o.out)
	o.out = o.out[n:]
	return n, nil
}

func (*oneAnswer) Close() error                { return nil }
func (*oneAnswer) SetDeadline(time.Time) error { return nil }
