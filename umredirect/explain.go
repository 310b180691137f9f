package umredirect

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Decision is an [Answer] as people and programs read it.
type Decision struct {
	Status   int      `json:"status"`
	Reason   string   `json:"reason"`
	Contacts []string `json:"contacts,omitempty"` // as they are written, the preferred first
	Called   string   `json:"called"`
	By       string   `json:"by"`
	Why      string   `json:"why"`
	Site     string   `json:"site"`
}

// Explain says what a call would get, without one: number is a number, or a whole URI; diverted are the numbers or URIs that it was
// diverted from, the newest first (RFC 5806, section 5).
func Explain(t *Table, s State, number string, diverted ...string) Decision {
	r := Request{Method: "INVITE", RequestURI: asURI(number), CallID: "dry-run"}
	for _, d := range diverted {
		r.Diversion = append(r.Diversion, "<"+asURI(d)+">")
	}
	a := Decide(r, t, s)
	d := Decision{Status: a.Status, Reason: a.Reason, Called: a.Called, By: a.By, Why: a.Why, Site: s.Site}
	for _, c := range a.Contacts {
		d.Contacts = append(d.Contacts, string(c.appendTo(nil)))
	}
	return d
}

func asURI(number string) string {
	for _, scheme := range []string{"sip:", "sips:", "tel:"} {
		if len(number) > len(scheme) && strings.EqualFold(number[:len(scheme)], scheme) {
			return number
		}
	}
	if strings.Contains(number, "@") {
		return "sip:" + number
	}
	return "sip:" + number + "@dry-run.invalid;user=phone"
}

// PathDecision is where a redirector explains itself: GET ?number=NUMBER&diverted=NUMBER.
const PathDecision = "/v1/decision"

func (s *Server) explain(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	now := s.view.Load()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(Explain(now.table, now.state, q.Get("number"), q["diverted"]...)) // whoever asked has gone when this fails
}

// Explain asks the redirector what a call would get.
func (r Remote) Explain(ctx context.Context, number string, diverted ...string) (Decision, error) {
	var d Decision
	q := url.Values{"number": {number}, "diverted": diverted}
	err := r.Read(ctx, PathDecision+"?"+q.Encode(), &d)
	return d, err
}

// Read asks the redirector's control for anything that it serves there, as JSON.
func (r Remote) Read(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(r.URL, "/")+path, nil)
	if err != nil {
		return fmt.Errorf("redirector %s: %w", r.URL, err)
	}
	client := r.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("redirector %s: %w", r.URL, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("redirector %s: HTTP status %d", r.URL, res.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxRead)).Decode(into); err != nil {
		return fmt.Errorf("redirector %s: %w", r.URL, err)
	}
	return nil
}

// maxRead is the longest answer that is read.
const maxRead = 8 << 20
