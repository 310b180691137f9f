package umredirect

import (
	"net/netip"
	"strconv"
	"strings"
)

// appendAnswer writes the answer to a request behind what b holds: the one place where answers are written, so that every
// way to an answer writes the same bytes. The order of the headers is fixed: Via, From, To, Call-ID and CSeq, which are the
// request's own (RFC 3261, section 8.2.6; what a bad request lacks is lacking in the answer too), History-Info, Contact, what
// belongs to the status, Content-Length. A Record-Route is not copied: no dialog comes of this.
func appendAnswer(b []byte, m *message, v verdict, key []byte, from netip.AddrPort) []byte {
	b = strconv.AppendInt(append(b, "SIP/2.0 "...), int64(v.Status), 10)
	b = append(append(append(b, ' '), v.Reason...), "\r\n"...)
	first := true
	for i := range m.fields {
		if m.fields[i].name != "via" {
			continue
		}
		value := m.fields[i].value
		if first {
			value, first = received(m, value, from), false
		}
		b = appendField(b, "Via", value)
	}
	for _, h := range []field{{"From", "from"}, {"To", "to"}, {"Call-ID", "call-id"}, {"CSeq", "cseq"}} {
		value, found := m.lookup(h.value)
		if !found {
			continue
		}
		if h.name == "To" && !m.toTagged() {
			value += ";tag=" + toTag(m, key)
		}
		b = appendField(b, h.name, value)
	}
	if v.Status/100 == 3 { // RFC 7044, section 9.4: the history goes back to whoever sends the call on
		for _, value := range m.all("history-info") {
			b = appendField(b, "History-Info", value)
		}
	}
	for _, c := range v.Contacts {
		b = append(c.appendTo(append(b, "Contact: "...)), "\r\n"...)
	}
	if v.RetryAfter > 0 {
		b = appendField(b, "Retry-After", strconv.Itoa(v.RetryAfter))
	}
	if v.Warning == sipsNotAllowed {
		b = appendField(b, "Warning", `380 siteswap "SIPS Not Allowed"`)
	}
	for _, h := range v.headers {
		b = appendField(b, h.name, h.value)
	}
	return append(b, "Content-Length: 0\r\n\r\n"...)
}

func appendField(b []byte, name, value string) []byte {
	b = append(append(b, name...), ": "...)
	return append(append(b, value...), "\r\n"...)
}

// received writes into the topmost Via where the request came from, when that is asked for (RFC 3581, section 4) or when
// the sender gave itself another name (RFC 3261, section 18.2.1).
func received(m *message, value string, from netip.AddrPort) string {
	v, ok := m.topVia()
	if !ok || !from.IsValid() {
		return value
	}
	source := from.Addr().WithZone("").String()
	rport, asked := v.param("rport")
	if !asked && strings.Trim(v.host, "[]") == source {
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
	b.WriteString(";received=" + source)
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
