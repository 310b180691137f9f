package umredirect

import "fmt"

// State is what changes during a switchover.
type State struct {
	Site       string          // the active site; empty: nobody has said yet
	Generation uint64          // of the word that set the site; the newest wins
	LegacyDown map[string]bool // legacy servers, by name, that are known not to answer
}

// Request is what a decision looks at.
type Request struct {
	Method      string
	RequestURI  string
	ToTagged    bool     // within a dialog, of which there is none here
	Diversion   []string // values of the Diversion headers, RFC 5806
	HistoryInfo []string // values of the History-Info headers, RFC 7044
}

// Contact is where a 302 sends a call.
type Contact struct {
	User      string // escaped, as the caller wrote it; may be empty
	UserPhone bool   // keeps user=phone
	Secure    bool   // sips
	Target
}

// Answer is the decision.
type Answer struct {
	Status   int
	Reason   string
	Contacts []Contact // of a 302, the preferred first
	Why      string    // for the log and for whoever asks why
	Called   string    // the mailbox that the decision is about
	By       string    // where it was found: diversion, history-info or request-uri
}

// Decide says where a call goes. It is a function of its arguments, and no host of an answer comes from the request.
//
// The mailbox is the one that the call was diverted from (Diversion, else History-Info), else the user of the Request-URI.
// A legacy home is answered with that server's FQDN, everything else with the newest servers of the active site: a pilot
// number or an unknown caller can only be sorted out by them (domain-exchange.md, section 8.1).
func Decide(r Request, t *Table, s State) Answer {
	if r.ToTagged {
		return Answer{Status: 481, Reason: "Call/Transaction Does Not Exist", Why: "belongs to a dialog, and there is none here"}
	}
	if t == nil {
		return unavailable("no table is loaded")
	}
	uri, err := parseURI(r.RequestURI)
	if err != nil {
		return Answer{Status: 400, Reason: "Bad Request-URI", Why: err.Error()}
	}
	who := called(r, uri)
	plan, home := t.find(who.number)
	a := t.route(plan, home, uri, s)
	a.Called, a.By = who.number, who.by
	return a
}

// route answers for a mailbox of the plan; home is empty for an unknown one.
func (t *Table) route(plan int, home string, uri uri, s State) Answer {
	legacy, isLegacy := t.legacy[home]
	if !isLegacy {
		why := "current mailbox"
		if home == "" {
			why = "no mailbox of the table: the newest servers sort it out"
		}
		return t.current(plan, uri, s, why)
	}
	if !s.LegacyDown[legacy.Name] {
		return redirect(uri, []Target{legacy.target()}, "mailbox on "+legacy.Name)
	}
	switch legacy.WhenDown {
	case WhenDownRedirect:
		return redirect(uri, []Target{legacy.target()}, legacy.Name+" is down; redirected all the same")
	case WhenDownCurrent:
		return t.current(plan, uri, s, legacy.Name+" is down: the current servers take its calls")
	}
	return Answer{Status: 480, Reason: "Temporarily Unavailable", Why: legacy.Name + " is down"}
}

// current answers with the newest servers of the active site.
func (t *Table) current(plan int, uri uri, s State, why string) Answer {
	if s.Site == "" {
		return unavailable("no site is active yet")
	}
	if plan < 0 {
		plan = t.planAt(s.Site)
	}
	if plan < 0 || len(t.plans[plan].Current[s.Site]) == 0 {
		return unavailable(fmt.Sprintf("no UM server is listed in site %s", s.Site))
	}
	return redirect(uri, t.plans[plan].Current[s.Site], fmt.Sprintf("%s; site %s", why, s.Site))
}

// planAt is the first dial plan with servers in the site: it takes the calls that belong to none.
func (t *Table) planAt(site string) int {
	for i, p := range t.plans {
		if len(p.Current[site]) > 0 {
			return i
		}
	}
	return -1
}

// unavailable is 503, upon which a PBX tries the next redirector.
func unavailable(why string) Answer {
	return Answer{Status: 503, Reason: "Service Unavailable", Why: why}
}

// redirect is a 302 to the targets. A sips call may only go to where TLS is spoken (RFC 3261, 26.4.4; RFC 5630).
func redirect(uri uri, targets []Target, why string) Answer {
	contacts := make([]Contact, 0, len(targets))
	for _, target := range targets {
		if uri.secure && target.Transport != "tls" {
			continue
		}
		contacts = append(contacts, Contact{User: uri.user, UserPhone: uri.phone, Secure: uri.secure, Target: target})
	}
	if len(contacts) == 0 {
		return Answer{Status: 480, Reason: "Temporarily Unavailable", Why: "a sips call, and no target speaks TLS"}
	}
	return Answer{Status: 302, Reason: "Moved Temporarily", Contacts: contacts, Why: why}
}
