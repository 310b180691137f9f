package dnsupdate

import (
	"context"
	"sync"
)

// ServerReport is what was done at one listed server and how it stands afterwards.
type ServerReport struct {
	Outcome Outcome     `json:"outcome"`
	State   ServerState `json:"state"`
	Tried   bool        `json:"tried"` // false: nothing was done there, because the home server did not end well
}

// Report is how a repointing ended.
type Report struct {
	Result  Result         `json:"result"` // Done: every server that can be reached agrees
	Servers []ServerReport `json:"servers"`
	Owed    []string       `json:"owed,omitempty"` // addresses of servers that could not be reached
	Old     []Record       `json:"old"`            // what the home server held before, for putting back
	Why     string         `json:"why,omitempty"`
}

// Repoint writes the set to the home server, which is the surviving site's, then to every other listed server directly,
// since waiting for the zone's own replication costs minutes, and then reads them all. The home server comes first and
// alone: its compare-and-swap decides whether the plan still holds. If it does not end well there, nothing is written
// elsewhere. Repeating it is harmless.
func (c *Client) Repoint(ctx context.Context, set Set, home Server) Report {
	first := c.Apply(ctx, home, set)
	rep := Report{Result: first.Result}
	for _, n := range first.Names {
		if !n.Before.isZero() {
			rep.Old = append(rep.Old, n.Before)
		}
	}
	done := map[string]Outcome{home.Address: first}
	if first.Result == Done {
		c.applyOthers(ctx, set, home.Address, done)
	}
	for _, s := range c.statesAfter(ctx, set, home, done) {
		o, tried := done[s.Server]
		rep.Servers = append(rep.Servers, ServerReport{Outcome: o, State: s, Tried: tried})
		rep.count(o, s, tried)
		if s.Server == home.Address && s.State == Unreachable && rep.Result == Done {
			rep.Result, rep.Why = Unknown, s.Server+" was written, but does not answer any more"
		}
	}
	if first.Result != Done {
		rep.Result, rep.Why = first.Result, home.Address+": "+first.Why
	}
	return rep
}

// statesAfter reads the home server and every other listed one. One that did not answer moments ago is not waited for
// again: this is the step that users feel.
func (c *Client) statesAfter(ctx context.Context, set Set, home Server, done map[string]Outcome) []ServerState {
	list := []Server{home}
	for _, s := range c.servers {
		if s.Address != home.Address && s.holdsAny(set) {
			list = append(list, s)
		}
	}
	out := make([]ServerState, len(list))
	var all sync.WaitGroup
	for i, s := range list {
		if o := done[s.Address]; o.Unreachable {
			out[i] = ServerState{Server: s.Address, Site: s.Site, State: Unreachable, Why: o.Why}
			continue
		}
		all.Go(func() { out[i] = c.verifyAt(ctx, s, set) })
	}
	all.Wait()
	return out
}

func (r Record) isZero() bool { return r.Name == "" }

func (c *Client) applyOthers(ctx context.Context, set Set, home string, into map[string]Outcome) {
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, s := range c.servers {
		if s.Address == home || !s.holdsAny(set) {
			continue
		}
		all.Go(func() {
			o := c.Apply(ctx, s, set)
			mu.Lock()
			defer mu.Unlock()
			into[s.Address] = o
		})
	}
	all.Wait()
}

// count adds one server to the verdict. What can be read decides; a server that cannot be read is owed, which is a debt
// and no failure, as long as the home server is done.
func (rep *Report) count(o Outcome, s ServerState, tried bool) {
	if s.State == Agrees {
		return
	}
	if s.State == Unreachable {
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
