package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
)

// Finish is the document with everything that follows from the rest of it: schema, verdict, critical paths; times to the
// millisecond; no null where a list belongs. The same twice is the same.
func Finish(d Document) Document {
	d.Schema = Schema
	d.StartedAt = d.StartedAt.UTC()
	d.Duration = round(d.Duration)
	d.Invariants = list(d.Invariants)
	d.Outages = list(d.Outages)
	d.Databases = list(d.Databases)
	d.Refusals = list(d.Refusals)
	d.Approvals = list(d.Approvals)
	d.Overrides = list(d.Overrides)
	d.Marks = list(d.Marks)
	d.Sites = list(d.Sites)
	d.Emulated, d.Real, d.Notes = list(d.Emulated), list(d.Real), list(d.Notes)
	d.Runs = slices.Clone(list(d.Runs))
	for i := range d.Runs {
		d.Runs[i] = finishRun(d.Runs[i])
	}
	d.Timeline = slices.Clone(list(d.Timeline))
	for i := range d.Timeline {
		l := &d.Timeline[i]
		l.Spans = slices.Clone(list(l.Spans))
		for k := range l.Spans {
			l.Spans[k].From, l.Spans[k].To = round(l.Spans[k].From), round(l.Spans[k].To)
		}
	}
	d.Verdict = Verdict(d)
	return d
}

func finishRun(r Run) Run {
	r.Debts = list(r.Debts)
	r.Duration, r.Overhead = round(r.Duration), round(r.Overhead)
	r.Start, r.End = round(r.Start), round(r.End)
	r.Steps = slices.Clone(list(r.Steps))
	for i := range r.Steps {
		s := &r.Steps[i]
		s.Start, s.End, s.RealTime = round(s.Start), round(s.End), round(s.RealTime)
		s.Calls = slices.Clone(list(s.Calls))
		for k := range s.Calls {
			s.Calls[k].Warnings = list(s.Calls[k].Warnings)
		}
	}
	markCritical(r.Steps)
	return r
}

// Write writes the document as JSON.
func Write(w io.Writer, d Document) error {
	d = Finish(d)
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	if err := enc.Encode(d); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// Read reads a document that Write wrote, for a page made later.
func Read(r io.Reader) (Document, error) {
	var d Document
	if err := json.NewDecoder(r).Decode(&d); err != nil {
		return Document{}, fmt.Errorf("read report: %w", err)
	}
	if d.Schema != Schema {
		return Document{}, fmt.Errorf("report has schema %d; this siteswap reads %d: use the version that wrote it", d.Schema, Schema)
	}
	return d, nil
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func round(s float64) float64 {
	if math.IsNaN(s) || math.IsInf(s, 0) {
		return 0
	}
	return math.Round(s*1000) / 1000
}
