package dnsupdate

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Pace is how long it is at least between two readings of the same server while waiting for it to follow.
const Pace = 500 * time.Millisecond

// Converge reads every server until all that can be reached agree, or the deadline has passed, and gives the last reading.
// Servers that keep a zone in Active Directory agree only after replication and a poll of the directory; one that does not
// answer is not waited for, it is owed. seen, if not nil, gets every reading. It changes nothing.
func (c *Client) Converge(ctx context.Context, set Set, deadline time.Duration, seen func([]ServerState)) []ServerState {
	end := time.Now().Add(deadline)
	for {
		states := c.Verify(ctx, set)
		if seen != nil {
			seen(states)
		}
		if !waits(states) || !time.Now().Before(end) || !pause(ctx, Pace) {
			return states
		}
	}
}

// waits says whether a server that answers does not agree yet.
func waits(states []ServerState) bool {
	return slices.ContainsFunc(states, func(s ServerState) bool { return s.State == Differs })
}

// pause waits; false: ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// settled reads the home server and every other one, until they agree or Options.Converge has passed. One that did not
// answer moments ago is not waited for again: this is the step that users feel. Neither is one where the update failed for
// a reason that waiting does not mend.
func (c *Client) settled(ctx context.Context, set Set, home Server, done map[string]Outcome, good bool) []ServerState {
	list := []reader{{Server: home}}
	for _, r := range c.audience(ctx, set) {
		if r.Address != home.Address {
			list = append(list, r)
		}
	}
	out := make([]ServerState, len(list))
	var all sync.WaitGroup
	for i, r := range list {
		o, tried := done[r.Address]
		if o.Unreachable {
			out[i] = ServerState{Server: r.Address, Site: r.Site, State: Unreachable, Why: o.Why}
			continue
		}
		hopeless := !good || tried && o.Result != Done
		all.Go(func() { out[i] = c.settledAt(ctx, r, set, hopeless) })
	}
	all.Wait()
	return out
}

func (c *Client) settledAt(ctx context.Context, r reader, set Set, hopeless bool) ServerState {
	end := time.Now().Add(c.converge)
	for {
		s := c.verifyAt(ctx, r, set)
		if s.State != Differs || hopeless || !time.Now().Before(end) || !pause(ctx, Pace) {
			return s
		}
	}
}
