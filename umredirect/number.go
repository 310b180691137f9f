package umredirect

import (
	"strconv"
	"strings"
)

// userMarks are the characters beside letters and digits that may stand in the user part of a URI without an escape
// (RFC 3261, section 25.1: unreserved and user-unreserved).
const userMarks = "-_.!~*'()&=+$,;?/"

// cleanUser escapes what must not stand in the user part of a Contact, and leaves escapes that are already there: what a
// caller writes can neither end the URI nor the header.
func cleanUser(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isAlnum(c) || strings.IndexByte(userMarks, c) >= 0:
			b.WriteByte(c)
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteString(s[i : i+3])
			i += 2
		default:
			b.WriteByte('%')
			b.WriteByte("0123456789ABCDEF"[c>>4])
			b.WriteByte("0123456789ABCDEF"[c&15])
		}
	}
	return b.String()
}

// number is a user part as a mailbox is listed: escapes undone, and, when it is a telephone number, without the marks that
// people put in for the eye (RFC 3966, section 3).
func number(user string) string {
	var b strings.Builder
	for i := 0; i < len(user); i++ {
		if user[i] == '%' && i+2 < len(user) {
			if n, err := strconv.ParseUint(user[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(user[i])
	}
	plain := b.String()
	bare := strings.NewReplacer("-", "", ".", "", "(", "", ")", "", " ", "").Replace(plain)
	if isDigits(strings.TrimPrefix(bare, "+")) {
		return bare
	}
	return plain
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func isHost(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) && s[i] != '.' && s[i] != '-' {
			return false
		}
	}
	return s != ""
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
