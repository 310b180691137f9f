package umredirect

import (
	"strings"
)

// callee is whom a call is about, in the forms that a mailbox may be listed under; the first one found counts.
type callee struct {
	forms []string // normalised, in lower case
	by    string
}

// shown is the callee for people.
func (c callee) shown() string {
	if len(c.forms) == 0 {
		return ""
	}
	return c.forms[len(c.forms)-1]
}

// called says who is called: who diverted the call (RFC 5806), else who the history says it was for (RFC 7044), else the
// user of the Request-URI. An entry that cannot be read, or that hides its user, is passed over.
func (t *Table) called(r Request, request uri) callee {
	if t.diversion != Ignore {
		// The newest diversion stands on top (RFC 5806, section 4).
		if forms := pick(entriesOf(r.Diversion), t.diversion == Latest); forms != nil {
			return callee{forms, "diversion"}
		}
	}
	// The single entry of a call that nobody diverted only repeats the Request-URI.
	if entries := entriesOf(r.HistoryInfo); len(entries) > 1 && t.historyInfo != Ignore {
		if t.historyInfo == Latest {
			entries = latestFirst(entries)
		}
		if forms := pick(entries, true); forms != nil {
			return callee{forms, "history-info"}
		}
	}
	return callee{formsOf(request), "request-uri"}
}

// pick is the first, or the last, readable entry of a list.
func pick(entries []string, first bool) []string {
	for i := range entries {
		at := len(entries) - 1 - i
		if first {
			at = i
		}
		a, err := parseAddress(entries[at])
		if err != nil {
			continue
		}
		u, err := parseURI(a.uri)
		if err != nil || u.anonymous() {
			continue
		}
		if forms := formsOf(u); forms != nil {
			return forms
		}
	}
	return nil
}

// latestFirst puts the entry that the call was diverted from last in front. It is the one that the newest entry with a
// cause names in its mp parameter (RFC 7044, section 5), or else the one before that (RFC 7544, section 4); without any
// cause it is the last but one.
func latestFirst(entries []string) []string {
	from := len(entries) - 2
	for i := len(entries) - 1; i > 0; i-- {
		a, err := parseAddress(entries[i])
		if err != nil {
			continue
		}
		if index, mapped := a.param("mp"); mapped {
			if at := indexed(entries, index); at >= 0 {
				from = at
				break
			}
		}
		if diverted(a.uri) {
			from = i - 1
			break
		}
	}
	out := []string{entries[from]}
	return append(append(out, entries[:from]...), entries[from+1:]...)
}

// diverted says whether the URI of an entry tells why the call was sent there: a cause (RFC 4458, section 2) or a reason
// (RFC 7044, section 10.2).
func diverted(uri string) bool {
	lower := strings.ToLower(uri)
	return strings.Contains(lower, ";cause=") || strings.Contains(lower, "?reason=") || strings.Contains(lower, "&reason=")
}

// indexed finds the entry of an index.
func indexed(entries []string, index string) int {
	for i, e := range entries {
		if a, err := parseAddress(e); err == nil {
			if at, ok := a.param("index"); ok && at == index {
				return i
			}
		}
	}
	return -1
}

// formsOf are the ways in which a mailbox of this URI may be listed, the most particular first: user@domain of a SIP name,
// the extension of ;ext= (RFC 3966, section 3), the number, the number behind its ;phone-context= prefix.
func formsOf(u uri) []string {
	user, params, _ := strings.Cut(u.user, ";")
	n := strings.ToLower(number(user))
	if n == "" {
		return nil
	}
	if !isDigits(strings.TrimPrefix(n, "+")) {
		if u.host == "" {
			return []string{n}
		}
		return []string{n + "@" + u.host, n}
	}
	var out []string
	for _, p := range splitParams(params) {
		switch {
		case p.name == "ext" && isDigits(number(p.value)):
			out = append([]string{number(p.value)}, out...)
		case p.name == "phone-context" && n[0] != '+':
			if prefix := number(p.value); strings.HasPrefix(prefix, "+") && isDigits(prefix[1:]) {
				out = append(out, prefix+n)
			}
		}
	}
	return append(out, n)
}

func entriesOf(values []string) []string {
	var out []string
	for _, v := range values {
		out = append(out, splitList(v)...)
	}
	return out
}
