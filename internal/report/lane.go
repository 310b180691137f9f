package report

import "slices"

// Lane is one line of the picture.
type Lane struct {
	Name   string  `json:"name"`
	Kind   string  `json:"kind"`
	Spans  []Span  `json:"spans"`
	Points []Point `json:"points,omitempty"` // counts per second, for lanes of calls and messages
}

// Kinds of lanes, in the order in which the picture shows them.
const (
	LaneClients    = "clients"    // per name: served or not
	LaneCalls      = "calls"      // per second: answered, lost
	LaneMessages   = "messages"   // per second: acknowledged, failed
	LaneDatabase   = "database"   // where mounted
	LaneDNS        = "dns"        // server and name: what it answers
	LaneVIP        = "vip"        // pool: who is in it
	LaneController = "controller" // alive, leads, may act
)

// Span is a stretch of a lane.
type Span struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Label string  `json:"label"`
	State string  `json:"state"`
	Place string  `json:"place,omitempty"` // the site that the label belongs to; the same site looks the same in every lane
}

// States of spans.
const (
	StateGood = "good" // served, mounted, answers, leads
	StateBad  = "bad"  // not served, not mounted, mounted twice
	StateWarn = "warn" // works, but not as it should
	StateIdle = "idle" // alive and not needed: a controller that follows, a database dismounted on purpose
	StateOff  = "off"  // dead, no answer
)

// Point is a count for one second of a lane.
type Point struct {
	At   float64 `json:"at"` // the start of the second
	OK   int     `json:"ok"`
	Lost int     `json:"lost"`
}

// Track builds a lane from what is seen at instants: each Set ends the span before it. The caller guards it.
type Track struct {
	lane Lane
	open bool
}

// NewTrack is a track with no span.
func NewTrack(kind, name string) *Track { return &Track{lane: Lane{Name: name, Kind: kind}} }

// Set says what holds from at on. The same again changes nothing, so a poller may call it on every look.
func (t *Track) Set(at float64, state, label, place string) {
	if n := len(t.lane.Spans); t.open {
		last := &t.lane.Spans[n-1]
		at = max(at, last.From)
		last.To = at
		if last.State == state && last.Label == label && last.Place == place {
			return
		}
		if last.From == last.To {
			t.lane.Spans = t.lane.Spans[:n-1]
		}
	}
	t.lane.Spans = append(t.lane.Spans, Span{From: at, To: at, Label: label, State: state, Place: place})
	t.open = true
}

// Count adds to the counts of the second that at lies in.
func (t *Track) Count(at float64, ok, lost int) {
	second := float64(int64(max(at, 0)))
	p := t.lane.Points
	i, found := slices.BinarySearchFunc(p, second, func(q Point, s float64) int { return int(q.At) - int(s) })
	if !found {
		p = slices.Insert(p, i, Point{At: second})
	}
	p[i].OK += ok
	p[i].Lost += lost
	t.lane.Points = p
}

// Lane is the lane as it stands at end. The track may go on.
func (t *Track) Lane(end float64) Lane {
	l := t.lane
	l.Spans = slices.Clone(l.Spans)
	l.Points = slices.Clone(l.Points)
	if n := len(l.Spans); t.open {
		l.Spans[n-1].To = max(end, l.Spans[n-1].From)
	}
	return l
}
