package umredirect_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"siteswap/umredirect"
)

func to(host, transport string) umredirect.Target {
	port := 5060
	if transport == "tls" {
		port = 5061
	}
	return umredirect.Target{Host: host, Port: port, Transport: transport, Q: 1}
}

// mixed is a company with plans of each kind.
func mixed() umredirect.TableOptions {
	at := func(targets ...umredirect.Target) map[string][]umredirect.Target {
		return map[string][]umredirect.Target{"Prod": targets}
	}
	return umredirect.TableOptions{
		DialPlans: []umredirect.DialPlan{
			{Name: "Munich", ExtensionDigits: 4, Patterns: []string{"+4989XXXX", "1XXX"}, Current: at(to("muc.test", "tcp")), Unknown: umredirect.HomeDecline,
				Pilots: []umredirect.Pilot{{Number: "+49 89 9000"}, {Number: "1900", Home: "OLD"}}},
			{Name: "Berlin", ExtensionDigits: 4, Patterns: []string{"+4930XXXX", "2XXX"}, Current: at(to("ber.test", "tcp")), Unknown: "OLD"},
			{Name: "World", URIType: umredirect.E164, Patterns: []string{"+1*"}, Current: at(to("nyc.test", "tcp"))},
			{Name: "Lync", URIType: umredirect.SipName, Security: umredirect.Secured, Current: at(to("lync.test", "tls"))},
			{Name: "Small", ExtensionDigits: 3, Current: at(to("small.test", "tcp"), to("small.test", "tls"))},
		},
		Legacy: []umredirect.Legacy{{Name: "OLD", FQDN: "old.test", Port: 5060}, {Name: "SAFE", FQDN: "safe.test", Port: 5061, Transport: "tls"}},
		Mailboxes: []umredirect.Mailbox{
			{Extension: "1001", DialPlan: "Munich", Home: "OLD"}, {Extension: "1001", DialPlan: "Berlin", Home: "current"},
			{Extension: "2001", DialPlan: "Berlin", Home: "current"},
			{Extension: "+12125550100", DialPlan: "World", Home: "OLD"}, {Extension: "+12125550101", DialPlan: "World", Home: "current"},
			{Extension: "alice@test.local", DialPlan: "Lync", Home: "SAFE"}, {Extension: "bob", DialPlan: "Lync", Home: "OLD"}, {Extension: "carol@test.local", DialPlan: "Lync", Home: "current"},
			{Extension: "301", DialPlan: "Small", Home: "OLD"},
		},
		Unknown: umredirect.HomeCurrent,
	}
}

func newTable(t testing.TB, o umredirect.TableOptions) *umredirect.Table {
	t.Helper()
	tab, err := umredirect.NewTable(o)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// hosts is an answer in short: the status and the hosts of its Contacts.
func hosts(a umredirect.Answer) string {
	out := fmt.Sprint(a.Status)
	for _, c := range a.Contacts {
		out += " " + c.Host
	}
	return out
}

func TestDialPlans(t *testing.T) {
	tab := newTable(t, mixed())
	for uri, want := range map[string]string{
		"sip:+49-89-1001@pbx":                         "302 old.test",
		"sip:1001@pbx":                                "302 old.test",
		"sip:+49301001@pbx;user=phone":                "302 ber.test",
		"tel:1001;phone-context=+49-30":               "302 ber.test", // the context says which of the two
		"tel:2001":                                    "302 ber.test",
		"sip:2999@pbx":                                "302 old.test", // unknown in Berlin
		"sip:1999@pbx":                                "404",          // unknown in Munich
		"sip:+49899000@pbx":                           "302 muc.test", // pilots
		"sip:1900@pbx":                                "302 old.test",
		"sip:+12125550100@pbx":                        "302 old.test",
		"sip:+1(212)5550101@pbx":                      "302 nyc.test",
		"sip:+12125550199@pbx":                        "302 nyc.test",
		"sip:+12125550199;ext=301@pbx;user=phone":     "302 old.test",
		"sip:Alice@TEST.local":                        "302 safe.test",
		"sip:alice@elsewhere":                         "302 muc.test", // of no plan: the first with servers
		"sip:bob@anything":                            "480",          // a secured plan, and the server speaks no TLS
		"sip:carol@test.local":                        "302 lync.test",
		"sips:carol@test.local":                       "302 lync.test",
		"sips:2001@pbx":                               "480",
		"sips:399@pbx":                                "302 small.test",
		"sip:301@pbx":                                 "302 old.test",
		"sip:+33301@pbx":                              "302 old.test", // ends in an extension of a plan without patterns
		"sip:399@pbx":                                 "302 small.test small.test",
		"sip:98765@pbx":                               "302 muc.test",
		"sip:%31001:secret@pbx;x=y":                   "302 old.test",
		"sip:1001@pbx;user=phone;phone-context=+4930": "302 old.test",
	} {
		a := umredirect.Decide(umredirect.Request{RequestURI: uri}, tab, umredirect.State{Site: "Prod"})
		if got := hosts(a); got != want {
			t.Errorf("%s: %s (%s), want %s", uri, got, a.Why, want)
		}
	}
}

func TestWhichEntryCounts(t *testing.T) {
	const history = "<sip:1001@a>;index=1, <sip:2001@a;cause=302>;index=1.1;mp=1, <sip:1900@a;cause=408>;index=1.1.1;mp=1.1, <sip:1900@um>;index=1.1.1.1;rc=1.1.1"
	diversions := []string{"<sip:2001@a>;reason=no-answer", `"x" <sip:1001@a>;reason=unconditional`}
	for _, c := range []struct {
		diversion, history, entries, want string
	}{
		{"", "", history, "1001 diversion"},
		{umredirect.Latest, "", history, "2001 diversion"},
		{umredirect.Ignore, "", history, "1001 history-info"},
		{umredirect.Ignore, umredirect.Latest, history, "2001 history-info"},
		{umredirect.Ignore, umredirect.Latest, "<sip:1001@a>;index=1, <sip:2001@a?Reason=SIP%3Bcause%3D486>;index=2, <sip:7@b>;index=2.1", "1001 history-info"},
		{umredirect.Ignore, umredirect.Latest, "<sip:1001@a>;index=1, <sip:2001@a>;index=1.1, <sip:7@b>;index=1.2", "2001 history-info"},
		{umredirect.Ignore, umredirect.Original, "<sip:x@anonymous.invalid>;index=1, <sip:2001@a>;index=1.1, <sip:7@b>;index=1.2", "2001 history-info"},
		{umredirect.Ignore, umredirect.Latest, "<sip:1001@a>;index=1, <sip:anonymous@anonymous.invalid>;index=1.1, <sip:7@b>;index=1.2", "1001 history-info"},
		{umredirect.Ignore, umredirect.Ignore, history, "1900 request-uri"},
	} {
		o := mixed()
		o.Diversion, o.HistoryInfo = c.diversion, c.history
		a := umredirect.Decide(umredirect.Request{RequestURI: "sip:1900@x", Diversion: diversions, HistoryInfo: []string{c.entries}}, newTable(t, o), umredirect.State{Site: "Prod"})
		if got := a.Called + " " + a.By; got != c.want {
			t.Errorf("diversion %s, history %s, %s: %s, want %s", c.diversion, c.history, c.entries, got, c.want)
		}
	}
}

func TestCallsThatRunInCircles(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat("<sip:1001@a>, ", 21), ", ")
	a := umredirect.Decide(umredirect.Request{RequestURI: "sip:1900@x", Diversion: []string{many}}, newTable(t, mixed()), umredirect.State{Site: "Prod"})
	if a.Status != 483 {
		t.Errorf("diverted 21 times: %d", a.Status)
	}
}

func TestDeadTargets(t *testing.T) {
	o := mixed()
	o.DialPlans[4].WhenDown = umredirect.WhenDownRedirect
	o.Legacy[0].Also = []umredirect.Target{{Host: "old2.test", Port: 5060, Q: 0.5}}
	o.Legacy[1].WhenDown = umredirect.WhenDownOperator
	o.Legacy[1].Operator = umredirect.Operator{Number: "0", Target: to("pbx.test", "tls")}
	operator := newTable(t, o)
	o.Legacy[1].Decline, o.Legacy[1].WhenDown = 503, ""
	decline := newTable(t, o)
	old, old2, safe := to("old.test", "tcp").ID(), to("old2.test", "tcp").ID(), to("safe.test", "tls").ID()
	for _, c := range []struct {
		uri  string
		tab  *umredirect.Table
		dead []string
		want string
	}{
		{"sip:1001@x", decline, nil, "302 old.test old2.test"},
		{"sip:1001@x", decline, []string{old}, "302 old2.test"},
		{"sip:1001@x", decline, []string{old, old2}, "480"},
		{"sip:2001@x", decline, []string{to("ber.test", "tcp").ID()}, "503"},
		{"sip:399@x", decline, []string{to("small.test", "tcp").ID()}, "302 small.test"},
		{"sip:399@x", decline, []string{to("small.test", "tcp").ID(), to("small.test", "tls").ID()}, "302 small.test small.test"},
		{"sip:alice@test.local", decline, []string{safe}, "503"},
		{"sip:alice@test.local", operator, []string{safe}, "302 pbx.test"},
		{"sip:alice@test.local", operator, []string{safe, to("pbx.test", "tls").ID()}, "480"},
	} {
		s := umredirect.State{Site: "Prod", Dead: map[string]bool{}}
		for _, id := range c.dead {
			s.Dead[id] = true
		}
		a := umredirect.Decide(umredirect.Request{RequestURI: c.uri}, c.tab, s)
		if c.tab == operator && a.Status == 480 {
			c.want = "480" // 503 is of the other table
		}
		if got := hosts(a); got != c.want {
			t.Errorf("%s without %v: %s (%s), want %s", c.uri, c.dead, got, a.Why, c.want)
		}
		if a.Status == 503 && strings.Contains(c.uri, "alice") == (a.RetryAfter > 0) {
			t.Errorf("%s: Retry-After %d: only what concerns every call may keep a PBX away", c.uri, a.RetryAfter)
		}
	}
	if a := umredirect.Decide(umredirect.Request{RequestURI: "sip:alice@test.local"}, operator, umredirect.State{Dead: map[string]bool{safe: true}}); a.Contacts[0].User != "0" {
		t.Errorf("the operator is called as %q", a.Contacts[0].User)
	}
}

// The shares of calls are those of the weights, the same call always gets the same order, and no two Contacts are equal.
func TestWeights(t *testing.T) {
	o := parts()
	o.DialPlans[0].Current["Prod"] = []umredirect.Target{
		{Host: "a.test", Port: 5060, Q: 1, Weight: 3}, {Host: "b.test", Port: 5060, Q: 1, Weight: 1}, {Host: "c.test", Port: 5060, Q: 1}, {Host: "d.test", Port: 5060, Q: 0.5}}
	tab := newTable(t, o)
	first := map[string]int{}
	for i := range 4000 {
		r := umredirect.Request{RequestURI: "sip:1002@x", CallID: fmt.Sprint("call-", i)}
		a := umredirect.Decide(r, tab, umredirect.State{Site: "Prod"})
		first[a.Contacts[0].Host]++
		if got := hosts(a); !strings.HasSuffix(got, " c.test d.test") || len(a.Contacts) != 4 {
			t.Fatalf("%s", got)
		}
		for k := 1; k < 4; k++ {
			if a.Contacts[k].Q >= a.Contacts[k-1].Q {
				t.Fatalf("q %v after %v", a.Contacts[k].Q, a.Contacts[k-1].Q)
			}
		}
	}
	if first["a.test"] < 2850 || first["a.test"] > 3150 || first["a.test"]+first["b.test"] != 4000 {
		t.Errorf("of 4000 calls: %v, want about 3000 for a and the rest for b", first)
	}
}

// Whatever the state and the weights, a 302 names only targets of the table that are alive, in falling preference.
func TestDecideProperties(t *testing.T) {
	o := mixed()
	o.DialPlans[1].Current["Prod"] = []umredirect.Target{
		{Host: "b1.test", Port: 5060, Q: 1, Weight: 2}, {Host: "b2.test", Port: 5060, Q: 1, Weight: 5}, {Host: "b3.test", Port: 5060, Q: 0.2, Weight: 1}}
	tab := newTable(t, o)
	all := tab.Targets("Prod")
	for _, l := range tab.LegacyTargets() {
		all = append(all, l...)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := umredirect.State{Site: "Prod", Dead: map[string]bool{}}
		for _, target := range all {
			s.Dead[target.ID()] = rapid.Bool().Draw(t, target.Host)
		}
		r := umredirect.Request{CallID: rapid.String().Draw(t, "id"), RequestURI: rapid.SampledFrom([]string{"sip:1001@x", "sip:2001@x", "sips:carol@test.local", "sip:399@x", "tel:+12125550101"}).Draw(t, "uri")}
		a := umredirect.Decide(r, tab, s)
		for i, c := range a.Contacts {
			if s.Dead[c.ID()] || i > 0 && c.Q > a.Contacts[i-1].Q {
				t.Errorf("contact %+v of %v", c, a)
			}
		}
	})
}
