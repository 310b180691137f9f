package dnsupdate_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"siteswap/dnsupdate"
	"siteswap/internal/peers"
)

func (f fixture) apply(t *testing.T, c *dnsupdate.Client, changes ...dnsupdate.Change) dnsupdate.Outcome {
	t.Helper()
	return c.Apply(bounded(t), c.Servers()[0], setOf(t, changes...))
}

// keyFaults: the server does not take the signature.
func keyFaults() []fault {
	wrong := func(mend func(*dnsupdate.TSIG)) func(*testing.T) told {
		return func(t *testing.T) told {
			f := start(t, peers.StartBIND, peers.DNSOptions{}, "Prod")
			s := f.listed
			mend(&s.TSIG)
			o := f.apply(t, clientOf(t, time.Second, s), move("mail.test.local"))
			holds(t, f, "mail.test.local", "10.0.1.10")
			return of(o)
		}
	}
	return []fault{
		{"the key has another secret there", "BIND", "BADSIG", wrong(func(k *dnsupdate.TSIG) { k.Secret = dnsupdate.NewSecret(make([]byte, 32)) })},
		{"the server does not know the key", "BIND", "BADKEY", wrong(func(k *dnsupdate.TSIG) { k.Name = "nobody" })},
		{"our clock is 10 minutes slow", "BIND", "ahead of ours", func(t *testing.T) told {
			f := start(t, peers.StartBIND, peers.DNSOptions{}, "Prod")
			return of(f.apply(t, clockedClient(t, -10*time.Minute, f.listed), move("mail.test.local")))
		}},
		{"the server's clock is 10 minutes slow", "Knot", "behind ours", func(t *testing.T) told {
			f := start(t, peers.StartKnot, peers.DNSOptions{Skew: -10 * time.Minute}, "Prod")
			return of(f.apply(t, f.client, move("mail.test.local")))
		}},
		{"the key may not update the name", "BIND", "REFUSED", func(t *testing.T) told {
			zone := peers.Zone{Name: "test.local", Records: []string{"mail 300 A 10.0.1.10"}, Policy: `grant "siteswap." name other.test.local. ANY;`}
			f := start(t, peers.StartBIND, peers.DNSOptions{Zones: []peers.Zone{zone}}, "Prod")
			return of(f.apply(t, f.client, move("mail.test.local")))
		}},
		{"the key may not update the zone", "Knot", "BADKEY", func(t *testing.T) told {
			zone := peers.Zone{Name: "test.local", Records: []string{"mail 300 A 10.0.1.10"}, Keys: []string{}}
			f := start(t, peers.StartKnot, peers.DNSOptions{Zones: []peers.Zone{zone}}, "Prod")
			return of(f.apply(t, f.client, move("mail.test.local")))
		}},
	}
}

func clockedClient(t *testing.T, off time.Duration, s dnsupdate.Server) *dnsupdate.Client {
	t.Helper()
	c, err := dnsupdate.NewClient(dnsupdate.Options{Timeout: time.Second, Servers: []dnsupdate.Server{s}, Now: func() time.Time { return time.Now().Add(off) }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// recordFaults: the zone or the record is not as planned.
func recordFaults() []fault {
	return []fault{
		{"the server does not hold the zone", "BIND", "answers REFUSED", func(t *testing.T) told {
			f := start(t, peers.StartBIND, peers.DNSOptions{Zones: []peers.Zone{{Name: "elsewhere.example"}}}, "Prod")
			return of(f.apply(t, f.client, move("mail.test.local")))
		}},
		{"the name is delegated away", "BIND", "sub.test.local is delegated to ns.elsewhere.example", func(t *testing.T) told {
			zone := peers.Zone{Name: "test.local", Records: []string{"sub 300 NS ns.elsewhere.example."}}
			f := start(t, peers.StartBIND, peers.DNSOptions{Zones: []peers.Zone{zone}}, "Prod")
			return of(f.apply(t, f.client, move("mail.sub.test.local")))
		}},
		{"the name is in another zone of the same server", "BIND", "the name stands in another zone of this server", func(t *testing.T) told {
			zones := []peers.Zone{{Name: "test.local", Records: []string{"sub 300 NS ns.sub.test.local."}}, {Name: "sub.test.local", Records: []string{"mail 300 A 10.0.1.10"}}}
			f := start(t, peers.StartBIND, peers.DNSOptions{Zones: zones}, "Prod")
			ch := move("mail.sub.test.local")
			return of(f.apply(t, f.client, ch))
		}},
		{"the name is not in the zone", "none", "it is not in zone", func(*testing.T) told {
			ch := move("mail.other.example")
			_, err := dnsupdate.Plan(ch)
			return told{"refused", fmt.Sprint(err)}
		}},
		{"somebody changed the record since the plan", "BIND", "holds 10.9.9.9, not 10.0.1.10 as planned", edited(peers.StartBIND)},
		{"somebody changes the record just before the update", "BIND", "holds 10.9.9.9, not 10.0.1.10 as planned", editedBetween(peers.StartBIND)},
		{"somebody changes the record just before the update", "Knot", "holds 10.9.9.9, not 10.0.1.10 as planned", editedBetween(peers.StartKnot)},
		{"the name became an alias since the plan", "Knot", "holds CNAME web.test.local", func(t *testing.T) told {
			zone := peers.Zone{Name: "test.local", Records: []string{"mail 300 CNAME web", "web 300 A 10.0.1.10"}}
			f := start(t, peers.StartKnot, peers.DNSOptions{Zones: []peers.Zone{zone}}, "Prod")
			return of(f.apply(t, f.client, move("mail.test.local")))
		}},
	}
}

func hand() dnsupdate.Change {
	ch := move("mail.test.local")
	ch.New = []string{"10.9.9.9"}
	return ch
}

func edited(run starter) func(*testing.T) told {
	return func(t *testing.T) told {
		f := start(t, run, peers.DNSOptions{}, "Prod")
		f.apply(t, f.client, hand())
		got := of(f.apply(t, f.client, move("mail.test.local")))
		holds(t, f, "mail.test.local", "10.9.9.9")
		return got
	}
}

// editedBetween: the server's own prerequisite is what keeps the hand edit.
func editedBetween(run starter) func(*testing.T) told {
	return func(t *testing.T) told {
		f := start(t, run, peers.DNSOptions{}, "Prod")
		spoiled := &between{before: func() { f.apply(t, f.client, hand()) }}
		s := f.listed
		s.Address = spoiled.behind(t, f.listed.Address)
		o := f.apply(t, clientOf(t, 2*time.Second, s), move("mail.test.local"))
		if !o.Sent {
			t.Error("the update was not sent: the prerequisite was not tried")
		}
		holds(t, f, "mail.test.local", "10.9.9.9")
		return of(o)
	}
}

// wireFaults: the server or the network fails while an update is under way. After each, the same change is applied again as
// a new attempt would, and must end well without a second effect.
func wireFaults() []fault {
	var out []fault
	for name, run := range map[string]starter{"BIND": peers.StartBIND} {
		out = append(out,
			fault{"the server dies before it gets the update", name, "could not be read back", dies(run, true)},
			fault{"the server dies after it applied the update", name, "could not be read back", dies(run, false)},
			fault{"the update is lost", name, "sent, but no answer", spoiled(run, between{lose: true}, dnsupdate.Unknown, true)},
			fault{"the answer is lost", name, "read back: it is there", spoiled(run, between{answer: func([]byte) []byte { return nil }}, dnsupdate.Done, false)},
			fault{"the answer is not signed", name, "the answer is not signed; read back: it is there", spoiled(run, between{answer: unsigned}, dnsupdate.Done, false)},
			fault{"the answer is wrongly signed", name, "its signature does not verify; read back: it is there", spoiled(run, between{answer: forged}, dnsupdate.Done, false)},
		)
	}
	return out
}

func spoiled(run starter, way between, want dnsupdate.Result, again bool) func(*testing.T) told {
	return func(t *testing.T) told {
		f := start(t, run, peers.DNSOptions{}, "Prod")
		s := f.listed
		s.Address = way.behind(t, f.listed.Address)
		o := f.apply(t, clientOf(t, 500*time.Millisecond, s), move("mail.test.local"))
		if o.Result != want {
			t.Errorf("%s: %s", o.Result, o.Why)
		}
		f.settles(t, again)
		return of(o)
	}
}

// settles applies the change again, straight to the server.
func (f fixture) settles(t *testing.T, again bool) {
	t.Helper()
	before := serial(t, f)
	o := f.apply(t, f.client, move("mail.test.local"))
	if o.Result != dnsupdate.Done || o.Sent != again {
		t.Errorf("the next attempt: %s, sent %v: %s", o.Result, o.Sent, o.Why)
	}
	if after := serial(t, f); !again && after != before {
		t.Errorf("a second effect: the serial moved from %d to %d", before, after)
	}
	holds(t, f, "mail.test.local", "10.0.2.13")
}

func dies(run starter, before bool) func(*testing.T) told {
	return func(t *testing.T) told {
		f := start(t, run, peers.DNSOptions{}, "Prod")
		way := between{after: f.server.Kill, answer: func([]byte) []byte { return nil }}
		if before {
			way = between{before: f.server.Kill}
		}
		s := f.listed
		s.Address = way.behind(t, f.listed.Address)
		o := f.apply(t, clientOf(t, 500*time.Millisecond, s), move("mail.test.local"))
		if o.Result != dnsupdate.Unknown || !o.Unreachable {
			t.Errorf("%s: %s", o.Result, o.Why)
		}
		if err := f.server.Start(bounded(t)); err != nil {
			t.Fatal(err)
		}
		f.settles(t, before)
		return of(o)
	}
}

// readFaults: what reading has to cope with.
func readFaults() []fault {
	return []fault{
		{"two servers disagree for a while", "BIND, Knot", "every name has its new value", disagree(2*time.Second, true)},
		{"two servers disagree for longer than the deadline", "BIND, Knot", "mail.test.local answers 10.0.1.10", disagree(600*time.Millisecond, false)},
		{"the answer is truncated: a name with 100 addresses", "BIND", "", hundred(peers.StartBIND)},
		{"the answer is truncated: a name with 100 addresses", "Knot", "", hundred(peers.StartKnot)},
		{"the server has an IPv6 address only", "BIND", "", func(t *testing.T) told {
			list, err := peers.Ports(1)
			if err != nil {
				t.Fatal(err)
			}
			six := netip.AddrPortFrom(netip.IPv6Loopback(), list[0].Port())
			f := start(t, peers.StartBIND, peers.DNSOptions{Listen: []netip.AddrPort{six}}, "Prod")
			o := f.apply(t, f.client, move("mail.test.local"))
			holds(t, f, "mail.test.local", "10.0.2.13")
			return good(o)
		}},
		{"the server never answers", "Knot", "no answer: silent for", func(t *testing.T) told {
			f := start(t, peers.StartKnot, peers.DNSOptions{}, "Prod")
			if err := f.server.Pause(); err != nil {
				t.Fatal(err)
			}
			o := f.apply(t, clientOf(t, 300*time.Millisecond, f.listed), move("mail.test.local"))
			if o.Sent || !o.Unreachable {
				t.Errorf("sent %v, unreachable %v", o.Sent, o.Unreachable)
			}
			if err := f.server.Resume(); err != nil {
				t.Fatal(err)
			}
			return of(o)
		}},
	}
}

// good is what is told where nothing goes wrong.
func good(o dnsupdate.Outcome) told {
	got := of(o)
	if got.sentence == "" {
		got.sentence = "nothing: it is done"
	}
	return got
}

// disagree: the second server gets the change a second after the first, as by replication.
func disagree(patience time.Duration, follows bool) func(*testing.T) told {
	return func(t *testing.T) told {
		key := []peers.Key{peers.NewKey("siteswap")}
		first := start(t, peers.StartBIND, peers.DNSOptions{Keys: key}, "DR")
		second := start(t, peers.StartKnot, peers.DNSOptions{Keys: key}, "Prod")
		set := setOf(t, move("mail.test.local"))
		first.client.Apply(bounded(t), first.listed, set)
		if follows {
			later := time.AfterFunc(time.Second, func() { second.client.Apply(bounded(t), second.listed, set) })
			defer later.Stop()
		}
		c := clientOf(t, time.Second, first.listed, second.listed)
		readings := 0
		states := c.Converge(bounded(t), set, patience, func([]dnsupdate.ServerState) { readings++ })
		if readings < 2 || states[0].State != dnsupdate.Agrees {
			t.Errorf("%d readings, the first server %s", readings, states[0].State)
		}
		return stateOf(states[1])
	}
}

func hundred(run starter) func(*testing.T) told {
	return func(t *testing.T) told {
		f := start(t, run, peers.DNSOptions{}, "Prod")
		ch := dnsupdate.Change{Name: "many.test.local", Zone: "test.local", Type: "A", TTL: time.Minute}
		for i := range 100 {
			ch.New = append(ch.New, fmt.Sprintf("10.1.1.%d", i+1))
		}
		o := f.apply(t, f.client, ch)
		holds(t, f, "many.test.local", ch.New...)
		return good(o)
	}
}
