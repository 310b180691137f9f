package umredirect

import (
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
	return verdict{Answer: Decide(m.request(), t, s)}
}

// request is what a decision looks at.
func (m *message) request() Request {
	return Request{Method: m.method, RequestURI: m.uri, ToTagged: m.toTagged(), CallID: m.one("call-id"),
		Diversion: m.all("diversion"), HistoryInfo: m.all("history-info")}
}

// check finds what is wrong with a request whoever is called.
func check(m *message) (verdict, bool) {
	if !strings.EqualFold(m.version, "SIP/2.0") {
		return plain(505, "Version Not Supported", "SIP version "+m.version), true
	}
	if m.tooLong {
		return plain(513, "Message Too Large", "longer than what is read"), true
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
	switch {
	case err != nil:
		return plain(400, "Bad Request-URI", "the request URI cannot be read"), true
	case u.scheme != "sip" && u.scheme != "sips" && u.scheme != "tel":
		return plain(416, "Unsupported URI Scheme", "scheme "+u.scheme), true
	case u.headers:
		return plain(400, "Bad Request-URI", "the request URI carries headers"), true
	}
	return m.checkRequire()
}

// checkRequire refuses what a request insists on (RFC 3261, section 8.2.2.3). Nothing is supported that needs support, and
// the rule does not hold for CANCEL. A Proxy-Require is no business of a server that sends nothing on (section 20.29).
func (m *message) checkRequire() (verdict, bool) {
	required := m.all("require")
	if len(required) == 0 || m.method == "CANCEL" {
		return verdict{}, false
	}
	v := plain(420, "Bad Extension", "requires "+strings.Join(required, ", "))
	v.headers = []field{{"Unsupported", strings.Join(required, ", ")}}
	return v, true
}

// options says whether calls can be taken. A PBX that hears 503 goes to another redirector.
func options(m *message, t *Table, s State) verdict {
	if m.toTagged() {
		return plain(481, "Call/Transaction Does Not Exist", "belongs to a dialog, and there is none here")
	}
	if !CanRoute(t, s) {
		why := "no table, no site or no target"
		if s.Leaving {
			why = "about to end"
		}
		return verdict{Answer: unavailable(why)}
	}
	v := plain(200, "OK", "can route")
	v.headers = []field{{"Allow", allowed}, {"Accept", "application/sdp"}, {"Supported", ""}}
	return v
}

func plain(status int, reason, why string) verdict {
	return verdict{Answer: Answer{Status: status, Reason: reason, Why: why}}
}
