package umredirect

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"siteswap/umredirect/mailbox"
)

// Which of several entries names the mailbox of a call.
const (
	Original = "original" // who was called first: what Exchange asks for (domain-exchange.md, section 8.3); unless set
	Latest   = "latest"   // who sent the call on last: what other voice mail asks for
	Ignore   = "ignore"   // the header is not looked at
)

// TableOptions is what a table is made of.
type TableOptions struct {
	DialPlans []DialPlan
	Legacy    []Legacy
	Mailboxes []Mailbox
	More      Source   // mailboxes that are too many for a list; nil: none
	Self      []string // host:port of every redirector; a target that is one of them would be a loop

	Diversion   string // which entry of Diversion counts; original unless set
	HistoryInfo string // which entry of History-Info counts; original unless set
	Unknown     string // home of a number that no dial plan claims: current (unless set), decline, or a legacy server
}

// Table is a checked set of dial plans, legacy servers and mailboxes. It is never changed: another one takes its place.
type Table struct {
	plans       []plan
	legacy      []legacy
	boxes       *mailbox.Store // whose homes are counted from nowhere on
	unknown     home
	diversion   string
	historyInfo string
}

// NewTable checks the parts and puts them together. A bad one is refused whole, with everything that is wrong with it. No
// name is looked up: a table loads while the DNS is down.
func NewTable(o TableOptions) (*Table, error) {
	t := &Table{diversion: o.Diversion, historyInfo: o.HistoryInfo}
	self := newSelves(o.Self)
	var problems []error
	problems = append(problems, t.addLegacy(o.Legacy, self)...)
	problems = append(problems, t.addPlans(o.DialPlans, self)...)
	problems = append(problems, t.addMailboxes(o)...)
	problems = append(problems, t.addHomes(o.Unknown)...)
	for _, c := range []struct {
		name  string
		value *string
	}{{"diversion", &t.diversion}, {"history_info", &t.historyInfo}} {
		if *c.value == "" {
			*c.value = Original
		}
		if !slices.Contains([]string{Original, Latest, Ignore}, *c.value) {
			problems = append(problems, fmt.Errorf("%s %q: write original, latest or ignore", c.name, *c.value))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return t, nil
}

// addHomes reads the homes of pilots and of unknown numbers.
func (t *Table) addHomes(unknown string) (problems []error) {
	var err error
	if t.unknown, err = t.homeOf(unknown); err != nil {
		problems = append(problems, fmt.Errorf("unknown: %w", err))
	}
	pilots := map[string]string{}
	for i := range t.plans {
		p := &t.plans[i]
		if p.unknown, err = t.homeOf(p.Unknown); err != nil {
			problems = append(problems, fmt.Errorf("dial plan %s: unknown: %w", p.Name, err))
		}
		for _, pilot := range p.Pilots {
			n := strings.ToLower(number(pilot.Number))
			h, err := t.homeOf(pilot.Home)
			_, isBox := t.boxHome(i, p.key(n))
			switch {
			case err != nil:
				problems = append(problems, fmt.Errorf("dial plan %s: pilot %s: %w", p.Name, pilot.Number, err))
			case n == "":
				problems = append(problems, fmt.Errorf("dial plan %s: write the pilot's number", p.Name))
			case isBox && p.key(n) == n:
				problems = append(problems, fmt.Errorf("dial plan %s: pilot %s is a mailbox too: keep one", p.Name, pilot.Number))
			case pilots[n] != "":
				problems = append(problems, fmt.Errorf("dial plan %s: pilot %s stands in dial plan %s too: keep one", p.Name, pilot.Number, pilots[n]))
			}
			p.pilots[n], pilots[n] = h, p.Name
		}
	}
	return problems
}

func (t *Table) planIndex(name string) int {
	return slices.IndexFunc(t.plans, func(p plan) bool { return p.Name == name })
}
