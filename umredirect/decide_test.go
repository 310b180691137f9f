package umredirect_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"siteswap/umredirect"
)

func parts() umredirect.TableOptions {
	return umredirect.TableOptions{
		DialPlans: []umredirect.DialPlan{{Name: "HQ", ExtensionDigits: 4, Current: map[string][]umredirect.Target{
			"Prod": {{Host: "ex2.test.local", Port: 5060, Q: 0.5}, {Host: "ex1.test.local", Port: 5060, Q: 1}},
			"DR":   {{Host: "ex3.test.local", Port: 5060, Transport: "tcp", Q: 1}},
			"TLS":  {{Host: "ex4.test.local", Port: 5061, Transport: "tls", Q: 1}},
		}}},
		Legacy: []umredirect.Legacy{
			{Name: "OLD", FQDN: "old.test.local", Port: 5060},
			{Name: "OLD2", FQDN: "old2.test.local", Port: 5060, WhenDown: umredirect.WhenDownRedirect},
			{Name: "OLD3", FQDN: "old3.test.local", WhenDown: umredirect.WhenDownCurrent},
		},
		Mailboxes: []umredirect.Mailbox{
			{Extension: "1001", DialPlan: "HQ", Home: "OLD"}, {Extension: "1002", DialPlan: "HQ", Home: umredirect.HomeCurrent},
			{Extension: "1003", DialPlan: "HQ", Home: "OLD2"}, {Extension: "1004", DialPlan: "HQ", Home: "OLD3"},
			{Extension: "Alice", DialPlan: "HQ", Home: "OLD"},
		},
		Self: []string{"um1.test.local:5060"},
	}
}

func table(t testing.TB) *umredirect.Table {
	t.Helper()
	tab, err := umredirect.NewTable(parts())
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestDecide(t *testing.T) {
	const old, prod, dr = "<sip:1001@old.test.local:5060;transport=tcp>;q=1", "<sip:%@ex1.test.local:5060;transport=tcp>;q=1 <sip:%@ex2.test.local:5060;transport=tcp>;q=0.5", "<sip:%@ex3.test.local:5060;transport=tcp>;q=1"
	for _, c := range []struct {
		name      string
		uri       string
		diversion []string
		history   []string
		site      string
		down      string
		status    int
		contacts  string
		by        string
	}{
		{"legacy", "sip:1001@x", nil, nil, "Prod", "", 302, old, "request-uri"},
		{"legacy, whatever the site", "sip:1001@x", nil, nil, "", "", 302, old, "request-uri"},
		{"current", "sip:1002@x", nil, nil, "Prod", "", 302, strings.ReplaceAll(prod, "%", "1002"), "request-uri"},
		{"current, in the other site", "sip:1002@x", nil, nil, "DR", "", 302, strings.ReplaceAll(dr, "%", "1002"), "request-uri"},
		{"current, no site", "sip:1002@x", nil, nil, "", "", 503, "", "request-uri"},
		{"current, site without servers", "sip:1002@x", nil, nil, "Branch", "", 503, "", "request-uri"},
		{"unknown", "sip:1999@x", nil, nil, "DR", "", 302, strings.ReplaceAll(dr, "%", "1999"), "request-uri"},
		{"pilot", "sip:7000000@x", nil, nil, "DR", "", 302, strings.ReplaceAll(dr, "%", "7000000"), "request-uri"},
		{"no user", "sip:x", nil, nil, "DR", "", 302, "<sip:ex3.test.local:5060;transport=tcp>;q=1", "request-uri"},
		{"diverted to the pilot", "sip:7000@x;user=phone", []string{`"Al, ice" <sip:1001@pbx;user=phone>;reason=no-answer`}, nil, "DR", "", 302, "<sip:7000@old.test.local:5060;user=phone;transport=tcp>;q=1", "diversion"},
		{"diverted twice: the oldest counts", "sip:7000@x", []string{"<sip:1002@pbx>;reason=no-answer, <sip:1001@pbx>"}, nil, "DR", "", 302, "<sip:7000@old.test.local:5060;transport=tcp>;q=1", "diversion"},
		{"diversion before history", "sip:7000@x", []string{"<tel:1001>"}, []string{"<sip:1002@a>;index=1, <sip:7000@a>;index=1.1"}, "DR", "", 302, "<sip:7000@old.test.local:5060;transport=tcp>;q=1;rc=1.1", "diversion"},
		{"history", "sip:7000@x", nil, []string{"<sip:1001@a?Reason=SIP%3Bcause%3D302>;index=1", "<sip:7000@a>;index=1.1"}, "DR", "", 302, "<sip:7000@old.test.local:5060;transport=tcp>;q=1;rc=1.1", "history-info"},
		{"history of one entry says nothing", "sip:1001@x", nil, []string{"<sip:1002@a>;index=1"}, "DR", "", 302, old + ";rc=1", "request-uri"},
		{"a diversion that cannot be read", "sip:1001@x", []string{`"no end <sip:1002@a`}, nil, "DR", "", 302, old, "request-uri"},
		{"international form", "sip:+49-89-1001@x", nil, nil, "DR", "", 302, "<sip:+49-89-1001@old.test.local:5060;transport=tcp>;q=1", "request-uri"},
		{"tel", "tel:+49891001", nil, nil, "DR", "", 302, "<sip:+49891001@old.test.local:5060;user=phone;transport=tcp>;q=1", "request-uri"},
		{"SIP name", "sip:ALICE@x", nil, nil, "DR", "", 302, "<sip:ALICE@old.test.local:5060;transport=tcp>;q=1", "request-uri"},
		{"escaped", "sip:%31001@x", nil, nil, "DR", "", 302, "<sip:%31001@old.test.local:5060;transport=tcp>;q=1", "request-uri"},
		{"a user that would write headers", "sip:a%0d%0aX:y@x", nil, nil, "DR", "", 302, "<sip:a%0d%0aX@ex3.test.local:5060;transport=tcp>;q=1", "request-uri"},
		{"legacy down", "sip:1001@x", nil, nil, "Prod", "OLD", 480, "", "request-uri"},
		{"legacy down, redirected anyway", "sip:1003@x", nil, nil, "Prod", "OLD2", 302, "<sip:1003@old2.test.local:5060;transport=tcp>;q=1", "request-uri"},
		{"legacy down, to the current", "sip:1004@x", nil, nil, "DR", "OLD3", 302, strings.ReplaceAll(dr, "%", "1004"), "request-uri"},
		{"legacy without a port", "sip:1004@x", nil, nil, "DR", "", 302, "<sip:1004@old3.test.local;transport=tcp>;q=1", "request-uri"},
		{"sips where nobody speaks TLS", "sips:1002@x", nil, nil, "DR", "", 480, "", "request-uri"},
		{"sips", "sips:1002@x", nil, nil, "TLS", "", 302, "<sips:1002@ex4.test.local:5061>;q=1", "request-uri"},
		{"not a URI", "<sip:1001@x>", nil, nil, "DR", "", 400, "", ""},
	} {
		s := umredirect.State{Site: c.site, LegacyDown: map[string]bool{c.down: true}}
		a := umredirect.Decide(umredirect.Request{Method: "INVITE", RequestURI: c.uri, Diversion: c.diversion, HistoryInfo: c.history}, table(t), s)
		var contacts []string
		for _, contact := range a.Contacts {
			contacts = append(contacts, contact.String())
		}
		if a.Status != c.status || strings.Join(contacts, " ") != c.contacts || a.By != c.by {
			t.Errorf("%s:\n got %d %s (by %s: %s)\nwant %d %s (by %s)", c.name, a.Status, strings.Join(contacts, " "), a.By, a.Why, c.status, c.contacts, c.by)
		}
	}
	if a := umredirect.Decide(umredirect.Request{RequestURI: "sip:1001@x", ToTagged: true}, table(t), umredirect.State{}); a.Status != 481 {
		t.Errorf("within a dialog: %d, want 481", a.Status)
	}
	if a := umredirect.Decide(umredirect.Request{RequestURI: "sip:1001@x"}, nil, umredirect.State{}); a.Status != 503 {
		t.Errorf("without a table: %d, want 503", a.Status)
	}
}

// No host of an answer comes from the request, and nothing of it can leave the angle brackets.
func TestDecideReflectsNothing(t *testing.T) {
	tab := table(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("019aZ+%:;,@<>\"\\ \r\n\t=?&.-é\x00")))
		r := umredirect.Request{RequestURI: "sip:" + text.Draw(t, "uri"), Diversion: []string{text.Draw(t, "diversion")}, HistoryInfo: []string{text.Draw(t, "history"), "<sip:1@a>"}}
		checkAnswer(t, umredirect.Decide(r, tab, umredirect.State{Site: "Prod"}))
	})
}

type failer interface{ Errorf(string, ...any) }

func checkAnswer(t failer, a umredirect.Answer) {
	if a.Status < 300 || a.Status == 302 && len(a.Contacts) == 0 || a.Status != 302 && len(a.Contacts) > 0 {
		t.Errorf("answer %+v", a)
	}
	for _, c := range a.Contacts {
		if !strings.HasSuffix(c.Host, ".test.local") && !strings.HasSuffix(c.Host, ".test") || strings.Trim(c.History, "0123456789.") != "" || strings.ContainsAny(c.User, "<>@\r\n\" :\x00") {
			t.Errorf("contact %+v", c)
		}
	}
}

func FuzzDecide(f *testing.F) {
	f.Add("sip:7000@x;user=phone", `"A" <sip:1001@pbx>;reason=no-answer`, "<sip:1001@a>;index=1, <sip:7000@a>;index=1.1")
	f.Add("tel:+1-555-1001;phone-context=x", "sip:1001@a;x=\"", "\"\\\"<sip:1@a>\" <sip:%3@b>")
	f.Add("sips:[::1]", ",,<>;=", "<sip:a@b?c=d,e>,")
	f.Add("sip:1001;phone-context=+49-30;ext=301@x;user=phone", "<sip:x@anonymous.invalid>", "<sip:1@a>;index=1, <sip:2@a;cause=302>;index=1.1;mp=1")
	latest := mixed()
	latest.Diversion, latest.HistoryInfo, latest.DialPlans[4].Current["Prod"][0].Weight = umredirect.Latest, umredirect.Latest, 3
	tables := []*umredirect.Table{table(f), newTable(f, mixed()), newTable(f, latest)}
	f.Fuzz(func(t *testing.T, uri, diversion, history string) {
		r := umredirect.Request{Method: "INVITE", RequestURI: uri, CallID: history, Diversion: []string{diversion}, HistoryInfo: []string{history}}
		s := umredirect.State{Site: "Prod", Dead: map[string]bool{to("old.test", "tcp").ID(): true}}
		for _, tab := range tables {
			a := umredirect.Decide(r, tab, s)
			checkAnswer(t, a)
			if diff := cmp.Diff(a, umredirect.Decide(r, tab, s)); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func TestTableRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*umredirect.TableOptions)
		want string
	}{
		{"two homes", func(o *umredirect.TableOptions) {
			o.Mailboxes = append(o.Mailboxes, umredirect.Mailbox{Extension: "1001", DialPlan: "HQ", Home: "current"})
		}, "two homes, OLD and current"},
		{"two plans", func(o *umredirect.TableOptions) {
			o.DialPlans = append(o.DialPlans, umredirect.DialPlan{Name: "BR", ExtensionDigits: 4})
			o.Mailboxes = append(o.Mailboxes, umredirect.Mailbox{Extension: "1001", DialPlan: "BR", Home: "current"})
		}, "dial plans HQ and BR"},
		{"unknown home", func(o *umredirect.TableOptions) { o.Mailboxes[0].Home = "NEW" }, `named "NEW"`},
		{"unknown plan", func(o *umredirect.TableOptions) { o.Mailboxes[0].DialPlan = "XX" }, `named "XX"`},
		{"digits", func(o *umredirect.TableOptions) { o.Mailboxes[0].Extension = "101" }, "has 4 digits"},
		{"header injection", func(o *umredirect.TableOptions) { o.Legacy[0].FQDN = "a>\r\nX: y" }, "write a host name"},
		{"port", func(o *umredirect.TableOptions) { o.Legacy[0].Port = 70000 }, "write 1 to 65535"},
		{"transport", func(o *umredirect.TableOptions) { o.Legacy[0].Transport = "sctp" }, "write tcp, tls or udp"},
		{"when down", func(o *umredirect.TableOptions) { o.Legacy[0].WhenDown = "wait" }, "write decline, redirect-anyway"},
		{"q", func(o *umredirect.TableOptions) { o.DialPlans[0].Current["DR"][0].Q = 2 }, "write 0 to 1"},
		{"loop", func(o *umredirect.TableOptions) { o.DialPlans[0].Current["DR"][0].Host = "UM1.test.local" }, "round in circles"},
		{"legacy twice", func(o *umredirect.TableOptions) { o.Legacy = append(o.Legacy, o.Legacy[0]) }, "its own name"},
		{"plan twice", func(o *umredirect.TableOptions) { o.DialPlans = append(o.DialPlans, o.DialPlans[0]) }, "its own name"},
	} {
		o := parts()
		c.do(&o)
		if _, err := umredirect.NewTable(o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestTableKeepsNothingOfItsInput(t *testing.T) {
	o := parts()
	tab, err := umredirect.NewTable(o)
	if err != nil {
		t.Fatal(err)
	}
	o.DialPlans[0].Current["DR"][0].Host = "elsewhere"
	if got := tab.Targets("DR")[0].Host; got != "ex3.test.local" {
		t.Errorf("target %s", got)
	}
	if diff := cmp.Diff(tab.Sites(), []string{"DR", "Prod", "TLS"}); diff != "" {
		t.Error(diff)
	}
}
