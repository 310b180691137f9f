package umredirect_test

import (
	"net/netip"
	"os"
	"path/filepath"
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

// What each message gets; the RFC leaves a choice for many of them. Methods that are not spoken here get 405 after the
// syntax was found good.
var tortureAnswers = map[string]string{
	// Section 3.1.1, valid messages. wsinv carries a To tag.
	"wsinv": "481", "intmeth": "405", "esc01": "302", "escnull": "405", "esc02": "405", "lwsdisp": "200", "longreq": "302",
	"dblreq": "405", "semiuri": "200", "transports": "200", "mpart01": "405", "unreason": "", "noreason": "",
	// Section 3.1.2, invalid messages.
	"badinv01": "400", "clerr": "400", "ncl": "400", "scalar02": "400", "scalarlg": "", "quotbal": "400", "ltgtruri": "400",
	"lwsruri": "400", "lwsstart": "400", "trws": "400", "escruri": "400", "baddate": "302", "regbadct": "405", "badaspec": "400",
	"baddn": "400", "badvers": "505", "mismatch01": "400", "mismatch02": "400", "bigcode": "",
	// Sections 3.2 to 3.4.
	"badbranch": "200", "insuf": "400", "unkscm": "416", "novelsc": "416", "unksm2": "405", "bext01": "420", "invut": "302",
	"regaut01": "405", "multi01": "400", "mcl01": "400", "bcast": "", "zeromf": "200", "cparam01": "405", "cparam02": "405",
	"regescrt": "405", "sdp01": "302", "inv2543": "302",
}

func TestRFC4475(t *testing.T) {
	messages := torture(t)
	if len(messages) == 0 {
		t.Skip("no messages in " + torturePath)
	}
	s, err := umredirect.New(umredirect.Options{Table: table(t), Peers: umredirecttest.Loopback(), TagKey: []byte(umredirecttest.Key), First: inProd})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		answer, _ := umredirect.Handle(s, m.raw, netip.MustParseAddrPort("127.0.0.1:5070"), "udp")
		got := ""
		if len(answer) > 0 {
			got = string(answer[8:11])
		}
		want, known := tortureAnswers[m.name]
		if !known || got != want {
			line, _, _ := strings.Cut(string(answer), "\r\n")
			t.Errorf("%s: got %q (%s), want %q", m.name, got, line, want)
		}
	}
}

// The messages over real sockets: the server is alive after each of them.
func TestRFC4475OnTheWire(t *testing.T) {
	r := start(t, umredirect.Options{First: inProd})
	for _, m := range torture(t) {
		conn := dialUDP(t, r.UDP)
		if _, err := conn.Write(m.raw); err != nil {
			t.Fatal(err)
		}
		probe := dialUDP(t, r.UDP)
		if got := ask(t, probe, message("OPTIONS", "sip:x", "Call-ID: after-"+m.name)); !strings.Contains(got, "after-"+m.name) {
			t.Errorf("after %s: %q", m.name, got)
		}
	}
}
