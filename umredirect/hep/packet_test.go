package hep_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"siteswap/umredirect/hep"
)

var same = cmp.Options{cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }), cmpopts.EquateEmpty()}

func sample() hep.Packet {
	return hep.Packet{At: time.Unix(1700000000, 123456000).UTC(), From: netip.MustParseAddrPort("192.0.2.1:5060"), To: netip.MustParseAddrPort("192.0.2.2:5070"),
		Protocol: hep.UDP, Node: 2001, Key: "k", CallID: "c1", Payload: []byte("INVITE")}
}

// The bytes, chunk by chunk, worked out by hand from the protocol's description.
func TestBytes(t *testing.T) {
	want := "48455033" + "0078" +
		"0000000100" + "0702" + "0000000200" + "0711" +
		"000000030" + "00ac0000201" + "000000040" + "00ac0000202" +
		"000000070" + "00813c4" + "000000080" + "00813ce" +
		"00000009000a6553f100" + "0000000a000a0001e240" +
		"0000000b000701" + "0000000c000a000007d1" +
		"0000000e00076b" + "0000001100086331" + "0000000f000c494e56495445"
	got, err := hep.Append(nil, sample())
	if diff := cmp.Diff(want, hex.EncodeToString(got)); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestThereAndBack(t *testing.T) {
	six := sample()
	six.From, six.To, six.Protocol = netip.MustParseAddrPort("[2001:db8::1]:1"), netip.MustParseAddrPort("[2001:db8::2]:2"), hep.TCP
	bare := sample()
	bare.Key, bare.CallID, bare.Payload = "", "", nil
	mapped := sample()
	mapped.From = netip.MustParseAddrPort("[::ffff:192.0.2.1]:5060")
	for _, p := range []hep.Packet{sample(), six, bare, mapped} {
		b, err := hep.Append([]byte("before"), p)
		if err != nil || !bytes.HasPrefix(b, []byte("beforeHEP3")) {
			t.Fatalf("%v, %q", err, b)
		}
		got, err := hep.Parse(b[len("before"):])
		p.From = netip.AddrPortFrom(p.From.Addr().Unmap(), p.From.Port())
		if diff := cmp.Diff(p, got, same); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
}

func TestRefused(t *testing.T) {
	mixed, long := sample(), sample()
	mixed.To = netip.MustParseAddrPort("[2001:db8::2]:2")
	long.Payload = make([]byte, 64<<10)
	if _, err := hep.Append(nil, mixed); !errors.Is(err, hep.ErrMixed) {
		t.Errorf("two families: %v", err)
	}
	if _, err := hep.Append(nil, long); !errors.Is(err, hep.ErrTooLong) {
		t.Errorf("64 KiB: %v", err)
	}
	good, err := hep.Append(nil, sample())
	if err != nil {
		t.Fatal(err)
	}
	for n := range good {
		if _, err := hep.Parse(good[:n]); !errors.Is(err, hep.ErrNotHEP) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	twice := append(bytes.Clone(good), 0, 0, 0, 1, 0, 7, 2)
	twice[5] += 7
	if _, err := hep.Parse(twice); !errors.Is(err, hep.ErrNotHEP) {
		t.Errorf("a chunk twice: %v", err)
	}
	vendor := append(bytes.Clone(good), 0, 3, 0, 1, 0, 7, 9)
	vendor[5] += 7
	if p, err := hep.Parse(vendor); err != nil || !cmp.Equal(p, sample(), same) {
		t.Errorf("another vendor's chunk: %+v, %v", p, err)
	}
}

// FuzzPacket: what can be read can be written, and is then read as the same; nothing panics.
func FuzzPacket(f *testing.F) {
	good, err := hep.Append(nil, sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("HEP3\x00\x06"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := hep.Parse(b)
		if err != nil {
			return
		}
		again, err := hep.Append(nil, p)
		if errors.Is(err, hep.ErrTooLong) || p.From.Addr().Is4In6() || p.To.Addr().Is4In6() {
			return
		}
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		q, err := hep.Parse(again)
		if diff := cmp.Diff(p, q, same); diff != "" || err != nil {
			t.Errorf("%s, %v", diff, err)
		}
	})
}

// A sink sends each packet with its own name; one in three calls; and never waits.
func TestSink(t *testing.T) {
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c, err := net.Dial("udp", p.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	s := hep.NewSink(hep.SinkOptions{Conn: c, Node: 7, Key: "secret", Sample: 3, Queue: 2})
	chosen := 0
	for range 9 {
		if s.Chosen() {
			chosen++
		}
	}
	if chosen != 3 {
		t.Errorf("%d of 9 calls are mirrored", chosen)
	}
	s.Send(sample(), sample(), sample()) // nobody sends yet: the third finds no room
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Run(ctx) // sends what is queued
	if sent, dropped := s.Counts(); sent != 2 || dropped != 1 {
		t.Errorf("sent %d, dropped %d", sent, dropped)
	}
	buf := make([]byte, 2048)
	p.SetReadDeadline(time.Now().Add(5 * time.Second))
	for range 2 {
		n, _, err := p.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		got, err := hep.Parse(buf[:n])
		if err != nil || got.Node != 7 || got.Key != "secret" || string(got.Payload) != "INVITE" {
			t.Errorf("%+v, %v", got, err)
		}
	}
}
