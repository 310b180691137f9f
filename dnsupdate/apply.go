package dnsupdate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// NameOutcome is how one change ended at one server.
type NameOutcome struct {
	Name    string        `json:"name"`
	Type    string        `json:"type"`
	View    string        `json:"view,omitempty"`
	Result  Result        `json:"result"`
	Before  Record        `json:"before"`            // as read before anything was sent
	Present []string      `json:"present"`           // as read last
	TTL     time.Duration `json:"ttl"`               // as read last
	Why     string        `json:"why,omitempty"`     // one sentence
	Unread  bool          `json:"unread,omitempty"`  // Present was never read: the server did not answer
	Skipped bool          `json:"skipped,omitempty"` // nothing was sent for it
}

// title names it; the type goes without saying, the view does not.
func (n NameOutcome) title() string { return titled(n.Name, n.View) }

func titled(name, view string) string {
	if view != "" {
		return name + " (" + view + ")"
	}
	return name
}

// Outcome is how a set ended at one server.
type Outcome struct {
	Server      string        `json:"server"`
	Site        string        `json:"site"`
	Result      Result        `json:"result"`      // the worst of the names
	Sent        bool          `json:"sent"`        // an update left for the server
	Unreachable bool          `json:"unreachable"` // it did not answer, before or after: owed
	Names       []NameOutcome `json:"names"`
	Why         string        `json:"why,omitempty"` // of the worst name
}

// Apply brings one server to the new values: it reads first, sends what is missing, one atomic update per zone, and reads
// back. It may be repeated at any time, also after a crash between sending and answer. Names of zones that the server is
// not listed for are left out.
func (c *Client) Apply(ctx context.Context, server Server, set Set) Outcome {
	return c.outcome(server, c.applyZones(ctx, server, set, false))
}

// Swap is Apply for a caller who reads the server afterwards in any case, as [Client.Repoint] does: it sends without reading
// first, and a good answer is enough. Where the answer leaves something open, or the server holds something else than
// planned, it does what Apply does.
func (c *Client) Swap(ctx context.Context, server Server, set Set) Outcome {
	return c.outcome(server, c.applyZones(ctx, server, set, true))
}

func (c *Client) outcome(server Server, works []*zoneWork) Outcome {
	out := Outcome{Server: server.Address, Site: server.Site, Result: Done}
	for _, w := range works {
		out.Sent = out.Sent || w.sent
		out.Unreachable = out.Unreachable || w.unreachable
		out.Names = append(out.Names, w.names...)
	}
	for _, n := range out.Names {
		if r := Worst(out.Result, n.Result); r != out.Result {
			out.Result, out.Why = r, n.title()+": "+n.Why
		}
	}
	return out
}

// zonesAtOnce is how many updates one server gets at the same time. Zones share no fate, so they need not wait for each
// other; a server that writes each to disk gains from a few.
const zonesAtOnce = 4

// applyZones does every zone that the server takes. The first goes alone: where the server is silent, the others are not
// tried, for each would cost a timeout.
func (c *Client) applyZones(ctx context.Context, server Server, set Set, swap bool) []*zoneWork {
	var works []*zoneWork
	for _, z := range set.Zones {
		if server.takes(z) {
			works = append(works, &zoneWork{c: c, server: server, zone: z, swap: swap})
		}
	}
	if len(works) == 0 {
		return nil
	}
	works[0].run(ctx)
	if works[0].unreachable {
		for _, w := range works[1:] {
			w.fail("not tried: the server does not answer")
		}
		return works
	}
	places := make(chan struct{}, zonesAtOnce)
	var all sync.WaitGroup
	for _, w := range works[1:] {
		places <- struct{}{}
		all.Go(func() { w.run(ctx); <-places })
	}
	all.Wait()
	return works
}

// zoneWork is one zone at one server.
type zoneWork struct {
	c           *Client
	server      Server
	zone        Zone
	names       []NameOutcome
	swap        bool // see Swap
	sent        bool
	unreachable bool
}

func (w *zoneWork) run(ctx context.Context) {
	if w.c.readOnly {
		w.fail("nothing was sent: this client only reads")
		return
	}
	if w.swap && w.swapped(ctx) {
		return
	}
	before, err := w.c.read(ctx, w.server.Address, w.zone)
	if err != nil {
		w.unreachable = errors.Is(err, ErrUnreachable)
		w.fail("nothing was sent: " + err.Error())
		return
	}
	todo, used, clash := w.sort(before)
	if clash || len(todo.Changes) == 0 {
		return
	}
	verdict := w.send(ctx, todo, used)
	after, err := w.c.read(ctx, w.server.Address, w.zone)
	if err != nil {
		w.unreachable = errors.Is(err, ErrUnreachable)
		w.lost(verdict, err)
		return
	}
	w.settle(verdict, after)
}

// swapped sends the whole zone as planned; false: look first, whatever that was.
func (w *zoneWork) swapped(ctx context.Context) bool {
	if v := w.send(ctx, w.zone, nil); v.Result != Done {
		return false
	}
	for _, ch := range w.zone.Changes {
		w.names = append(w.names, NameOutcome{Name: ch.Name, Type: ch.Type, View: ch.View, Result: Done, Present: ch.New, TTL: ch.TTL, Unread: true})
	}
	return true
}

func (w *zoneWork) fail(why string) {
	for _, ch := range w.zone.Changes {
		w.names = append(w.names, NameOutcome{Name: ch.Name, Type: ch.Type, View: ch.View, Result: Failed, Why: why, Unread: true, Skipped: true})
	}
}

// sort says of each change whether it is done, to be sent, or in conflict. What is to be sent swaps from the value that is
// there. One conflict keeps the whole zone from being sent: the server would refuse it all.
func (w *zoneWork) sort(before []Record) (todo Zone, used map[string]bool, clash bool) {
	todo, used = Zone{Name: w.zone.Name}, make(map[string]bool)
	for i, ch := range w.zone.Changes {
		n := NameOutcome{Name: ch.Name, Type: ch.Type, View: ch.View, Result: Failed, Before: before[i], Present: before[i].Values, TTL: before[i].TTL}
		used[ch.Name] = used[ch.Name] || len(before[i].Values) > 0
		switch ch.compare(before[i]) {
		case isNew:
			n.Result, n.Why, n.Skipped = Done, "was already there", true
		case isOther:
			n.Result, n.Why, n.Skipped, clash = Conflict, ch.handEdit(before[i]), true, true
		default:
			send := ch
			send.Old = before[i].Values
			todo.Changes = append(todo.Changes, send)
		}
		w.names = append(w.names, n)
	}
	if clash {
		for i := range w.names {
			if w.names[i].Result == Failed {
				w.names[i].Skipped, w.names[i].Why = true, "not sent: another name of zone "+w.zone.Name+" is in conflict"
			}
		}
	}
	return todo, used, clash
}

// send carries the update. Where the server has forgotten our Kerberos session (it was restarted), it has refused and done
// nothing, so the update is sent once more under a new one.
func (w *zoneWork) send(ctx context.Context, todo Zone, used map[string]bool) Verdict {
	v, forgotten := w.sendOnce(ctx, todo, used)
	if forgotten {
		v, _ = w.sendOnce(ctx, todo, used)
	}
	return v
}

func (w *zoneWork) sendOnce(ctx context.Context, todo Zone, used map[string]bool) (v Verdict, forgotten bool) {
	key, err := w.c.signingFor(ctx, w.server)
	if err != nil {
		return Verdict{Failed, "not sent: " + err.Error()}, false
	}
	defer func() { w.c.done(w.server, key, v.Result == Done || v.Result == Conflict) }()
	m := todo.message(used, w.server.GSS != nil)
	at := w.c.now()
	raw, mac, err := key.sign(m, at)
	if err != nil {
		return Verdict{Failed, "it could not be signed; check the key"}, false
	}
	answer, sent, err := w.c.send(ctx, w.server.Address, raw)
	w.sent = w.sent || sent
	if err != nil && !sent {
		return Verdict{Failed, "not sent: " + w.c.plain(err)}, false
	}
	if err != nil {
		return Verdict{Unknown, "sent, but no answer: " + w.c.plain(err)}, false
	}
	v = Judge(answer, key.request(m.Id, mac, at))
	return v, w.server.GSS != nil && forgot(answer)
}

// lost: the server could not be read back.
func (w *zoneWork) lost(v Verdict, err error) {
	for i := range w.names {
		if w.names[i].Skipped {
			continue
		}
		w.names[i].Unread = true
		w.names[i].Result = v.Result
		w.names[i].Why = v.Why
		if v.Result == Done {
			w.names[i].Result, w.names[i].Why = Unknown, "answered NOERROR"
		}
		w.names[i].Why += "; it could not be read back: " + err.Error()
	}
}

// settle decides by what was read back; the verdict only says what the old value means.
func (w *zoneWork) settle(v Verdict, after []Record) {
	other := false
	for i, ch := range w.zone.Changes {
		other = other || ch.compare(after[i]) == isOther
	}
	for i, ch := range w.zone.Changes {
		n := &w.names[i]
		n.Present, n.TTL = after[i].Values, after[i].TTL
		n.Result, n.Why = ch.outcome(v, after[i], other)
		if n.Skipped && n.Result == Done {
			n.Why = "was already there"
		}
	}
}

func (ch Change) outcome(v Verdict, after Record, other bool) (Result, string) {
	switch ch.compare(after) {
	case isNew:
		if v.Result == Done {
			return Done, ""
		}
		return Done, v.Why + "; read back: it is there"
	case isOther:
		return Conflict, ch.handEdit(after)
	case isNewOtherTTL:
		return Done, fmt.Sprintf("the server gives it a TTL of %s instead of %s", after.TTL, ch.TTL)
	}
	switch {
	case v.Result == Done:
		return Failed, "answered NOERROR, but still answers " + shown(after) + ": a server that does not apply, or another writer"
	case v.Result == Conflict && other:
		return Failed, "not applied: another name of zone " + ch.Zone + " is in conflict"
	case v.Result == Conflict:
		return Conflict, v.Why + "; it answers " + shown(after) + " now: the name stands in another zone of this server, other records of it are in the way, or a hand edit came and went"
	}
	return v.Result, v.Why + "; it still answers " + shown(after)
}

type standing uint8

const (
	isOld standing = iota
	isNew
	isNewOtherTTL // values as wanted, with another TTL, where the values were to change
	isOther
)

// compare says where a record set stands between the old and the new values. Where a change is one of the TTL only, the
// old values with another TTL are the old state.
func (ch Change) compare(r Record) standing {
	if r.Alias != "" && ch.Type != "CNAME" && len(ch.New) > 0 {
		return isOther
	}
	if slices.Equal(r.Values, ch.New) {
		switch {
		case len(ch.New) == 0 || r.TTL == ch.TTL:
			return isNew
		case slices.Equal(ch.Old, ch.New):
			return isOld
		}
		return isNewOtherTTL
	}
	if slices.Equal(r.Values, ch.Old) {
		return isOld
	}
	return isOther
}

// handEdit is the sentence for a value that nobody planned.
func (ch Change) handEdit(r Record) string {
	want := strings.Join(ch.Old, ", ")
	if want == "" {
		want = "nothing"
	}
	return fmt.Sprintf("holds %s, not %s as planned: somebody changed it; plan again from what is there", shown(r), want)
}

func shown(r Record) string {
	switch {
	case r.Alias != "" && r.Type != "CNAME":
		return "CNAME " + r.Alias
	case len(r.Values) == 0:
		return "nothing"
	}
	return strings.Join(r.Values, ", ")
}
