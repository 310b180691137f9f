package console

import (
	"os"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

// Style is how text may look.
type Style struct {
	Color bool
	ASCII bool // marks and lines of plain ASCII
}

// UseColor: colour only on a terminal, and off wherever NO_COLOR is set to anything (no-color.org).
func UseColor(terminal bool, lookup func(string) (string, bool)) bool {
	if v, set := lookup("NO_COLOR"); set && v != "" {
		return false
	}
	if v, _ := lookup("TERM"); v == "dumb" {
		return false
	}
	return terminal
}

// IsTerminal says whether the file is one.
func IsTerminal(f *os.File) bool { return term.IsTerminal(f.Fd()) }

// States that a mark stands for, besides those of steps.
const (
	Good     = "good"
	Bad      = "bad"
	Degraded = "degraded"
	Idle     = "idle"
	Acting   = "acting"
)

// Mark is the sign of a state; it carries the meaning without colour.
func (s Style) Mark(state string) string {
	sign, plain := "·", "."
	switch state {
	case "done", Good:
		sign, plain = "✓", "+"
	case Acting:
		sign, plain = "▶", ">"
	case "waiting":
		sign, plain = "…", "~"
	case "skipped":
		sign, plain = "–", "-"
	case "unknown", Degraded:
		sign, plain = "!", "!"
	case "failed", Bad:
		sign, plain = "✗", "x"
	case "refused":
		sign, plain = "⛔", "#"
	}
	if s.ASCII {
		sign = plain
	}
	return s.paint(state, sign)
}

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
	bold   = "1"
	faint  = "2"
)

// paint colours text by state.
func (s Style) paint(state, text string) string {
	switch state {
	case "done", Good:
		return s.sgr(green, text)
	case Acting:
		return s.sgr(cyan, text)
	case "waiting", "unknown", Degraded:
		return s.sgr(yellow, text)
	case "failed", "refused", Bad:
		return s.sgr(red, text)
	case "todo", "skipped", Idle:
		return s.sgr(faint, text)
	}
	return text
}

func (s Style) sgr(code, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// clean makes text from outside harmless: no control character, no escape, no change of writing direction, one line.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
}

// width is how many cells the text takes.
func width(text string) int { return ansi.StringWidth(text) }

// pad fills the text with spaces to n cells.
func pad(text string, n int) string {
	if w := width(text); w < n {
		return text + strings.Repeat(" ", n-w)
	}
	return text
}

// fit cuts the text to at most n cells.
func (s Style) fit(text string, n int) string {
	tail := "…"
	if s.ASCII {
		tail = "~"
	}
	if n < 1 {
		return ""
	}
	return ansi.Truncate(text, n, tail)
}

// cell is the text in exactly n cells.
func (s Style) cell(text string, n int) string { return pad(s.fit(text, n), n) }
