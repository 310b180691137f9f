package health

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"time"
)

// names looks targets up.
type names interface {
	Lookup(ctx context.Context, t Target) Lookup
}

// prober asks an address; nil when it answers.
type prober interface {
	Probe(ctx context.Context, p Probe) error
}

// Watcher keeps a machine informed. What it needs besides is given; time is the process's monotonic clock.
type Watcher struct {
	Options  Options
	Names    names
	Prober   prober
	OnReport func([]Status) // after every change, from one goroutine; must not block

	mu      sync.Mutex
	targets []Target
	wake    chan struct{}
	report  []Status
}

// most is how many lookups and probes are under way at once.
const most = 64

// SetTargets says what to watch from now on.
func (w *Watcher) SetTargets(targets []Target) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.targets = slices.Clone(targets)
	w.waken()
}

// waken tells the loop to look at the targets again; the caller holds mu.
func (w *Watcher) waken() {
	if w.wake == nil {
		w.wake = make(chan struct{}, 1)
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Report is the last one.
func (w *Watcher) Report() []Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.report)
}

// event is what happened to the machine's question.
type event func(m *Machine, now time.Duration)

// Run watches until the context ends, and returns when nothing is under way any more.
func (w *Watcher) Run(ctx context.Context) {
	w.mu.Lock()
	w.waken()
	wake := w.wake
	w.mu.Unlock()
	m := NewMachine(w.Options)
	began := time.Now()
	events := make(chan event)
	slots := make(chan struct{}, most)
	var tasks sync.WaitGroup
	defer tasks.Wait()
	spawn := func(f func() event) {
		tasks.Go(func() {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			e := f()
			<-slots
			select {
			case events <- e:
			case <-ctx.Done():
			}
		})
	}
	for {
		next := w.act(ctx, m, time.Since(began), spawn)
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-wake:
			w.mu.Lock()
			m.SetTargets(time.Since(began), w.targets)
			w.mu.Unlock()
		case e := <-events:
			e(m, time.Since(began))
		}
		timer.Stop()
		w.publish(m.Report(time.Since(began)))
	}
}

// act begins what is due, and says how long nothing else is.
func (w *Watcher) act(ctx context.Context, m *Machine, now time.Duration, spawn func(func() event)) time.Duration {
	lookups, probes, next, any := m.Due(now)
	for _, t := range lookups {
		spawn(func() event {
			l := w.Names.Lookup(ctx, t)
			return func(m *Machine, now time.Duration) { m.Resolved(now, t, l) }
		})
	}
	for _, p := range probes {
		spawn(func() event {
			start := time.Now()
			why := ""
			if err := w.Prober.Probe(ctx, p); err != nil {
				why = err.Error()
			}
			took := time.Since(start)
			return func(m *Machine, now time.Duration) { m.Probed(now, p, took, why) }
		})
	}
	if !any {
		return time.Hour
	}
	return max(0, next-now)
}

// publish tells the report when more than the passing of time has changed.
func (w *Watcher) publish(report []Status) {
	w.mu.Lock()
	changed := !reflect.DeepEqual(timeless(w.report), timeless(report))
	w.report = report
	w.mu.Unlock()
	if changed && w.OnReport != nil {
		w.OnReport(report)
	}
}

func timeless(report []Status) []Status {
	out := slices.Clone(report)
	for i := range out {
		out[i].For = 0
		out[i].Addresses = slices.Clone(out[i].Addresses)
		for k := range out[i].Addresses {
			out[i].Addresses[k].For, out[i].Addresses[k].Took = 0, 0
		}
	}
	return out
}
