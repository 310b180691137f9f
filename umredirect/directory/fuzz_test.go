package directory

import (
	"strings"
	"testing"
)

func FuzzEUM(f *testing.F) {
	f.Add("EUM:1001;phone-context=HQ.test.local", "/o=Org/cn=Configuration/cn=Servers/cn=EX1")
	f.Add("eum:alice@test.local;x=y;phone-context=..", "CN=EX1,CN=Servers")
	f.Add("EUM:;phone-context=", "cn=")
	o := Options{Plans: []string{"HQ", "test.local"}, Homes: map[string][]string{"OLD": {"EX1"}}}
	f.Fuzz(func(t *testing.T, address, server string) {
		e, ok := parseEUM(address)
		if ok && (e.extension == "" || strings.Contains(e.extension, ";") || !strings.Contains(address, e.extension)) {
			t.Errorf("%q: %+v", address, e)
		}
		if plan, known := o.plan(e.context); known && !strings.HasPrefix(strings.ToLower(e.context), strings.ToLower(plan)) {
			t.Errorf("%q is of plan %s", e.context, plan)
		}
		if home := o.home(serverName(server)); home == "OLD" && !strings.Contains(strings.ToLower(server), "ex1") {
			t.Errorf("%q is at home on %s", server, home)
		}
	})
}
