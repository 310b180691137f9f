package umredirect

import (
	"bytes"
	"net/netip"
	"sync/atomic"
	"time"
	"unsafe"

	"siteswap/umredirect/invite"
)

// routes are the 302s of a view, made before the first call: for each dial plan and home the Contacts that the decision gives,
// with the caller's user left open. What is answered otherwise, or what depends on more of the call than its number, has none:
// the slow path answers it.
type routes struct {
	homes int
	all   []route
}

type route struct {
	contacts [2]invite.Contacts // without and with user=phone; nil: not here
	answered *atomic.Uint64
	target   string // the first of the contacts
	why      string // behind the kind of the place
}

// open stands for the caller's user in a Contact that is being prepared; no URI holds it.
const open = "\x00"

// newRoutes asks the decision itself, so that there is nothing to keep in step. answered gives the counter of a target.
func newRoutes(t *Table, s State, answered func(target string) *atomic.Uint64) routes {
	if t == nil {
		return routes{}
	}
	r := routes{homes: len(t.legacy) + stored}
	for plan := -1; plan < len(t.plans); plan++ {
		for h := range r.homes {
			var one route
			for phone := range one.contacts {
				c := call{table: t, state: s, uri: uri{scheme: "sip", user: open, phone: phone == 1}}
				a := c.route(place{plan: plan, home: home(h - stored)})
				if one.contacts[phone] = prepared(a); one.contacts[phone] != nil {
					one.target, one.why = a.Contacts[0].address(), a.Why
					one.answered = answered(one.target)
				}
			}
			r.all = append(r.all, one)
		}
	}
	return r
}

// prepared cuts the Contacts of an answer where the user stands; nil when the answer is not for the fast path: no 302, or one
// whose order is drawn by the Call-ID.
func prepared(a Answer) invite.Contacts {
	if a.Status != 302 || a.RetryAfter != 0 || a.Warning != 0 {
		return nil
	}
	var b []byte
	for _, c := range a.Contacts {
		if c.Weight > 0 && len(a.Contacts) > 1 {
			return nil
		}
		b = append(c.appendTo(append(b, "Contact: "...)), "\r\n"...)
	}
	return bytes.Split(b, []byte(open))
}

// at is the route of a place.
func (r *routes) at(p place) *route {
	i := (p.plan+1)*r.homes + int(p.home) + stored
	if p.home < nowhere || i >= len(r.all) {
		return nil
	}
	return &r.all[i]
}

// worker answers datagrams of one socket. It is used by one goroutine and allocates nothing for a plain call.
type worker struct {
	s      *Server
	over   string // udp, tcp or tls
	send   sender // copies of answers, which a stateful server sends again
	tags   *tagger
	invite invite.Plain
	forms  [1]string
	tag    []byte
	read   time.Time // when what is answered was read
	agent  string    // the last User-Agent that is no scanner's
	looked []looked  // plain calls that OnCall is still to be told of
}

// looked is a plain call that somebody wants to look at. What it is made of stands in its datagram.
type looked struct {
	Call
	called, callID []byte
	kind           string // of the place; the route says the rest of why
}

func (s *Server) newWorker(over string, send sender) *worker {
	return &worker{s: s, over: over, send: send, tags: newTagger(s.o.TagKey)}
}

// answer appends the answer to a datagram to b, and says to which port of its source it goes; false is silence. What the fast
// path does not take goes the slow way.
func (w *worker) answer(b, raw []byte, from netip.AddrPort) (_ []byte, port uint16, ok bool) {
	if w.s.memory == nil && invite.IsACK(raw) {
		w.s.fast.acks.Add(1)
		return b, 0, false
	}
	if b, ok = w.fast(b, raw, from); ok {
		return b, w.invite.Port(from.Port()), true
	}
	answer, to := w.s.handle(arrival{raw: raw, from: from, transport: "udp", send: w.send})
	if answer == nil {
		return b, 0, false
	}
	return append(b, answer...), to.Port(), true
}

// fast answers a plain call that leads to a 302. Who wants to look at it is told by tell, when its answer is on its way.
func (w *worker) fast(b, raw []byte, from netip.AddrPort) (_ []byte, ok bool) {
	p := &w.invite
	if w.s.memory != nil || !p.Read(raw) || !w.known(p.Agent) {
		return b, false
	}
	now := w.s.view.Load()
	if now.table == nil {
		return b, false
	}
	number, by := p.User, "request-uri"
	if len(p.Diverted) > 0 && now.table.diversion != Ignore {
		number, by = p.Diverted, "diversion"
	}
	at := w.find(now.table, number)
	r := now.routes.at(at)
	if r == nil {
		return b, false
	}
	contacts := r.contacts[0]
	if p.Phone {
		contacts = r.contacts[1]
	}
	if contacts == nil {
		return b, false
	}
	w.tag = appendTag(w.tags, w.tag[:0], p.CallID, p.FromTag, p.Branch, p.Sequence, p.URI)
	r.answered.Add(1)
	before := len(b)
	b = p.Append(b, w.tag, contacts, from)
	if w.s.o.Wanted() {
		w.looked = append(w.looked, looked{called: number, callID: p.CallID, kind: at.kind, Call: Call{At: w.read, Took: w.s.o.Now().Sub(w.read), Source: from, Transport: w.over, By: by,
			Status: 302, Target: r.target, Why: r.why, Fast: true, Request: raw, Answer: b[before:]}})
	}
	return b, true
}

// tell tells of the plain calls that were answered since, while their datagrams and answers are still there. The telling takes
// longer than an answer: it is done when the answers are sent, so that no call waits for it.
func (w *worker) tell() {
	for i := range w.looked {
		l := &w.looked[i]
		l.Called, l.CallID, l.Why = string(l.called), string(l.callID), l.kind+l.Why
		w.s.o.OnCall(l.Call)
	}
	clear(w.looked)
	w.looked = w.looked[:0]
}

// known says whether the User-Agent is no scanner's; the slow path deals with those. A peer's is the same in all its calls.
func (w *worker) known(agent []byte) bool {
	if w.agent == string(agent) {
		return true
	}
	if w.s.guard.Marked(string(agent)) {
		return false
	}
	w.agent = string(agent)
	return true
}

// find looks a number up in the place where it stands in the datagram.
func (w *worker) find(t *Table, number []byte) place {
	w.forms[0] = unsafe.String(unsafe.SliceData(number), len(number))
	at := t.find(w.forms[:])
	w.forms[0] = ""
	return at
}
