package umredirect

import (
	"strconv"
	"strings"
)

// Allowed are the methods that are understood.
const allowed = "INVITE, ACK, CANCEL, OPTIONS, BYE"

// retryAfter is how long a PBX shall leave a redirector alone that cannot route, in seconds.
const retryAfter = 10

// verdict is an answer with the headers that belong to its status.
type verdict struct {
	Answer
	headers []field // long names as they are written
	silent  bool
}

// judge says what a request gets: the checks of RFC 3261, section 8.2, in their order, then the decision.
func judge(m *message, t *Table, s State) verdict {
	if m.method == "ACK" {
		return verdict{silent: true} // never answered
	}
	if v, bad := check(m); bad {
		return v
	}
	switch m.method {
	case "CANCEL":
		return plain(200, "OK", "every INVITE is final at once, there is nothing to cancel")
	case "OPTIONS":
		return options(m, t, s)
	case "BYE":
		return plain(481, "Call/Transaction Does Not Exist", "belongs to a dialog, and there is none here")
	}
	v := verdict{Answer: Decide(Request{
		Method: m.method, RequestURI: m.uri, ToTagged: m.toTagged(), Diversion: m.all("diversion"), HistoryInfo: m.all("history-info"),
	}, t, s)}
	if v.Status == 503 {
		v.headers = append(v.headers, retryHeader())
	}
	return v
}

// check finds what is wrong with a request whoever is called.
func check(m *message) (verdict, bool) {
	if !strings.EqualFold(m.version, "SIP/2.0") {
		return plain(505, "Version Not Supported", "SIP version "+m.version), true
	}
	if m.problem != "" {
		return plain(400, "Bad Request", m.problem), true
	}
	switch m.method {
	case "INVITE", "CANCEL", "OPTIONS", "BYE":
	default:
		v := plain(405, "Method Not Allowed", "method "+m.method)
		v.headers = []field{{"Allow", allowed}}
		return v, true
	}
	u, err := parseURI(m.uri)
	if err != nil {
		return plain(400, "Bad Request-URI", "the request URI cannot be read"), true
	}
	if u.scheme != "sip" && u.scheme != "sips" && u.scheme != "tel" {
		return plain(416, "Unsupported URI Scheme", "scheme "+u.scheme), true
	}
	if required := append(m.all("require"), m.all("proxy-require")...); len(required) > 0 && m.method != "CANCEL" {
		v := plain(420, "Bad Extension", "requires "+strings.Join(required, ", "))
		v.headers = []field{{"Unsupported", strings.Join(required, ", ")}}
		return v, true
	}
	return verdict{}, false
}

// options says whether calls can be taken. A PBX that hears 503 goes to another redirector.
func options(m *message, t *Table, s State) verdict {
	if m.toTagged() {
		return plain(481, "Call/Transaction Does Not Exist", "belongs to a dialog, and there is none here")
	}
	if !CanRoute(t, s) {
		v := plain(503, "Service Unavailable", "no table, no site or no target")
		v.headers = []field{retryHeader()}
		return v
	}
	v := plain(200, "OK", "can route")
	v.headers = []field{{"Allow", allowed}, {"Accept", "application/sdp"}, {"Supported", ""}}
	return v
}

func retryHeader() field { return field{"Retry-After", strconv.Itoa(retryAfter)} }

func plain(status int, reason, why string) verdict {
	return verdict{Answer: Answer{Status: status, Reason: reason, Why: why}}
}
