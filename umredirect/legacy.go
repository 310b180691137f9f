package umredirect

import (
	"fmt"
	"slices"
	"strings"
)

// What a caller gets while the legacy server of its mailbox is down.
const (
	WhenDownDecline  = "decline"         // a final answer: the default, for a 302 to a dead name is a dropped call
	WhenDownRedirect = "redirect-anyway" // the 302 all the same
	WhenDownCurrent  = "current"         // the current servers of the active site
	WhenDownOperator = "operator"        // a 302 to a person's number
)

// Legacy is a server of the older version that still holds mailboxes.
type Legacy struct {
	Name      string
	FQDN      string
	Port      int
	Transport string   // tcp unless set
	Version   Version  // 2007 or 2010, as a rule
	Also      []Target // further servers with the same mailboxes; their Q stands beside the first's, which is 1
	WhenDown  string   // decline unless set
	Decline   int      // status of decline: 480 (unless set) ends the call, 503 makes most PBXs try their next trunk
	Operator  Operator // of operator
}

// Operator is where calls go that only a person can help: a number at a host of the table, as a rule the PBX itself.
type Operator struct {
	Number string
	Target
}

// legacy is a legacy server as it is looked up.
type legacy struct {
	Legacy
	targets []Target
}

func (t *Table) addLegacy(servers []Legacy, self selves) (problems []error) {
	for _, l := range servers {
		if t.legacyIndex(l.Name) >= 0 || l.Name == "" || l.Name == HomeCurrent || l.Name == HomeDecline {
			problems = append(problems, fmt.Errorf("legacy server %q: give each its own name, other than %q and %q", l.Name, HomeCurrent, HomeDecline))
		}
		entry, wrong := l.settle(self)
		for _, err := range wrong {
			problems = append(problems, fmt.Errorf("legacy server %s: %w", l.Name, err))
		}
		t.legacy = append(t.legacy, entry)
	}
	return problems
}

func (l Legacy) settle(self selves) (_ legacy, problems []error) {
	targets := append([]Target{{Host: l.FQDN, Port: l.Port, Transport: l.Transport, Q: 1}}, l.Also...)
	for i := range targets {
		if err := targets[i].settle(self, l.Version); err != nil {
			problems = append(problems, err)
		}
	}
	sortByQ(targets)
	if !l.Version.known() {
		problems = append(problems, fmt.Errorf("version %q: write 2007, 2010, 2013 or 2016", l.Version))
	}
	if l.Decline == 0 {
		l.Decline = 480
	}
	if l.Decline != 480 && l.Decline != 503 {
		problems = append(problems, fmt.Errorf("decline %d: write 480 or 503", l.Decline))
	}
	if l.WhenDown == "" {
		l.WhenDown = WhenDownDecline
	}
	if !slices.Contains([]string{WhenDownDecline, WhenDownRedirect, WhenDownCurrent, WhenDownOperator}, l.WhenDown) {
		problems = append(problems, fmt.Errorf("when_down %q: write decline, redirect-anyway, current or operator", l.WhenDown))
	}
	if l.WhenDown == WhenDownOperator {
		if strings.Trim(l.Operator.Number, "+0123456789*#") != "" || l.Operator.Number == "" {
			problems = append(problems, fmt.Errorf("operator %q: write the digits of a number", l.Operator.Number))
		}
		if err := l.Operator.Target.settle(self, ""); err != nil {
			problems = append(problems, fmt.Errorf("operator: %w", err))
		}
	}
	return legacy{l, targets}, problems
}

func (t *Table) legacyIndex(name string) int {
	return slices.IndexFunc(t.legacy, func(l legacy) bool { return l.Name == name })
}
