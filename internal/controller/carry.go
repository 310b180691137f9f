package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// permitTries is how often a permit that ran out while this node was looking is asked for anew.
const permitTries = 4

// Permit is the authority to begin one act: the INTENT is committed and applied here, and this node has just proved that it
// leads. It holds from when it was asked for, since that is what a later leader can count on. Leases of other sites
// (controllers.md, G3) belong here.
func (s *session) Permit(ctx context.Context, ref run.IntentRef) (run.Permit, error) {
	asked := s.n.o.Now()
	if err := s.n.barrier(ctx); err != nil {
		return run.Permit{}, fmt.Errorf("permit for %s: %w", ref.Step, err)
	}
	if s.ctx.Err() != nil || s.n.raft.CurrentTerm() != s.term {
		return run.Permit{}, fmt.Errorf("permit for %s: %w", ref.Step, errNotLeading)
	}
	if now := s.reference(ref.Run, ref.Step); now != ref {
		return run.Permit{}, fmt.Errorf("permit for %s attempt %d: its intent is not open any more", ref.Step, ref.Attempt)
	}
	return run.NewPermit(ref, asked, s.n.o.permitValid()), nil
}

// reference names the open INTENT of a step exactly; zero if there is none.
func (s *session) reference(id, step string) run.IntentRef {
	r := s.latest(id)
	if r == nil {
		return run.IntentRef{}
	}
	st := r.Step(step)
	if st == nil || st.State != run.Acting || st.Intent == nil {
		return run.IntentRef{}
	}
	return run.IntentRef{Index: st.Intent.Index, Term: st.Intent.Term, Generation: 1, Run: id, Step: step, Attempt: st.Attempt, PlanHash: r.PlanHash}
}

func (s *session) latest(id string) *run.Run {
	l := s.n.ledgerNow()
	return l.cluster.Find(id)
}

// carry takes one attempt from its committed INTENT to its committed RESULT. When leadership goes it stops deciding, and the
// next leader drains what may still land.
func (s *session) carry(id, step string, attempt int) {
	defer s.land(id, step, attempt)
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-s.ctx.Done():
		return
	}
	res, err := s.attempt(id, step)
	if err != nil {
		s.n.o.Logger.Warn("step left open", "run", id, "step", step, "attempt", attempt, "err", err)
		return
	}
	s.stale() // before the commit: the loop wakes by it
	now, err := s.propose(func(ledger) (*run.Entry, error) {
		return &run.Entry{Type: run.EntryResult, Critical: true, Run: id, Result: &res}, nil
	})
	if err != nil {
		s.n.o.Logger.Warn("result not recorded", "run", id, "step", step, "attempt", attempt, "state", string(res.State), "err", err)
		return
	}
	s.n.o.Logger.Info(res.Text, "run", id, "step", step, "attempt", attempt, "state", string(res.State), "term", s.term, "index", now.index)
}

// attempt is Permit, OBSERVE, recheck, act, OBSERVE, judge.
func (s *session) attempt(id, step string) (run.Result, error) {
	ref := s.reference(id, step)
	if ref.Run == "" {
		return run.Result{}, errors.New("its intent is not open any more")
	}
	permit, began, before, err := s.permitAndLook(ref)
	if errors.Is(err, errTooSlow) {
		return run.Result{Step: step, Attempt: ref.Attempt, State: run.Failed, Retry: true, Text: "not begun: " + err.Error()}, nil
	}
	if err != nil {
		return run.Result{}, err
	}
	r := s.latest(id)
	if refusal := run.Recheck(r, step, s.input(r, before)); refusal != nil {
		return run.Result{Step: step, Attempt: ref.Attempt, State: run.Refused, Refusal: refusal,
			Text: "refused by " + refusal.Rule + ": " + refusal.Why}, nil
	}
	p, intent := r.Plan.Step(step), r.Step(step).Intent
	effect := s.act(permit, *p, intent, r.Memory)
	if s.ctx.Err() != nil {
		return run.Result{}, fmt.Errorf("after the act: %w", context.Cause(s.ctx))
	}
	return s.judge(ref, intent, began, before, effect)
}

var errTooSlow = errors.New("looking took longer than the permit holds")

// permitAndLook gives a permit that still holds, when it was asked for, and facts that were observed after it.
func (s *session) permitAndLook(ref run.IntentRef) (run.Permit, time.Duration, *dag.Facts, error) {
	for range permitTries {
		began := s.n.o.Boot()
		permit, err := s.Permit(s.ctx, ref)
		if err != nil {
			return run.Permit{}, 0, nil, err
		}
		facts, err := s.look(ref.Run)
		if err != nil {
			return run.Permit{}, 0, nil, err
		}
		// The permit's own clock may have slept; the boot clock has not.
		if s.n.o.Boot()-began < s.n.o.permitValid() && permit.NotAfter(s.n.o.Now()) > 0 {
			return permit, began, facts, nil
		}
	}
	return run.Permit{}, 0, nil, fmt.Errorf("%w (%s)", errTooSlow, s.n.o.permitValid())
}

// look observes now.
func (s *session) look(id string) (*dag.Facts, error) {
	r := s.latest(id)
	seen, err := s.n.eyes.since(s.ctx, run.Vantage(&r.Plan, s.n.o.Topology), s.n.o.Boot())
	if err != nil {
		return nil, err
	}
	return &seen.facts, nil
}

// act calls the world. The floor is for the scheduler of a busy machine, which no lab scales.
func (s *session) act(permit run.Permit, p runbooks.Step, intent *run.Intent, memory []run.Remembered) run.Effect {
	ctx, cancel := context.WithTimeout(s.ctx, max(s.n.o.scaled(intent.Timeout), time.Second))
	defer cancel()
	return s.n.o.World.Act(ctx, permit, p, intent.Choice, memory)
}

// judge looks until the result is known or lands is over.
func (s *session) judge(ref run.IntentRef, intent *run.Intent, began time.Duration, before *dag.Facts, effect run.Effect) (run.Result, error) {
	for {
		// Asked before the look: what is final must have been seen after lands was over.
		final := s.n.o.Boot()-began >= s.n.o.scaled(intent.Lands)
		facts, err := s.look(ref.Run)
		if err != nil {
			return run.Result{}, err
		}
		if s.reference(ref.Run, ref.Step) != ref {
			return run.Result{}, errors.New("its intent is not open any more")
		}
		r := s.latest(ref.Run)
		in := s.input(r, facts)
		in.Final = final
		res := run.Judge(r, ref.Step, before, effect, in, s.n.x)
		if res.State != run.Unknown || final {
			return res, nil
		}
		if !s.sleep(s.n.o.interval()) {
			return run.Result{}, context.Cause(s.ctx)
		}
	}
}
