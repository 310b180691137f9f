package umredirect_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"siteswap/umredirect"
	"siteswap/umredirect/umredirecttest"
)

// torturePath is where the messages of RFC 4475 may lie; they are no part of this repository.
const torturePath = "../../shared/data/rfc4475"

type tortureMessage struct {
	name string
	raw  []byte
}

func torture(t testing.TB) (out []tortureMessage) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(torturePath, "*.dat"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, tortureMessage{strings.TrimSuffix(filepath.Base(f), ".dat"), raw})
	}
	return out
}

// asked is what RFC 4475 asks a redirect server for.
type asked struct {
	section, name string
	want          string // the answers that are right, the best first; silence
	why           string
	stream        string // over a stream, where that is another; the connection has ended after it
}

const (
	silence = "silence"
	noOne   = "a response to no request of ours is dropped (RFC 3261, 18.1.2)"
	noReg   = "valid REGISTER; not spoken here (RFC 3261, 8.2.1)"
)

// tortureAsked is in the order of the RFC. Where it leaves a choice, all of them stand here.
var tortureAsked = []asked{
	{"3.1.1.1", "wsinv", "481", "valid INVITE with white space everywhere; its To tag is of no dialog (RFC 3261, 12.2.2)", ""},
	{"3.1.1.2", "intmeth", "405 501", "valid; a method nobody knows (RFC 3261, 8.2.1)", ""},
	{"3.1.1.3", "esc01", "302", "valid INVITE; %40 in the user is no at sign", ""},
	{"3.1.1.4", "escnull", "405", noReg, ""},
	{"3.1.1.5", "esc02", "405 501", "valid; % in a method or header name is no escape", ""},
	{"3.1.1.6", "lwsdisp", "200", "valid OPTIONS; no white space before < is needed", ""},
	{"3.1.1.7", "longreq", "302", "valid INVITE; long values", ""},
	{"3.1.1.8", "dblreq", "405", "REGISTER with a request behind it: over UDP that is no part of it, over a stream the next one", "405 302"},
	{"3.1.1.9", "semiuri", "200", "valid OPTIONS; the semicolon belongs to the user", ""},
	{"3.1.1.10", "transports", "200", "valid OPTIONS; unknown transports in Via", ""},
	{"3.1.1.11", "mpart01", "405", "valid MESSAGE; not spoken here", ""},
	{"3.1.1.12", "unreason", silence, noOne, ""},
	{"3.1.1.13", "noreason", silence, noOne, ""},
	{"3.1.2.1", "badinv01", "400", "extra separators in Via and Contact", ""},
	{"3.1.2.2", "clerr", "400", "the datagram ends before Content-Length does; over a stream, the connection", ""},
	{"3.1.2.3", "ncl", "400", "negative Content-Length", ""},
	{"3.1.2.4", "scalar02", "400", "numbers that no field holds", ""},
	{"3.1.2.5", "scalarlg", silence, "a response with such numbers is dropped", ""},
	{"3.1.2.6", "quotbal", "400", "a quote without its end in To", ""},
	{"3.1.2.7", "ltgtruri", "400", "<> around the Request-URI", ""},
	{"3.1.2.8", "lwsruri", "400", "white space in the Request-URI", ""},
	{"3.1.2.9", "lwsstart", "400", "several spaces in the request line", ""},
	{"3.1.2.10", "trws", "400", "a space behind the version", ""},
	{"3.1.2.11", "escruri", "400", "headers in the Request-URI", ""},
	{"3.1.2.12", "baddate", "302 400", "a Date with a zone other than GMT; may be passed over by whoever does not need the Date", ""},
	{"3.1.2.13", "regbadct", "405 400", "REGISTER; a Contact without <> and with a ?", ""},
	{"3.1.2.14", "badaspec", "400", "white space in an address", ""},
	{"3.1.2.15", "baddn", "400", "a comma in a display name that is not quoted", ""},
	{"3.1.2.16", "badvers", "505", "SIP/7.0", ""},
	{"3.1.2.17", "mismatch01", "400", "CSeq names another method", ""},
	{"3.1.2.18", "mismatch02", "400 501", "CSeq names another method, and the method is unknown", ""},
	{"3.1.2.19", "bigcode", silence, "a status that is no three digits: dropped", ""},
	{"3.2.1", "badbranch", "200", "valid OPTIONS; a branch that is the magic cookie alone tells no transactions apart", ""},
	{"3.3.1", "insuf", "400", "no Call-ID, From or To", ""},
	{"3.3.2", "unkscm", "416", "a scheme nobody knows", ""},
	{"3.3.3", "novelsc", "416", "a known scheme that is not SIP's", ""},
	{"3.3.4", "unksm2", "405 400", "REGISTER; unknown schemes in To and Contact", ""},
	{"3.3.5", "bext01", "420", "Require of an unknown extension", ""},
	{"3.3.6", "invut", "302 415", "a body of unknown type; a redirect server does not look at bodies", ""},
	{"3.3.7", "regaut01", "405", noReg, ""},
	{"3.3.8", "multi01", "400", "CSeq, Call-ID, To, From, Max-Forwards more than once", ""},
	{"3.3.9", "mcl01", "400", "two Content-Lengths", ""},
	{"3.3.10", "bcast", silence, "a response whose Via names a broadcast address: dropped", ""},
	{"3.3.11", "zeromf", "200 483", "OPTIONS with Max-Forwards 0, which only a proxy minds (RFC 3261, 8.2 and 16.3)", ""},
	{"3.3.12", "cparam01", "405", noReg, ""},
	{"3.3.13", "cparam02", "405", noReg, ""},
	{"3.3.14", "regescrt", "405", noReg, ""},
	{"3.3.15", "sdp01", "302 406", "INVITE that accepts no SDP back; none is sent", ""},
	{"3.4.1", "inv2543", "302", "valid INVITE of RFC 2543; it has no Content-Length, which a stream needs (RFC 3261, 20.14)", "400"},
}

// takes says whether an answer is one that the RFC asks for.
func (a asked) takes(got string) bool { return slices.Contains(strings.Fields(a.want), got) }

// tortured are the messages in the order of the table; none is missing and none is left over.
func tortured(t *testing.T) []tortureMessage {
	t.Helper()
	byName := map[string]tortureMessage{}
	for _, m := range torture(t) {
		byName[m.name] = m
	}
	if len(byName) == 0 {
		t.Skip("no messages in " + torturePath)
	}
	var out []tortureMessage
	for _, a := range tortureAsked {
		m, here := byName[a.name]
		if !here {
			t.Fatalf("%s is missing in %s", a.name, torturePath)
		}
		out = append(out, m)
		delete(byName, a.name)
	}
	if len(byName) > 0 || len(out) != 49 {
		t.Fatalf("%d messages in the table, left over: %v", len(out), byName)
	}
	return out
}

// status is the code of an answer.
func status(answer string) string {
	if len(answer) < 11 || !strings.HasPrefix(answer, "SIP/2.0 ") {
		return silence
	}
	return answer[8:11]
}

// What a server without a socket answers is what it answers with one: this is the quick half.
func TestRFC4475(t *testing.T) {
	s, err := umredirect.New(umredirect.Options{Table: table(t), Peers: umredirecttest.Loopback(), TagKey: []byte(umredirecttest.Key), First: inProd})
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range tortured(t) {
		answer, _ := umredirect.Handle(s, m.raw, netip.MustParseAddrPort("127.0.0.1:5070"), "udp")
		if a := tortureAsked[i]; !a.takes(status(string(answer))) {
			t.Errorf("%s (%s): %q, want %s: %s", m.name, a.section, answer, a.want, a.why)
		}
	}
}

// The Unsupported of bext01 lists what Require asks for, and not what Proxy-Require does (RFC 3261, sections 8.2.2.3, 20.29).
func TestUnsupportedListsRequireOnly(t *testing.T) {
	s, err := umredirect.New(umredirect.Options{Table: table(t), Peers: umredirecttest.Loopback(), TagKey: []byte(umredirecttest.Key), First: inProd})
	if err != nil {
		t.Fatal(err)
	}
	raw := message("OPTIONS", "sip:x", "Require: one, two", "Proxy-Require: three")
	answer, _ := umredirect.Handle(s, []byte(raw), netip.MustParseAddrPort("127.0.0.1:5070"), "udp")
	if !strings.Contains(string(answer), fmt.Sprintf("\r\nUnsupported: %s\r\n", "one, two")) || strings.Contains(string(answer), "three") {
		t.Errorf("%q", answer)
	}
}
