package invite

import "bytes"

// takeFrom wants a tag, which a plain caller has given.
func (p *Plain) takeFrom(value []byte) bool {
	a, ok := readAddress(value)
	p.FromTag = a.tag
	return ok && len(a.tag) > 0
}

// takeTo wants none: a request within a dialog is no new call.
func (p *Plain) takeTo(value []byte) bool {
	a, ok := readAddress(value)
	return ok && !a.tagged
}

// takeDiversion wants one entry that names a number; a hidden one names nobody.
func (p *Plain) takeDiversion(value []byte) bool {
	a, ok := readAddress(value)
	p.Diverted = a.uri.user
	return ok && isNumber(a.uri.user) && !bytes.EqualFold(a.uri.host, []byte("anonymous.invalid"))
}

// takeCSeq reads NUMBER INVITE.
func (p *Plain) takeCSeq(value []byte) bool {
	number, method, _ := bytes.Cut(value, []byte{' '})
	p.Sequence = number
	n := decimal(number, 10)
	return n >= 0 && n < 1<<31 && string(method) == "INVITE"
}

// takeVia reads one Via with one entry: SIP/2.0/UDP host:port;branch=z9hG4bK...;rport.
func (p *Plain) takeVia(value []byte) bool {
	const protocol, size = "SIP/2.0/", len("SIP/2.0/UDP ")
	if p.nvias == maxVias || len(value) < size || !bytes.HasPrefix(value, []byte(protocol)) || value[size-1] != ' ' {
		return false
	}
	switch string(value[len(protocol) : size-1]) {
	case "UDP", "TCP", "TLS":
	default:
		return false
	}
	at := hosts.span(value, size)
	host, port := value[size:at], 0
	if at < len(value) && value[at] == ':' {
		start := at + 1
		at = digits.span(value, start)
		if port = decimal(value[start:at], 5); port < 1 || port > 65535 {
			return false
		}
	}
	if len(host) == 0 {
		return false
	}
	p.vias[p.nvias] = value
	p.nvias++
	if p.nvias > 1 {
		return others(value, at)
	}
	p.host, p.port = host, port
	return p.topParams(value, at)
}

// topParams reads the parameters of the topmost Via: a branch with the magic cookie (RFC 3261, section 8.1.1.7), an empty
// rport, and others but those that only a server may write or that say where to answer.
func (p *Plain) topParams(value []byte, at int) bool {
	for at < len(value) {
		name, v, next := readParam(value, at)
		if next == 0 {
			return false
		}
		switch string(name) {
		case "branch":
			if p.Branch != nil || !bytes.HasPrefix(v, []byte("z9hG4bK")) {
				return false
			}
			p.Branch = v
		case "rport":
			if p.rport != 0 || v != nil {
				return false
			}
			p.rport = next
		case "received", "maddr", "ttl":
			return false
		}
		at = next
	}
	return p.Branch != nil
}

// others reads the parameters of the Vias below.
func others(value []byte, at int) bool {
	for at < len(value) {
		if _, _, at = readParam(value, at); at == 0 {
			return false
		}
	}
	return true
}
