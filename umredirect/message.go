package umredirect

import (
	"bytes"
	"strings"
)

// message is a request as it was written: header values are kept letter for letter, unfolded, because an answer has to
// repeat them (RFC 3261, section 8.2.6).
type message struct {
	method, uri, version string
	fields               []field
	body                 []byte
	problem              string // why it is no proper request; empty when it is one
	tooLong              bool   // and that it is longer than what is read
}

// field is a header with its long name in lower case.
type field struct{ name, value string }

// long gives the long name of a compact header name (RFC 3261, section 7.3.3, and the extensions that matter here).
func long(name string) string {
	switch name {
	case "v":
		return "via"
	case "f":
		return "from"
	case "t":
		return "to"
	case "i":
		return "call-id"
	case "l":
		return "content-length"
	case "k":
		return "supported"
	case "m":
		return "contact"
	case "c":
		return "content-type"
	}
	return name
}

// split takes a request apart. It is not ok for what is no request at all: a response, a keep-alive, noise. Those get
// silence. A request that is wrong is returned with its problem, and with whatever could be read of it.
func split(raw []byte) (m message, ok bool) {
	raw = bytes.TrimLeft(raw, "\r\n")
	head, body, whole := bytes.Cut(raw, []byte("\r\n\r\n"))
	lines := strings.Split(string(head), "\r\n")
	if !m.startLine(lines[0]) {
		return message{}, false
	}
	m.body = body
	if !whole {
		m.fault("the empty line after the headers is missing")
	}
	for _, line := range lines[1:] {
		m.line(line)
	}
	m.checkHeaders()
	m.checkLength()
	return m, true
}

// fault notes the first thing that is wrong.
func (m *message) fault(problem string) {
	if m.problem == "" {
		m.problem = problem
	}
}

// startLine reads METHOD SP URI SP VERSION; false for what does not look like a request.
func (m *message) startLine(line string) bool {
	method, rest, found := strings.Cut(line, " ")
	trimmed := strings.TrimRight(rest, " \t")
	last := strings.LastIndexByte(trimmed, ' ')
	if !found || last < 0 || !isToken(method) || len(method) > 64 {
		return false
	}
	m.method, m.uri, m.version = method, trimmed[:last], trimmed[last+1:]
	if len(m.version) < 4 || !strings.EqualFold(m.version[:4], "SIP/") {
		return false
	}
	if trimmed != rest || m.uri == "" || strings.ContainsAny(m.uri, " \t\r\n<>\"") {
		m.fault("the request line is not METHOD URI VERSION with single spaces")
	}
	return true
}

// line takes a header line or the continuation of the last one.
func (m *message) line(line string) {
	if strings.ContainsAny(line, "\r\n") { // a NUL may stand in a quoted pair
		m.fault("a line does not end in CRLF")
		return
	}
	if line != "" && (line[0] == ' ' || line[0] == '\t') {
		if len(m.fields) == 0 {
			m.fault("the first header is a continuation")
			return
		}
		last := &m.fields[len(m.fields)-1]
		last.value = strings.TrimSpace(last.value + " " + strings.TrimSpace(line))
		return
	}
	name, value, found := strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t")
	if !found || !isToken(name) {
		m.fault("a header line has no name")
		return
	}
	m.fields = append(m.fields, field{long(strings.ToLower(name)), strings.TrimSpace(value)})
}

// all are the values of a header, in order.
func (m *message) all(name string) []string {
	var out []string
	for _, f := range m.fields {
		if f.name == name {
			out = append(out, f.value)
		}
	}
	return out
}

// one is the value of a header that may stand only once.
func (m *message) one(name string) string {
	value, _ := m.lookup(name)
	return value
}

// lookup is the first value of a header.
func (m *message) lookup(name string) (string, bool) {
	for i := range m.fields {
		if m.fields[i].name == name {
			return m.fields[i].value, true
		}
	}
	return "", false
}

// isToken takes the characters of a token (RFC 3261, section 25.1).
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) && strings.IndexByte("-.!%*_+`'~", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}
