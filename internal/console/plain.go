package console

import (
	"fmt"
	"io"
	"strings"
	"time"

	"siteswap/internal/api"
)

// Plain writes one line per fact: what everyone sees who has no terminal, and what the live view leaves behind.
type Plain struct {
	W     io.Writer
	Color bool
	ASCII bool
	Start time.Time // what the times at the left count from
}

func (p Plain) style() Style { return Style{Color: p.Color, ASCII: p.ASCII} }

const (
	idWidth   = 15 // step ids are aligned to it; a longer one pushes its text to the right
	textWidth = 56 // where "4 s of at most 30 s" begins, if the text is no longer
)

// Head writes a line without a time, for what stands above a drill or a run.
func (p Plain) Head(text string) { p.write(text) }

// Line writes what happened at an instant.
func (p Plain) Line(at time.Time, text string) { p.write(p.stamp(at) + clean(text)) }

// Marked writes what happened with a mark before it.
func (p Plain) Marked(at time.Time, state, text string) {
	p.write(p.stamp(at) + p.style().Mark(state) + " " + clean(text))
}

// Step writes the state of a step. What belongs to another way than this run's is left to the report.
func (p Plain) Step(at time.Time, l StepLine) {
	if !otherWay(l) {
		p.write(p.stamp(at) + p.style().step(l))
	}
}

// otherWay: the step is skipped because it belongs to a planned run and this is none, or to the other activation mode.
func otherWay(l StepLine) bool {
	return l.State == "skipped" && (strings.HasPrefix(l.Text, "not needed: run.") || strings.HasPrefix(l.Text, "not needed: dag.mode"))
}

// Refusal writes a rule's no: rule, why, evidence, way out.
func (p Plain) Refusal(at time.Time, r api.Refusal) {
	lines := strings.Split(strings.TrimSuffix(p.style().Refusal(r), "\n"), "\n")
	for i, l := range lines {
		before := p.stamp(at)
		if i > 0 {
			before = strings.Repeat(" ", len(before))
		}
		p.write(before + l)
	}
}

func (p Plain) stamp(at time.Time) string { return clock(at.Sub(p.Start)) + "   " }

// write ends the line; a terminal that is gone is no reason to stop what is under way.
func (p Plain) write(line string) { _, _ = fmt.Fprintln(p.W, strings.TrimRight(line, " ")) }

// step is a step as a line: mark, id, text, how long already.
func (s Style) step(l StepLine) string {
	line := s.Mark(l.State)
	line = pad(line, 2) // one mark is two cells wide
	if !strings.HasSuffix(line, " ") {
		line += " "
	}
	line += pad(clean(l.ID), idWidth)
	text := clean(l.Text)
	if l.WaitsFor != "" {
		text = strings.TrimPrefix(text+"; waits for "+clean(l.WaitsFor), "; ")
	}
	if !strings.HasSuffix(line, " ") {
		line += "  "
	}
	tail := progress(l.Elapsed, l.AtMost)
	if tail == "" {
		return strings.TrimRight(line+text, " ")
	}
	return line + pad(text, textWidth) + "  " + tail
}

// Refusal is a rule's no as a block of four lines, each of its parts found by its word.
func (s Style) Refusal(r api.Refusal) string {
	var b strings.Builder
	at := ""
	if r.Step != "" {
		at = " at " + clean(r.Step)
	}
	fmt.Fprintf(&b, "%s refused by %s%s\n", s.Mark("refused"), s.sgr(bold, clean(r.Rule)), at)
	for _, part := range [][2]string{{"why", r.Why}, {"evidence", r.Evidence}, {"way out", r.Unblock}} {
		text := clean(part[1])
		if text == "" {
			text = "-"
		}
		fmt.Fprintf(&b, "   %-9s %s\n", part[0], text)
	}
	return b.String()
}
