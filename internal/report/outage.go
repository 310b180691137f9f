package report

import (
	"fmt"
	"math"
	"strings"
)

// Outage is how long the clients of one name were not served, and on what the time went.
type Outage struct {
	Clients string  `json:"clients"` // the name they connect to
	Run     string  `json:"run"`     // the run that ended it; empty where none was needed
	Seconds float64 `json:"seconds"`
	Parts   Parts   `json:"parts"`

	Start float64 `json:"start"`
	End   float64 `json:"end"`
	// RealSeconds: at real speed. Zero: Seconds times the document's speed.
	RealSeconds float64 `json:"real_seconds,omitempty"`
}

// Parts are the stretches of an outage. They sum to its seconds; a part that did not occur is absent.
type Parts struct {
	Detect float64 `json:"detect,omitempty"` // until the run began
	Decide float64 `json:"decide,omitempty"` // until it was clear that it may act
	Fence  float64 `json:"fence,omitempty"`  // until the lost site was shown harmless
	Quorum float64 `json:"quorum,omitempty"` // until the survivors held quorum
	Mount  float64 `json:"mount,omitempty"`  // until the databases were mounted
	DNS    float64 `json:"dns,omitempty"`    // until the names answered the new addresses
	Cache  float64 `json:"cache,omitempty"`  // until the clients' caches had let go and they had reconnected
}

// Part is one named part.
type Part struct {
	Name    string
	Seconds float64
}

// List is all seven parts in order, those of zero too.
func (p Parts) List() []Part {
	return []Part{
		{"detect", p.Detect}, {"decide", p.Decide}, {"fence", p.Fence}, {"quorum", p.Quorum},
		{"mount", p.Mount}, {"dns", p.DNS}, {"cache", p.Cache},
	}
}

// Sum is the sum of the parts.
func (p Parts) Sum() float64 {
	var ms int64
	for _, part := range p.List() {
		ms += millis(part.Seconds)
	}
	return seconds(ms)
}

// Cuts are the instants that divide an outage, in seconds since the document's start. One that did not occur is NaN or
// zero: its part is then absent and its time falls to the next one.
type Cuts struct {
	RunStart     float64
	ReadyDone    float64
	FenceDone    float64
	RestoreDone  float64
	ActivateDone float64 // the last database of this name was mounted
	NamesDone    float64 // this name's change was verified
}

// SplitOutage divides what the clients felt, from start to end, at the cuts. A cut that lies before the one ahead of it
// or outside the outage is moved to the nearest instant that keeps the order, so work that went on beside other work
// counts once, and the parts always sum to the seconds, to the millisecond.
func SplitOutage(clients, run string, start, end float64, c Cuts) Outage {
	from, to := millis(start), millis(end)
	to = max(to, from)
	at := from
	part := func(cut float64) float64 {
		if math.IsNaN(cut) || cut == 0 {
			return 0
		}
		until := min(max(millis(cut), at), to)
		d := until - at
		at = until
		return seconds(d)
	}
	o := Outage{Clients: clients, Run: run, Start: seconds(from), End: seconds(to), Seconds: seconds(to - from)}
	o.Parts.Detect = part(c.RunStart)
	o.Parts.Decide = part(c.ReadyDone)
	o.Parts.Fence = part(c.FenceDone)
	o.Parts.Quorum = part(c.RestoreDone)
	o.Parts.Mount = part(c.ActivateDone)
	o.Parts.DNS = part(c.NamesDone)
	o.Parts.Cache = seconds(to - at)
	return o
}

// Real is the outage at real speed.
func (o Outage) Real(speed float64) float64 {
	if o.RealSeconds > 0 {
		return o.RealSeconds
	}
	return o.Seconds * max(speed, 1)
}

// Sentence is the outage as a line for the terminal and the page: "16 s = detect 2 + fence 1 (13 min 20 s at real speed)".
func (o Outage) Sentence(speed float64) string {
	shown, total := o.Parts.tenths()
	var parts []string
	for _, p := range shown {
		if p.Seconds > 0 {
			parts = append(parts, p.Name+" "+tenth(p.Seconds))
		}
	}
	text := tenth(total) + " s"
	if len(parts) > 0 {
		text += " = " + strings.Join(parts, " + ")
	}
	if speed > 1 {
		text += fmt.Sprintf(" (%s at real speed)", span(o.Real(speed)))
	}
	return text
}

// tenths are the parts and their sum rounded to tenths of a second so that what is shown still adds up: not the parts are
// rounded but the instants between them.
func (p Parts) tenths() (shown []Part, total float64) {
	shown = p.List()
	var ms, before int64
	for i := range shown {
		ms += millis(shown[i].Seconds)
		now := (ms + 50) / 100
		shown[i].Seconds = float64(now-before) / 10
		before = now
	}
	return shown, float64(before) / 10
}

func millis(s float64) int64 {
	if math.IsNaN(s) || math.IsInf(s, 0) {
		return 0
	}
	const most = 1 << 50 // beyond it a float has no milliseconds
	return int64(math.Round(min(max(s*1000, -most), most)))
}

func seconds(ms int64) float64 { return float64(ms) / 1000 }
