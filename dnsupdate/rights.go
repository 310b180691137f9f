package dnsupdate

import (
	"context"

	"github.com/miekg/dns"
)

// Right says whether an account may change a record, as far as a server can be asked without changing anything.
type Right struct {
	Server string `json:"server"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	View   string `json:"view,omitempty"`
	Result Result `json:"result"` // Done: it may; Failed: it may not, or the server does not take updates; Unknown
	Why    string `json:"why,omitempty"`
}

// CheckRights asks one server whether the records of a set may be changed there, without a change that shows. For each
// record set it sends an update that requires exactly what is there and adds exactly that again (RFC 2136, 3.4.2.2: a
// record that exists is not added twice); for a name that is not in use, one that deletes a record set that does not exist.
// Somebody else's edit in between makes the server do nothing.
//
// BIND and Samba's plug-in check the right to each record before they look whether anything changes, and then change
// nothing: neither data nor the zone's serial moves. So a refusal is certain, and so is a yes there. It is no proof that
// the later update will work: rights can be changed, and a server that checks only what does change says yes to all. On a
// Windows server the check may renew a record's time stamp for scavenging; that was not tried.
func (c *Client) CheckRights(ctx context.Context, server Server, set Set) []Right {
	var out []Right
	for _, z := range set.Zones {
		if !server.takes(z) {
			continue
		}
		records, err := c.read(ctx, server.Address, z)
		if err != nil {
			for _, ch := range z.Changes {
				out = append(out, right(server, ch, Verdict{Unknown, err.Error()}))
			}
			continue
		}
		// All at once first: where the whole zone is ours, that is one message.
		if len(z.Changes) > 1 && c.tryRights(ctx, server, z, z.Changes, records).Result == Done {
			for _, ch := range z.Changes {
				out = append(out, right(server, ch, Verdict{Result: Done}))
			}
			continue
		}
		for i, ch := range z.Changes {
			out = append(out, right(server, ch, c.tryRights(ctx, server, z, z.Changes[i:i+1], records[i:i+1])))
		}
	}
	return out
}

func right(s Server, ch Change, v Verdict) Right {
	if v.Result == Conflict {
		v = Verdict{Unknown, "it changed meanwhile; ask again"}
	}
	return Right{Server: s.Address, Name: ch.Name, Type: ch.Type, View: ch.View, Result: v.Result, Why: v.Why}
}

func (c *Client) tryRights(ctx context.Context, server Server, z Zone, changes []Change, present []Record) Verdict {
	if c.readOnly {
		return Verdict{Unknown, "this client only reads"}
	}
	key, err := c.signingFor(ctx, server)
	if err != nil {
		return Verdict{Failed, err.Error()}
	}
	m := z.rightsMessage(changes, present)
	at := c.now()
	raw, mac, err := key.sign(m, at)
	if err != nil {
		return Verdict{Failed, "it could not be signed; check the key"}
	}
	answer, _, err := c.send(ctx, server.Address, raw)
	if err != nil {
		c.done(server, key, false)
		return Verdict{Unknown, c.plain(err)}
	}
	v := Judge(answer, key.request(m.Id, mac, at))
	c.done(server, key, v.Result == Done || v.Result == Conflict)
	return v
}

// rightsMessage changes nothing: see CheckRights.
func (z Zone) rightsMessage(changes []Change, present []Record) *dns.Msg {
	m := new(dns.Msg)
	m.SetUpdate(dns.Fqdn(z.Name))
	for i, ch := range changes {
		r := present[i]
		if len(r.Values) > 0 {
			m.Used(ch.records(r.Values, 0))
			continue
		}
		m.RRsetNotUsed([]dns.RR{&dns.ANY{Hdr: header(ch, 0)}})
	}
	for i, ch := range changes {
		r := present[i]
		if len(r.Values) > 0 {
			m.Insert(ch.records(r.Values, uint32(r.TTL.Seconds())))
			continue
		}
		m.RemoveRRset([]dns.RR{&dns.ANY{Hdr: header(ch, 0)}})
	}
	return m
}
