package umredirect

import (
	"fmt"
	"slices"
	"strings"
)

// How the mailboxes of a dial plan are named (domain-exchange.md, section 8.3).
const (
	TelExtn = "telextn" // an extension of a fixed number of digits; unless set
	E164    = "e164"    // the whole number with its +
	SipName = "sipname" // user@domain
)

// What protects the calls of a dial plan (domain-exchange.md, section 8.2).
const (
	Unsecured  = "unsecured"  // unless set
	SIPSecured = "sipsecured" // SIP over TLS
	Secured    = "secured"    // and SRTP
)

// DialPlan is a UM dial plan: which numbers are its own, and its current servers by site.
type DialPlan struct {
	Name            string
	URIType         string // telextn unless set
	ExtensionDigits int    // of telextn
	// Patterns are the forms of the numbers that belong to the plan, as in +4989XXXX and 7XXX. Without them the plan claims
	// every number of ExtensionDigits, and numbers in international form that end in an extension with a mailbox.
	Patterns []string
	Security string  // unsecured unless set; else only targets with TLS are handed out
	Version  Version // of the current servers
	Current  map[string][]Target
	// WhenDown is what callers get when every current server of the site is dead: decline (503, unless set), upon which a PBX
	// tries another redirector, or redirect-anyway.
	WhenDown string
	Pilots   []Pilot
	Unknown  string // home of a number of the plan that is no mailbox and no pilot: current (unless set), decline, or a legacy server
}

// Pilot is a number that belongs to no mailbox: subscriber access or an auto attendant.
type Pilot struct {
	Number string
	Home   string // current unless set; decline, or a legacy server
}

// plan is a dial plan as it is looked up.
type plan struct {
	DialPlan
	patterns []pattern
	unknown  home
	pilots   map[string]home
}

func (t *Table) addPlans(plans []DialPlan, self selves) (problems []error) {
	for _, d := range plans {
		p := plan{DialPlan: d, pilots: map[string]home{}}
		bad := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("dial plan %s: "+format, append([]any{d.Name}, args...)...))
		}
		if d.Name == "" || t.planIndex(d.Name) >= 0 {
			problems = append(problems, fmt.Errorf("dial plan %q: give each dial plan its own name", d.Name))
		}
		p.settle(bad)
		for _, text := range d.Patterns {
			form, err := parsePattern(text)
			if err != nil {
				bad("%w", err)
				continue
			}
			p.patterns = append(p.patterns, form)
		}
		p.Current = cloneTargets(d.Current)
		for _, site := range sortedKeys(p.Current) {
			targets := p.Current[site]
			for i := range targets {
				if err := targets[i].settle(self, d.Version); err != nil {
					bad("site %s: %w", site, err)
				} else if p.secure() && targets[i].Transport != "tls" {
					bad("site %s: target %s: a %s dial plan takes tls only", site, targets[i].Host, p.Security)
				}
			}
			sortByQ(targets)
		}
		for _, other := range t.plans {
			if text, clash := p.clash(&other); clash {
				bad("claims the same numbers as dial plan %s (%s), and a call cannot tell them apart: give each patterns of its own", other.Name, text)
			}
		}
		t.plans = append(t.plans, p)
	}
	return problems
}

// settle fills what is left out and checks the words.
func (p *plan) settle(bad func(string, ...any)) {
	choose := func(field string, value *string, words ...string) {
		if *value = strings.ToLower(*value); *value == "" {
			*value = words[0]
		}
		if !slices.Contains(words, *value) {
			bad("%s %q: write %s", field, *value, strings.Join(words, ", "))
		}
	}
	choose("uri_type", &p.URIType, TelExtn, E164, SipName)
	choose("security", &p.Security, Unsecured, SIPSecured, Secured)
	choose("when_down", &p.WhenDown, WhenDownDecline, WhenDownRedirect)
	if p.URIType == TelExtn && p.ExtensionDigits < 1 {
		bad("an extension has at least one digit")
	}
	if !p.Version.known() {
		bad("version %q: write 2007, 2010, 2013 or 2016", p.Version)
	}
}

func (p *plan) secure() bool { return p.Security != Unsecured }

// claims says whether a telephone number belongs to the plan whether or not it has a mailbox.
func (p *plan) claims(number string) bool {
	if len(p.patterns) == 0 {
		return p.URIType == TelExtn && isDigits(number) && len(number) == p.ExtensionDigits
	}
	return slices.ContainsFunc(p.patterns, func(f pattern) bool { return f.matches(number) })
}

// clash says which numbers two plans both claim.
func (p *plan) clash(q *plan) (string, bool) {
	for _, a := range p.forms() {
		for _, b := range q.forms() {
			if a.overlaps(b) {
				return a.text + " and " + b.text, true
			}
		}
	}
	return "", false
}

// forms are the patterns, or the one that a plan without patterns stands for.
func (p *plan) forms() []pattern {
	if len(p.patterns) > 0 || p.URIType != TelExtn || p.ExtensionDigits < 1 {
		return p.patterns
	}
	every := strings.Repeat("X", p.ExtensionDigits)
	return []pattern{{text: every, each: every}}
}

// key is a telephone number as the plan lists its mailboxes; empty when it cannot be one of them.
func (p *plan) key(number string) string {
	digits, global := strings.CutPrefix(number, "+")
	switch {
	case p.URIType == E164 && global:
		return number
	case p.URIType == E164:
		return "+" + number
	case p.URIType == TelExtn && len(digits) >= p.ExtensionDigits:
		return digits[len(digits)-p.ExtensionDigits:]
	}
	return ""
}
