package dnsupdate

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// Wish is what a name is to hold, whatever it holds now: addresses of either family, or one name that it stands for.
type Wish struct {
	Name    string
	Zone    string
	View    string
	Servers []string      // see Change
	TTL     time.Duration // 0: as it is; a new name gets DefaultTTL
	Targets []string      // none: what it holds stays, and only the TTL changes
	Ours    [][]string    // other values that it may hold by plan, as the targets of other sites
}

// DefaultTTL is the TTL of a new record for which none is given (domain-exchange.md, section 7).
const DefaultTTL = 300 * time.Second

// Proposal is the change set that fulfils wishes, and what was there when it was made.
type Proposal struct {
	Set    Set      `json:"set"`
	Old    []Record `json:"old"`              // of every name, for putting back
	Chains []Chain  `json:"chains,omitempty"` // names that stand for other names now
	Odd    []string `json:"odd,omitempty"`    // sentences: names that hold what nobody planned
}

// Chain is a name that is an alias, and what it leads to. Only the first step is changed by a wish: the other names have
// their own owners.
type Chain struct {
	Name string   `json:"name"`
	View string   `json:"view,omitempty"`
	To   []string `json:"to"`
}

// Propose reads what the home server of each zone holds and gives the changes that fulfil the wishes. Nothing is written.
func (c *Client) Propose(ctx context.Context, wishes []Wish, home Server) (Proposal, error) {
	var p Proposal
	var changes []Change
	groups, order := make(map[string][]Wish), []Zone(nil)
	for _, w := range wishes {
		z := Zone{Name: canonical(w.Zone), View: w.View, Servers: slices.Sorted(slices.Values(w.Servers))}
		if groups[z.key()] == nil {
			order = append(order, z)
		}
		groups[z.key()] = append(groups[z.key()], w)
	}
	for _, z := range order {
		at, ok := c.homeOf(z, home)
		if !ok {
			return p, fmt.Errorf("no listed DNS server holds the zone %s; list one", z.Name)
		}
		list, err := c.proposeAt(ctx, at.Address, z, groups[z.key()], &p)
		if err != nil {
			return p, err
		}
		z.Changes = list
		c.stillElsewhere(ctx, at.Address, z, groups[z.key()])
		changes = append(changes, list...)
	}
	var err error
	p.Set, err = Plan(changes...)
	return p, err
}

// kinds are the record types that a wish decides on.
func kinds() []string { return []string{"A", "AAAA", "CNAME"} }

func (c *Client) proposeAt(ctx context.Context, server string, z Zone, wishes []Wish, p *Proposal) ([]Change, error) {
	var asked []question
	for _, w := range wishes {
		for _, k := range kinds() {
			asked = append(asked, question{canonical(w.Name), dns.StringToType[k]})
		}
	}
	answers, err := c.askMany(ctx, server, asked)
	if err != nil {
		return nil, err
	}
	var out []Change
	for i, w := range wishes {
		held := make([]Record, len(kinds()))
		for j, k := range kinds() {
			m := answers[i*len(kinds())+j]
			if err := isAuthoritative(m, server, w.Name); err != nil {
				return nil, err
			}
			held[j] = recordIn(m, Change{Name: canonical(w.Name), Zone: z.Name, Type: k, View: z.View})
			held[j].Alias = ""
			if len(held[j].Values) > 0 {
				p.Old = append(p.Old, held[j])
			}
		}
		p.chain(answers[i*len(kinds())], w)
		p.odd(w, held)
		list, err := w.changes(z, held)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func (p *Proposal) chain(m *dns.Msg, w Wish) {
	var a Answer
	a.take(m, canonical(w.Name), dns.TypeA, new(ttlMin))
	if len(a.Alias) > 0 {
		p.Chains = append(p.Chains, Chain{Name: canonical(w.Name), View: w.View, To: a.Alias})
	}
}

// odd notes a value that is neither wished nor any of ours: a plan from it is a decision of the person who reads it.
func (p *Proposal) odd(w Wish, held []Record) {
	if len(w.Ours) == 0 {
		return
	}
	for _, r := range held {
		if len(r.Values) == 0 || ours(r.Type, r.Values, append(slices.Clone(w.Ours), w.Targets)) {
			continue
		}
		p.Odd = append(p.Odd, titled(canonical(w.Name), w.View)+" holds "+shown(r)+", which is no site's: somebody set it by hand")
	}
}

// ours says whether values of one record type are those that one of the lists has of that type.
func ours(kind string, present []string, lists [][]string) bool {
	return slices.ContainsFunc(lists, func(list []string) bool {
		of := slices.DeleteFunc(slices.Clone(list), func(t string) bool { return KindOf(t) != kind })
		normal, err := values(kind, of)
		return err == nil && len(of) > 0 && slices.Equal(normal, present)
	})
}

// stillElsewhere finds the old value of what the home server has already: a set that was half applied is planned again with
// what other servers still hold, as long as that is ours.
func (c *Client) stillElsewhere(ctx context.Context, home string, z Zone, wishes []Wish) {
	if !slices.ContainsFunc(wishes, func(w Wish) bool { return len(w.Ours) > 0 }) {
		return // nothing that another server holds could be ours
	}
	done := func(ch Change) bool { return len(ch.New) > 0 && slices.Equal(ch.Old, ch.New) }
	for _, s := range c.servers {
		if s.Address == home || !s.takes(z) || !slices.ContainsFunc(z.Changes, done) {
			continue
		}
		records, err := c.read(ctx, s.Address, z)
		if err != nil {
			continue // it is owed, and says so when it is written
		}
		for i, ch := range z.Changes {
			at := slices.IndexFunc(wishes, func(w Wish) bool { return canonical(w.Name) == ch.Name })
			if done(ch) && at >= 0 && !slices.Equal(records[i].Values, ch.New) && ours(ch.Type, records[i].Values, wishes[at].Ours) {
				z.Changes[i].Old = records[i].Values
			}
		}
	}
}

// changes are what turns what is held, in the order of kinds, into the wish. What is as wished stays in the set: another
// server may not have it.
func (w Wish) changes(z Zone, held []Record) ([]Change, error) {
	wanted, err := w.byKind()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	ttl := w.TTL
	for _, r := range held {
		if ttl == 0 && len(r.Values) > 0 {
			ttl = r.TTL
		}
	}
	if ttl == 0 {
		ttl = DefaultTTL
	}
	var out []Change
	for j, k := range kinds() {
		ch := Change{Name: w.Name, Zone: z.Name, Type: k, TTL: ttl, Old: held[j].Values, New: wanted[k], View: z.View, Servers: z.Servers}
		if len(w.Targets) == 0 {
			ch.New = ch.Old
		}
		n, err := ch.normal()
		switch {
		case len(ch.Old) == 0 && len(ch.New) == 0:
			continue
		case err != nil:
			return nil, fmt.Errorf("%s: %w", w.Name, err)
		}
		out = append(out, n)
	}
	return out, nil
}

// byKind sorts targets by the record type that they need.
func (w Wish) byKind() (map[string][]string, error) {
	out := make(map[string][]string)
	for _, t := range w.Targets {
		k := KindOf(t)
		out[k] = append(out[k], t)
	}
	if len(out["CNAME"]) > 0 && len(w.Targets) > 1 {
		return nil, fmt.Errorf("a CNAME has one target and nothing beside it, not %d", len(w.Targets))
	}
	return out, nil
}

// KindOf is the record type that a target needs: A, AAAA or CNAME.
func KindOf(target string) string {
	a, err := netip.ParseAddr(target)
	switch {
	case err != nil:
		return "CNAME"
	case a.Is4():
		return "A"
	}
	return "AAAA"
}
