package umredirect

import (
	"fmt"
	"strings"
)

// Words that stand where else the name of a legacy server does.
const (
	HomeCurrent = "current" // the current version
	HomeDecline = "decline" // nobody: 404
)

// home is who answers for a number: an index of the legacy servers, or one of the constants.
type home int

const (
	atCurrent home = -1
	nowhere   home = -2 // declined
	noHome    home = -3
)

// stored is the number of the first home, nowhere, in a store; it has none below 0.
const stored = -int(nowhere)

// Mailbox says which server answers for an extension: HomeCurrent or the name of a legacy server.
type Mailbox struct {
	Extension string // digits, a number with its +, or user@domain, as the dial plan wants it
	DialPlan  string
	Home      string
}

// boxHome says who answers for a mailbox of the plan.
func (t *Table) boxHome(plan int, extension string) (home, bool) {
	n, ok := t.boxes.Find(plan, extension)
	return home(n - stored), ok
}

// homeOf reads the name of a home; empty is the current version.
func (t *Table) homeOf(name string) (home, error) {
	switch name {
	case "", HomeCurrent:
		return atCurrent, nil
	case HomeDecline:
		return nowhere, nil
	}
	if i := t.legacyIndex(name); i >= 0 {
		return home(i), nil
	}
	return noHome, fmt.Errorf("no legacy server is named %q; write one, or %q", name, HomeCurrent)
}

// homeName is what homeOf reads.
func (t *Table) homeName(h home) string {
	switch h {
	case atCurrent:
		return HomeCurrent
	case nowhere:
		return HomeDecline
	}
	return t.legacy[h].Name
}

// fits says whether a mailbox of the plan may be listed under this.
func (p *plan) fits(extension string) error {
	number := isDigits(strings.TrimPrefix(extension, "+"))
	switch {
	case extension == "" || strings.ContainsAny(extension, " \t\r\n<>\""):
		return fmt.Errorf("write an extension of dial plan %s", p.Name)
	case !number:
		return nil // a name, which may stand in every plan, for a user without an extension
	case p.URIType == E164 && extension[0] != '+':
		return fmt.Errorf("dial plan %s lists whole numbers: write + and the number", p.Name)
	case p.URIType == SipName:
		return fmt.Errorf("dial plan %s lists names: write user@domain", p.Name)
	case p.URIType == TelExtn && (extension[0] == '+' || len(extension) != p.ExtensionDigits):
		return fmt.Errorf("an extension of dial plan %s has %d digits", p.Name, p.ExtensionDigits)
	}
	return nil
}

// apart says whether a call can tell a mailbox of the one plan from one of the same name in the other: by the form of the
// number, if one of them has forms. Names are the same in every plan.
func (p *plan) apart(other *plan, extension string) bool {
	return isDigits(strings.TrimPrefix(extension, "+")) && len(p.patterns)+len(other.patterns) > 0
}
