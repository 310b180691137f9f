package hep

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Transports of the captured message, as IP numbers them.
const (
	TCP = 6
	UDP = 17
)

// Packet is one captured message.
type Packet struct {
	At       time.Time // to the microsecond
	From, To netip.AddrPort
	Protocol uint8  // TCP or UDP; over TLS it is TCP
	Node     uint32 // who captured it
	Key      string // password of the Homer server, if it wants one
	CallID   string // ties the messages of a call together
	Payload  []byte // the SIP message
}

// Chunk types of vendor 0.
const (
	chunkFamily    = 0x01
	chunkProtocol  = 0x02
	chunkFrom4     = 0x03
	chunkTo4       = 0x04
	chunkFrom6     = 0x05
	chunkTo6       = 0x06
	chunkFromPort  = 0x07
	chunkToPort    = 0x08
	chunkSeconds   = 0x09
	chunkMicros    = 0x0a
	chunkKind      = 0x0b
	chunkNode      = 0x0c
	chunkKey       = 0x0e
	chunkPayload   = 0x0f
	chunkCallID    = 0x11
	kindSIP        = 1
	familyIPv4     = 2
	familyIPv6     = 10
	headLength     = 6
	chunkHead      = 6
	longestPacket  = 1<<16 - 1
	longestPayload = 60 << 10 // what a UDP datagram holds beside the other chunks
)

// Reasons why a packet cannot be written or read.
var (
	ErrMixed   = errors.New("source and destination are of different families")
	ErrTooLong = errors.New("the message is too long for a packet")
	ErrNotHEP  = errors.New("not a HEP3 packet")
)

// Append writes a packet behind b.
func Append(b []byte, p Packet) ([]byte, error) {
	from, to := p.From.Addr().Unmap(), p.To.Addr().Unmap()
	if !from.IsValid() || !to.IsValid() || from.Is4() != to.Is4() {
		return b, ErrMixed
	}
	if len(p.Payload) > longestPayload || len(p.Key)+len(p.CallID) > longestPacket-longestPayload-256 {
		return b, ErrTooLong
	}
	start := len(b)
	b = append(b, "HEP3\x00\x00"...)
	family, fromType, toType := byte(familyIPv4), uint16(chunkFrom4), uint16(chunkTo4)
	if !from.Is4() {
		family, fromType, toType = familyIPv6, chunkFrom6, chunkTo6
	}
	b = chunk(b, chunkFamily, family)
	b = chunk(b, chunkProtocol, p.Protocol)
	b = chunk(b, fromType, from.AsSlice()...)
	b = chunk(b, toType, to.AsSlice()...)
	b = chunk(b, chunkFromPort, byte(p.From.Port()>>8), byte(p.From.Port()))
	b = chunk(b, chunkToPort, byte(p.To.Port()>>8), byte(p.To.Port()))
	b = chunk32(b, chunkSeconds, uint32(p.At.Unix()))
	b = chunk32(b, chunkMicros, uint32(p.At.Nanosecond()/1000))
	b = chunk(b, chunkKind, kindSIP)
	b = chunk32(b, chunkNode, p.Node)
	if p.Key != "" {
		b = chunk(b, chunkKey, []byte(p.Key)...)
	}
	if p.CallID != "" {
		b = chunk(b, chunkCallID, []byte(p.CallID)...)
	}
	b = chunk(b, chunkPayload, p.Payload...)
	binary.BigEndian.PutUint16(b[start+4:], uint16(len(b)-start))
	return b, nil
}

func chunk(b []byte, kind uint16, value ...byte) []byte {
	b = binary.BigEndian.AppendUint16(b, 0)
	b = binary.BigEndian.AppendUint16(b, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(chunkHead+len(value)))
	return append(b, value...)
}

func chunk32(b []byte, kind uint16, v uint32) []byte {
	return chunk(b, kind, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

// fields is a packet being read.
type fields struct {
	p              Packet
	from, to       netip.Addr
	fromPort       uint16
	toPort         uint16
	seconds        uint32
	micros         uint32
	kind           uint8
	family         uint8
	seen           map[uint16]bool
	payloadPresent bool
}

// Parse reads a packet. Chunks of other vendors and unknown types are passed over, as the protocol asks; one that is there twice,
// or has a wrong length, is refused.
func Parse(b []byte) (Packet, error) {
	if len(b) < headLength || string(b[:4]) != "HEP3" || int(binary.BigEndian.Uint16(b[4:])) != len(b) {
		return Packet{}, ErrNotHEP
	}
	f := fields{seen: map[uint16]bool{}}
	for b = b[headLength:]; len(b) > 0; {
		if len(b) < chunkHead {
			return Packet{}, fmt.Errorf("%w: %d bytes are left over", ErrNotHEP, len(b))
		}
		vendor, kind, length := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), int(binary.BigEndian.Uint16(b[4:]))
		if length < chunkHead || length > len(b) {
			return Packet{}, fmt.Errorf("%w: chunk %#x has length %d", ErrNotHEP, kind, length)
		}
		if vendor == 0 {
			if f.seen[kind] {
				return Packet{}, fmt.Errorf("%w: chunk %#x is there twice", ErrNotHEP, kind)
			}
			f.seen[kind] = true
			if !f.take(kind, b[chunkHead:length]) {
				return Packet{}, fmt.Errorf("%w: chunk %#x has length %d", ErrNotHEP, kind, length)
			}
		}
		b = b[length:]
	}
	return f.packet()
}

func (f *fields) take(kind uint16, v []byte) bool {
	number := func(size int) (n uint32) {
		if len(v) == size {
			for _, c := range v {
				n = n<<8 | uint32(c)
			}
		}
		return n
	}
	want := -1
	switch kind {
	case chunkFamily:
		f.family, want = uint8(number(1)), 1
	case chunkProtocol:
		f.p.Protocol, want = uint8(number(1)), 1
	case chunkFrom4, chunkFrom6:
		f.from, _ = netip.AddrFromSlice(v)
		want = map[uint16]int{chunkFrom4: 4, chunkFrom6: 16}[kind]
	case chunkTo4, chunkTo6:
		f.to, _ = netip.AddrFromSlice(v)
		want = map[uint16]int{chunkTo4: 4, chunkTo6: 16}[kind]
	case chunkFromPort:
		f.fromPort, want = uint16(number(2)), 2
	case chunkToPort:
		f.toPort, want = uint16(number(2)), 2
	case chunkSeconds:
		f.seconds, want = number(4), 4
	case chunkMicros:
		f.micros, want = number(4), 4
	case chunkKind:
		f.kind, want = uint8(number(1)), 1
	case chunkNode:
		f.p.Node, want = number(4), 4
	case chunkKey:
		f.p.Key = string(v)
	case chunkCallID:
		f.p.CallID = string(v)
	case chunkPayload:
		f.p.Payload, f.payloadPresent = append([]byte{}, v...), true
	}
	return want < 0 || want == len(v)
}

func (f *fields) packet() (Packet, error) {
	if !f.from.IsValid() || !f.to.IsValid() || f.from.Is4() != f.to.Is4() || f.from.Is4() != (f.family == familyIPv4) {
		return Packet{}, fmt.Errorf("%w: %w", ErrNotHEP, ErrMixed)
	}
	if f.kind != kindSIP || !f.payloadPresent {
		return Packet{}, fmt.Errorf("%w: it holds no SIP message", ErrNotHEP)
	}
	if f.micros >= 1e6 {
		return Packet{}, fmt.Errorf("%w: %d microseconds", ErrNotHEP, f.micros)
	}
	f.p.From, f.p.To = netip.AddrPortFrom(f.from, f.fromPort), netip.AddrPortFrom(f.to, f.toPort)
	f.p.At = time.Unix(int64(f.seconds), int64(f.micros)*1000).UTC()
	return f.p, nil
}
