package invite_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"siteswap/umredirect/invite"
)

// call is an INVITE as a PBX sends it; each of swaps is a piece of it and what stands there instead.
func call(swaps ...string) string {
	body := "v=0\r\no=- 1 1 IN IP4 10.0.1.200\r\ns=-\r\nc=IN IP4 10.0.1.200\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\n"
	raw := "INVITE sip:7000@um.test.local;user=phone SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.1.200:5080;branch=z9hG4bK-1-2;rport;x=y\r\nVia: SIP/2.0/TLS a.b;received=10.0.0.1\r\n" +
		"Max-Forwards: 70\r\nFrom: \"Al, ice\" <sip:+4989123@pbx.test.local:5060>;tag=f-1\r\nTo: <sip:7000@um.test.local>\r\nCall-ID: 1-2@10.0.1.200\r\nCSeq: 1 INVITE\r\n" +
		"Contact: <sip:pbx@10.0.1.200:5080;transport=udp>\r\nDiversion: <sip:1001@pbx.test.local>;reason=no-answer;counter=1\r\nX-Any: thing\r\nContent-Type: application/sdp\r\nContent-Length: 91\r\n\r\n" + body
	for i := 0; i+1 < len(swaps); i += 2 {
		if !strings.Contains(raw, swaps[i]) {
			panic("no " + swaps[i])
		}
		raw = strings.Replace(raw, swaps[i], swaps[i+1], 1)
	}
	return raw
}

func contacts() invite.Contacts {
	return invite.Contacts{[]byte("Contact: <sip:"), []byte("@a.test.local:5060;transport=tcp>;q=1\r\nContact: <sip:"), []byte("@b.test.local>;q=0.5\r\n")}
}

func source() netip.AddrPort { return netip.MustParseAddrPort("10.0.1.201:6000") }

func TestAnswer(t *testing.T) {
	const want = "SIP/2.0 302 Moved Temporarily\r\nVia: SIP/2.0/UDP 10.0.1.200:5080;branch=z9hG4bK-1-2;rport=6000;x=y;received=10.0.1.201\r\nVia: SIP/2.0/TLS a.b;received=10.0.0.1\r\n" +
		"From: \"Al, ice\" <sip:+4989123@pbx.test.local:5060>;tag=f-1\r\nTo: <sip:7000@um.test.local>;tag=T\r\nCall-ID: 1-2@10.0.1.200\r\nCSeq: 1 INVITE\r\n" +
		"Contact: <sip:7000@a.test.local:5060;transport=tcp>;q=1\r\nContact: <sip:7000@b.test.local>;q=0.5\r\nContent-Length: 0\r\n\r\n"
	var p invite.Plain
	if !p.Read([]byte(call())) {
		t.Fatalf("not taken: %q", call())
	}
	if got := string(p.Append(nil, []byte("T"), contacts(), source())); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if string(p.Diverted) != "1001" || string(p.User) != "7000" || !p.Phone || string(p.FromTag) != "f-1" || string(p.Sequence) != "1" || string(p.Branch) != "z9hG4bK-1-2" || p.Port(6000) != 6000 {
		t.Errorf("%q %q %v %q %q %q", p.Diverted, p.User, p.Phone, p.FromTag, p.Sequence, p.Branch)
	}
}

// Where the answer goes, and what its topmost Via says, without rport.
func TestVia(t *testing.T) {
	for _, c := range []struct {
		via, top string
		port     uint16
	}{
		{"10.0.1.201:5080;branch=z9hG4bK1", "10.0.1.201:5080;branch=z9hG4bK1", 5080},
		{"10.0.1.201;branch=z9hG4bK1", "10.0.1.201;branch=z9hG4bK1", 5060},
		{"pbx:5080;branch=z9hG4bK1", "pbx:5080;branch=z9hG4bK1;received=10.0.1.201", 5080},
	} {
		var p invite.Plain
		if !p.Read([]byte(call("10.0.1.200:5080;branch=z9hG4bK-1-2;rport;x=y", c.via))) {
			t.Fatalf("%s is not taken", c.via)
		}
		if got := string(p.Append(nil, nil, nil, source())); !strings.Contains(got, "\r\nVia: SIP/2.0/UDP "+c.top+"\r\n") || p.Port(6000) != c.port {
			t.Errorf("%s: port %d in %s", c.via, p.Port(6000), got)
		}
	}
}

// What the recogniser is not sure of it leaves alone.
func TestNotTaken(t *testing.T) {
	for _, swap := range [][2]string{
		{"INVITE sip", "INVITE sips"}, {"INVITE sip", "invite sip"}, {"INVITE ", "INVITE  "}, {" SIP/2.0\r\nVia", " SIP/2.1\r\nVia"}, {"sip:7000@", "sip:alice@"},
		{"sip:7000@", "sip:70;ext=1@"}, {"sip:7000@", "sip:7-0@"}, {"um.test.local;", "um.test.local?a=b;"}, {"user=phone", "user=ip"}, {"user=phone", "maddr=1.2.3.4"},
		{";rport;", ";rport=1;"}, {";rport;", ";received=1;"}, {";rport;", ";maddr=a;"}, {";rport;", ";rport;rport;"}, {";rport;", ";;"}, {";rport;", "; rport;"}, {"z9hG4bK-1-2", "1"},
		{"SIP/2.0/UDP", "SIP / 2.0 / UDP"}, {"SIP/2.0/UDP 10.0.1.200:5080", "SIP/2.0/UDP [::1]:5080"}, {"5080;branch", "0;branch"}, {"5080;branch", "70000;branch"}, {";x=y", ";x=\"y\""}, {";x=y", ", SIP/2.0/UDP b"},
		{"Max-Forwards: 70", "Max-Forwards: 0"}, {"Max-Forwards: 70", "Max-Forwards: 256"}, {"Max-Forwards: 70\r\n", ""}, {"Max-Forwards: 70", "Max-Forwards: 70\r\nMax-Forwards: 70"},
		{"tag=f-1", "x=1"}, {"tag=f-1", "tag"}, {"tag=f-1", "tag=1;tag=2"}, {"\"Al, ice\"", "\"Al\\\"ice\""}, {"\"Al, ice\"", "\"Al"}, {"\"Al, ice\"", "Al, ice"}, {"<sip:+4989123@pbx.test.local:5060>", "sip:1@pbx"},
		{"To: <sip:7000@um.test.local>", "To: <sip:7000@um.test.local>;tag=1"}, {"To: <sip:7000@um.test.local>", "To: <tel:7000>"}, {"To: <sip:7000@um.test.local>\r\n", ""}, {"To: ", "To : "}, {"To: ", "TO: "},
		{"1-2@10.0.1.200\r\n", "1-2 \r\n"}, {"1-2@10.0.1.200\r\n", "1-2\r\n x\r\n"}, {"1-2@10.0.1.200\r\n", "1-2\n"}, {"1-2@10.0.1.200", ""}, {"Call-ID: ", "Call-ID: x\r\ni: "},
		{"1 INVITE", "1  INVITE"}, {"1 INVITE", "1 BYE"}, {"1 INVITE", "2147483648 INVITE"}, {"1 INVITE", "x INVITE"}, {"CSeq: 1 INVITE\r\n", ""},
		{"Diversion: ", "Diversion: <sip:1@a>, "}, {"Diversion: ", "Diversion: <sip:1@a>\r\nDiversion: "}, {"1001@pbx", "bob@pbx"}, {"1001@pbx.test.local", "1001@Anonymous.invalid"}, {"reason=no-answer", "reason=\"no-answer\""},
		{"X-Any", "History-Info"}, {"X-Any", "Require"}, {"X-Any", "Proxy-Require"}, {"X-Any", "Route"}, {"X-Any", "Date"}, {"X-Any", "Unheard-Of"}, {"X-Any: thing", "X-Any: th\x00ing"}, {"X-Any: thing", "X-Any"},
		{"Contact: <", "Contact: ;<"}, {"transport=udp>", "transport=udp>;;"}, {"Content-Length: 91", "Content-Length: 90"}, {"Content-Length: 91", "Content-Length: 92"}, {"Content-Length: 91", "Content-Length: x"},
		{"\r\n\r\nv=0", "\r\n"}, {"INVITE", "\r\nINVITE"},
	} {
		var p invite.Plain
		if raw := call(swap[0], swap[1]); p.Read([]byte(raw)) {
			t.Errorf("taken with %q in place of %q", swap[1], swap[0])
		}
	}
	var p invite.Plain
	for cut := range len(call()) - 1 {
		if p.Read([]byte(call()[:cut])) {
			t.Errorf("the first %d bytes are taken", cut)
		}
	}
}

// invalid are the messages of RFC 4475, section 3.1.2, and those of the later sections that break a rule.
const invalid = "badinv01 clerr ncl scalar02 scalarlg quotbal ltgtruri lwsruri lwsstart trws escruri baddate regbadct badaspec baddn badvers mismatch01 mismatch02 bigcode " +
	"badbranch insuf unkscm novelsc unksm2 bext01 multi01 mcl01 bcast zeromf"

func TestRFC4475(t *testing.T) {
	const folder = "../../../shared/data/rfc4475"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("no messages in " + folder)
	}
	for name := range strings.FieldsSeq(invalid) {
		raw, err := os.ReadFile(filepath.Join(folder, name+".dat"))
		if err != nil {
			t.Error(err)
		}
		var p invite.Plain
		if p.Read(raw) {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	raw, buf, c, from := []byte(call()), make([]byte, 0, 2048), contacts(), source()
	var p invite.Plain
	if n := testing.AllocsPerRun(100, func() {
		p.Read(raw)
		p.Append(buf, p.Branch, c, from)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCall(b *testing.B) {
	raw, buf, c, from := []byte(call()), make([]byte, 0, 2048), contacts(), source()
	var p invite.Plain
	for b.Loop() {
		p.Read(raw)
		p.Append(buf, p.Branch, c, from)
	}
}
