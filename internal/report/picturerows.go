package report

import (
	"fmt"
	"strings"
)

// group draws all lanes of a kind under their heading.
func (q *painter) group(kind, head string) {
	first := true
	for i := range q.d.Timeline {
		l := &q.d.Timeline[i]
		if l.Kind != kind {
			continue
		}
		if first {
			q.head(head)
			first = false
		}
		if len(l.Points) > 0 {
			q.counts(l)
			continue
		}
		q.name(l.Name, rowHeight, "")
		for _, s := range l.Spans {
			q.span(l, s)
		}
		q.y += rowHeight
	}
}

// span draws one stretch and its label.
func (q *painter) span(l *Lane, s Span) {
	x, end := q.x(s.From), q.x(s.To)
	w := max(end-x, 1)
	top := q.y + (rowHeight-barHeight)/2
	class := word(s.State, StateGood, StateBad, StateWarn, StateIdle, StateOff)
	textClass := class
	if i, known := q.place[s.Place]; known && class == StateGood {
		class += fmt.Sprintf(" place%d", i%5)
		if i%5 > 0 {
			textClass = "halo" // on a pattern letters need one
		}
	}
	title := fmt.Sprintf("%s: %s, %s to %s (%s)", l.Name, s.Label, clock(s.From), clock(s.To), span(s.To-s.From))
	q.p.Bars = append(q.p.Bars, bar{box: box{num(x), num(top), num(w), num(barHeight)}, Class: class, Title: clean(title)})
	text := fitting(clean(s.Label), s.State, w)
	if text != "" {
		q.p.Texts = append(q.p.Texts, label{X: num(x + 4), Y: num(q.y + rowHeight/2 + 4), Text: text, Class: textClass})
	}
}

// fitting is the label, if it has room as a whole: half of "12 of 24 served" or of "not mounted" says something else. A
// list is cut between its items; what is bad keeps a sign; the title has it whole.
func fitting(text, state string, w float64) string {
	room := int((w - 6) / letter)
	for whole := text; whole != ""; {
		if n := len([]rune(whole)); n <= room && whole == text || n+3 <= room {
			if whole != text {
				whole += ", …"
			}
			return whole
		}
		cut := strings.LastIndex(whole, ", ")
		whole = whole[:max(cut, 0)]
	}
	if state == StateBad && room >= 1 {
		return "✗"
	}
	return ""
}

// counts draws what succeeded upwards and what was lost downwards, a bar a second, so that it reads without colour.
func (q *painter) counts(l *Lane) {
	most, ok, lost := 1, 0, 0
	for _, p := range l.Points {
		most = max(most, p.OK+p.Lost)
		ok, lost = ok+p.OK, lost+p.Lost
	}
	const up, down = countRow*0.5 - 1, countRow*0.5 - 5
	base := q.y + countRow*0.55
	good, gone := "answered", "lost"
	if l.Kind == LaneMessages {
		good, gone = "acknowledged", "not taken"
	}
	q.name(l.Name, countRow-12, "")
	q.p.Names = append(q.p.Names, label{X: num(gutter - 8), Y: num(q.y + countRow/2 + 12), Class: "small",
		Text: fmt.Sprintf("↑ %s %s  ↓ %s %s", count(int64(ok)), good, count(int64(lost)), gone)})
	for _, p := range l.Points {
		x, w := q.x(p.At), max(q.x(p.At+1)-q.x(p.At)-0.6, 0.6)
		title := fmt.Sprintf("%s, %s: %d %s, %d %s", clean(l.Name), clock(p.At), p.OK, good, p.Lost, gone)
		if p.OK > 0 {
			h := up * float64(p.OK) / float64(most)
			q.p.Counts = append(q.p.Counts, bar{box: box{num(x), num(base - h), num(w), num(h)}, Class: "count", Title: title})
		}
		if p.Lost > 0 {
			h := max(down*float64(p.Lost)/float64(most), 2)
			q.p.Counts = append(q.p.Counts, bar{box: box{num(x), num(base), num(w), num(h)}, Class: "countlost", Title: title})
		}
	}
	q.y += countRow
}

// row is a step in the picture, or many of one group drawn as one.
type row struct {
	name       string
	title      string
	state      string
	start, end float64
	critical   bool
	steps      int
	merged     bool
}

const mergeAbove = 8 // steps of one group: with a hundred databases nobody reads a hundred bars

// rowsOf are the steps that took time, in the plan's order; large groups become one row each.
func rowsOf(r *Run) (rows []row, of map[string]int) {
	size := map[string]int{}
	for i := range r.Steps {
		size[groupOf(r.Steps[i].ID)]++
	}
	of = map[string]int{}
	merged := map[string]int{}
	for i := range r.Steps {
		s := &r.Steps[i]
		if !ran(s) {
			continue
		}
		g := groupOf(s.ID)
		if k, ok := merged[g]; ok {
			rows[k].start, rows[k].end = min(rows[k].start, s.Start), max(rows[k].end, s.End)
			rows[k].critical = rows[k].critical || s.Critical
			rows[k].steps++
			rows[k].state = worse(rows[k].state, s.State)
			of[s.ID] = k
			continue
		}
		of[s.ID] = len(rows)
		n := row{name: s.ID, title: s.Title, state: s.State, start: s.Start, end: s.End, critical: s.Critical, steps: 1}
		if g != s.ID && size[g] > mergeAbove {
			merged[g], n.name, n.merged = len(rows), g+"/…", true
		}
		rows = append(rows, n)
	}
	return rows, of
}

func groupOf(id string) string {
	g, _, _ := strings.Cut(id, "/")
	return g
}

func worse(a, b string) string {
	for _, s := range []string{"failed", "refused", "unknown", "waiting"} {
		if a == s || b == s {
			return s
		}
	}
	return a
}

func (q *painter) steps(r *Run) {
	rows, of := rowsOf(r)
	if len(rows) == 0 {
		return
	}
	q.head(fmt.Sprintf("%s: %s, %s", r.Runbook, r.Outcome, span(r.Duration)))
	top := q.y
	for _, w := range rows {
		q.stepRow(w)
	}
	middle := func(k int) float64 { return top + float64(k)*stepRow + stepRow/2 }
	path := r.Path()
	for i := 1; i < len(path); i++ {
		a, b := of[path[i-1]], of[path[i]]
		if a == b {
			continue
		}
		q.p.Paths = append(q.p.Paths, fmt.Sprintf("M%s %sV%sH%s",
			num(q.x(rows[a].end)), num(middle(a)), num(middle(b)), num(q.x(rows[b].start))))
	}
}

func (q *painter) stepRow(w row) {
	x, end := q.x(w.start), q.x(w.end)
	class, text := "step", span(w.end-w.start)
	switch w.state {
	case "failed", "refused":
		class, text = "step bad", w.state+", "+text
	case "unknown", "waiting":
		class, text = "step warn", w.state+", "+text
	}
	nameClass := ""
	if w.critical {
		class += " critical"
		nameClass = "strong"
	}
	if w.merged {
		text += fmt.Sprintf(", %d steps", w.steps)
	}
	title := clean(fmt.Sprintf("%s (%s): %s to %s, %s. %s", w.name, w.state, clock(w.start), clock(w.end), span(w.end-w.start), w.title))
	q.p.Bars = append(q.p.Bars, bar{box: box{num(x), num(q.y + (stepRow-stepBar)/2), num(max(end-x, 2)), num(stepBar)}, Class: class, Title: title})
	q.name(w.name, stepRow, nameClass)
	at, anchor := end+6, "after"
	if at+float64(len([]rune(text)))*letter > pictureWidth {
		at, anchor = x-6, "before"
	}
	q.p.Texts = append(q.p.Texts, label{X: num(at), Y: num(q.y + stepRow/2 + 4), Text: text, Class: anchor, Title: title})
	q.y += stepRow
}
