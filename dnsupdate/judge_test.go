package dnsupdate_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"siteswap/dnsupdate"
)

// texts are records in one line each, as dig shows them.
func texts(list []dns.RR) []string {
	var out []string
	for _, rr := range list {
		out = append(out, strings.TrimSpace(strings.Join(strings.Fields(rr.String()), " ")))
	}
	return out
}

const requestMAC = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

var sent = dnsupdate.Signed{Key: goodKey(), ID: 4711, MAC: requestMAC, Time: time.Now()}

// answer makes the raw answer to the update that sent stands for.
func answer(t testing.TB, rcode int, secret string, mend func(*dns.Msg, *dns.TSIG)) []byte {
	t.Helper()
	m := new(dns.Msg)
	m.SetUpdate("test.local.")
	m.Id, m.Response, m.Rcode = sent.ID, true, rcode
	sig := &dns.TSIG{Hdr: dns.RR_Header{Name: "siteswap.", Rrtype: dns.TypeTSIG, Class: dns.ClassANY}, Algorithm: dns.HmacSHA256,
		TimeSigned: uint64(time.Now().Unix()), Fudge: 300, OrigId: m.Id}
	if mend != nil {
		mend(m, sig)
	}
	if secret == "" {
		raw, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	m.Extra = append(m.Extra, sig)
	raw, _, err := dns.TsigGenerate(m, secret, requestMAC, false)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

const otherBase64 = "b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyMTI="

func TestJudge(t *testing.T) {
	serverTime := func(d time.Duration) func(*dns.Msg, *dns.TSIG) {
		return func(_ *dns.Msg, sig *dns.TSIG) {
			b := make([]byte, 6)
			for i, at := 5, sent.Time.Add(d).Unix(); i >= 0; i-- {
				b[i], at = byte(at), at>>8
			}
			sig.Error, sig.OtherLen, sig.OtherData = dns.RcodeBadTime, 6, hex.EncodeToString(b)
		}
	}
	for _, c := range []struct {
		name string
		raw  []byte
		want dnsupdate.Result
		why  string
	}{
		{"good", answer(t, 0, plainBase64, nil), dnsupdate.Done, ""},
		{"not signed", answer(t, 0, "", nil), dnsupdate.Unknown, "answered NOERROR, but the answer is not signed"},
		{"signed by somebody else", answer(t, 0, otherBase64, nil), dnsupdate.Unknown, "signature does not verify"},
		{"another key's name", answer(t, 0, plainBase64, func(_ *dns.Msg, s *dns.TSIG) { s.Hdr.Name = "other." }), dnsupdate.Unknown, "another key"},
		{"a weaker algorithm", answer(t, 0, plainBase64, func(_ *dns.Msg, s *dns.TSIG) { s.Algorithm = dns.HmacSHA1 }), dnsupdate.Unknown, "another key or algorithm"},
		{"an old answer", answer(t, 0, plainBase64, func(_ *dns.Msg, s *dns.TSIG) { s.TimeSigned -= 3600 }), dnsupdate.Unknown, "wrong time"},
		{"another message's answer", answer(t, 0, plainBase64, func(m *dns.Msg, s *dns.TSIG) { m.Id++; s.OrigId++ }), dnsupdate.Unknown, "does not belong"},
		{"an echo", answer(t, 0, plainBase64, func(m *dns.Msg, _ *dns.TSIG) { m.Response = false }), dnsupdate.Unknown, "does not belong"},
		{"an answer to a query", answer(t, 0, plainBase64, func(m *dns.Msg, _ *dns.TSIG) { m.Opcode = dns.OpcodeQuery }), dnsupdate.Unknown, "does not belong"},
		{"no DNS", []byte("HTTP/1.1 400 Bad Request"), dnsupdate.Unknown, "not a DNS message"},
		{"nothing", nil, dnsupdate.Unknown, "not a DNS message"},
		{"value differs", answer(t, dns.RcodeNXRrset, plainBase64, nil), dnsupdate.Conflict, "NXRRSET"},
		{"set exists", answer(t, dns.RcodeYXRrset, plainBase64, nil), dnsupdate.Conflict, "YXRRSET"},
		{"name exists", answer(t, dns.RcodeYXDomain, plainBase64, nil), dnsupdate.Conflict, "YXDOMAIN"},
		{"value differs, not signed", answer(t, dns.RcodeNXRrset, "", nil), dnsupdate.Unknown, "NXRRSET"},
		{"not the zone", answer(t, dns.RcodeNotZone, plainBase64, nil), dnsupdate.Failed, "NOTZONE"},
		{"refused", answer(t, dns.RcodeRefused, plainBase64, nil), dnsupdate.Failed, "REFUSED"},
		{"refused, not signed", answer(t, dns.RcodeRefused, "", nil), dnsupdate.Unknown, "not signed"},
		{"server failure", answer(t, dns.RcodeServerFailure, plainBase64, nil), dnsupdate.Failed, "SERVFAIL"},
		{"format error", answer(t, dns.RcodeFormatError, plainBase64, nil), dnsupdate.Failed, "FORMERR"},
		{"not authoritative", answer(t, dns.RcodeNotAuth, plainBase64, nil), dnsupdate.Failed, "not authoritative"},
		{"key not known", answer(t, dns.RcodeNotAuth, plainBase64, func(_ *dns.Msg, s *dns.TSIG) { s.Error = dns.RcodeBadKey }), dnsupdate.Failed, "BADKEY"},
		{"wrong secret", answer(t, dns.RcodeNotAuth, plainBase64, func(_ *dns.Msg, s *dns.TSIG) { s.Error = dns.RcodeBadSig }), dnsupdate.Failed, "BADSIG"},
		{"clock ahead", answer(t, dns.RcodeNotAuth, plainBase64, serverTime(10*time.Minute)), dnsupdate.Failed, "the server's is 10m0s ahead of ours"},
		{"clock behind", answer(t, dns.RcodeNotAuth, plainBase64, serverTime(-10*time.Minute)), dnsupdate.Failed, "the server's is 10m0s behind ours"},
		{"bad time without a time", answer(t, dns.RcodeNotAuth, plainBase64, func(_ *dns.Msg, s *dns.TSIG) { s.Error = dns.RcodeBadTime }), dnsupdate.Failed, "BADTIME"},
		{"another TSIG error", answer(t, dns.RcodeNotAuth, plainBase64, func(_ *dns.Msg, s *dns.TSIG) { s.Error = 22 }), dnsupdate.Failed, "TSIG error 22"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := dnsupdate.Judge(c.raw, sent)
			if got.Result != c.want || !strings.Contains(got.Why, c.why) || (c.why == "") != (got.Why == "") {
				t.Errorf("got %s %q, want %s %q", got.Result, got.Why, c.want, c.why)
			}
		})
	}
}

func TestWorst(t *testing.T) {
	order := []dnsupdate.Result{dnsupdate.Done, dnsupdate.Failed, dnsupdate.Unknown, dnsupdate.Conflict}
	for i, x := range order {
		for j, y := range order {
			if got := dnsupdate.Worst(x, y); got != order[max(i, j)] {
				t.Errorf("worst of %s and %s: %s", x, y, got)
			}
		}
	}
}

// FuzzJudge: whatever comes over the wire, nothing but a message under the right signature is believed to be done.
func FuzzJudge(f *testing.F) {
	good := answer(f, 0, plainBase64, nil)
	f.Add(good)
	f.Add(answer(f, 0, "", nil))
	f.Add(answer(f, dns.RcodeNXRrset, plainBase64, nil))
	f.Add(answer(f, dns.RcodeNotAuth, plainBase64, func(_ *dns.Msg, s *dns.TSIG) { s.Error = dns.RcodeBadTime }))
	f.Fuzz(func(t *testing.T, raw []byte) {
		v := dnsupdate.Judge(raw, sent)
		if v.Result == dnsupdate.Done && len(raw) < len(good) {
			t.Errorf("believed %x", raw)
		}
		if v.Result != dnsupdate.Done && v.Why == "" {
			t.Error("no reason given")
		}
	})
}
