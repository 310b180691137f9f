package console

import (
	"fmt"
	"slices"
	"strings"
)

// Prompt is what the keys have done so far: which need is chosen, what was asked, what came of it.
type Prompt struct {
	selected int
	asked    Action
	notice   string
}

// Draw is the view in exactly h lines of at most w cells. What matters most stays when there is little room: title and
// outage clock, what needs a person, the steps that act; then sites, then the rest.
func (v View) Draw(w, h int, s Style, p Prompt) string {
	if w < 1 || h < 1 {
		return ""
	}
	top := v.top(w, h, s)
	below := v.below(w, h, s, p)
	room := h - len(top) - len(below)
	sites := v.siteLines(w, room, s)
	room -= len(sites)
	tail := v.tail(w, room, s)
	room -= len(tail)
	lines := slices.Concat(top, sites, v.stepLines(w, room, s), tail)
	for len(lines) < h-len(below) {
		lines = append(lines, "")
	}
	lines = append(lines[:max(0, min(len(lines), h-len(below)))], below...)
	if len(lines) > h {
		lines = lines[:h]
	}
	for i := range lines {
		lines[i] = s.fit(lines[i], w)
	}
	return strings.Join(lines, "\n")
}

// top is the title, who is served, and the outage clock, large where there is room.
func (v View) top(w, h int, s Style) []string {
	lines := []string{sides(s.sgr(bold, clean(v.Title)), clock(v.Elapsed), w, s)}
	var words []string
	switch {
	case v.Outage.Running:
		words = append(words, s.sgr(red+";"+bold, "OUTAGE "+clock(v.Outage.For))+"  "+clean(v.Outage.Text))
	case v.Outage.Text != "":
		words = append(words, "outage over: "+clean(v.Outage.Text))
	}
	if v.Served != "" {
		words = append(words, clean(v.Served))
	}
	if len(v.Unmounted) > 0 && len(v.Sites) > 0 {
		words = append(words, s.Mark(Degraded)+" not mounted, or not known where: "+names(v.Unmounted, w-36))
	}
	if v.Outage.Running && w >= 80 && h >= 30 && !s.ASCII {
		words[0] = s.sgr(red+";"+bold, "OUTAGE") + "  " + clean(v.Outage.Text)
		for i, row := range large(clock(v.Outage.For)) {
			text := ""
			if i < len(words) {
				text = words[i]
			}
			lines = append(lines, " "+s.sgr(red+";"+bold, row)+"   "+text)
		}
		return append(lines, "")
	}
	return append(lines, words...)
}

// large is digits three lines high.
func large(text string) [3]string {
	shapes := map[rune][3]string{
		'0': {"┏━┓", "┃ ┃", "┗━┛"}, '1': {" ╻ ", " ┃ ", " ╹ "}, '2': {"╺━┓", "┏━┛", "┗━╸"}, '3': {"╺━┓", " ━┫", "╺━┛"},
		'4': {"╻ ╻", "┗━┫", "  ╹"}, '5': {"┏━╸", "┗━┓", "╺━┛"}, '6': {"┏━╸", "┣━┓", "┗━┛"}, '7': {"╺━┓", "  ┃", "  ╹"},
		'8': {"┏━┓", "┣━┫", "┗━┛"}, '9': {"┏━┓", "┗━┫", "╺━┛"}, ':': {"╻", " ", "╹"},
	}
	var out [3]string
	for _, r := range text {
		for i := range out {
			out[i] += shapes[r][i] + " "
		}
	}
	return out
}

// stepLines are as many steps as there is room for; the line above says how many are over and how many are not shown.
func (v View) stepLines(w, room int, s Style) []string {
	if len(v.Steps) == 0 || room < 2 {
		return nil
	}
	done := 0
	for _, l := range v.Steps {
		if isOver(l) {
			done++
		}
	}
	shown := choose(v.Steps, room-1)
	head := fmt.Sprintf("%s, %d of %d steps", clean(v.RunWord), done, len(v.Steps))
	if hidden := len(v.Steps) - len(shown); hidden > 0 {
		head += fmt.Sprintf(", %d not shown", hidden)
	}
	lines := []string{s.rule(head, w)}
	for _, i := range shown {
		lines = append(lines, s.stepIn(v.Steps[i], w))
	}
	return lines
}

// isOver: nothing more will happen to the step.
func isOver(l StepLine) bool { return l.State == "done" || l.State == "skipped" }

// choose is which steps to show, in the plan's order: first those that act, wait or have failed, wherever in the plan they
// stand; then what comes next, but for one place; then what was done last.
func choose(steps []StepLine, room int) []int {
	var shown, todo, past []int
	for i, l := range steps {
		switch {
		case isOver(l):
			past = append(past, i)
		case l.State == "todo":
			todo = append(todo, i)
		default:
			shown = append(shown, i)
		}
	}
	take := func(from []int, n int) { shown = append(shown, from[:max(0, min(n, len(from)))]...) }
	slices.Reverse(past)
	keep := min(len(past), max(1, (room-len(shown)-len(todo))))
	take(todo, room-len(shown)-keep)
	take(past, room-len(shown))
	shown = shown[:min(len(shown), room)]
	slices.Sort(shown)
	return shown
}

// stepIn is a step in w cells: the time that it has taken is never what is cut.
func (s Style) stepIn(l StepLine, w int) string {
	tail := progress(l.Elapsed, l.AtMost)
	if tail == "" {
		return s.fit(" "+s.step(l), w)
	}
	if w < 70 && l.AtMost > 0 {
		tail = span(l.Elapsed) + "/" + span(l.AtMost)
	}
	l.Elapsed, l.AtMost = 0, 0
	line := " " + s.step(l)
	room := w - width(tail) - 2
	if room < 12 {
		return s.fit(line, w)
	}
	return s.cell(line, min(room, textWidth+idWidth+4)) + "  " + tail
}

// tail is the last plain lines, where there is room beyond the steps.
func (v View) tail(w, room int, s Style) []string {
	spare := room - len(v.Steps) - 2
	if len(v.Lines) == 0 || spare < 2 {
		return nil
	}
	n := min(len(v.Lines), spare-1)
	lines := []string{s.rule("log", w)}
	for _, l := range v.Lines[len(v.Lines)-n:] {
		lines = append(lines, s.fit(" "+l, w))
	}
	return lines
}

// below is what needs a person, and the keys. It never gives way to anything but the title.
func (v View) below(w, h int, s Style, p Prompt) []string {
	var lines []string
	if len(v.Needs) == 0 {
		lines = append(lines, s.rule("nothing needs you", w))
	} else {
		lines = append(lines, s.sgr(yellow, s.rule("needs a person", w)))
	}
	most := max(2, h/3)
	for i := range v.Needs {
		if len(lines) > most {
			lines = append(lines, fmt.Sprintf(" and %d more; tab shows the next", len(v.Needs)-i))
			break
		}
		n := v.Needs[(i+p.selected)%len(v.Needs)] // the chosen one stands first
		lines = append(lines, needLine(n, i == 0, v, w, s))
		for _, d := range n.Detail {
			if i == 0 && len(lines) <= most {
				lines = append(lines, s.fit("     "+clean(d), w))
			}
		}
	}
	if p.asked != "" {
		return append(lines, s.sgr(bold, s.fit(fmt.Sprintf(" %s: press %s again to do it, any other key to leave it", p.question(v), keyOf(p.asked)), w)))
	}
	if p.notice != "" {
		lines = append(lines, s.fit(" "+clean(p.notice), w))
	}
	return append(lines, s.sgr(faint, s.fit(" "+v.keys(p.selected), w)))
}

func needLine(n Need, chosen bool, v View, w int, s Style) string {
	before := "   "
	if chosen && len(v.Needs) > 1 {
		before = " > "
	}
	text := s.Mark("waiting") + " "
	if n.Step != "" {
		text += s.sgr(bold, clean(n.Step)) + "  "
	}
	text += clean(strings.TrimPrefix(n.What, n.Step+": "))
	if v.Elapsed > n.Since && n.Since > 0 {
		text += "  (for " + span((v.Elapsed - n.Since).Truncate(1e9)) + ")"
	}
	return s.fit(before+text, w)
}

// question names what a second press of the key does.
func (p Prompt) question(v View) string {
	switch p.asked {
	case Approve, Deny:
		if n := len(v.Needs); n > 0 {
			return string(p.asked) + " " + clean(v.Needs[p.selected%n].Step)
		}
	}
	return string(p.asked) + " the run"
}

// keys is the keys that do something now.
func (v View) keys(selected int) string {
	var keys []string
	if n := len(v.Needs); n > 0 {
		for _, a := range v.Needs[selected%n].Actions {
			if a == Approve || a == Deny {
				keys = append(keys, keyOf(a)+" "+string(a))
			}
		}
		if n > 1 {
			keys = append(keys, "tab next")
		}
	}
	if v.Run != "" {
		if v.Paused {
			keys = append(keys, "r resume")
		} else {
			keys = append(keys, "p pause")
		}
		keys = append(keys, "x abort")
	}
	return strings.Join(append(keys, "q leave"), "   ")
}

func keyOf(a Action) string {
	switch a {
	case Approve:
		return "a"
	case Deny:
		return "d"
	case Pause:
		return "p"
	case Resume:
		return "r"
	case Abort:
		return "x"
	}
	return "?"
}

// rule is a line across with a word in it.
func (s Style) rule(text string, w int) string {
	line := "─"
	if s.ASCII {
		line = "-"
	}
	text = s.fit(line+line+" "+text+" ", w)
	return text + strings.Repeat(line, max(0, w-width(text)))
}

// sides is one text at the left and one at the right.
func sides(left, right string, w int, s Style) string {
	room := w - width(right) - 1
	if room < 1 {
		return s.fit(left, w)
	}
	return s.cell(left, room) + " " + right
}

// names is as many of the names as fit, and how many more there are.
func names(all []string, w int) string {
	text := ""
	for i, n := range all {
		next := clean(n)
		if i > 0 {
			next = ", " + next
		}
		if more := fmt.Sprintf(" and %d more", len(all)-i); i > 0 && width(text+next)+len(more) > w {
			return text + more
		}
		text += next
	}
	return text
}
