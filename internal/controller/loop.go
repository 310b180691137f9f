package controller

import (
	"context"
	"errors"
	"slices"
	"time"

	"siteswap/dag"
	"siteswap/internal/run"
)

// run decides, proposes and carries out, until the session ends.
func (s *session) run() error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now, changed := s.n.watched()
		var tick <-chan time.Time
		if r := now.cluster.Active(s.n.o.Topology.Name); r != nil {
			if !s.yield(r) {
				s.decide(now.index, r)
			}
			timer.Reset(s.n.o.interval())
			tick = timer.C
		}
		select {
		case <-s.ctx.Done():
			return context.Cause(s.ctx)
		case <-s.n.stop:
			return s.n.failure()
		case <-changed:
		case <-s.poke:
		case <-tick:
		}
	}
}

// decide proposes everything that may be decided about the run as of a log index. A decision counts only for the state that
// it was made from: an abort or a denial that came between must not meet an INTENT that knows nothing of it.
func (s *session) decide(index uint64, r *run.Run) {
	if idle(r) {
		return
	}
	facts, err := s.facts(r)
	if err != nil {
		return // the session is ending, and the loop sees it
	}
	for _, d := range run.Next(r, s.input(r, facts), s.n.x) {
		now, err := s.take(index, r, d)
		if err != nil {
			if !errors.Is(err, errMoved) {
				s.n.o.Logger.Warn("not proposed", "run", r.ID, "entry", string(d.Entry.Type), "err", err)
			}
			return
		}
		index = now.index
	}
}

// take proposes one decision and begins to carry it out.
func (s *session) take(index uint64, r *run.Run, d run.Decision) (ledger, error) {
	e := d.Entry
	e.Run = r.ID
	step, number := e.Step, 0
	if d.Act {
		step, number = e.Intent.Step, e.Intent.Attempt
		s.fly(r.ID, step, number)
	}
	now, err := s.propose(func(l ledger) (*run.Entry, error) {
		if l.index != index {
			return nil, errMoved
		}
		return &e, nil
	})
	if err != nil {
		if d.Act {
			s.land(r.ID, step, number)
		}
		return now, err
	}
	s.n.o.Logger.Info(run.Describe(e, now.cluster.Find(r.ID)), "run", r.ID, "entry", string(e.Type), "term", s.term, "index", now.index)
	if d.Act && !s.n.spawn(func() { s.carry(r.ID, step, number) }) {
		s.land(r.ID, step, number)
	}
	return now, nil
}

// idle: nothing can be decided until somebody says something.
func idle(r *run.Run) bool {
	return r.Paused && !r.Aborting && !slices.ContainsFunc(r.Steps, func(st run.Step) bool { return st.State == run.Acting })
}

// facts are recent ones where a decision may need them, else whatever there is.
func (s *session) facts(r *run.Run) (*dag.Facts, error) {
	vantage := run.Vantage(&r.Plan, s.n.o.Topology)
	if last := s.n.eyes.latest(vantage); last != nil && !s.needsLook(r) {
		return &last.facts, nil
	}
	s.mu.Lock()
	fresh := s.fresh
	s.mu.Unlock()
	seen, err := s.n.eyes.since(s.ctx, vantage, max(fresh, s.n.o.Boot()-s.n.o.interval()))
	if err != nil {
		return nil, err
	}
	return &seen.facts, nil
}

// needsLook: a step may begin, an open one waits for facts, or a run that people had is looked at. While this leader's own acts
// are all that is open, looking is theirs.
func (s *session) needsLook(r *run.Run) bool {
	if r.Reconciling {
		return true
	}
	for i := range r.Steps {
		st := &r.Steps[i]
		switch st.State {
		case run.Acting:
			if !s.inFlight(r.ID, st.ID) {
				return true
			}
		case run.Todo, run.Waiting, run.Failed:
			if !slices.ContainsFunc(r.Plan.Steps[i].Needs, func(id string) bool {
				n := r.Step(id)
				return n == nil || n.State == run.Acting || n.State == run.Todo || n.State == run.Waiting
			}) {
				return true
			}
		}
	}
	return false
}

// input is what a decision is made from. An INTENT counts as open only from when no permit of an earlier leader can begin it
// any more: an act may start as late as its permit allows, and lands counts from its start.
func (s *session) input(r *run.Run, facts *dag.Facts) run.Input {
	o := &s.n.o
	return run.Input{
		Topology: o.Topology, Facts: facts, Now: o.Now().UTC(), Scale: o.TimeScale,
		InFlight: func(step string) bool { return s.inFlight(r.ID, step) },
		OpenFor: func(step string) time.Duration {
			st := r.Step(step)
			if st == nil {
				return 0
			}
			return max(0, s.n.openFor(stepKey{r.ID, step, st.Attempt}, s.began)-o.permitValid())
		},
	}
}

func (s *session) inFlight(id, step string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.flying[[2]string{id, step}]
	return ok
}

func (s *session) fly(id, step string, attempt int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying[[2]string{id, step}] = attempt
}

// land ends an attempt's flight and wakes the loop.
func (s *session) land(id, step string, attempt int) {
	s.mu.Lock()
	if s.flying[[2]string{id, step}] == attempt {
		delete(s.flying, [2]string{id, step})
	}
	s.mu.Unlock()
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// stale: what was seen until now does not count any more.
func (s *session) stale() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fresh = s.n.o.Boot()
}
