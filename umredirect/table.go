package umredirect

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"siteswap/umredirect/mailbox"
)

// What a caller gets while the legacy server of its mailbox is down.
const (
	WhenDownDecline  = "decline"  // a final answer, 480: the default, for a 302 to a dead name is a dropped call
	WhenDownRedirect = "redirect" // the 302 all the same
	WhenDownCurrent  = "current"  // the current servers of the active site
)

// HomeCurrent is the home of a mailbox that is on the current version.
const HomeCurrent = "current"

// Target is a UM server that a call is redirected to. Its name goes into the Contact as it stands and is never looked up
// here: a call is answered although the DNS is down.
type Target struct {
	Host      string // FQDN
	Port      int    // 0: left out, so that the PBX may use SRV records
	Transport string // tcp, tls or udp; Exchange UM takes no udp
	Q         float64
}

// DialPlan is a UM dial plan: how long its extensions are, and its current servers by site.
type DialPlan struct {
	Name            string
	ExtensionDigits int
	Current         map[string][]Target
}

// Legacy is a server of the older version that still holds mailboxes.
type Legacy struct {
	Name      string
	FQDN      string
	Port      int
	Transport string // tcp unless set
	WhenDown  string // decline unless set
}

// Mailbox says which server answers for an extension: HomeCurrent or the name of a legacy server.
type Mailbox struct {
	Extension string
	DialPlan  string
	Home      string
}

// TableOptions is what a table is made of.
type TableOptions struct {
	DialPlans []DialPlan
	Legacy    []Legacy
	Mailboxes []Mailbox
	More      Source   // mailboxes that are too many for a list; nil: none
	Self      []string // host:port of every redirector; a target that is one of them would be a loop
}

// Table is a checked set of dial plans, legacy servers and mailboxes. It is never changed: another one takes its place.
type Table struct {
	plans  []DialPlan
	legacy map[string]Legacy
	homes  *mailbox.Store
	names  []string // of the homes of the store, by their number
}

// NewTable checks the parts and puts them together. A bad one is refused whole, with everything that is wrong with it.
func NewTable(o TableOptions) (*Table, error) {
	t := &Table{legacy: map[string]Legacy{}}
	self := map[string]bool{}
	for _, s := range o.Self {
		self[strings.ToLower(s)] = true
	}
	var problems []error
	problems = append(problems, t.addPlans(o.DialPlans, self)...)
	problems = append(problems, t.addLegacy(o.Legacy, self)...)
	problems = append(problems, t.addMailboxes(o)...)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *Table) addPlans(plans []DialPlan, self map[string]bool) (problems []error) {
	seen := map[string]bool{}
	for _, p := range plans {
		if p.Name == "" || seen[p.Name] {
			problems = append(problems, fmt.Errorf("dial plan %q: give each dial plan its own name", p.Name))
		}
		if p.ExtensionDigits < 1 {
			problems = append(problems, fmt.Errorf("dial plan %s: an extension has at least one digit", p.Name))
		}
		seen[p.Name] = true
		p.Current = cloneTargets(p.Current)
		for site, targets := range p.Current {
			for i := range targets {
				if err := targets[i].settle(self); err != nil {
					problems = append(problems, fmt.Errorf("dial plan %s, site %s: %w", p.Name, site, err))
				}
			}
			sortByQ(targets)
		}
		t.plans = append(t.plans, p)
	}
	return problems
}

func (t *Table) addLegacy(servers []Legacy, self map[string]bool) (problems []error) {
	for _, l := range servers {
		if _, twice := t.legacy[l.Name]; twice || l.Name == "" || l.Name == HomeCurrent {
			problems = append(problems, fmt.Errorf("legacy server %q: give each its own name, other than %q", l.Name, HomeCurrent))
		}
		target := l.target()
		if err := target.settle(self); err != nil {
			problems = append(problems, fmt.Errorf("legacy server %s: %w", l.Name, err))
		}
		l.Transport = target.Transport
		switch l.WhenDown {
		case "":
			l.WhenDown = WhenDownDecline
		case WhenDownDecline, WhenDownRedirect, WhenDownCurrent:
		default:
			problems = append(problems, fmt.Errorf("legacy server %s: when_down %q: write decline, redirect or current", l.Name, l.WhenDown))
		}
		t.legacy[l.Name] = l
	}
	return problems
}

func (t *Table) planIndex(name string) int {
	for i, p := range t.plans {
		if p.Name == name {
			return i
		}
	}
	return -1
}

func (l Legacy) target() Target {
	return Target{Host: l.FQDN, Port: l.Port, Transport: l.Transport, Q: 1}
}

// settle fills what is left out and checks what goes into a Contact: a name that holds anything but letters, digits, dots
// and hyphens could write headers of its own.
func (t *Target) settle(self map[string]bool) error {
	if t.Transport == "" {
		t.Transport = "tcp"
	}
	t.Transport = strings.ToLower(t.Transport)
	host := strings.ToLower(net.JoinHostPort(t.Host, strconv.Itoa(t.Port)))
	switch {
	case !isHost(t.Host):
		return fmt.Errorf("target %q: write a host name", t.Host)
	case t.Port < 0 || t.Port > 65535:
		return fmt.Errorf("target %s: port %d: write 1 to 65535", t.Host, t.Port)
	case t.Transport != "tcp" && t.Transport != "tls" && t.Transport != "udp":
		return fmt.Errorf("target %s: transport %q: write tcp, tls or udp", t.Host, t.Transport)
	case !(t.Q >= 0 && t.Q <= 1):
		return fmt.Errorf("target %s: q %v: write 0 to 1", t.Host, t.Q)
	case self[host]:
		return fmt.Errorf("target %s is this redirector: calls would go round in circles", host)
	}
	return nil
}
