package umredirect

import "strings"

// place is what the table knows of a number.
type place struct {
	plan int  // -1: no dial plan claims it
	home home // noHome: neither a mailbox nor a pilot
	kind string
}

// find looks the forms of a callee up, each in turn: mailboxes first, then pilots, then which plan a number belongs to.
func (t *Table) find(forms []string) place {
	for _, f := range forms {
		if at, ok := t.mailbox(f); ok {
			return at
		}
	}
	for _, f := range forms {
		for i := range t.plans {
			if h, ok := t.plans[i].pilots[f]; ok {
				return place{i, h, "pilot"}
			}
		}
	}
	for _, f := range forms {
		for i := range t.plans {
			if t.plans[i].claims(f) {
				return place{i, t.plans[i].unknown, "number without a mailbox"}
			}
		}
	}
	return place{-1, t.unknown, "number of no dial plan"}
}

// mailbox finds a mailbox by one form: in the plan that claims the number; else, for a number in international form, by its
// last digits in the plans that have no patterns, the longest extension first.
func (t *Table) mailbox(form string) (place, bool) {
	if !isDigits(strings.TrimPrefix(form, "+")) {
		return t.named(form)
	}
	for i := range t.plans {
		if t.plans[i].claims(form) {
			h, ok := t.boxHome(i, t.plans[i].key(form))
			return place{i, h, "mailbox"}, ok
		}
	}
	best, found := place{plan: -1}, false
	for i := range t.plans {
		p := &t.plans[i]
		if len(p.patterns) > 0 || p.URIType == TelExtn && form[0] != '+' || found && p.ExtensionDigits <= t.plans[best.plan].ExtensionDigits {
			continue
		}
		if h, ok := t.boxHome(i, p.key(form)); ok {
			best, found = place{i, h, "mailbox"}, true
		}
	}
	return best, found
}

// named finds a mailbox by its name; names are the same in every plan.
func (t *Table) named(name string) (place, bool) {
	for i := range t.plans {
		if h, ok := t.boxHome(i, name); ok {
			return place{i, h, "mailbox"}, true
		}
	}
	return place{}, false
}
