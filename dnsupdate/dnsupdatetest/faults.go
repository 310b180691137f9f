package dnsupdatetest

import (
	"context"
	"testing"

	"siteswap/dnsupdate"
)

// runFaults makes the server fail once in every way. After each the same change is applied again, as a new attempt would,
// and must end well without a second effect.
func runFaults(t *testing.T, newServer func(t *testing.T) Server) {
	for _, c := range []struct {
		name  string
		fault Fault
		want  dnsupdate.Result
		why   string
	}{
		{"DropRequest", DropRequest, dnsupdate.Unknown, "no answer"},
		{"DropAnswer", DropAnswer, dnsupdate.Done, "read back: it is there"},
		{"Lie", Lie, dnsupdate.Failed, "answered NOERROR, but still answers 192.0.2.1"},
		{"ServFail", ServFail, dnsupdate.Failed, "SERVFAIL"},
		{"ServFailAfter", ServFailAfter, dnsupdate.Done, "SERVFAIL"},
		{"UnsignedRefuse", UnsignedRefuse, dnsupdate.Unknown, "not signed"},
		{"UnsignedAnswer", UnsignedAnswer, dnsupdate.Done, "not signed"},
		{"ForgedLie", ForgedLie, dnsupdate.Unknown, "signature does not verify"},
		{"ForgedAnswer", ForgedAnswer, dnsupdate.Done, "signature does not verify"},
		{"Truncate", Truncate, dnsupdate.Done, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, newServer(t))
			if b.server.Inject == nil {
				t.Skip("this server cannot be made to fail")
			}
			b.must(dnsupdate.Done, b.change("a", "A", minute, nil, one("192.0.2.1")))
			b.client = b.newClient(dnsupdate.Options{Timeout: faultTimeout, Servers: []dnsupdate.Server{b.listed}})
			swap := b.change("a", "A", minute, one("192.0.2.1"), one("192.0.2.2"))
			b.server.Inject(c.fault)
			o := b.must(c.want, swap)
			contains(t, o.Names[0].Why, c.why)
			if !o.Sent {
				t.Error("nothing was sent")
			}
			b.server.Inject(None)
			b.settled(c.want, swap)
		})
	}
}

// settled repeats the change and insists that it is done, and that it was sent again only where it had not taken effect.
func (b *bench) settled(first dnsupdate.Result, swap dnsupdate.Change) {
	b.t.Helper()
	before := b.serial(swap)
	o := b.must(dnsupdate.Done, swap)
	if first == dnsupdate.Done && (o.Sent || b.serial(swap) != before) {
		b.t.Error("what had taken effect was sent again")
	}
	b.holds("a", "192.0.2.2")
}

func (b *bench) serial(c dnsupdate.Change) uint32 {
	b.t.Helper()
	a, err := b.client.Query(context.Background(), b.listed, c.Name)
	if err != nil {
		b.t.Fatal(err)
	}
	return a.Serial
}
