package umredirect

import "fmt"

// State is what changes during a switchover.
type State struct {
	Site       string          // the active site; empty: nobody has said yet
	Generation uint64          // of the word that set the site; the newest wins
	LegacyDown map[string]bool // legacy servers, by name, that are known not to answer, all of their targets
	Dead       map[string]bool // targets, by [Target.ID], that are known not to answer
	Leaving    bool            // this redirector is about to end: calls are answered, and OPTIONS sends the PBX to another one
}

// Request is what a decision looks at.
type Request struct {
	Method      string
	RequestURI  string
	ToTagged    bool     // within a dialog, of which there is none here
	CallID      string   // draws among weighted targets
	Diversion   []string // values of the Diversion headers, RFC 5806
	HistoryInfo []string // values of the History-Info headers, RFC 7044
}

// Contact is where a 302 sends a call.
type Contact struct {
	User      string // escaped, as the caller wrote it; may be empty
	UserPhone bool   // keeps user=phone
	Secure    bool   // sips
	History   string // index of the History-Info entry that the Contact was made from (rc, RFC 7044, section 10.4)
	Target
}

// Answer is the decision.
type Answer struct {
	Status     int
	Reason     string
	Contacts   []Contact // of a 302, the preferred first
	RetryAfter int       // seconds for which a PBX shall leave this redirector alone; 0: it says nothing of that
	Warning    int       // warn-code; 0: none
	Why        string    // for the log and for whoever asks why
	Called     string    // whom the decision is about
	By         string    // where that was found: diversion, history-info or request-uri
}

// maxDiversions is how often a call may have been sent on: one that went further runs in a circle.
const maxDiversions = 20

// sipsNotAllowed is the warning that no target takes a sips call (RFC 5630, section 6.3).
const sipsNotAllowed = 380

// Decide says where a call goes. It is a function of its arguments, and no host of an answer comes from the request.
//
// The mailbox is the one that the call was diverted from (Diversion, else History-Info), else the user of the Request-URI.
// A legacy home is answered with that server's FQDN, everything else as the table says: as a rule with the newest servers
// of the active site, for a pilot number or an unknown caller can only be sorted out by them (domain-exchange.md, 8.1).
func Decide(r Request, t *Table, s State) Answer {
	if r.ToTagged {
		return Answer{Status: 481, Reason: "Call/Transaction Does Not Exist", Why: "belongs to a dialog, and there is none here"}
	}
	if t == nil {
		return unavailable("no table is loaded")
	}
	request, err := parseURI(r.RequestURI)
	if err != nil {
		return Answer{Status: 400, Reason: "Bad Request-URI", Why: err.Error()}
	}
	if n := max(len(entriesOf(r.Diversion)), len(entriesOf(r.HistoryInfo))); n > maxDiversions {
		return Answer{Status: 483, Reason: "Too Many Hops", Why: fmt.Sprintf("diverted %d times: it runs in a circle", n)}
	}
	who := t.called(r, request)
	c := call{table: t, state: s, uri: request, id: r.CallID, history: lastIndex(r.HistoryInfo)}
	a := c.route(t.find(who.forms))
	a.Called, a.By = who.shown(), who.by
	return a
}

// call is one call on its way to an answer.
type call struct {
	table   *Table
	state   State
	uri     uri
	id      string
	history string
}

// route answers for what the table knows of the number.
func (c call) route(at place) Answer {
	switch at.home {
	case atCurrent:
		return c.current(at.plan, at.kind)
	case nowhere:
		return Answer{Status: 404, Reason: "Not Found", Why: at.kind + ": declined, as configured"}
	}
	l := &c.table.legacy[at.home]
	secure := at.plan >= 0 && c.table.plans[at.plan].secure()
	why := at.kind + " on " + l.Name
	if up := alive(l.targets, c.state); len(up) > 0 && !c.state.LegacyDown[l.Name] {
		return c.redirect(up, secure, why)
	}
	switch why += ", which is down"; l.WhenDown {
	case WhenDownRedirect:
		return c.redirect(l.targets, secure, why+"; redirected all the same")
	case WhenDownCurrent:
		return c.current(at.plan, why+": the current servers take its calls")
	case WhenDownOperator:
		if c.state.Dead[l.Operator.ID()] {
			break
		}
		c.uri.user, c.uri.phone = cleanUser(l.Operator.Number), false
		return c.redirect([]Target{l.Operator.Target}, secure, why+": the operator takes its calls")
	}
	if l.Decline == 503 {
		return Answer{Status: 503, Reason: "Service Unavailable", Why: why}
	}
	return Answer{Status: 480, Reason: "Temporarily Unavailable", Why: why}
}

// current answers with the newest servers of the active site.
func (c call) current(at int, why string) Answer {
	site := c.state.Site
	if site == "" {
		return unavailable("no site is active yet")
	}
	if at < 0 {
		at = c.table.planAt(site)
	}
	if at < 0 || len(c.table.plans[at].Current[site]) == 0 {
		return unavailable(fmt.Sprintf("no UM server is listed in site %s", site))
	}
	p := &c.table.plans[at]
	why = fmt.Sprintf("%s; current, site %s", why, site)
	up := alive(p.Current[site], c.state)
	switch {
	case len(up) > 0:
		return c.redirect(up, p.secure(), why)
	case p.WhenDown == WhenDownRedirect:
		return c.redirect(p.Current[site], p.secure(), why+", where all are down; redirected all the same")
	}
	return unavailable(fmt.Sprintf("every UM server of dial plan %s in site %s is down", p.Name, site))
}

// planAt is the first dial plan with servers in the site: it takes the calls that belong to none.
func (t *Table) planAt(site string) int {
	for i := range t.plans {
		if len(t.plans[i].Current[site]) > 0 {
			return i
		}
	}
	return -1
}

// unavailable is 503, upon which a PBX tries the next redirector.
func unavailable(why string) Answer {
	return Answer{Status: 503, Reason: "Service Unavailable", RetryAfter: retryAfter, Why: why}
}

// redirect is a 302 to the targets. A sips call, and any call of a secured dial plan, may only go to where TLS is spoken
// (RFC 3261, section 26.4.4; RFC 5630, section 5.3).
func (c call) redirect(targets []Target, secure bool, why string) Answer {
	contacts := make([]Contact, 0, len(targets))
	for _, target := range spread(targets, c.id) {
		if (c.uri.secure || secure) && target.Transport != "tls" {
			continue
		}
		contacts = append(contacts, Contact{User: c.uri.user, UserPhone: c.uri.phone, Secure: c.uri.secure, History: c.history, Target: target})
	}
	if len(contacts) == 0 {
		a := Answer{Status: 480, Reason: "Temporarily Unavailable", Why: why + ": a call that needs TLS, and no target speaks it"}
		if c.uri.secure {
			a.Warning = sipsNotAllowed
		}
		return a
	}
	return Answer{Status: 302, Reason: "Moved Temporarily", Contacts: contacts, Why: why}
}

// lastIndex is the index of the newest entry of a history; empty without one that can be written into an answer.
func lastIndex(values []string) string {
	entries := entriesOf(values)
	if len(entries) == 0 {
		return ""
	}
	a, err := parseAddress(entries[len(entries)-1])
	if err != nil {
		return ""
	}
	index, _ := a.param("index")
	for i := range len(index) {
		if index[i] != '.' && (index[i] < '0' || index[i] > '9') {
			return ""
		}
	}
	return index
}
