package umredirect

import (
	"errors"
	"strings"
)

// address is a name-addr or addr-spec with its header parameters (RFC 3261, section 25.1). sipgo's own reader of these
// keeps white space around '=' in the parameter's name, so it is not used (sip.md, trap 9).
type address struct {
	uri    string
	params []param
}

type param struct{ name, value string }

var (
	errAddress = errors.New("not an address")
	errQuote   = errors.New("a quote without its end")
)

func parseAddress(s string) (address, error) {
	open, err := indexOutside(s, '<')
	if err != nil {
		return address{}, err
	}
	if open < 0 { // without <> everything after ';' belongs to the header
		spec, rest, _ := strings.Cut(s, ";")
		spec = strings.TrimSpace(spec)
		if spec == "" || strings.ContainsAny(spec, " \t\",<>") || !strings.Contains(spec, ":") {
			return address{}, errAddress
		}
		return address{spec, splitParams(rest)}, nil
	}
	end := strings.IndexByte(s[open:], '>')
	if end < 0 || !isDisplayName(s[:open]) {
		return address{}, errAddress
	}
	spec, rest := s[open+1:open+end], strings.TrimSpace(s[open+end+1:])
	if spec == "" || strings.ContainsAny(spec, " \t\"") || rest != "" && rest[0] != ';' {
		return address{}, errAddress
	}
	return address{spec, splitParams(rest)}, nil
}

// isDisplayName takes tokens, or one quoted string.
func isDisplayName(s string) bool {
	s = strings.TrimSpace(s)
	if s == "" || s[0] != '"' {
		return !strings.ContainsAny(s, `"<>,;:@\`)
	}
	end := quoteEnd(s)
	return end == len(s)-1
}

// quoteEnd is the index of the quote that ends the quoted string at the beginning of s; -1 when there is none.
func quoteEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// indexOutside finds a byte outside quotes; -1 when it is not there.
func indexOutside(s string, want byte) (int, error) {
	for i := 0; i < len(s); i++ {
		if s[i] == want {
			return i, nil
		}
		if s[i] == '"' {
			end := quoteEnd(s[i:])
			if end < 0 {
				return -1, errQuote
			}
			i += end
		}
	}
	return -1, nil
}

// splitList cuts a header value at the commas that stand outside quotes and angle brackets.
func splitList(s string) []string {
	var out []string
	start, inside := 0, false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			if end := quoteEnd(s[i:]); end > 0 && !inside {
				i += end
			}
		case '<':
			inside = true
		case '>':
			inside = false
		case ',':
			if !inside {
				out = append(out, strings.TrimSpace(s[start:i]))
				start = i + 1
			}
		}
	}
	return append(out, strings.TrimSpace(s[start:]))
}

// splitParams reads ;name=value;name, with white space wherever the grammar allows it.
func splitParams(s string) []param {
	var out []param
	for s != "" {
		at, err := indexOutside(s, ';')
		piece := s
		if err == nil && at >= 0 {
			piece, s = s[:at], s[at+1:]
		} else {
			s = ""
		}
		name, value, _ := strings.Cut(piece, "=")
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, param{strings.ToLower(name), strings.TrimSpace(value)})
		}
	}
	return out
}

func (a address) param(name string) (string, bool) {
	for _, p := range a.params {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}
