package umredirect

import "strings"

// callee is the mailbox that a call is about.
type callee struct {
	number string // normalised
	by     string
}

// called says who is called. Of several diversions the last entry counts, which is the oldest (RFC 5806, section 5, puts
// the newest first): the mailbox that the caller dialled. A History-Info is ordered the other way round, its first entry is
// the oldest. An entry that cannot be read is passed over, and so is a diversion without a user.
func called(r Request, request uri) callee {
	if n := oldest(r.Diversion, false); n != "" {
		return callee{n, "diversion"}
	}
	if entries := entriesOf(r.HistoryInfo); len(entries) > 1 {
		// The single entry of a call that nobody diverted only repeats the Request-URI.
		if n := oldest(r.HistoryInfo, true); n != "" {
			return callee{n, "history-info"}
		}
	}
	return callee{number(request.user), "request-uri"}
}

// oldest is the number of the oldest readable entry of a list.
func oldest(values []string, oldestFirst bool) string {
	entries := entriesOf(values)
	for i := range entries {
		at := len(entries) - 1 - i
		if oldestFirst {
			at = i
		}
		address, err := parseAddress(entries[at])
		if err != nil {
			continue
		}
		u, err := parseURI(address.uri)
		if err != nil {
			continue
		}
		if n := number(u.user); n != "" {
			return n
		}
	}
	return ""
}

func entriesOf(values []string) []string {
	var out []string
	for _, v := range values {
		out = append(out, splitList(v)...)
	}
	return out
}

// find looks a number up: the mailbox itself; else, for a number in international form, its last digits in each dial plan.
// The plan is -1 when none claims the number; home is empty for an unknown mailbox.
func (t *Table) find(number string) (plan int, home string) {
	for i := range t.plans {
		if home, ok := t.homes.Find(i, number); ok {
			return i, t.names[home]
		}
	}
	digits, global := strings.CutPrefix(number, "+")
	for i, p := range t.plans {
		if !global || len(digits) < p.ExtensionDigits {
			continue
		}
		if home, ok := t.homes.Find(i, digits[len(digits)-p.ExtensionDigits:]); ok {
			return i, t.names[home]
		}
	}
	for i, p := range t.plans {
		if isDigits(number) && len(number) == p.ExtensionDigits {
			return i, ""
		}
	}
	return -1, ""
}
