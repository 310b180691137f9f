package dnsupdate_test

import (
	"context"
	"encoding/binary"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"

	"siteswap/dnsupdate"
)

// FuzzAnswers: many questions at once, with answers in any order, twice, forged, or none: nobody waits for ever, and nothing
// is taken for an answer that is none.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5}, []byte{0})
	f.Add([]byte{5, 5, 4, 4, 0, 1, 2, 3}, []byte{1, 2})
	f.Fuzz(func(t *testing.T, order, spoil []byte) {
		dial := func(context.Context, string, string) (net.Conn, error) {
			return &manyAnswers{order: order, spoil: spoil}, nil
		}
		c, err := dnsupdate.NewClient(dnsupdate.Options{Timeout: time.Millisecond, Dialer: dial, ReadOnly: true, Servers: []dnsupdate.Server{{Address: "127.0.0.1:53"}}})
		if err != nil {
			t.Fatal(err)
		}
		var changes []dnsupdate.Change
		for _, label := range []string{"a", "b", "c", "d", "e", "f"} {
			changes = append(changes, dnsupdate.Change{Name: label + ".test.local", Zone: "test.local", Type: "A", TTL: time.Minute, Old: []string{"10.0.0.1"}, New: []string{"10.0.0.2"}})
		}
		set, err := dnsupdate.Plan(changes...)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range c.Verify(context.Background(), set) {
			for _, n := range s.Names {
				if n.Agrees && !slices.Equal(n.Present, []string{"10.0.0.2"}) {
					t.Errorf("%+v", n)
				}
			}
		}
	})
}

// manyAnswers is a datagram socket whose far end answers in the order that the input says, spoiling some.
type manyAnswers struct {
	net.Conn
	order, spoil []byte
	asked        [][]byte
	read         int
}

func (m *manyAnswers) Write(p []byte) (int, error) {
	m.asked = append(m.asked, slices.Clone(p))
	return len(p), nil
}

func (m *manyAnswers) Read(p []byte) (int, error) {
	if m.read >= len(m.order) || len(m.asked) == 0 {
		return 0, &net.OpError{Op: "read", Err: context.DeadlineExceeded}
	}
	i := int(m.order[m.read]) % len(m.asked)
	m.read++
	q := new(dns.Msg)
	if q.Unpack(slices.Clone(m.asked[i])) != nil {
		return 0, net.ErrClosed
	}
	out := reply(q, withA(60, "10.0.0.2"))
	for j, s := range m.spoil {
		if at := int(s) + j; s != 0 && at < len(out) {
			out[at] ^= s
		}
	}
	if len(m.spoil) > 0 && m.spoil[0] == 1 {
		binary.BigEndian.PutUint16(out, 7)
	}
	return copy(p, out), nil
}

func (*manyAnswers) Close() error                    { return nil }
func (*manyAnswers) SetDeadline(time.Time) error     { return nil }
func (*manyAnswers) SetReadDeadline(time.Time) error { return nil }
