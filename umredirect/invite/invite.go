package invite

import "bytes"

// Bounds of what is taken.
const (
	maxVias = 8
	maxSize = 8 << 10
)

// Plain is what matters of a plain INVITE. All of it are pieces of the datagram that it was read from.
type Plain struct {
	URI, User []byte // the Request-URI, and its user: a telephone number without marks
	Phone     bool   // user=phone
	CallID    []byte
	FromTag   []byte
	Branch    []byte // of the topmost Via
	Sequence  []byte // number of the CSeq
	Agent     []byte // User-Agent
	Diverted  []byte // user of the Diversion, a telephone number without marks; empty without that header

	vias           [maxVias][]byte
	nvias          int
	host           []byte // of the topmost Via
	port           int    // 0: not written
	rport          int    // where the empty rport of the topmost Via ends; 0: not asked for
	from, to, cseq []byte
	length         int // -1: not written
	seen           fields
}

// fields are the headers that were seen.
type fields uint8

const (
	sawFrom fields = 1 << iota
	sawTo
	sawCallID
	sawCSeq
	sawHops
	sawLength
	sawDiversion
	sawAgent
	needed = sawFrom | sawTo | sawCallID | sawCSeq | sawHops
)

// IsACK says whether a datagram can be nothing but an ACK, which is never answered (RFC 3261, section 17): a redirector that
// remembers nothing can forget it at once. Which 302 it belongs to makes no difference, so its tag is not looked at.
func IsACK(raw []byte) bool { return bytes.HasPrefix(raw, []byte("ACK sip:")) }

// Read takes a datagram; false leaves it to the slow path.
func (p *Plain) Read(raw []byte) bool {
	if len(raw) > maxSize || !bytes.HasPrefix(raw, []byte("INVITE sip:")) {
		return false
	}
	*p = Plain{length: -1}
	at, ok := p.requestLine(raw)
	for ok {
		if at+2 <= len(raw) && raw[at] == '\r' && raw[at+1] == '\n' {
			return p.seen&needed == needed && p.nvias > 0 && (p.length < 0 || p.length == len(raw)-at-2)
		}
		at, ok = p.field(raw, at)
	}
	return false
}

// requestLine reads INVITE sip:NUMBER@HOST SIP/2.0.
func (p *Plain) requestLine(raw []byte) (at int, ok bool) {
	const start, version = len("INVITE "), " SIP/2.0\r\n"
	u, at := readURI(raw, start)
	if at == 0 || !isNumber(u.user) || !bytes.HasPrefix(raw[at:], []byte(version)) {
		return 0, false
	}
	p.URI, p.User, p.Phone = raw[start:at], u.user, u.phone
	return at + len(version), true
}

// field reads one header line.
func (p *Plain) field(raw []byte, at int) (next int, ok bool) {
	colon := tokens.span(raw, at)
	if colon == at || colon >= len(raw) || raw[colon] != ':' {
		return 0, false
	}
	end := bytes.IndexByte(raw[colon:], '\r') + colon
	if end < colon || end+1 >= len(raw) || raw[end+1] != '\n' {
		return 0, false
	}
	value := raw[colon+1 : end]
	for len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	if len(value) == 0 || value[len(value)-1] == ' ' {
		return 0, false
	}
	return end + 2, p.header(raw[at:colon], value)
}

// header takes a header by its name, in the letters in which it is usually written. One that is not listed here may mean
// something.
func (p *Plain) header(name, value []byte) bool {
	switch string(name) {
	case "Via", "v":
		return p.takeVia(value)
	case "From", "f":
		p.from = value
		return p.once(sawFrom) && p.takeFrom(value)
	case "To", "t":
		p.to = value
		return p.once(sawTo) && p.takeTo(value)
	case "Call-ID", "i":
		p.CallID = value
		return p.once(sawCallID) && words.span(value, 0) == len(value)
	case "CSeq":
		p.cseq = value
		return p.once(sawCSeq) && p.takeCSeq(value)
	case "Max-Forwards":
		hops := decimal(value, 3)
		return p.once(sawHops) && hops >= 1 && hops <= 255
	case "Content-Length", "l":
		p.length = decimal(value, 5)
		return p.once(sawLength) && p.length >= 0
	case "Diversion":
		return p.once(sawDiversion) && p.takeDiversion(value)
	case "Contact", "m":
		_, ok := readAddress(value)
		return ok
	case "User-Agent":
		p.Agent = value
		return p.once(sawAgent) && texts.span(value, 0) == len(value)
	case "Allow", "Supported", "k", "Content-Type", "c", "Subject", "s", "Session-Expires", "x", "Min-SE",
		"P-Asserted-Identity", "Remote-Party-ID", "Privacy", "Allow-Events", "u", "Accept", "Organization", "Cisco-Guid":
		return texts.span(value, 0) == len(value)
	}
	return len(name) > 2 && name[0] == 'X' && name[1] == '-' && texts.span(value, 0) == len(value)
}

// once notes a header, and refuses it the second time.
func (p *Plain) once(f fields) bool {
	first := p.seen&f == 0
	p.seen |= f
	return first
}
