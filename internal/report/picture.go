package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// The picture's measures, in units of its view box; the page scales it to its width.
const (
	pictureWidth = 1000.0
	gutter       = 168.0 // names of the lanes
	margin       = 12.0
	rowHeight    = 20.0
	barHeight    = 16.0
	stepRow      = 15.0
	stepBar      = 11.0
	countRow     = 40.0
	headRow      = 19.0
	letter       = 6.7 // mean width of a character of a label
	markRow      = 15.0
)

// picture is the swim lanes as shapes: everything is computed here, the template only writes it down.
type picture struct {
	Width, Height string
	Plot          box // where time runs
	Ticks         []label
	TickTop       string
	TickBottom    string
	Bands         []bar // outages, behind everything
	Marks         []markShape
	Heads         []label
	Rules         []string // y of the line above each group
	Names         []label
	Bars          []bar
	Texts         []label
	Counts        []bar
	Paths         []string
	Description   string
}

type box struct{ X, Y, W, H string }

type bar struct {
	box
	Class string
	Title string
}

type label struct {
	X, Y  string
	Text  string
	Class string
	Title string
}

type markShape struct {
	X, Y1, Y2 string
	Label     label
	Class     string
}

// painter lays the picture out from top to bottom.
type painter struct {
	d     Document
	p     picture
	y     float64
	end   float64 // of time
	scale float64 // units per second
	place map[string]int
}

func paint(d Document) picture {
	q := &painter{d: d, end: horizon(d), place: map[string]int{}}
	for i, s := range d.Sites {
		q.place[s] = i
	}
	q.scale = (pictureWidth - gutter - margin) / q.end
	top := q.marks()
	q.axis(top)
	for _, g := range groups() {
		q.group(g.kind, g.head)
	}
	for i := range d.Runs {
		q.steps(&d.Runs[i])
	}
	q.y += 4
	q.p.Plot = box{num(gutter), num(top), num(pictureWidth - gutter - margin), num(q.y - top)}
	q.p.TickTop, q.p.TickBottom = num(top), num(q.y)
	for i := range q.p.Ticks {
		if q.p.Ticks[i].Class == "foot" {
			q.p.Ticks[i].Y = num(q.y + 13)
		}
	}
	for i := range q.p.Marks {
		q.p.Marks[i].Y2 = num(q.y)
	}
	q.bands(top)
	q.p.Width, q.p.Height = num(pictureWidth), num(q.y+20)
	q.p.Description = "Timeline of " + span(d.Duration) + ". " + describe(d)
	return q.p
}

type laneGroup struct{ kind, head string }

func groups() []laneGroup {
	return []laneGroup{
		{LaneClients, "Clients: served?"}, {LaneMessages, "Messages a second"}, {LaneCalls, "Calls a second"},
		{LaneDatabase, "Databases: mounted where?"}, {LaneDNS, "DNS: who answers what?"}, {LaneVIP, "Load balancers"},
		{LaneController, "Controllers"},
	}
}

func horizon(d Document) float64 {
	end := d.Duration
	for _, l := range d.Timeline {
		for _, s := range l.Spans {
			end = max(end, s.To)
		}
		for _, p := range l.Points {
			end = max(end, p.At+1)
		}
	}
	for _, r := range d.Runs {
		end = max(end, r.End)
	}
	for _, m := range d.Marks {
		end = max(end, m.At)
	}
	if !(end > 0) || math.IsInf(end, 0) {
		return 1
	}
	return end
}

// x is the place of an instant; one outside the time shown is moved to its edge.
func (q *painter) x(at float64) float64 {
	if math.IsNaN(at) {
		at = 0
	}
	return gutter + min(max(at, 0), q.end)*q.scale
}

// axis draws about a dozen ticks at a round distance.
func (q *painter) axis(top float64) {
	step := 1.0
	for _, s := range []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600} {
		step = s
		if q.end/s <= 13 {
			break
		}
	}
	for q.end/step > 26 {
		step *= 2
	}
	for at := 0.0; at <= q.end; at += step {
		x := num(q.x(at))
		q.p.Ticks = append(q.p.Ticks,
			label{X: x, Y: num(top - 4), Text: clock(at), Class: "head"},
			label{X: x, Text: clock(at), Class: "foot"})
	}
	q.y = top
}

// marks puts the labels of faults and runs above the axis, each in the first row with room, and returns where the axis is.
func (q *painter) marks() float64 {
	const longest = 46
	type extent struct{ from, to float64 }
	var rows [][]extent
	for _, m := range q.d.Marks {
		text := short(clean(m.Text), longest)
		x := q.x(m.At)
		w := float64(len([]rune(text)))*letter + 10
		from, anchor := x+3, "start"
		if from+w > pictureWidth {
			from, anchor = x-3-w, "end"
		}
		row := 0
		for ; row < len(rows); row++ {
			free := true
			for _, e := range rows[row] {
				free = free && (from > e.to || from+w < e.from)
			}
			if free {
				break
			}
		}
		if row == len(rows) {
			rows = append(rows, nil)
		}
		rows[row] = append(rows[row], extent{from - 4, from + w})
		y := 12 + float64(row)*markRow
		lx := x + 4
		if anchor == "end" {
			lx = x - 4
		}
		q.p.Marks = append(q.p.Marks, markShape{
			X: num(x), Y1: num(y - 10), Class: word(m.Kind, MarkFault, MarkHeal, MarkRun),
			Label: label{X: num(lx), Y: num(y), Text: text, Class: anchor, Title: clock(m.At) + " " + clean(m.Text)},
		})
	}
	return 12 + float64(len(rows))*markRow + 14
}

// bands shades the time in which some clients were not served, once however many names it were.
func (q *painter) bands(top float64) {
	outages := slices.Clone(q.d.Outages)
	slices.SortStableFunc(outages, func(a, b Outage) int { return cmp.Compare(a.Start, b.Start) })
	until := 0.0
	for _, o := range outages {
		from := max(o.Start, until)
		if o.End <= from {
			continue
		}
		until = o.End
		q.p.Bands = append(q.p.Bands, bar{box: box{num(q.x(from)), num(top), num(q.x(o.End) - q.x(from)), num(q.y - top)}, Class: "band",
			Title: clean(o.Clients) + " not served: " + o.Sentence(q.d.Speed)})
	}
}

func (q *painter) head(text string) {
	q.y += headRow
	q.p.Rules = append(q.p.Rules, num(q.y-headRow+4))
	q.p.Heads = append(q.p.Heads, label{X: num(0), Y: num(q.y - 3), Text: clean(text)})
}

func (q *painter) name(text string, row float64, class string) {
	const fits = 25
	text = clean(text)
	q.p.Names = append(q.p.Names, label{X: num(gutter - 8), Y: num(q.y + row/2 + 4), Text: short(text, fits), Title: text, Class: class})
}

// num is a coordinate.
func num(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// word is s if it is one of the words, else the empty string: a class never comes from outside.
func word(s string, words ...string) string {
	for _, w := range words {
		if s == w {
			return w
		}
	}
	return ""
}

// describe is the picture for those who cannot see it.
func describe(d Document) string {
	text := ""
	for _, o := range d.Outages {
		text += fmt.Sprintf("Clients of %s not served from %s to %s. ", clean(o.Clients), clock(o.Start), clock(o.End))
	}
	return text
}
