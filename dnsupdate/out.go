package dnsupdate

import (
	"fmt"
	"slices"
	"strings"
)

// Out is a listed server that is left out: neither written nor waited for. Two different people say so, or it was fenced;
// otherwise a server that cannot be reached stays owed, because it may come back and serve the old answer.
type Out struct {
	Server string   `json:"server"`
	Fenced string   `json:"fenced,omitempty"` // the evidence: why it cannot answer anybody
	People []string `json:"people,omitempty"`
}

func (o Out) validate(servers []Server) error {
	if !slices.ContainsFunc(servers, func(s Server) bool { return s.Address == o.Server }) {
		return fmt.Errorf("%s is left out, but is no listed DNS server", o.Server)
	}
	if o.Fenced != "" {
		return nil
	}
	var people []string
	for _, p := range o.People {
		if p = strings.ToLower(strings.TrimSpace(p)); p != "" && !slices.Contains(people, p) {
			people = append(people, p)
		}
	}
	if len(people) < 2 {
		return fmt.Errorf("%s is left out by the word of %d; two different people must say so, or it must be fenced", o.Server, len(people))
	}
	return nil
}

func (o Out) why() string {
	if o.Fenced != "" {
		return "left out: fenced, " + o.Fenced
	}
	return "left out by the word of " + strings.Join(o.People, " and ")
}

// leftOut says why a server is left out, if it is.
func (c *Client) leftOut(address string) (string, bool) {
	for _, o := range c.out {
		if o.Server == address {
			return o.why(), true
		}
	}
	return "", false
}

// Out are the servers that are left out.
func (c *Client) Out() []Out { return append([]Out(nil), c.out...) }
