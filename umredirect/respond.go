package umredirect

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// respond writes the answer. Via, From, To, Call-ID and CSeq are the request's own (RFC 3261, section 8.2.6); a header
// that a bad request lacks is lacking in the answer too.
func respond(m *message, v verdict, key []byte, from netip.AddrPort) []byte {
	res := sip.NewResponse(v.Status, v.Reason)
	add := func(name, value string) { res.AppendHeader(sip.NewHeader(name, value)) }
	for i, value := range m.all("via") {
		if i == 0 {
			value = received(m, value, from)
		}
		add("Via", value)
	}
	for _, h := range []field{{"From", "from"}, {"To", "to"}, {"Call-ID", "call-id"}, {"CSeq", "cseq"}} {
		values := m.all(h.value)
		if len(values) == 0 {
			continue
		}
		value := values[0]
		if h.name == "To" && !m.toTagged() {
			value += ";tag=" + toTag(m, key)
		}
		add(h.name, value)
	}
	for _, c := range v.Contacts {
		add("Contact", c.String())
	}
	for _, h := range v.headers {
		add(h.name, h.value)
	}
	res.SetBody(nil) // writes Content-Length: 0
	return []byte(res.String())
}

// toTag is a keyed hash of what the request is known by (RFC 3261, section 8.2.7): the same for every copy of it, for its
// CANCEL, and at every redirector with the same key, and not to be guessed by others.
func toTag(m *message, key []byte) string {
	v, _ := m.topVia()
	branch, _ := v.param("branch")
	seq := "" // without the method, which differs in the CANCEL
	if words := strings.Fields(m.one("cseq")); len(words) > 0 {
		seq = words[0]
	}
	h := hmac.New(sha256.New, key)
	for _, part := range []string{m.one("call-id"), m.tag("from"), branch, seq, m.uri} {
		h.Write([]byte(strconv.Itoa(len(part))))
		h.Write([]byte{':'})
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// received writes into the topmost Via where the request came from, when that is asked for (RFC 3581) or when the sender
// gave itself another name (RFC 3261, section 18.2.1).
func received(m *message, value string, from netip.AddrPort) string {
	v, ok := m.topVia()
	if !ok || !from.IsValid() {
		return value
	}
	rport, asked := v.param("rport")
	if !asked && strings.Trim(v.host, "[]") == from.Addr().String() {
		return value
	}
	first := splitList(value)[0]
	rest := strings.TrimPrefix(strings.TrimSpace(value), first)
	sentBy, _, _ := strings.Cut(first, ";")
	var b strings.Builder
	b.WriteString(strings.TrimSpace(sentBy))
	for _, p := range v.params {
		switch {
		case p.name == "received":
			continue // not the sender's to say
		case p.name == "rport" && rport == "":
			p.value = strconv.Itoa(int(from.Port()))
		}
		b.WriteString(";" + p.name)
		if p.value != "" {
			b.WriteString("=" + p.value)
		}
	}
	b.WriteString(";received=" + from.Addr().String())
	b.WriteString(rest)
	return b.String()
}

// replyTo is where an answer over UDP goes: the port that the request came from when the sender asked for that, else the
// one that its Via names (RFC 3261, section 18.2.2). Always to the address that it came from.
func replyTo(m *message, from netip.AddrPort) netip.AddrPort {
	v, ok := m.topVia()
	if !ok {
		return from
	}
	if _, asked := v.param("rport"); asked {
		return from
	}
	if v.port != 0 {
		return netip.AddrPortFrom(from.Addr(), uint16(v.port))
	}
	return netip.AddrPortFrom(from.Addr(), 5060)
}

// String is the Contact as it is written: always in angle brackets, with the port and the transport that the target wants
// and the caller's own user part.
func (c Contact) String() string {
	var b strings.Builder
	b.WriteString("<sip")
	if c.Secure {
		b.WriteByte('s')
	}
	b.WriteByte(':')
	if c.User != "" {
		b.WriteString(c.User + "@")
	}
	b.WriteString(c.Host)
	if c.Port != 0 {
		b.WriteString(":" + strconv.Itoa(c.Port))
	}
	if c.UserPhone {
		b.WriteString(";user=phone")
	}
	b.WriteString(";transport=" + c.Transport)
	b.WriteString(">;q=" + strconv.FormatFloat(math.Round(c.Q*1000)/1000, 'f', -1, 64))
	return b.String()
}
