package names_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"siteswap/internal/lab/names"
)

const keyBase64 = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// exchange sends a message by TCP, signed with the good key if asked to, on a connection of its own: miekg/dns verifies a
// second signed answer on one connection with the first request's signature.
func exchange(t *testing.T, address string, m *dns.Msg, signed bool) *dns.Msg {
	t.Helper()
	c := &dns.Client{Net: "tcp", Timeout: 5 * time.Second}
	if signed {
		c.TsigSecret = map[string]string{"siteswap.": keyBase64}
		m.SetTsig("siteswap.", dns.HmacSHA256, 300, time.Now().Unix())
	}
	r, _, err := c.Exchange(m, address)
	if r == nil || err != nil && !errors.Is(err, dns.ErrAuth) {
		t.Fatalf("no usable answer: %v", err)
	}
	return r
}

// rr builds a record in one of the forms of RFC 2136: with a class, and without data where the text has none.
func rr(t *testing.T, text string, class uint16) dns.RR {
	t.Helper()
	f := strings.Fields(text)
	if len(f) == 2 {
		return &dns.ANY{Hdr: dns.RR_Header{Name: f[0], Rrtype: dns.StringToType[f[1]], Class: class}}
	}
	out, err := dns.NewRR(f[0] + " 0 IN " + strings.Join(f[1:], " "))
	if err != nil {
		t.Fatal(err)
	}
	out.Header().Class = class
	return out
}

func TestPrerequisites(t *testing.T) {
	s := newServer(t, names.Options{})
	address, _ := start(t, s)
	const in, any, none = dns.ClassINET, dns.ClassANY, dns.ClassNONE
	for _, c := range []struct {
		name  string
		text  string
		class uint16
		want  int
	}{
		{"name in use", "mail.test.local. ANY", any, dns.RcodeSuccess},
		{"name in use, is not", "none.test.local. ANY", any, dns.RcodeNameError},
		{"the apex is in use", "test.local. ANY", any, dns.RcodeSuccess},
		{"name not in use", "none.test.local. ANY", none, dns.RcodeSuccess},
		{"name not in use, is", "mail.test.local. ANY", none, dns.RcodeYXDomain},
		{"set exists", "mail.test.local. A", any, dns.RcodeSuccess},
		{"set exists, does not", "mail.test.local. AAAA", any, dns.RcodeNXRrset},
		{"set does not exist", "mail.test.local. AAAA", none, dns.RcodeSuccess},
		{"set does not exist, does", "MAIL.test.local. A", none, dns.RcodeYXRrset},
		{"set with values", "mail.test.local. A 10.0.1.10", in, dns.RcodeSuccess},
		{"set with other values", "mail.test.local. A 10.0.1.99", in, dns.RcodeNXRrset},
		{"set with values, none there", "none.test.local. A 10.0.1.99", in, dns.RcodeNXRrset},
		{"alias with value", "www.test.local. CNAME mail.TEST.local.", in, dns.RcodeSuccess},
		{"soa exists", "test.local. SOA", any, dns.RcodeSuccess},
		{"out of zone", "mail.test.other. A", any, dns.RcodeNotZone},
		{"a strange class", "mail.test.local. A", dns.ClassCHAOS, dns.RcodeFormatError},
		{"data where none may be", "mail.test.local. A 10.0.1.10", any, dns.RcodeFormatError},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := new(dns.Msg)
			m.SetUpdate("test.local.")
			m.Answer = []dns.RR{rr(t, c.text, c.class)}
			if got := exchange(t, address, m, true).Rcode; got != c.want {
				t.Errorf("answered %s, want %s", dns.RcodeToString[got], dns.RcodeToString[c.want])
			}
		})
	}
	if got := s.Serial("test.local"); got != 7 {
		t.Errorf("serial %d after questions only, want 7", got)
	}
}

func TestPrerequisiteTTL(t *testing.T) {
	address, _ := start(t, newServer(t, names.Options{}))
	m := new(dns.Msg)
	m.SetUpdate("test.local.")
	p := rr(t, "mail.test.local. A", dns.ClassANY)
	p.Header().Ttl = 60
	m.Answer = []dns.RR{p}
	if got := exchange(t, address, m, true).Rcode; got != dns.RcodeFormatError {
		t.Errorf("answered %s, want FORMERR", dns.RcodeToString[got])
	}
}

func TestUpdateForms(t *testing.T) {
	const in, any, none = dns.ClassINET, dns.ClassANY, dns.ClassNONE
	mail, www := "mail.test.local", "www.test.local"
	for _, c := range []struct {
		name   string
		text   string
		class  uint16
		rcode  int
		holder string
		kind   string
		want   []string
		serial uint32
	}{
		{"add a record", "mail.test.local. A 10.0.2.13", in, 0, mail, "A", []string{"10.0.1.10", "10.0.2.13"}, 8},
		{"add what is there", "mail.test.local. A 10.0.1.10", in, 0, mail, "A", []string{"10.0.1.10"}, 8}, // its TTL changes
		{"delete a record", "mail.test.local. A 10.0.1.10", none, 0, mail, "A", []string{}, 8},
		{"delete a record that is not there", "mail.test.local. A 10.0.1.99", none, 0, mail, "A", []string{"10.0.1.10"}, 7},
		{"delete a set", "mail.test.local. A", any, 0, mail, "A", []string{}, 8},
		{"delete a set of another type", "mail.test.local. AAAA", any, 0, mail, "A", []string{"10.0.1.10"}, 7},
		{"delete a name", "mail.test.local. ANY", any, 0, mail, "A", []string{}, 8},
		{"an alias beside data is ignored", "mail.test.local. CNAME x.test.local.", in, 0, mail, "CNAME", []string{}, 7},
		{"data beside an alias is ignored", "www.test.local. A 10.0.1.1", in, 0, www, "CNAME", []string{"mail.test.local"}, 7},
		{"an alias replaces an alias", "www.test.local. CNAME x.test.local.", in, 0, www, "CNAME", []string{"x.test.local"}, 8},
		{"the last NS stays", "test.local. NS dc.test.local.", none, 0, "test.local", "NS", []string{"dc.test.local"}, 7},
		{"the NS set stays", "test.local. NS", any, 0, "test.local", "NS", []string{"dc.test.local"}, 7},
		{"deleting the apex keeps NS", "test.local. ANY", any, 0, "test.local", "NS", []string{"dc.test.local"}, 7},
		{"out of zone", "mail.test.other. A 10.0.1.1", in, dns.RcodeNotZone, mail, "A", []string{"10.0.1.10"}, 7},
		{"adding the type ANY", "mail.test.local. ANY", in, dns.RcodeFormatError, mail, "A", []string{"10.0.1.10"}, 7},
		{"deleting a record of type ANY", "mail.test.local. ANY", none, dns.RcodeFormatError, mail, "A", []string{"10.0.1.10"}, 7},
		{"an older SOA is ignored", "test.local. SOA dc.test.local. h.test.local. 6 1 1 1 5", in, 0, mail, "A", []string{"10.0.1.10"}, 7},
		{"a newer SOA is taken", "test.local. SOA dc.test.local. h.test.local. 70 1 1 1 5", in, 0, mail, "A", []string{"10.0.1.10"}, 70},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, names.Options{})
			address, _ := start(t, s)
			m := new(dns.Msg)
			m.SetUpdate("test.local.")
			m.Ns = []dns.RR{rr(t, c.text, c.class)}
			if got := exchange(t, address, m, true).Rcode; got != c.rcode {
				t.Errorf("answered %s, want %s", dns.RcodeToString[got], dns.RcodeToString[c.rcode])
			}
			got, _ := s.Values(c.holder, c.kind)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if got := s.Serial("test.local"); got != c.serial {
				t.Errorf("serial %d, want %d", got, c.serial)
			}
		})
	}
}

func TestZoneSection(t *testing.T) {
	address, _ := start(t, newServer(t, names.Options{}))
	for name, c := range map[string]struct {
		question []dns.Question
		want     int
	}{
		"no zone":       {nil, dns.RcodeFormatError},
		"two zones":     {[]dns.Question{{Name: "test.local.", Qtype: dns.TypeSOA, Qclass: 1}, {Name: "test.local.", Qtype: dns.TypeSOA, Qclass: 1}}, dns.RcodeFormatError},
		"no SOA":        {[]dns.Question{{Name: "test.local.", Qtype: dns.TypeA, Qclass: 1}}, dns.RcodeFormatError},
		"not held here": {[]dns.Question{{Name: "other.local.", Qtype: dns.TypeSOA, Qclass: 1}}, dns.RcodeNotAuth},
		"not an apex":   {[]dns.Question{{Name: "mail.test.local.", Qtype: dns.TypeSOA, Qclass: 1}}, dns.RcodeNotAuth},
	} {
		t.Run(name, func(t *testing.T) {
			m := new(dns.Msg)
			m.SetUpdate("test.local.")
			m.Question = c.question
			if got := exchange(t, address, m, true).Rcode; got != c.want {
				t.Errorf("answered %s, want %s", dns.RcodeToString[got], dns.RcodeToString[c.want])
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	address, _ := start(t, newServer(t, names.Options{}))
	for _, c := range []struct {
		name, kind string
		rcode      int
		aa         bool
		answers    int
		authority  int
	}{
		{"mail.test.local.", "A", 0, true, 1, 0},
		{"MAIL.Test.Local.", "A", 0, true, 1, 0},
		{"mail.test.local.", "AAAA", 0, true, 0, 1},
		{"www.test.local.", "A", 0, true, 2, 0},
		{"www.test.local.", "CNAME", 0, true, 1, 0},
		{"none.test.local.", "A", dns.RcodeNameError, true, 0, 1},
		{"below.test.local.", "A", 0, true, 0, 1}, // empty, but a name below it has records
		{"test.local.", "SOA", 0, true, 1, 0},
		{"test.local.", "NS", 0, true, 1, 0},
		{"mail.test.local.", "ANY", 0, true, 1, 0},
		{"a.sub.test.local.", "A", 0, false, 0, 1}, // delegated away
		{"elsewhere.example.", "A", dns.RcodeRefused, false, 0, 0},
	} {
		t.Run(c.name+c.kind, func(t *testing.T) {
			m := new(dns.Msg)
			m.SetQuestion(c.name, dns.StringToType[c.kind])
			r := exchange(t, address, m, false)
			if r.Rcode != c.rcode || r.Authoritative != c.aa || len(r.Answer) != c.answers || len(r.Ns) != c.authority {
				t.Errorf("got\n%s\nwant %+v", r, c)
			}
		})
	}
}

func TestSignedQuery(t *testing.T) {
	address, _ := start(t, newServer(t, names.Options{}))
	m := new(dns.Msg)
	m.SetQuestion("mail.test.local.", dns.TypeA)
	if r := exchange(t, address, m, true); r.IsTsig() == nil || len(r.Answer) != 1 {
		t.Errorf("a signed question gets a signed answer, got\n%s", r)
	}
}

func TestSkewedServer(t *testing.T) {
	s := newServer(t, names.Options{Skew: func() time.Duration { return 10 * time.Minute }})
	address, _ := start(t, s)
	m := new(dns.Msg)
	m.SetUpdate("test.local.")
	r := exchange(t, address, m, true)
	if sig := r.IsTsig(); r.Rcode != dns.RcodeNotAuth || sig == nil || sig.Error != dns.RcodeBadTime || sig.OtherLen != 6 {
		t.Errorf("got\n%s\nwant NOTAUTH with BADTIME and the server's time", r)
	}
}
