package umredirect_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"siteswap/umredirect"
	"siteswap/umredirect/umredirecttest"
)

func TestNewestGenerationWins(t *testing.T) {
	r := start(t, umredirect.Options{First: umredirect.Setting{Site: "Prod", Generation: 3}})
	for _, c := range []struct {
		next umredirect.Setting
		want umredirect.Result
		why  string
		site string
	}{
		{umredirect.Setting{Site: "DR", Generation: 2}, umredirect.Failed, "a newer generation is in force: 3, site Prod", "Prod"},
		{umredirect.Setting{Site: "Prod", Generation: 3}, umredirect.Done, "site Prod, generation 3", "Prod"},
		{umredirect.Setting{Site: "DR", Generation: 3}, umredirect.Failed, "the same generation has set another site", "Prod"},
		{umredirect.Setting{Site: "Mars", Generation: 4}, umredirect.Failed, "no dial plan has a server in that site", "Prod"},
		{umredirect.Setting{Site: "DR", Generation: 7, Run: "r1", Step: "um", Attempt: 1}, umredirect.Done, "site DR, generation 7", "DR"},
		{umredirect.Setting{Site: "DR", Generation: 7, Run: "r1", Step: "um", Attempt: 2}, umredirect.Done, "site DR, generation 7", "DR"},
		{umredirect.Setting{Site: "Prod", Generation: 6}, umredirect.Failed, "a newer generation is in force: 7, site DR", "DR"},
	} {
		got, why := r.Remote.SetState(t.Context(), c.next)
		if got != c.want || !strings.Contains(why, c.why) {
			t.Errorf("%+v: %s, %s; want %s, %s", c.next, got, why, c.want, c.why)
		}
		if st, err := r.Remote.State(t.Context()); err != nil || st.Site != c.site {
			t.Errorf("%+v: site %s, %v; want %s", c.next, st.Site, err, c.site)
		}
	}
	st, err := r.Remote.State(t.Context())
	want := umredirect.Status{Setting: umredirect.Setting{Site: "DR", Generation: 7, Run: "r1", Step: "um", Attempt: 1}, CanRoute: true, Targets: []string{"ex3.test.local:5060"}}
	if diff := cmp.Diff(want, st); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestControlRefusesWhatItCannotRead(t *testing.T) {
	r := start(t, umredirect.Options{First: inProd})
	for _, body := range []string{"", "{", `{"generation": -1}`, `{"site": "` + strings.Repeat("x", 70<<10) + `"}`} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.Remote.URL+"/v1/state", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := r.Remote.HTTP.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("%.20q: %d", body, res.StatusCode)
		}
	}
}

func TestRestartAnswersAsBefore(t *testing.T) {
	o := umredirect.Options{First: inProd, StateFile: filepath.Join(t.TempDir(), "um.json")}
	r := start(t, o)
	if got, why := r.Remote.SetState(t.Context(), umredirect.Setting{Site: "DR", Generation: 5}); got != umredirect.Done {
		t.Fatal(got, why)
	}
	invite := message("INVITE", "sip:1002@x", "Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKa")
	from := netip.MustParseAddrPort("127.0.0.1:9")
	before, _ := umredirect.Handle(r.Server, []byte(invite), from, "tcp")
	r.Stop()
	again := start(t, o)
	after, _ := umredirect.Handle(again.Server, []byte(invite), from, "tcp")
	if diff := cmp.Diff(string(before), string(after)); diff != "" || !strings.Contains(string(after), "ex3.test.local") {
		t.Errorf("after a restart: %s\n%s", diff, after)
	}
	if got, why := again.Remote.SetState(t.Context(), umredirect.Setting{Site: "Prod", Generation: 4}); got != umredirect.Failed {
		t.Errorf("an older generation after a restart: %s, %s", got, why)
	}
	left, err := os.ReadDir(filepath.Dir(o.StateFile))
	if err != nil || len(left) != 1 {
		t.Errorf("the directory holds %v, %v", left, err)
	}
}

func TestStateFileTrouble(t *testing.T) {
	o := umredirect.Options{Table: table(t), Peers: umredirecttest.Loopback(), TagKey: []byte(umredirecttest.Key), First: inProd, StateFile: filepath.Join(t.TempDir(), "um.json")}
	if err := os.WriteFile(o.StateFile, []byte(`{"site": "D`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := umredirect.New(o); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("a damaged file: %v", err)
	}
	o.StateFile = filepath.Join(t.TempDir(), "missing", "um.json")
	s, err := umredirect.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Set(umredirect.Setting{Site: "DR", Generation: 9}); err == nil || s.Status().Site != "Prod" {
		t.Errorf("a setting that cannot be kept: %v, site %s", err, s.Status().Site)
	}
}

// flaky passes requests on and loses answers as it is told.
type flaky struct {
	http.RoundTripper
	loseRequest, loseAnswer atomic.Int32 // how many PUTs
}

type lost struct{}

func (lost) Error() string { return "connection lost" }

func (f *flaky) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPut && f.loseRequest.Add(-1) >= 0 {
		return nil, lost{}
	}
	res, err := f.RoundTripper.RoundTrip(r)
	if err == nil && r.Method == http.MethodPut && f.loseAnswer.Add(-1) >= 0 {
		res.Body.Close()
		return nil, lost{}
	}
	return res, err
}

func TestRemoteReadsBack(t *testing.T) {
	r := start(t, umredirect.Options{First: inProd})
	f := &flaky{RoundTripper: r.Remote.HTTP.Transport}
	remote := umredirect.Remote{URL: r.Remote.URL, HTTP: &http.Client{Transport: f}}
	f.loseAnswer.Store(1)
	if got, why := remote.SetState(t.Context(), umredirect.Setting{Site: "DR", Generation: 2}); got != umredirect.Done || !strings.Contains(why, "read back") {
		t.Errorf("a lost answer: %s, %s", got, why)
	}
	f.loseRequest.Store(1)
	if got, why := remote.SetState(t.Context(), umredirect.Setting{Site: "Prod", Generation: 3}); got != umredirect.Unknown {
		t.Errorf("a lost request, which may come late: %s, %s", got, why)
	}
	f.loseRequest.Store(1)
	if got, why := remote.SetState(t.Context(), umredirect.Setting{Site: "Prod", Generation: 1}); got != umredirect.Failed {
		t.Errorf("a lost request, overtaken: %s, %s", got, why)
	}
	r.Stop()
	if got, why := r.Remote.SetState(t.Context(), umredirect.Setting{Site: "DR", Generation: 4}); got != umredirect.Failed {
		t.Errorf("nobody listens: %s, %s", got, why)
	}
}

func TestRemoteNoise(t *testing.T) {
	for body, want := range map[string]umredirect.Result{"": umredirect.Unknown, "<html>": umredirect.Unknown} {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(body)) }))
		got, why := umredirect.Remote{URL: web.URL, HTTP: web.Client()}.SetState(t.Context(), inProd)
		web.Close()
		if got != want {
			t.Errorf("%q: %s, %s", body, got, why)
		}
	}
}

func TestStatusWords(t *testing.T) {
	raw, err := json.Marshal(umredirect.Status{Setting: inProd, CanRoute: true, Targets: []string{"a:1"}})
	if want := `{"site":"Prod","generation":1,"can_route":true,"targets":["a:1"]}`; err != nil || string(raw) != want {
		t.Errorf("%s, %v; want %s", raw, err, want)
	}
}
