package invite

import "bytes"

// uri is a sip URI of letters and digits.
type uri struct {
	user, host []byte
	phone      bool
}

// readURI reads sip:user@host:port;parameters and says where it ends; 0 for what it does not take.
func readURI(b []byte, at int) (u uri, end int) {
	if !bytes.HasPrefix(b[at:], []byte("sip:")) {
		return u, 0
	}
	at += len("sip:")
	if end = users.span(b, at); end < len(b) && b[end] == '@' {
		if end == at {
			return u, 0
		}
		u.user = b[at:end]
		at = end + 1
	}
	end = hosts.span(b, at)
	if u.host = b[at:end]; len(u.host) == 0 {
		return u, 0
	}
	if end < len(b) && b[end] == ':' {
		at = end + 1
		end = digits.span(b, at)
		if port := decimal(b[at:end], 5); port < 1 || port > 65535 {
			return u, 0
		}
	}
	for end < len(b) && b[end] == ';' {
		name, value, next := readParam(b, end)
		if next == 0 {
			return u, 0
		}
		switch string(name) {
		case "user":
			if string(value) != "phone" {
				return u, 0
			}
			u.phone = true
		case "transport", "lr", "ob":
		default:
			return u, 0
		}
		end = next
	}
	return u, end
}

// readParam reads ;name or ;name=value at a semicolon and says where it ends; 0 for what it does not take. The value is nil
// where none is written.
func readParam(b []byte, at int) (name, value []byte, end int) {
	if at >= len(b) || b[at] != ';' {
		return nil, nil, 0
	}
	end = names.span(b, at+1)
	if name = b[at+1 : end]; len(name) == 0 {
		return nil, nil, 0
	}
	if end == len(b) || b[end] != '=' {
		return name, nil, end
	}
	at = end + 1
	if end = tokens.span(b, at); end == at {
		return nil, nil, 0
	}
	return name, b[at:end], end
}

// address is a name-addr with a sip URI.
type address struct {
	uri    uri
	tag    []byte
	tagged bool
}

// readAddress reads "Display" <sip:user@host>;parameters, all of b.
func readAddress(b []byte) (a address, ok bool) {
	at := 0
	if len(b) > 0 && b[0] == '"' {
		if at = quoted.span(b, 1); at >= len(b) || b[at] != '"' {
			return a, false
		}
		if at++; at < len(b) && b[at] == ' ' {
			at++
		}
	} else {
		at = displays.span(b, 0)
	}
	if at >= len(b) || b[at] != '<' {
		return a, false
	}
	end := 0
	if a.uri, end = readURI(b, at+1); end == 0 || end >= len(b) || b[end] != '>' {
		return a, false
	}
	for at = end + 1; at < len(b); {
		name, value, next := readParam(b, at)
		if next == 0 {
			return a, false
		}
		if string(name) == "tag" {
			if a.tagged {
				return a, false
			}
			a.tag, a.tagged = value, true
		}
		at = next
	}
	return a, true
}

// decimal reads at most that many digits; -1 for anything else.
func decimal(b []byte, most int) int {
	if len(b) == 0 || len(b) > most {
		return -1
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// isNumber takes digits, with a + in front of them or not.
func isNumber(b []byte) bool {
	if len(b) > 0 && b[0] == '+' {
		b = b[1:]
	}
	return len(b) > 0 && len(b) <= 32 && digits.span(b, 0) == len(b)
}
