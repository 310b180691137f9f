package dnsupdate_test

import (
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/miekg/dns"
)

// between stands between the client and a real server, and spoils updates: what networks and dying servers do cannot be
// asked of a server.
type between struct {
	before func()              // when an update came, before the server gets it
	lose   bool                // the server never gets it
	after  func()              // when the server has answered
	answer func([]byte) []byte // what becomes of the answer; nil result: it is lost
}

// behind gives the address of a spoiled way to the server. Questions pass.
func (b *between) behind(t *testing.T, server string) string {
	t.Helper()
	l, pc := bothSockets(t)
	t.Cleanup(func() { l.Close(); pc.Close() })
	go b.datagrams(pc, server)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go b.stream(conn, server)
		}
	}()
	return l.Addr().String()
}

// datagrams carries questions; each has a socket of its own at the far end, so that answers find back.
func (b *between) datagrams(pc net.PacketConn, server string) {
	buf := make([]byte, 65536)
	for {
		n, from, err := pc.ReadFrom(buf)
		if err != nil {
			return
		}
		q := append([]byte(nil), buf[:n]...)
		go func() {
			conn, err := net.Dial("udp", server)
			if err != nil {
				return
			}
			defer conn.Close()
			_ = conn.SetDeadline(deadline())
			reply := make([]byte, 65536)
			if _, err := conn.Write(q); err == nil {
				if n, err := conn.Read(reply); err == nil {
					_, _ = pc.WriteTo(reply[:n], from)
				}
			}
		}()
	}
}

func (b *between) stream(conn net.Conn, server string) {
	defer conn.Close()
	q, err := frame(conn)
	if err != nil {
		return
	}
	m := new(dns.Msg)
	update := m.Unpack(q) == nil && m.Opcode == dns.OpcodeUpdate
	if update && b.before != nil {
		b.before()
	}
	if update && b.lose {
		_, _ = io.Copy(io.Discard, conn) // until the client gives up
		return
	}
	far, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer far.Close()
	_ = far.SetDeadline(deadline())
	if _, err := far.Write(withLength(q)); err != nil {
		return
	}
	p, err := frame(far)
	if err != nil {
		return
	}
	if update && b.after != nil {
		b.after()
	}
	if update && b.answer != nil {
		if p = b.answer(p); p == nil {
			_, _ = io.Copy(io.Discard, conn)
			return
		}
	}
	_, _ = conn.Write(withLength(p))
}

func frame(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	p := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(r, p)
	return p, err
}

func withLength(p []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(p))), p...)
}

// unsigned takes the signature off an answer.
func unsigned(p []byte) []byte {
	m := new(dns.Msg)
	if m.Unpack(p) != nil || m.IsTsig() == nil {
		return p
	}
	m.Extra = m.Extra[:len(m.Extra)-1]
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

// forged breaks the signature of an answer.
func forged(p []byte) []byte {
	m := new(dns.Msg)
	if m.Unpack(p) != nil || m.IsTsig() == nil {
		return p
	}
	t := m.IsTsig()
	mac := []byte(t.MAC)
	mac[0] = map[bool]byte{true: '1', false: '0'}[mac[0] == '0']
	t.MAC = string(mac)
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}
