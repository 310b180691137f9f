package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"siteswap/internal/api"
	"siteswap/internal/console"
	"siteswap/internal/drill"
	"siteswap/internal/report"
)

// everyScenario is the name that stands for all built-in scenarios.
const everyScenario = "all"

// sideBySide is how many drills run at once: each keeps about half a processor busy, and waits the other half.
func sideBySide(asked int) int {
	if asked > 0 {
		return asked
	}
	return min(3, max(2, runtime.NumCPU()))
}

// drillAll runs every built-in scenario, some side by side, each on a loopback range of its own. Ctrl-C ends all of them.
func (a *app) drillAll(cmd *cobra.Command, f *drillFlags) error {
	for _, name := range []string{"config", "fail", "set", "override", "keep"} {
		if cmd.Flags().Changed(name) {
			return usage("--%s with --scenario all: every scenario has its own; run one with --scenario NAME", name)
		}
	}
	folder := f.report
	if folder == "" {
		folder = "drill-all-" + time.Now().Format("2006-01-02")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return usage("--report: %v; nothing was started", err)
	}
	out := report.All{Schema: 1, Kind: report.KindAll, StartedAt: time.Now(), Jobs: sideBySide(f.jobs)}
	names := drill.Scenarios()
	say := a.progress()
	say("head", fmt.Sprintf("%d scenarios, %d side by side; reports in %s", len(names), out.Jobs, folder))
	out.Scenarios = make([]report.Rehearsal, len(names))
	slots := make(chan struct{}, out.Jobs)
	var all sync.WaitGroup
	for i, name := range names {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			out.Scenarios[i] = a.rehearse(cmd.Context(), cmd, f, name, folder, say)
		})
	}
	all.Wait()
	out.Duration = time.Since(out.StartedAt).Seconds()
	code := judgeAll(&out)
	if err := writeIndex(filepath.Join(folder, "index.html"), out); err != nil {
		return &exit{exitFailed, err.Error()}
	}
	if a.json {
		if err := report.WriteAll(a.out, out); err != nil {
			return &exit{exitFailed, err.Error()}
		}
	}
	a.summary(&out, folder, say)
	if code == exitGood {
		return nil
	}
	return &exit{code, ""}
}

// writeIndex writes the page that leads to all reports.
func writeIndex(file string, all report.All) error {
	var b bytes.Buffer
	if err := report.Index(&b, all); err != nil {
		return err
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("the index of the reports: %w", err)
	}
	return nil
}

// judgeAll says how all ended, and the exit code.
func judgeAll(r *report.All) int {
	code := exitGood
	r.Outcome = "passed"
	for _, s := range r.Scenarios {
		switch {
		case s.Exit == exitInterrupted:
			r.Outcome = "interrupted"
			return exitInterrupted
		case s.Exit != exitGood:
			r.Outcome, code = "failed", exitFailed
		}
	}
	return code
}

// rehearse runs one scenario, unless the whole was interrupted.
func (a *app) rehearse(ctx context.Context, cmd *cobra.Command, f *drillFlags, name, folder string, say func(state, text string)) report.Rehearsal {
	out := report.Rehearsal{Scenario: name, Outcome: "not started", Exit: exitInterrupted}
	if ctx.Err() != nil {
		return out
	}
	one := *f
	one.scenario = name
	o, err := a.drillOptions(cmd, &one)
	if err != nil {
		out.Exit, out.Why = exitFailed, err.Error()
		return out
	}
	o.Again = "siteswap drill --scenario " + name
	out.Title, out.Speed = o.Scenario.Heading(), o.Speed
	lines := &quiet{}
	o.Watch = lines
	say("acting", name)
	began := time.Now()
	doc, err := drill.Run(ctx, o)
	out.Duration = time.Since(began).Seconds()
	if err != nil {
		out.Outcome, out.Exit, out.Why = "failed", exitFailed, err.Error()
		say("failed", fmt.Sprintf("%-20s %s", name, err))
		return out
	}
	take(&out, doc, o.Scenario)
	out.Report = name + ".html"
	if err := writeReports(filepath.Join(folder, name), doc); err != nil {
		out.Exit, out.Why = exitFailed, err.Error()
	}
	if out.Exit != exitGood {
		say("failed", fmt.Sprintf("%-20s %s; its last lines:", name, out.Verdict))
		for _, line := range lines.tail(15) {
			say("head", "           "+line)
		}
		return out
	}
	say("done", fmt.Sprintf("%-20s %s, as expected; %.0f s at %gx", name, doc.Outcome, out.Duration, out.Speed))
	return out
}

// writeReports writes a scenario's report as a page and as JSON.
func writeReports(stem string, doc report.Document) error {
	var b bytes.Buffer
	if err := report.Write(&b, doc); err != nil {
		return err
	}
	if err := os.WriteFile(stem+".json", b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("the report: %w", err)
	}
	return writeReport(stem+".html", doc)
}

// take reads what came of a drill from its report.
func take(r *report.Rehearsal, doc report.Document, sc *drill.Scenario) {
	r.Outcome, r.Expect, r.Why, r.Verdict, r.Exit = doc.Outcome, doc.Expect, doc.Why, doc.Verdict, drill.Exit(doc, sc)
	if doc.ExpectMet != nil && !*doc.ExpectMet {
		for _, n := range doc.Notes {
			if what, ok := strings.CutPrefix(n, drill.NotAsExpected); ok {
				r.Why = strings.TrimPrefix(r.Why+"; "+what, "; ")
			}
		}
	}
	if ps := report.Validate(doc); len(ps) > 0 && r.Exit == exitGood {
		r.Exit, r.Why = exitFailed, "the report does not hold: "+ps[0]
	}
	for _, o := range doc.Outages {
		r.Outage = max(r.Outage, o.Seconds)
	}
}

// progress prints lines as drills begin and end; whoever calls it may be one of several.
func (a *app) progress() func(state, text string) {
	var mu sync.Mutex
	p := console.Plain{W: a.out, Color: a.terminal() && !a.json && os.Getenv("NO_COLOR") == "", ASCII: a.ascii, Start: time.Now()}
	if a.json {
		p.W = a.errs
	}
	return func(state, text string) {
		mu.Lock()
		defer mu.Unlock()
		if state == "head" {
			p.Head(text)
			return
		}
		p.Marked(time.Now(), state, text)
	}
}

// summary is one line per scenario and one for all.
func (a *app) summary(r *report.All, folder string, say func(state, text string)) {
	say("head", "")
	for _, s := range r.Scenarios {
		text := fmt.Sprintf("%-20s %-12s outage %5.1f s  %s", s.Scenario, s.Outcome, s.Outage, s.Expect)
		switch s.Exit {
		case exitGood:
			say("done", text)
		case exitInterrupted:
			say("skipped", text)
		default:
			say("failed", text+"; "+s.Why)
		}
	}
	say("head", fmt.Sprintf("%s, in %.0f s.  Reports: %s", r.Headline(), r.Duration, filepath.Join(folder, "index.html")))
}

// quiet keeps the lines of a drill that runs beside others.
type quiet struct {
	mu    sync.Mutex
	lines []string
}

func (q *quiet) add(text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lines = append(q.lines, text)
}

func (q *quiet) tail(n int) []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.lines[max(0, len(q.lines)-n):])
}

func (q *quiet) Head(text string)              { q.add(text) }
func (q *quiet) Line(_ time.Time, text string) { q.add(text) }
func (q *quiet) Step(_ time.Time, id, state, text string) {
	q.add(fmt.Sprintf("%s %s %s", id, state, text))
}
func (q *quiet) Refusal(_ time.Time, r api.Refusal) { q.add("refused by " + r.Rule + ": " + r.Why) }
func (q *quiet) Situation(drill.Situation)          {}

// listScenarios prints the built-in scenarios, and what each expects.
func (a *app) listScenarios() error {
	type listed struct {
		Name   string `json:"name"`
		Title  string `json:"title"`
		Expect string `json:"expect"`
	}
	var out []listed
	for _, name := range drill.Scenarios() {
		sc, ps := drill.LoadScenario(name)
		if err := a.problems(ps); err != nil {
			return err
		}
		out = append(out, listed{name, sc.Heading(), sc.Expect.Text()})
	}
	if a.json {
		return a.printJSON(out)
	}
	for _, l := range out {
		fmt.Fprintf(a.out, "%-20s %s (%s)\n", l.Name, l.Title, l.Expect)
	}
	return nil
}
