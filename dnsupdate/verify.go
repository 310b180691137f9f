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
)

// String is the word in the report.
func (s State) String() string {
	switch s {
	case Agrees:
		return "agrees"
	case Differs:
		return "differs"
	}
	return "unreachable"
}

// MarshalText writes the word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// NameState is what a server answers for one change.
type NameState struct {
	Name    string        `json:"name"`
	Type    string        `json:"type"`
	Agrees  bool          `json:"agrees"`
	Old     bool          `json:"old"` // it still answers the old values
	Present []string      `json:"present"`
	TTL     time.Duration `json:"ttl"`
}

// ServerState is how one listed server stands to a set.
type ServerState struct {
	Server string      `json:"server"`
	Site   string      `json:"site"`
	State  State       `json:"state"`
	Names  []NameState `json:"names"` // empty where it could not be read
	Why    string      `json:"why,omitempty"`
}

// Verify reads every listed server that holds a zone of the set, all at once, and changes nothing. The order is that of
// Options.Servers.
func (c *Client) Verify(ctx context.Context, set Set) []ServerState {
	var list []Server
	for _, s := range c.servers {
		if s.holdsAny(set) {
			list = append(list, s)
		}
	}
	out := make([]ServerState, len(list))
	var all sync.WaitGroup
	for i, s := range list {
		all.Go(func() { out[i] = c.verifyAt(ctx, s, set) })
	}
	all.Wait()
	return out
}

func (s Server) holdsAny(set Set) bool {
	for _, z := range set.Zones {
		if s.holds(z.Name) {
			return true
		}
	}
	return false
}

func (c *Client) verifyAt(ctx context.Context, server Server, set Set) ServerState {
	out := ServerState{Server: server.Address, Site: server.Site, State: Agrees}
	for _, z := range set.Zones {
		if !server.holds(z.Name) {
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
	n := NameState{Name: ch.Name, Type: ch.Type, Agrees: at == isNew || at == isNewOtherTTL, Old: at == isOld, Present: r.Values, TTL: r.TTL}
	s.Names = append(s.Names, n)
	if n.Agrees {
		return
	}
	s.State = Differs
	why := ch.Name + " answers " + shown(r)
	if at == isOther {
		why += ", neither old nor new"
	}
	s.Why = strings.TrimPrefix(s.Why+"; "+why, "; ")
}
