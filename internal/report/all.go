package report

import (
	_ "embed" // the index
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"time"
)

//go:embed index.html
var indexSource string

// All is what came of several scenarios that were run as one: the document of `drill --scenario all --json`.
type All struct {
	Schema    int         `json:"schema"`
	Kind      string      `json:"kind"`    // KindAll
	Outcome   string      `json:"outcome"` // passed: every scenario ended as it says it must
	StartedAt time.Time   `json:"started_at"`
	Duration  float64     `json:"duration"`
	Jobs      int         `json:"jobs"` // how many ran side by side
	Scenarios []Rehearsal `json:"scenarios"`
}

// KindAll is the kind of such a document.
const KindAll = "drill-all"

// Rehearsal is one scenario of several.
type Rehearsal struct {
	Scenario string  `json:"scenario"`
	Title    string  `json:"title"`
	Outcome  string  `json:"outcome"` // of the drill
	Expect   string  `json:"expect"`
	Exit     int     `json:"exit"` // 0: it ended as it must
	Why      string  `json:"why,omitempty"`
	Verdict  string  `json:"verdict,omitempty"`
	Outage   float64 `json:"outage"` // the longest time that a name was not served, in seconds
	Speed    float64 `json:"speed"`
	Duration float64 `json:"duration"`
	Report   string  `json:"report,omitempty"` // its own report, beside the index
}

// Good is how many ended as they must.
func (a *All) Good() int {
	n := 0
	for _, s := range a.Scenarios {
		if s.Exit == 0 {
			n++
		}
	}
	return n
}

// Headline is the whole in one sentence.
func (a All) Headline() string {
	return fmt.Sprintf("%s: %d of %d scenarios ended as they must", a.Outcome, a.Good(), len(a.Scenarios))
}

// When is when they began.
func (a All) When() string { return a.StartedAt.Format(time.RFC1123) }

// Index writes one page that leads to the reports.
func Index(w io.Writer, a All) error {
	t, err := template.New("index").Parse(indexSource)
	if err != nil {
		return fmt.Errorf("parse the index page: %w", err)
	}
	if err := t.Execute(w, a); err != nil {
		return fmt.Errorf("write the index page: %w", err)
	}
	return nil
}

// WriteAll writes the document as JSON.
func WriteAll(w io.Writer, a All) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	if err := e.Encode(a); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}
