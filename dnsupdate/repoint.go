package dnsupdate

import (
	"context"
	"strings"
	"sync"
)

// ServerReport is what was done at one server and how it stands afterwards.
type ServerReport struct {
	Outcome Outcome     `json:"outcome"`
	State   ServerState `json:"state"`
	Tried   bool        `json:"tried"` // false: nothing was done there, because a home server did not end well
}

// Report is how a repointing ended.
type Report struct {
	Result  Result         `json:"result"` // Done: every server that can be reached agrees
	Servers []ServerReport `json:"servers"`
	Owed    []string       `json:"owed,omitempty"` // addresses of servers that could not be reached
	Old     []Record       `json:"old"`            // what the home servers held before, for putting back
	Why     string         `json:"why,omitempty"`
}

// Repoint writes the set to the home server, which is the surviving site's, then to every other listed server directly,
// since waiting for the zone's own replication costs minutes, and then reads them all until those that can be reached
// agree, or Options.Converge has passed. The home server comes first and alone: its compare-and-swap decides whether the
// plan still holds. A zone, or a view of one, that the home server does not hold has its own: the next listed one of the
// same site, or else the first that holds it. If a home server does not end well, nothing is written elsewhere; what is
// done by then is told name by name, and is finished by repeating or put back with [Set.PutBack]. Repeating is harmless.
func (c *Client) Repoint(ctx context.Context, set Set, home Server) Report {
	homes, at := c.homes(set, home)
	done := c.atHomes(ctx, set, homes, at)
	rep := Report{Result: Done}
	for _, h := range homes {
		for _, n := range done[h.Address].Names {
			if !n.Before.isZero() {
				rep.Old = append(rep.Old, n.Before)
			}
		}
	}
	good := true
	for _, h := range homes {
		good = good && done[h.Address].Result == Done
	}
	if good {
		fresh := false // else this is a repetition: what is there already is not to be sent again
		for _, h := range homes {
			fresh = fresh || done[h.Address].Sent
		}
		c.applyOthers(ctx, set, at, done, fresh)
	}
	for _, s := range c.settled(ctx, set, home, done, good) {
		o, tried := done[s.Server]
		rep.Servers = append(rep.Servers, ServerReport{Outcome: o, State: s, Tried: tried})
		rep.count(o, s, tried && good)
		if s.Server == home.Address && s.State == Unreachable && rep.Result == Done {
			rep.Result, rep.Why = Unknown, s.Server+" was written, but does not answer any more"
		}
	}
	if !good {
		rep.Result, rep.Why = Done, ""
		for _, h := range homes {
			o := done[h.Address]
			if r := Worst(rep.Result, o.Result); r != rep.Result {
				rep.Result, rep.Why = r, h.Address+": "+o.Why
			}
		}
	}
	return rep
}

// homes are the servers that are written first, and by zone which one.
func (c *Client) homes(set Set, home Server) ([]Server, []string) {
	var list []Server
	at := make([]string, len(set.Zones))
	for i, z := range set.Zones {
		chosen, ok := c.homeOf(z, home)
		if !ok {
			continue
		}
		at[i] = chosen.Address
		known := false
		for _, s := range list {
			known = known || s.Address == chosen.Address
		}
		if !known {
			list = append(list, chosen)
		}
	}
	if len(list) == 0 {
		list = []Server{home} // it says itself that it holds nothing of the set
	}
	return list, at
}

func (c *Client) homeOf(z Zone, home Server) (Server, bool) {
	if home.takes(z) {
		return home, true
	}
	var found []Server
	for _, s := range c.servers {
		if _, out := c.leftOut(s.Address); out || !s.takes(z) {
			continue
		}
		if s.Site == home.Site {
			return s, true
		}
		found = append(found, s)
	}
	if len(found) == 0 {
		return Server{}, false
	}
	return found[0], true
}

// part is the zones of a set whose home is, or is not, the server.
func part(set Set, at []string, server string, own bool) Set {
	var out Set
	for i, z := range set.Zones {
		if (at[i] == server) == own {
			out.Zones = append(out.Zones, z)
		}
	}
	return out
}

func (c *Client) atHomes(ctx context.Context, set Set, homes []Server, at []string) map[string]Outcome {
	return c.each(homes, func(s Server) Outcome { return c.Apply(ctx, s, part(set, at, s.Address, true)) })
}

// each does something at several servers at once.
func (c *Client) each(list []Server, do func(Server) Outcome) map[string]Outcome {
	into := make(map[string]Outcome)
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, s := range list {
		all.Go(func() {
			o := do(s)
			mu.Lock()
			defer mu.Unlock()
			into[s.Address] = o
		})
	}
	all.Wait()
	return into
}

// applyOthers writes what other servers decided to the rest, and adds it to what was done.
func (c *Client) applyOthers(ctx context.Context, set Set, at []string, done map[string]Outcome, fresh bool) {
	write := c.Apply
	if fresh {
		write = c.Swap // all are read afterwards
	}
	var list []Server
	for _, s := range c.servers {
		if _, out := c.leftOut(s.Address); !out && s.takesAny(part(set, at, s.Address, false)) {
			list = append(list, s)
		}
	}
	for address, o := range c.each(list, func(s Server) Outcome { return write(ctx, s, part(set, at, s.Address, false)) }) {
		if first, ok := done[address]; ok {
			o = joined(first, o)
		}
		done[address] = o
	}
}

// joined is one server's outcome of two parts of a set.
func joined(a, b Outcome) Outcome {
	out := a
	out.Names = append(append([]NameOutcome(nil), a.Names...), b.Names...)
	out.Sent, out.Unreachable = a.Sent || b.Sent, a.Unreachable || b.Unreachable
	if out.Result = Worst(a.Result, b.Result); out.Result != a.Result {
		out.Why = b.Why
	}
	return out
}

func (r Record) isZero() bool { return r.Name == "" }

// count adds one server to the verdict. What can be read decides; a server that cannot be read is owed, which is a debt
// and no failure, as long as the home server is done.
func (rep *Report) count(o Outcome, s ServerState, tried bool) {
	switch s.State {
	case Agrees, LeftOut:
		return
	case Unreachable:
		rep.Owed = append(rep.Owed, s.Server)
		return
	}
	r := Failed
	if tried && o.Result != Done {
		r = o.Result
	}
	if w := Worst(rep.Result, r); w != rep.Result {
		rep.Result, rep.Why = w, s.Server+": "+s.Why
		if tried && o.Why != "" {
			rep.Why = s.Server + ": " + o.Why
		}
	}
}

// Names tells every name of the set with the servers that hold the new values and those that do not, for a person who must
// decide whether to finish or to put back.
func (rep Report) Names() []NameStanding {
	var out []NameStanding
	find := func(n NameState) *NameStanding {
		for i := range out {
			if out[i].Name == n.Name && out[i].Type == n.Type && out[i].View == n.View {
				return &out[i]
			}
		}
		out = append(out, NameStanding{Name: n.Name, Type: n.Type, View: n.View})
		return &out[len(out)-1]
	}
	for _, s := range rep.Servers {
		for _, n := range s.State.Names {
			at := find(n)
			if n.Agrees {
				at.New = append(at.New, s.State.Server)
			} else {
				at.Not = append(at.Not, s.State.Server+" answers "+strings.Join(n.Present, ", "))
			}
		}
	}
	return out
}

// NameStanding is how far one name has come.
type NameStanding struct {
	Name string   `json:"name"`
	Type string   `json:"type"`
	View string   `json:"view,omitempty"`
	New  []string `json:"new,omitempty"` // servers that answer the new values
	Not  []string `json:"not,omitempty"` // servers that do not, and what they answer
}
