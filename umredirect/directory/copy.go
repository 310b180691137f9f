package directory

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"siteswap/umredirect/mailbox"
)

// change is what a server said of one user: an attribute that it named replaces what was known of it, even if it is empty
// now; one that it did not name stays.
type change struct {
	id        string // objectGUID
	dn        string
	deleted   bool
	addresses []string
	hasAddr   bool
	server    string
	hasServer bool
}

// user is what is known of a user with an EUM address.
type user struct {
	dn, server string
	boxes      []eum
}

// users is the copy of the directory, by objectGUID. A user without an EUM address is kept too while changes are followed,
// for the server is told once.
type users map[string]user

// with is the copy after changes; the copy itself is not touched.
func (u users) with(changes []change) users {
	if len(changes) == 0 {
		return u
	}
	out := maps.Clone(u)
	if out == nil {
		out = users{}
	}
	for _, c := range changes {
		if c.deleted {
			delete(out, c.id)
			continue
		}
		now := out[c.id]
		now.dn = c.dn
		if c.hasServer {
			now.server = serverName(c.server)
		}
		if c.hasAddr {
			now.boxes = nil
			for _, a := range c.addresses {
				if e, is := parseEUM(a); is && !slices.Contains(now.boxes, e) {
					now.boxes = append(now.boxes, e)
				}
			}
		}
		out[c.id] = now
	}
	return out
}

// Mailboxes is what a directory says, ready for a table.
type Mailboxes struct {
	Rows    []mailbox.Row // in a fixed order
	Skipped int           // addresses of dial plans that the site file does not know
	Example string        // one of them
}

// mailboxes understands the copy. Two users with one extension are an error that names both: a call cannot tell them apart.
func (u users) mailboxes(o *Options) (Mailboxes, error) {
	var out Mailboxes
	owner := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(u)) {
		who := u[id]
		for _, e := range who.boxes {
			plan, known := o.plan(e.context)
			if !known {
				out.Skipped++
				out.Example = e.extension + " of " + e.context
				continue
			}
			key := strings.ToLower(e.extension + " of dial plan " + plan)
			if other, taken := owner[key]; taken && other != who.dn {
				return Mailboxes{}, fmt.Errorf("%s of dial plan %s belongs to %s and to %s: take it from one of them", e.extension, plan, other, who.dn)
			} else if taken {
				continue
			}
			owner[key] = who.dn
			out.Rows = append(out.Rows, mailbox.Row{Extension: e.extension, DialPlan: plan, Home: o.home(who.server)})
		}
	}
	slices.SortFunc(out.Rows, func(a, b mailbox.Row) int {
		if d := strings.Compare(a.DialPlan, b.DialPlan); d != 0 {
			return d
		}
		return strings.Compare(a.Extension, b.Extension)
	})
	return out, nil
}

// home is who answers for the mailboxes of a server.
func (o *Options) home(server string) string {
	for home, servers := range o.Homes {
		if slices.ContainsFunc(servers, func(s string) bool { return strings.EqualFold(s, server) }) {
			return home
		}
	}
	return current
}

// current is the home of mailboxes that no older UM server answers for.
const current = "current"
