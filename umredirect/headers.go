package umredirect

import (
	"strconv"
	"strings"
)

// via is the topmost entry of the Via list.
type via struct {
	host   string
	port   int // 0: not written
	params []param
}

func (v via) param(name string) (string, bool) { return address{params: v.params}.param(name) }

// checkHeaders looks at what every request must have, and have once (RFC 3261, section 8.1.1).
func (m *message) checkHeaders() {
	for _, name := range []string{"from", "to", "call-id", "cseq", "max-forwards", "content-length"} {
		switch n := len(m.all(name)); {
		case n > 1:
			m.fault("more than one " + name)
		case n == 0 && name != "max-forwards" && name != "content-length":
			m.fault("no " + name)
		}
	}
	if m.problem != "" {
		return
	}
	for _, name := range []string{"from", "to"} {
		if a, err := parseAddress(m.one(name)); err != nil {
			m.fault(name + " is not an address")
		} else if _, err := parseURI(a.uri); err != nil {
			m.fault(name + " holds no URI")
		}
	}
	if id := m.one("call-id"); id == "" || strings.ContainsAny(id, " \t") {
		m.fault("call-id is not one word")
	}
	seq := strings.Fields(m.one("cseq"))
	if len(seq) != 2 {
		m.fault("cseq is not a number and a method")
	} else if n, err := strconv.ParseUint(seq[0], 10, 64); err != nil || n >= 1<<31 {
		m.fault("cseq has no number below 2^31")
	} else if seq[1] != m.method {
		m.fault("cseq names another method")
	}
	if hops := m.one("max-forwards"); hops != "" {
		if n, err := strconv.ParseUint(hops, 10, 64); err != nil || n > 255 {
			m.fault("max-forwards is no number from 0 to 255")
		}
	}
	for _, entry := range entriesOf(m.all("via")) {
		if _, ok := parseVia(entry); !ok {
			m.fault("a via that cannot be read")
		}
	}
	if len(m.all("via")) == 0 {
		m.fault("no via")
	}
}

// checkLength cuts the body to Content-Length. What stands behind it is not looked at (section 18.3).
func (m *message) checkLength() {
	written := m.all("content-length")
	if len(written) != 1 {
		return
	}
	n, err := strconv.ParseUint(written[0], 10, 32)
	switch {
	case err != nil || !isDigits(written[0]):
		m.fault("content-length is no number")
	case n > uint64(len(m.body)):
		m.fault("the body is shorter than content-length")
	default:
		m.body = m.body[:n]
	}
}

// topVia is the Via of whoever sent the request here.
func (m *message) topVia() (via, bool) {
	values := m.all("via")
	if len(values) == 0 {
		return via{}, false
	}
	return parseVia(splitList(values[0])[0])
}

// parseVia reads SIP/2.0/TRANSPORT host:port;params.
func parseVia(entry string) (via, bool) {
	sentBy, rest, more := strings.Cut(entry, ";")
	parts := strings.SplitN(sentBy, "/", 3)
	if len(parts) != 3 || !strings.EqualFold(strings.TrimSpace(parts[0]), "SIP") || strings.TrimSpace(parts[1]) != "2.0" {
		return via{}, false
	}
	words := strings.Fields(parts[2])
	if len(words) < 2 || !isToken(words[0]) {
		return via{}, false
	}
	v := via{host: strings.Join(words[1:], ""), params: splitParams(rest)}
	if more && len(v.params) != strings.Count(rest, ";")+1 {
		return via{}, false // an empty parameter; none holds a quoted semicolon
	}
	if at := strings.LastIndexByte(v.host, ':'); at > strings.LastIndexByte(v.host, ']') {
		port, err := strconv.ParseUint(v.host[at+1:], 10, 16)
		if err != nil || port == 0 {
			return via{}, false
		}
		v.host, v.port = v.host[:at], int(port)
	}
	return v, v.host != "" && !strings.ContainsAny(v.host, "\"<>@")
}

// tag is the tag of an address header; empty without one.
func (m *message) tag(name string) string {
	a, err := parseAddress(m.one(name))
	if err != nil {
		return ""
	}
	tag, _ := a.param("tag")
	return tag
}

// toTagged says whether the request claims to belong to a dialog.
func (m *message) toTagged() bool {
	a, err := parseAddress(m.one("to"))
	if err != nil {
		return false
	}
	_, tagged := a.param("tag")
	return tagged
}
