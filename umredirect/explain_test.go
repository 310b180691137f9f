package umredirect_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"siteswap/umredirect"
)

// A dry run says what the call would get, from the table alone and from a running redirector alike.
func TestExplain(t *testing.T) {
	r := start(t, umredirect.Options{First: inProd})
	for _, c := range []struct {
		number   string
		diverted []string
		want     umredirect.Decision
	}{
		{"1001", nil, umredirect.Decision{Status: 302, Contacts: []string{"<sip:1001@old.test.local:5060;user=phone;transport=tcp>;q=1"}, Called: "1001", By: "request-uri"}},
		{"7000", []string{"1001"}, umredirect.Decision{Status: 302, Contacts: []string{"<sip:7000@old.test.local:5060;user=phone;transport=tcp>;q=1"}, Called: "1001", By: "diversion"}},
		{"sip:1001@pbx", nil, umredirect.Decision{Status: 302, Contacts: []string{"<sip:1001@old.test.local:5060;transport=tcp>;q=1"}, Called: "1001", By: "request-uri"}},
		{"<>", nil, umredirect.Decision{Status: 400}},
	} {
		local := umredirect.Explain(table(t), umredirect.State{Site: "Prod", Generation: 1}, c.number, c.diverted...)
		live, err := r.Remote.Explain(t.Context(), c.number, c.diverted...)
		if diff := cmp.Diff(local, live); diff != "" || err != nil {
			t.Errorf("%s: the running one says something else: %s, %v", c.number, diff, err)
		}
		c.want.Reason, c.want.Why, c.want.Site = local.Reason, local.Why, "Prod"
		if diff := cmp.Diff(c.want, local); diff != "" || local.Reason == "" || local.Why == "" {
			t.Errorf("%s: %s", c.number, diff)
		}
	}
	if err := r.Remote.Read(t.Context(), "/v1/nothing", &struct{}{}); err == nil {
		t.Error("a path that is not there is read")
	}
}
