package invite

import (
	"net/netip"
	"strconv"
)

// Contacts are the Contact headers of an answer with the caller's user left open: between any two pieces it is written.
type Contacts [][]byte

// Append writes a 302 behind what b holds: the request's own Via, From, To, Call-ID and CSeq (RFC 3261, section 8.2.6), then
// the contacts.
func (p *Plain) Append(b, tag []byte, contacts Contacts, from netip.AddrPort) []byte {
	b = append(b, "SIP/2.0 302 Moved Temporarily\r\nVia: "...)
	b = p.appendTop(b, from)
	for _, v := range p.vias[1:p.nvias] {
		b = append(b, "\r\nVia: "...)
		b = append(b, v...)
	}
	b = append(b, "\r\nFrom: "...)
	b = append(b, p.from...)
	b = append(b, "\r\nTo: "...)
	b = append(b, p.to...)
	b = append(b, ";tag="...)
	b = append(b, tag...)
	b = append(b, "\r\nCall-ID: "...)
	b = append(b, p.CallID...)
	b = append(b, "\r\nCSeq: "...)
	b = append(b, p.cseq...)
	b = append(b, "\r\n"...)
	for i, piece := range contacts {
		if i > 0 {
			b = append(b, p.User...)
		}
		b = append(b, piece...)
	}
	return append(b, "Content-Length: 0\r\n\r\n"...)
}

// appendTop writes the topmost Via with where the request came from, when that is asked for (RFC 3581, section 4) or when
// the sender gave itself another name (RFC 3261, section 18.2.1).
func (p *Plain) appendTop(b []byte, from netip.AddrPort) []byte {
	var scratch [64]byte
	source := from.Addr().WithZone("").AppendTo(scratch[:0])
	top := p.vias[0]
	if p.rport == 0 {
		b = append(b, top...)
		if string(p.host) == string(source) {
			return b
		}
	} else {
		b = append(b, top[:p.rport]...)
		b = append(b, '=')
		b = strconv.AppendUint(b, uint64(from.Port()), 10)
		b = append(b, top[p.rport:]...)
	}
	b = append(b, ";received="...)
	return append(b, source...)
}

// Port is where the answer goes at the address that the request came from: the port that it came from when the sender asked
// for that, else the one that its Via names (RFC 3261, section 18.2.2).
func (p *Plain) Port(from uint16) uint16 {
	switch {
	case p.rport != 0:
		return from
	case p.port != 0:
		return uint16(p.port)
	}
	return 5060
}
