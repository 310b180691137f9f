package dnsupdate

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Change is what one record set is to become. Names and values are written without a final dot.
type Change struct {
	Name string        `json:"name"`
	Zone string        `json:"zone"`
	Type string        `json:"type"` // A, AAAA or CNAME
	TTL  time.Duration `json:"ttl"`  // of the new values; rounded to whole seconds, at least one
	Old  []string      `json:"old"`  // what must be there now; empty: the name must not be in use
	New  []string      `json:"new"`  // what is there afterwards; empty: the record set is deleted

	// View and Servers tell the two sides of a split zone apart: the name of the view, for people, and the addresses of the
	// servers that hold it. No servers: every listed one that holds the zone.
	View    string   `json:"view,omitempty"`
	Servers []string `json:"servers,omitempty"`
}

// Title is the change's name with its type and its view, as reports write it.
func (c Change) Title() string { return title(c.Name, c.Type, c.View) }

func title(name, kind, view string) string {
	if view != "" {
		view = " (" + view + ")"
	}
	return name + " " + kind + view
}

// Zone is the changes of one zone. They travel in one message, and a server does all of them or none (RFC 2136, 3.7).
type Zone struct {
	Name    string   `json:"name"`
	Changes []Change `json:"changes"`
	View    string   `json:"view,omitempty"`
	Servers []string `json:"servers,omitempty"` // see Change
}

// key tells the zones of a set apart.
func (z Zone) key() string { return z.Name + "\n" + z.View + "\n" + strings.Join(z.Servers, ",") }

// Set is a change set: one atomic update per zone. Zones do not share one fate, therefore every outcome is told name by name.
type Set struct {
	Zones []Zone `json:"zones"`
}

// Record is a record set as a server answered it, kept so that it can be put back.
type Record struct {
	Name   string        `json:"name"`
	Zone   string        `json:"zone"`
	Type   string        `json:"type"`
	Values []string      `json:"values"` // sorted; empty: none of this type
	TTL    time.Duration `json:"ttl"`
	Alias  string        `json:"alias,omitempty"` // the name is a CNAME to this, where an address was asked for
	View   string        `json:"view,omitempty"`
}

// maxMessage keeps an update and its signature below the 65,535 bytes that DNS over TCP can carry.
const maxMessage = 60000

// Plan checks the changes, brings names and values into one form, and groups them by zone. The result depends only on the
// changes, never on their order.
func Plan(changes ...Change) (Set, error) {
	zones := make(map[string]Zone)
	for _, c := range changes {
		n, err := c.normal()
		if err != nil {
			return Set{}, fmt.Errorf("change of %s: %w", c.Name, err)
		}
		z := Zone{Name: n.Zone, View: n.View, Servers: n.Servers}
		z.Changes = append(zones[z.key()].Changes, n)
		zones[z.key()] = z
	}
	var set Set
	for _, z := range zones {
		slices.SortFunc(z.Changes, func(a, b Change) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type))
		})
		if err := z.check(); err != nil {
			return Set{}, err
		}
		set.Zones = append(set.Zones, z)
	}
	slices.SortFunc(set.Zones, func(a, b Zone) int { return cmp.Compare(a.key(), b.key()) })
	return set, nil
}

// Changes are all changes of the set, zone by zone.
func (s Set) Changes() []Change {
	var all []Change
	for _, z := range s.Zones {
		all = append(all, z.Changes...)
	}
	return all
}

// PutBack is the set that undoes s: each name from its new values to what old recorded, or to the planned old values
// where nothing was recorded or the new ones were already there.
func (s Set) PutBack(old []Record) (Set, error) {
	var back []Change
	for _, c := range s.Changes() {
		r := c
		r.Old, r.New = c.New, c.Old
		for _, o := range old {
			if o.Name == c.Name && o.Type == c.Type && o.View == c.View && (!slices.Equal(o.Values, c.New) || slices.Equal(c.Old, c.New)) {
				r.New = o.Values
				if o.TTL > 0 {
					r.TTL = o.TTL
				}
			}
		}
		back = append(back, r)
	}
	return Plan(back...)
}

func (c Change) normal() (Change, error) {
	name, err := domain(c.Name)
	if err != nil {
		return c, err
	}
	zone, err := domain(c.Zone)
	if err != nil {
		return c, fmt.Errorf("zone: %w", err)
	}
	if !dns.IsSubDomain(dns.Fqdn(zone), dns.Fqdn(name)) {
		return c, fmt.Errorf("it is not in zone %s; give the zone that holds the name", c.Zone)
	}
	n := Change{Name: name, Zone: zone, Type: strings.ToUpper(c.Type), TTL: wholeSeconds(c.TTL), View: c.View}
	n.Servers = slices.Compact(slices.Sorted(slices.Values(c.Servers)))
	if n.Old, err = values(n.Type, c.Old); err != nil {
		return c, fmt.Errorf("old value: %w", err)
	}
	if n.New, err = values(n.Type, c.New); err != nil {
		return c, fmt.Errorf("new value: %w", err)
	}
	if len(n.Old) == 0 && len(n.New) == 0 {
		return c, fmt.Errorf("no old and no new value; give at least one")
	}
	return n, nil
}

// wholeSeconds rounds to the unit of a TTL. A scaled TTL must not become 0, which means "do not cache".
func wholeSeconds(d time.Duration) time.Duration {
	return min(max(d.Round(time.Second), time.Second), (1<<31-1)*time.Second)
}

func domain(s string) (string, error) {
	if s == "" {
		return "", fmt.Errorf("empty name")
	}
	if _, ok := dns.IsDomainName(s); !ok || strings.ContainsAny(s, "\\ \t\r\n\"();@") {
		return "", fmt.Errorf("%q is not a domain name", s)
	}
	for r := range strings.SplitSeq(s, "") {
		if r[0] >= 0x7f || r[0] <= ' ' {
			return "", fmt.Errorf("%q is not a domain name; write it in ASCII (xn--)", s)
		}
	}
	c := strings.TrimSuffix(dns.CanonicalName(s), ".")
	if c == "" {
		return "", fmt.Errorf("%q is the root", s)
	}
	return c, nil
}

func values(kind string, in []string) ([]string, error) {
	out := make([]string, 0, len(in))
	for _, v := range in {
		n, err := value(kind, v)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if kind == "CNAME" && len(out) > 1 {
		return nil, fmt.Errorf("a CNAME has one target, not %d", len(out))
	}
	return out, nil
}

func value(kind, v string) (string, error) {
	if kind == "CNAME" {
		return domain(v)
	}
	if kind != "A" && kind != "AAAA" {
		return "", fmt.Errorf("type %q; one of A, AAAA, CNAME", kind)
	}
	a, err := netip.ParseAddr(v)
	if err != nil || a.Zone() != "" {
		return "", fmt.Errorf("%q is not an address", v)
	}
	if kind == "A" && !a.Is4() || kind == "AAAA" && (!a.Is6() || a.Is4In6()) {
		return "", fmt.Errorf("%q is not an address of type %s", v, kind)
	}
	return a.String(), nil
}

// check refuses what no server could do as one update.
func (z Zone) check() error {
	for i, a := range z.Changes {
		for _, b := range z.Changes[i+1:] {
			if a.Name != b.Name {
				break
			}
			if a.Type == b.Type {
				return fmt.Errorf("%s %s is changed twice", a.Name, a.Type)
			}
			if (a.Type == "CNAME" || b.Type == "CNAME") && len(a.New) > 0 && len(b.New) > 0 {
				return fmt.Errorf("%s cannot be a CNAME and hold %s records", a.Name, a.Type)
			}
		}
	}
	if n := max(z.message(nil, false).Len(), z.message(nil, true).Len()); n > maxMessage {
		return fmt.Errorf("zone %s: %d changes need %d bytes, more than one update can carry; repoint fewer names at once", z.Name, len(z.Changes), n)
	}
	return nil
}
