package umredirect_test

import (
	"strings"
	"testing"

	"siteswap/umredirect"
)

func TestPlansRefused(t *testing.T) {
	for want, do := range map[string]func(*umredirect.TableOptions){
		"claims the same numbers as dial plan Munich (+4989XX* and +4989XXXX)": func(o *umredirect.TableOptions) { o.DialPlans[1].Patterns = []string{"+4989XX*"} },
		"claims the same numbers as dial plan Munich (2XXX and XXXX)":          func(o *umredirect.TableOptions) { o.DialPlans[0].Patterns, o.DialPlans[0].Pilots = nil, nil },
		"pattern \"+49x9a\"":              func(o *umredirect.TableOptions) { o.DialPlans[1].Patterns = []string{"+49x9a"} },
		"pattern \"\"":                    func(o *umredirect.TableOptions) { o.DialPlans[1].Patterns = []string{""} },
		"a secured dial plan takes tls":   func(o *umredirect.TableOptions) { o.DialPlans[3].Current["Prod"][0].Transport = "tcp" },
		"uri_type \"h323\"":               func(o *umredirect.TableOptions) { o.DialPlans[3].URIType = "h323" },
		"security \"very\"":               func(o *umredirect.TableOptions) { o.DialPlans[3].Security = "very" },
		"when_down \"current\"":           func(o *umredirect.TableOptions) { o.DialPlans[3].WhenDown = umredirect.WhenDownCurrent },
		"version \"2019\"":                func(o *umredirect.TableOptions) { o.DialPlans[3].Version = "2019" },
		"lists whole numbers":             func(o *umredirect.TableOptions) { o.Mailboxes[3].Extension = "2125550100" },
		"lists names":                     func(o *umredirect.TableOptions) { o.Mailboxes[5].Extension = "1234" },
		"at least one digit":              func(o *umredirect.TableOptions) { o.DialPlans[4].ExtensionDigits = 0 },
		"pilot 1001 is a mailbox":         func(o *umredirect.TableOptions) { o.DialPlans[0].Pilots[0].Number = "1001" },
		"pilot 1900 stands in":            func(o *umredirect.TableOptions) { o.DialPlans[1].Pilots = o.DialPlans[0].Pilots[1:] },
		"write the pilot's number":        func(o *umredirect.TableOptions) { o.DialPlans[0].Pilots[0].Number = "" },
		"pilot 1900: no legacy server":    func(o *umredirect.TableOptions) { o.DialPlans[0].Pilots[1].Home = "GONE" },
		"unknown: no legacy server":       func(o *umredirect.TableOptions) { o.Unknown = "GONE" },
		"Berlin: unknown: no legacy":      func(o *umredirect.TableOptions) { o.DialPlans[1].Unknown = "GONE" },
		"history_info \"first\"":          func(o *umredirect.TableOptions) { o.HistoryInfo = "first" },
		"diversion \"last\"":              func(o *umredirect.TableOptions) { o.Diversion = "last" },
		"port 5067 belongs to a worker":   func(o *umredirect.TableOptions) { o.Legacy[0].Port = 5067 },
		"port 5062 belongs to the UM":     func(o *umredirect.TableOptions) { o.Legacy[0].Port, o.Legacy[0].Version = 5062, umredirect.Version2013 },
		"decline 404":                     func(o *umredirect.TableOptions) { o.Legacy[0].Decline = 404 },
		"operator \"\": write the digits": func(o *umredirect.TableOptions) { o.Legacy[0].WhenDown = umredirect.WhenDownOperator },
		"weight 1001":                     func(o *umredirect.TableOptions) { o.DialPlans[4].Current["Prod"][0].Weight = 1001 },
		"old.test is this redirector":     func(o *umredirect.TableOptions) { o.Self, o.Legacy[0].Port = []string{"OLD.test:5060"}, 0 },
	} {
		o := mixed()
		do(&o)
		if _, err := umredirect.NewTable(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A target that resolves today or not is no matter for a table: it loads while the DNS is down.
func TestTableLooksNothingUp(t *testing.T) {
	o := mixed()
	o.Legacy[0].FQDN = "does-not-exist.invalid"
	a := umredirect.Decide(umredirect.Request{RequestURI: "sip:1001@x"}, newTable(t, o), umredirect.State{})
	if hosts(a) != "302 does-not-exist.invalid" {
		t.Error(hosts(a))
	}
}
