package cmdlets_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
	"siteswap/internal/exchange/exchangetest"
	"siteswap/internal/exchange/wire"
	"siteswap/internal/lab/cmdlets"
)

func dismount() wire.Call {
	return wire.Call{Cmdlet: "Dismount-Database", Parameters: map[string]any{"Identity": "DB1", "Confirm": false}, Run: "run-1", Step: "dismount/DB1", Attempt: 2, NotAfter: time.Minute}
}

func mounted(w *world) bool {
	s := w.Snapshot()
	return s.Copy(0, 0).Mounted
}

func TestPointsAndApplied(t *testing.T) {
	w := newWorld(exchangetest.Reference())
	var log []string
	server := httptest.NewServer(cmdlets.New(cmdlets.Options{Model: w, Member: 0,
		Gate: func(point cmdlets.Point, c wire.Call, server string) cmdlets.Action {
			log = append(log, fmt.Sprint(point, " ", c.Cmdlet, " ", server))
			return cmdlets.Go
		},
		Applied: func(run, step string, attempt int, cmdlet, server string) {
			log = append(log, fmt.Sprint("counted ", run, " ", step, " ", attempt, " ", cmdlet, " ", server))
		}}))
	post(t, server.URL, `{"cmdlet":"Dismount-Database","parameters":{"Identity":"DB1","Confirm":false},"run":"r","step":"s","attempt":3,"not_after":60000000000}`)
	post(t, server.URL, `{"cmdlet":"Get-Cluster"}`)
	server.Close() // waits for the handlers
	want := []string{"call-received Dismount-Database EX1", "counted r s 3 Dismount-Database DB1 -Confirm:$false EX1", "applied Dismount-Database EX1",
		"answered Dismount-Database EX1", "call-received Get-Cluster EX1", "answered Get-Cluster EX1"}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func post(t *testing.T, url, body string) {
	t.Helper()
	r, err := http.Post(url+wire.Path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if _, err := wire.DecodeReply(r.Body); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", r.Status, err)
	}
}

// TestHeld: what is held at call-received until its caller is gone, or until its time has passed, does nothing.
func TestHeld(t *testing.T) {
	for name, tt := range map[string]struct {
		while    func(cancel context.CancelFunc, clock *time.Time)
		answered bool
	}{
		"caller dies":  {func(cancel context.CancelFunc, _ *time.Time) { cancel() }, false},
		"time passes":  {func(_ context.CancelFunc, clock *time.Time) { *clock = clock.Add(61 * time.Second) }, true},
		"server dies":  {nil, false},
		"nothing does": {func(context.CancelFunc, *time.Time) {}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(exchangetest.Reference())
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			clock := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			applied := 0
			server := cmdlets.New(cmdlets.Options{Model: w, Member: 1, Now: func() time.Time { return clock },
				Gate: func(point cmdlets.Point, _ wire.Call, _ string) cmdlets.Action {
					switch {
					case point != cmdlets.Received:
					case tt.while == nil:
						w.happen(dag.Event{Kind: dag.EvHang, Member: 1, On: true})
					default:
						tt.while(cancel, &clock)
					}
					return cmdlets.Go
				},
				Applied: func(string, string, int, string, string) { applied++ }})
			reply, answered := server.Serve(ctx, dismount(), clock)
			if answered != tt.answered {
				t.Errorf("answered: %v, want %v", answered, tt.answered)
			}
			if goes := name == "nothing does"; goes != (applied == 1) || goes == mounted(w) {
				t.Errorf("applied %d times, DB1 mounted: %v", applied, mounted(w))
			}
			if name == "time passes" && (len(reply.Errors) != 1 || !strings.Contains(reply.Errors[0].Message, "not started: too late")) {
				t.Errorf("errors: %v", reply.Errors)
			}
		})
	}
}

func TestWithoutAuthority(t *testing.T) {
	for name, change := range map[string]func(*wire.Call){
		"no run":      func(c *wire.Call) { c.Run = "" },
		"no limit":    func(c *wire.Call) { c.NotAfter = 0 },
		"limit spent": func(c *wire.Call) { c.NotAfter = -time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(exchangetest.Reference())
			call := dismount()
			change(&call)
			reply, answered := cmdlets.New(cmdlets.Options{Model: w}).Serve(t.Context(), call, time.Now())
			if !answered || len(reply.Errors) != 1 || !mounted(w) {
				t.Errorf("answered %v, errors %v, mounted %v", answered, reply.Errors, mounted(w))
			}
		})
	}
}

// answering is a world whose operations all answer the same and do nothing.
type answering struct {
	*world
	answer dag.Answer
	err    error
}

func (a answering) Do(context.Context, dag.Op) (dag.Answer, error) { return a.answer, a.err }

// TestWords: every answer and warning of the model is worded so that the driver knows it again.
func TestWords(t *testing.T) {
	codes := exchangetest.Codes()
	for _, code := range codes {
		answer := dag.Answer{Code: code, Subject: "EX2"}
		if strings.HasPrefix(string(code), "warn-") {
			answer = dag.Answer{Warnings: []dag.Warning{{Code: code, Subject: "EX2"}}}
		}
		w := answering{world: newWorld(exchangetest.Reference()), answer: answer}
		reply, _ := cmdlets.New(cmdlets.Options{Model: w}).Serve(t.Context(), dismount(), time.Now())
		texts := slices.Clone(reply.Warnings)
		for _, e := range reply.Errors {
			texts = append(texts, e.Message, e.Message+" ["+e.ID+"]")
		}
		exchangetest.Known(t, code, texts)
	}
}

func TestWorldEnds(t *testing.T) {
	w := answering{world: newWorld(exchangetest.Reference()), err: errors.New("over")}
	if _, answered := cmdlets.New(cmdlets.Options{Model: w}).Serve(t.Context(), dismount(), time.Now()); answered {
		t.Error("a call is answered although the world ended")
	}
}

func TestBadRequests(t *testing.T) {
	server := httptest.NewServer(cmdlets.New(cmdlets.Options{Model: newWorld(exchangetest.Reference())}))
	defer server.Close()
	for name, tt := range map[string]struct {
		method, path, body string
		want               int
	}{
		"path":   {http.MethodPost, "/wsman", "{}", http.StatusNotFound},
		"method": {http.MethodGet, wire.Path, "", http.StatusMethodNotAllowed},
		"body":   {http.MethodPost, wire.Path, "{", http.StatusBadRequest},
	} {
		request, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != tt.want {
			t.Errorf("%s: %s, want %d", name, response.Status, tt.want)
		}
	}
}

// TestTogether: reads and acts of several callers at once, for the race detector.
func TestTogether(t *testing.T) {
	w := newWorld(exchangetest.Reference())
	server := cmdlets.New(cmdlets.Options{Model: w, Member: 2})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			call := wire.Call{Cmdlet: "Get-DatabaseAvailabilityGroup", Parameters: map[string]any{"Status": true}}
			if i%2 == 0 {
				call = dismount()
			}
			if _, answered := server.Serve(t.Context(), call, time.Now()); !answered {
				t.Error("no answer")
			}
		})
	}
	wg.Wait()
}
