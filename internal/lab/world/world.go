// Package world runs the model of package dag in real time, divided by a speed: what the world may do by itself happens at
// its typical time, operations take their micro-steps, and those who wait are answered. Everything else in the lab asks it
// what is true.
package world

import (
	"sync"
	"time"

	"siteswap/dag"
)

// Options of a world.
type Options struct {
	Topology *dag.Topology
	Speed    float64          // 60: a minute of the model takes a second
	Now      func() time.Time // time.Now but in tests
}

// Change is one event that happened, with the state around it. Neither state may be changed.
type Change struct {
	At            time.Time
	Event         dag.Event
	Before, After *dag.State
}

// World is a running model. All methods may be called at once.
type World struct {
	opts Options

	mu       sync.Mutex
	state    dag.State
	due      map[string]dueEvent
	answers  map[uint8]chan dag.Answer
	watchers []func(Change)
	held     func(dag.Event) bool
	slow     func(dag.Event) float64
	halves   map[uint8]int // programs that end after so many micro-steps
	timer    *time.Timer
	closed   bool
}

type dueEvent struct {
	at    time.Time
	event dag.Event
}

// New starts a healthy world.
func New(o Options) *World {
	if o.Now == nil {
		o.Now = time.Now
	}
	w := &World{opts: o, state: dag.New(o.Topology), due: map[string]dueEvent{}, answers: map[uint8]chan dag.Answer{}, halves: map[uint8]int{}}
	w.timer = time.AfterFunc(time.Hour, w.tick)
	w.mu.Lock()
	w.schedule()
	w.mu.Unlock()
	return w
}

// Topology is what the world was made from.
func (w *World) Topology() *dag.Topology { return w.opts.Topology }

// Snapshot is the state now.
func (w *World) Snapshot() dag.State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.Clone()
}

// Watch calls f after every event, in order, with the world's lock held: f must be quick and must not call back.
func (w *World) Watch(f func(Change)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watchers = append(w.watchers, f)
}

// Hold takes pending events for which f is true into the caller's hands: they do not happen until released. Nil holds none.
func (w *World) Hold(f func(dag.Event) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = f
	w.schedule()
}

// Slow lets pending events that become possible from now on take so many times as long. Nil slows none.
func (w *World) Slow(f func(dag.Event) float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slow = f
}

// Apply lets an outside event happen now: a fault, a repair, a log written.
func (w *World) Apply(e dag.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.apply(e)
	w.schedule()
}

// Update changes the state itself, for faults that no event describes.
func (w *World) Update(change func(*dag.State)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.state.Clone()
	change(&w.state)
	w.tell(dag.Event{}, &before)
	w.schedule()
}

// View lets f read the state without a copy. It must be quick, keep nothing and not call back.
func (w *World) View(f func(*dag.State)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.state)
}

// Write lets the mounted copy of a database on a member generate one log, and calls record with its generation before anything
// else may happen. It is false when the member does not mount the database.
func (w *World) Write(db, member int, record func(gen int64) error) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.opts.Topology.CopyOf(db, member)
	if i < 0 || !w.state.Copy(db, i).Mounted {
		return false, nil
	}
	w.apply(dag.Event{Kind: dag.EvWrite, Database: db, Member: member, N: 1})
	err := record(w.state.Copy(db, i).Logs)
	w.schedule()
	return true, err
}

// Now is the world's clock.
func (w *World) Now() time.Time { return w.opts.Now() }

// Real is a real-speed duration on the world's clock.
func (w *World) Real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / w.opts.Speed)
}

// Close ends the world: nothing happens by itself any more.
func (w *World) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.timer.Stop()
}

func (w *World) apply(e dag.Event) dag.Outcome {
	before := w.state.Clone()
	out := w.state.Step(w.opts.Topology, e)
	if out.Ended {
		w.answer(out.Program, out.Answer)
	}
	w.cutShort()
	w.tell(e, &before)
	return out
}

func (w *World) tell(e dag.Event, before *dag.State) {
	c := Change{At: w.opts.Now(), Event: e, Before: before, After: &w.state}
	for _, f := range w.watchers {
		f(c)
	}
}

// schedule keeps the time of events that go on being possible, gives new ones theirs, and forgets the others.
func (w *World) schedule() {
	now := w.opts.Now()
	pending := dag.Pending(w.opts.Topology, &w.state)
	next := make(map[string]dueEvent, len(pending))
	var first time.Time
	for _, e := range pending {
		if w.held != nil && w.held(e) {
			continue
		}
		key := e.Key()
		d, ok := w.due[key]
		if !ok {
			takes := w.Real(e.Span.Typical)
			if w.slow != nil {
				takes = time.Duration(float64(takes) * max(1, w.slow(e)))
			}
			d.at = now.Add(takes)
		}
		d.event = e
		next[key] = d
		if first.IsZero() || d.at.Before(first) {
			first = d.at
		}
	}
	w.due = next
	if w.closed {
		return
	}
	if first.IsZero() {
		w.timer.Stop()
		return
	}
	w.timer.Reset(max(0, first.Sub(now)))
}

// tick lets the events happen that are due, earliest first.
func (w *World) tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.closed {
		now := w.opts.Now()
		key, found := "", false
		for k, d := range w.due {
			if d.at.After(now) {
				continue
			}
			best := w.due[key]
			if !found || d.at.Before(best.at) || d.at.Equal(best.at) && k < key {
				key, found = k, true
			}
		}
		if !found {
			break
		}
		e := w.due[key].event
		delete(w.due, key)
		w.apply(e)
		w.schedule()
	}
	w.schedule()
}
