package phone

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/emiago/sipgo/sip"
)

// call is a call under way.
type call struct {
	p    *PBX
	id   string
	ext  Extension
	from string
	to   string
	seq  int
	legs int
	been map[string]bool // targets that had their turn: no going round in circles
	rec  Call
}

// hop is one place that an INVITE is sent to.
type hop struct {
	network string
	addr    netip.AddrPort
	uri     string
	name    string // for the record
}

// ending is how a hop ended.
type ending struct {
	answered bool
	status   int  // of the refusal; 0 when nobody was there
	final    bool // no other redirector is asked
	why      string
}

// place makes a call and records it.
func (p *PBX) place(ctx context.Context, n uint64, e Extension, network string) Call {
	p.add(func(c *Counters) { c.Placed++ })
	id := fmt.Sprintf("%s-%d", p.o.Name, n)
	user := e.Number
	if p.o.Pilot != "" {
		user = p.o.Pilot
	}
	c := &call{
		p: p, id: id, ext: e, been: map[string]bool{},
		from: fmt.Sprintf("<sip:%s@%s>;tag=%s", p.o.Name, p.o.Domain, id),
		to:   fmt.Sprintf("<sip:%s@%s;user=phone>", user, p.o.Domain),
		rec:  Call{At: p.o.Now(), CallID: id, Extension: e.Number, Legacy: e.Legacy, Transport: network},
	}
	limited, cancel := context.WithTimeout(ctx, p.o.Timeout)
	end := c.run(limited, user, network)
	cancel()
	c.rec.Took = p.o.Now().Sub(c.rec.At)
	c.rec.Why = end.why
	switch {
	case end.answered:
		c.rec.Outcome = Answered
	case ctx.Err() != nil:
		c.rec.Outcome = Abandoned
	case e.Legacy && end.status == 480:
		c.rec.Outcome = UnservedLegacy
	default:
		c.rec.Outcome = Lost
	}
	p.record(c.rec)
	return c.rec
}

func (p *PBX) record(rec Call) {
	p.add(func(c *Counters) {
		switch rec.Outcome {
		case Answered:
			c.Answered++
		case Lost:
			c.Lost++
		case UnservedLegacy:
			c.UnservedLegacy++
		case Abandoned:
			c.Abandoned++
		}
	})
	p.o.OnCall(rec)
}

// run goes through the redirectors that answer, in their order. A refusal other than 5xx is the call's end.
func (c *call) run(ctx context.Context, user, network string) ending {
	end := ending{why: "no redirector answers 200 to OPTIONS"}
	for i, r := range c.p.o.Redirectors {
		if !c.p.up[i].Load() {
			continue
		}
		c.rec.Redirector = r.Name
		net, addr := r.reach(network)
		c.rec.Transport = net
		if c.p.o.Place != nil {
			end = c.placed(ctx, Leg{CallID: c.id, User: user, Network: net, To: addr, Hops: c.p.o.MaxRedirects})
		} else {
			end = c.try(ctx, hop{net, addr, fmt.Sprintf("sip:%s@%s;user=phone", user, addr), r.Name}, 0)
		}
		if end.answered || end.final || end.status != 0 && end.status < 500 || ctx.Err() != nil {
			return end
		}
		c.p.note(i, false) // until its next OPTIONS
	}
	return end
}

// placed has somebody else make the call. Once it was sent on, its end is final: see follow.
func (c *call) placed(ctx context.Context, l Leg) ending {
	if c.p.o.Pilot != "" {
		l.Diversion = c.ext.Number
	}
	end := c.p.o.Place(ctx, l)
	if end.Answered {
		c.rec.Target, c.rec.Redirects = end.Target, end.Redirects
	}
	return ending{answered: end.Answered, status: end.Status, final: end.Redirects > 0, why: end.Why}
}

// try sends an INVITE to a hop and goes where it is sent on to.
func (c *call) try(ctx context.Context, h hop, redirects int) ending {
	l, err := c.p.dial(ctx, h.network, h.addr.String())
	if err != nil {
		return ending{why: h.name + ": " + err.Error()}
	}
	defer l.close()
	c.seq++
	c.legs++
	q := request{
		method: "INVITE", uri: h.uri, branch: fmt.Sprintf("%s-%d", c.id, c.legs), from: c.from, to: c.to, callID: c.id, seq: c.seq,
		contact: c.p.o.Name, body: sdp(hostOf(l.conn.LocalAddr())),
	}
	if c.p.o.Pilot != "" {
		q.diversion = fmt.Sprintf("<sip:%s@%s>;reason=no-answer", c.ext.Number, c.p.o.Domain)
	}
	res, err := l.exchange(ctx, q.text(l), c.id, q.cseq(), c.p.firstResend(), c.p.o.LegTimeout)
	if err != nil {
		return ending{why: h.name + ": " + err.Error()}
	}
	c.acknowledge(l, q, res)
	switch {
	case res.StatusCode < 300:
		c.rec.Target, c.rec.Redirects = h.name, redirects
		c.hangUp(ctx, l, q, res)
		return ending{answered: true, status: res.StatusCode, why: "answered by " + h.name}
	case res.StatusCode < 400:
		if redirects == c.p.o.MaxRedirects {
			return ending{final: true, why: fmt.Sprintf("%s: more than %d redirects", h.name, redirects)}
		}
		return c.follow(ctx, h, res, redirects+1)
	}
	return ending{status: res.StatusCode, why: fmt.Sprintf("%s: %d %s", h.name, res.StatusCode, res.Reason)}
}

// acknowledge sends the ACK: for a refusal within the INVITE's transaction, for a 2xx as a request of its own.
func (c *call) acknowledge(l *link, invite request, res *sip.Response) {
	ack := invite
	ack.method, ack.diversion, ack.contact, ack.body = "ACK", "", "", ""
	ack.to = toOf(res, invite.to)
	if res.StatusCode < 300 {
		ack.branch += "-ack"
	}
	l.conn.Write([]byte(ack.text(l))) // when it is lost the far end repeats itself
}

// hangUp ends an answered call. Whether the far end says so changes nothing for the caller.
func (c *call) hangUp(ctx context.Context, l *link, invite request, res *sip.Response) {
	c.seq++
	bye := invite
	bye.method, bye.seq, bye.diversion, bye.contact, bye.body = "BYE", c.seq, "", "", ""
	bye.branch += "-bye"
	bye.to = toOf(res, invite.to)
	_, _ = l.exchange(ctx, bye.text(l), c.id, bye.cseq(), c.p.firstResend(), c.p.o.LegTimeout/2)
}

func toOf(res *sip.Response, otherwise string) string {
	if to := res.To(); to != nil {
		return to.Value()
	}
	return otherwise
}

func portOf(u sip.Uri) string {
	if u.Port != 0 {
		return strconv.Itoa(u.Port)
	}
	return "5060"
}
