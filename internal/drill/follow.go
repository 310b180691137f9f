package drill

import (
	"context"
	"slices"
	"strings"
	"time"

	"siteswap/internal/api"
)

// follow reads the controllers' events as they come, whoever leads: it prints them, passes the points that the script waits
// for, and does what an operator does: approve, attest, override.
func (s *stage) follow(ctx context.Context) {
	after := uint64(0)
	for ctx.Err() == nil {
		c, cancel := context.WithTimeout(ctx, 5*time.Second)
		events, err := s.api.Events(c, after, time.Second)
		cancel()
		if err != nil {
			pause(ctx, 50*time.Millisecond)
			continue
		}
		for _, e := range events {
			if e.Index <= after {
				continue
			}
			after = e.Index
			s.event(ctx, e)
		}
	}
}

func (s *stage) event(ctx context.Context, e api.Event) {
	switch e.Type {
	case "start":
		s.learnSteps(ctx, e.Run)
		s.say("%s %s", e.Run, e.Text)
	case "intent":
		s.intent(ctx, e)
	case "result":
		s.mu.Lock()
		delete(s.acting, e.Step)
		s.mu.Unlock()
		s.step(e)
		s.pass(ctx, "answered/"+e.Step)
		s.pass(ctx, "result/"+e.Step)
		if e.Refusal != nil {
			s.refused(ctx, e)
		}
	case "skip", "wait":
		s.step(e)
	case "approve", "deny", "override", "pause", "resume", "abort", "retry", "forgo", "attest", "handover", "reconcile", "reconciled":
		s.say("%s", e.Text)
	case "end":
		s.ended(e)
	}
}

// learnSteps numbers the steps of a run, for the scenarios that count them.
func (s *stage) learnSteps(ctx context.Context, id string) {
	r, err := s.api.Run(ctx, id)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached = map[string]bool{}
	for i, st := range r.Steps {
		s.numbers[st.ID] = i + 1
	}
	if !slices.Contains(s.runs, id) {
		s.runs = append(s.runs, id)
	}
}

func (s *stage) intent(ctx context.Context, e api.Event) {
	kind := s.kindOf(ctx, e.Run, e.Step)
	s.mu.Lock()
	s.acting[e.Step] = kind
	kill := s.o.Scenario.KillLeader != nil && !sends(kind) && !s.killed[s.runKey(e.Step)]
	if kill {
		s.killed[s.runKey(e.Step)] = true
	}
	s.mu.Unlock()
	s.step(e)
	s.pass(ctx, "intent/"+e.Step)
	if kill {
		if p := s.leader(ctx); p != nil {
			s.killProcess(ctx, p)
		}
	}
	if kind == "approve" || kind == "manual" {
		go s.approve(ctx, e.Run, e.Step, kind)
	}
}

func (s *stage) kindOf(ctx context.Context, run, step string) string {
	r, err := s.api.Run(ctx, run)
	if err != nil {
		return ""
	}
	for _, st := range r.Steps {
		if st.ID == step {
			return st.Kind
		}
	}
	return ""
}

// approvedLogs is the ceiling that the drill's operator approves per database: what a server's default mount dial,
// GoodAvailability, tolerates (domain-exchange.md 5.3).
const approvedLogs = 6

// approve is the operator's yes, with a ceiling for every database.
func (s *stage) approve(ctx context.Context, run, step, kind string) {
	pause(ctx, 100*time.Millisecond)
	req := api.StepRequest{By: operator, Reason: "rehearsed"}
	if kind == "approve" {
		req.Ceiling = map[string]int64{}
		for _, d := range s.t.Databases {
			req.Ceiling[d.Name] = approvedLogs
		}
	}
	c, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if _, err := s.api.Approve(c, run, step, req); err != nil {
		if ctx.Err() == nil {
			s.say("approve %s: %v", step, err)
		}
		return
	}
	s.mu.Lock()
	for db, n := range req.Ceiling {
		s.approved[db] = max(s.approved[db], n)
	}
	s.mu.Unlock()
}

// refused shows a refusal, and overrides it where the drill was told to.
func (s *stage) refused(ctx context.Context, e api.Event) {
	s.watchMu.Lock()
	s.o.Watch.Refusal(e.Time, *e.Refusal)
	s.watchMu.Unlock()
	if !slices.Contains(s.o.Override, e.Refusal.Rule) {
		if len(s.o.Override) > 0 { // the run holds for an override that will not come
			c, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			if _, err := s.api.Abort(c, e.Run, api.RunRequest{By: operator, Reason: "refused by " + e.Refusal.Rule + ", which is not overridden"}); err != nil {
				s.say("abort: %v", err)
			}
		}
		return
	}
	for _, by := range []string{operator, operator + "-2"} {
		c, cancel := context.WithTimeout(ctx, 10*time.Second)
		_, err := s.api.Override(c, e.Run, e.Step, api.StepRequest{By: by, Rule: e.Refusal.Rule, FactHash: e.Refusal.FactHash, Reason: "rehearsed with --override"})
		cancel()
		if err != nil {
			s.say("override %s: %v", e.Refusal.Rule, err)
		}
	}
}

func (s *stage) step(e api.Event) {
	state := e.State
	if state == "" {
		state = map[string]string{"intent": "acting", "skip": "skipped", "wait": "waiting"}[e.Type]
	}
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	s.o.Watch.Step(e.Time, e.Step, state, e.Text)
}

func (s *stage) ended(e api.Event) {
	runbook, outcome := "", e.State
	if outcome == "" {
		outcome, _, _ = strings.Cut(e.Text, ":")
	}
	c, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if r, err := s.api.Run(c, e.Run); err == nil {
		runbook, outcome = r.Runbook, first(r.Outcome, outcome)
	}
	s.say("%s %s", runbook, e.Text)
	s.mu.Lock()
	s.outcomes[runbook] = outcome
	s.mu.Unlock()
}
