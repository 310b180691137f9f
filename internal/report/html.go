package report

import (
	"cmp"
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"siteswap/internal/api"
)

//go:embed page.html
var pageSource string

// HTML writes the document as one page that fetches nothing: style and picture are inside it, there is no script.
func HTML(w io.Writer, d Document) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"clock": clock, "span": span, "count": count, "clean": clean, "number": number, "mark": mark,
		"shortHash": shortHash, "join": func(s []string) string { return strings.Join(s, ", ") }, "ceiling": ceiling,
		"more":   func(s []string) int { return len(s) - 4 }, // the first four facts stand open
		"agrees": func(s Step) bool { return s.Agrees != nil && *s.Agrees },
		"took":   func(s Step) float64 { return max(s.End-s.Start, 0) },
	}).Parse(pageSource)
	if err != nil {
		return fmt.Errorf("parse report page: %w", err)
	}
	if err := t.Execute(w, view(Finish(d))); err != nil {
		return fmt.Errorf("write report page: %w", err)
	}
	return nil
}

// page is the document with what the template needs worked out.
type page struct {
	Document
	Good      bool
	Lead      []string
	Figures   []figure
	Picture   picture
	Places    []place
	Splits    []split
	Debts     []api.Debt
	Wrong     []string // what Validate says
	StartedAt string
}

type figure struct{ Value, Name, Note string }

type place struct {
	Name  string
	Class string
}

// split is an outage as a bar of a hundred parts.
type split struct {
	Outage
	Sentence string
	Bars     []splitBar
}

type splitBar struct {
	bar
	Name, Seconds string
	TextX         string
	Fits          bool
}

func view(d Document) page {
	p := page{Document: d, Picture: paint(d), StartedAt: d.StartedAt.Format("2006-01-02 15:04:05 MST"), Wrong: Validate(d)}
	p.Good = d.Outcome == "passed" || d.Outcome == "done" || d.ExpectMet != nil && *d.ExpectMet
	p.Lead = lead(d)
	p.Figures = figures(d)
	for i, s := range d.Sites {
		p.Places = append(p.Places, place{clean(s), fmt.Sprintf("good place%d", i%5)})
	}
	longest := 0.0
	for _, o := range d.Outages {
		longest = max(longest, o.Seconds)
	}
	ordered := slices.Clone(d.Outages)
	slices.SortStableFunc(ordered, func(a, b Outage) int { return cmp.Compare(a.Start, b.Start) })
	for _, o := range ordered {
		p.Splits = append(p.Splits, splitOf(o, longest, d.Speed))
	}
	for _, r := range d.Runs {
		p.Debts = append(p.Debts, r.Debts...)
	}
	return p
}

// lead is what users felt, a sentence per run.
func lead(d Document) []string {
	var out []string
	for _, r := range d.Runs {
		worst, names := Outage{Seconds: -1}, 0
		for _, o := range d.Outages {
			if o.Run != r.Runbook {
				continue
			}
			names++
			if o.Seconds > worst.Seconds {
				worst = o
			}
		}
		title := r.Title
		if title == "" {
			title = r.Runbook
		}
		switch {
		case names == 0:
			out = append(out, fmt.Sprintf("%s: %s in %s; its clients were served all the time.", title, r.Outcome, span(r.Duration)))
		default:
			out = append(out, fmt.Sprintf("%s: %s in %s; clients were not served for %s.", title, r.Outcome, span(r.Duration), worst.Sentence(d.Speed)))
		}
	}
	return out
}

func figures(d Document) []figure {
	worst := Outage{}
	for _, o := range d.Outages {
		if o.Seconds > worst.Seconds {
			worst = o
		}
	}
	outage := figure{span(worst.Seconds), "longest outage", worst.Clients}
	if worst.Run != "" {
		outage.Note += ", " + worst.Run
	}
	if worst.Seconds == 0 {
		outage = figure{"none", "outage", "clients were served all the time"}
	}
	pace := "this ran at real speed"
	if d.Speed > 1 {
		pace = fmt.Sprintf("this ran %s times as fast", number(d.Speed))
	}
	var allowed string
	if lost := d.lost(); lost > 0 && d.broken(LostAcknowledged) == 0 {
		allowed = ", within the approved loss"
	}
	calls := figure{count(d.Calls.Lost), "calls lost", fmt.Sprintf("of %s; %s after calls were served again", count(d.Calls.Placed), count(d.Calls.LostAfterService))}
	if d.Calls.None != "" {
		calls = figure{"–", "calls", d.Calls.None}
	}
	return []figure{
		outage,
		{span(worst.Real(d.Speed)), "at real speed", pace},
		{count(d.lost()), "messages lost", fmt.Sprintf("of %s acknowledged%s", count(d.acknowledged()), allowed)},
		calls,
	}
}

func splitOf(o Outage, longest, speed float64) split {
	s := split{Outage: o, Sentence: o.Sentence(speed)}
	if longest <= 0 {
		return s
	}
	x := 0.0
	for i, part := range o.Parts.List() {
		if part.Seconds <= 0 {
			continue
		}
		w := part.Seconds / longest * pictureWidth
		text := part.Name + " " + tenth(part.Seconds)
		s.Bars = append(s.Bars, splitBar{
			bar:  bar{box: box{X: num(x), W: num(w)}, Class: fmt.Sprintf("part%d", i), Title: text + " s"},
			Name: part.Name, Seconds: tenth(part.Seconds), TextX: num(x + 4),
			Fits: w > float64(len(text))*letter+8,
		})
		x += w
	}
	return s
}

// mark is the sign of a step's state (look.md): it carries the meaning without colour.
func mark(state string) string {
	switch state {
	case "done":
		return "✓"
	case "failed":
		return "✗"
	case "unknown":
		return "!"
	case "skipped":
		return "–"
	case "refused":
		return "⛔"
	case "waiting":
		return "…"
	}
	return "·"
}

// shortHash is what people compare: the first twelve digits.
func shortHash(h string) string { return short(strings.TrimPrefix(h, "sha256:"), 13) }

// ceiling is what an approval allows.
func ceiling(a api.Approval) string {
	if a.Unknown {
		return "a loss that cannot be known"
	}
	var parts []string
	for _, db := range sortedKeys(a.Ceiling) {
		parts = append(parts, fmt.Sprintf("%s at most %s", db, plural(int(a.Ceiling[db]), "log")))
	}
	return strings.Join(parts, ", ")
}
