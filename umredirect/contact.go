package umredirect

import "strconv"

// String is the Contact as it is written: always in angle brackets, with the port and the transport that the target wants
// and the caller's own user part. A sips URI names no transport, which is TLS anyhow (RFC 5630, section 3.1.3).
func (c Contact) String() string { return string(c.appendTo(nil)) }

func (c Contact) appendTo(b []byte) []byte {
	b = append(b, "<sip"...)
	if c.Secure {
		b = append(b, 's')
	}
	b = append(b, ':')
	if c.User != "" {
		b = append(append(b, c.User...), '@')
	}
	b = append(b, c.Host...)
	if c.Port != 0 {
		b = strconv.AppendInt(append(b, ':'), int64(c.Port), 10)
	}
	if c.UserPhone {
		b = append(b, ";user=phone"...)
	}
	if !c.Secure {
		b = append(append(b, ";transport="...), c.Transport...)
	}
	b = appendQ(append(b, ">;q="...), c.Q)
	if c.History != "" {
		b = append(append(b, ";rc="...), c.History...)
	}
	return b
}

// appendQ writes a preference with at most three decimals (RFC 3261, section 25.1).
func appendQ(b []byte, q float64) []byte {
	n := int(q*1000 + 0.5)
	b = strconv.AppendInt(b, int64(n/1000), 10)
	if n %= 1000; n == 0 {
		return b
	}
	b = append(b, '.', byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	return b
}
