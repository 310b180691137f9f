package dnsupdate

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"
)

// State is how a server stands to a set.
type State uint8

// The states of a server. The zero value is the careful one.
const (
	Unreachable State = iota // it did not answer: it is owed the change, and may serve the old answer when it returns
	Differs                  // it answers something else
	Agrees                   // it answers the new values
	LeftOut                  // it was declared out, and not asked
)

// String is the word in the report.
func (s State) String() string {
	switch s {
	case Agrees:
		return "agrees"
	case Differs:
		return "differs"
	case LeftOut:
		return "left-out"
	}
	return "unreachable"
}

// MarshalText writes the word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// NameState is what a server answers for one change.
type NameState struct {
	Name    string        `json:"name"`
	Type    string        `json:"type"`
	View    string        `json:"view,omitempty"`
	Agrees  bool          `json:"agrees"`
	Old     bool          `json:"old"` // it still answers the old values
	Present []string      `json:"present"`
	Alias   string        `json:"alias,omitempty"` // it is a CNAME there
	TTL     time.Duration `json:"ttl"`
}

// ServerState is how one server stands to a set.
type ServerState struct {
	Server string      `json:"server"`
	Site   string      `json:"site"`
	Via    string      `json:"via,omitempty"` // not listed: named by the NS records of this zone, only read
	State  State       `json:"state"`
	Names  []NameState `json:"names"` // empty where it could not be read
	Why    string      `json:"why,omitempty"`
}

// Verify reads every listed server that takes part of the set, and those that the zones' NS records name, all at once, and
// changes nothing. The listed ones come first, in the order of Options.Servers.
func (c *Client) Verify(ctx context.Context, set Set) []ServerState {
	list := c.audience(ctx, set)
	out := make([]ServerState, len(list))
	var all sync.WaitGroup
	for i, s := range list {
		all.Go(func() { out[i] = c.verifyAt(ctx, s, set) })
	}
	all.Wait()
	return out
}

// reader is a server to be read: a listed one, or one that a zone names.
type reader struct {
	Server
	via string
}

// audience is every server whose answer counts.
func (c *Client) audience(ctx context.Context, set Set) []reader {
	var list []reader
	for _, s := range c.servers {
		if s.takesAny(set) {
			list = append(list, reader{Server: s})
		}
	}
	if c.namePort == "" {
		return list
	}
	return append(list, c.named(ctx, set)...)
}

func (s Server) takesAny(set Set) bool {
	for _, z := range set.Zones {
		if s.takes(z) {
			return true
		}
	}
	return false
}

func (c *Client) verifyAt(ctx context.Context, server reader, set Set) ServerState {
	out := ServerState{Server: server.Address, Site: server.Site, Via: server.via, State: Agrees}
	if why, ok := c.leftOut(server.Address); ok {
		out.State, out.Why = LeftOut, why
		return out
	}
	for _, z := range set.Zones {
		if server.via == "" && !server.takes(z) || server.via != "" && !server.holds(z.Name) {
			continue
		}
		records, err := c.read(ctx, server.Address, z)
		if err != nil {
			out.State, out.Why = Differs, err.Error()
			if errors.Is(err, ErrUnreachable) {
				out.State = Unreachable
			}
			return out
		}
		for i, ch := range z.Changes {
			out.add(ch, records[i])
		}
	}
	return out
}

func (s *ServerState) add(ch Change, r Record) {
	at := ch.compare(r)
	n := NameState{Name: ch.Name, Type: ch.Type, View: ch.View, Agrees: at == isNew || at == isNewOtherTTL, Old: at == isOld, Present: r.Values, Alias: r.Alias, TTL: r.TTL}
	s.Names = append(s.Names, n)
	if n.Agrees {
		return
	}
	s.State = Differs
	why := titled(ch.Name, ch.View) + " answers " + shown(r)
	if at == isOther {
		why += ", neither old nor new"
	}
	s.Why = strings.TrimPrefix(s.Why+"; "+why, "; ")
}
