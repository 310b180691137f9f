package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"siteswap/internal/api"
	"siteswap/internal/lab/cmdlets"
	"siteswap/internal/report"
)

// armed is the point of a run that the script waits for; the call that reaches it is held until the event has happened.
type armed struct {
	key    string
	hit    chan struct{}
	resume chan struct{}
	action cmdlets.Action
	once   bool
}

// play lets the events of the scenario happen in their order.
func (s *stage) play(ctx context.Context) error {
	healed := time.Now()
	for i := range s.o.Scenario.Events {
		e := &s.o.Scenario.Events[i]
		done, err := s.await(ctx, e, healed)
		if err != nil {
			return err
		}
		err = s.happen(ctx, e)
		done()
		if err != nil {
			return fmt.Errorf("event %d of the scenario: %w", i+1, err)
		}
		if e.Restore != nil || e.Heal != nil {
			healed = time.Now()
		}
	}
	return nil
}

// await waits for the event's anchor. The returned function lets a held call go on.
func (s *stage) await(ctx context.Context, e *Event, healed time.Time) (func(), error) {
	none := func() {}
	a := e.After
	if a == nil {
		return none, nil
	}
	switch {
	case a.Seconds != nil:
		pause(ctx, time.Duration(*a.Seconds/s.o.Speed*float64(time.Second)))
	case a.Healed != nil:
		until := healed.Add(time.Duration(*a.Healed / s.o.Speed * float64(time.Second)))
		pause(ctx, time.Until(until))
		if err := s.waitUp(ctx); err != nil {
			return none, err
		}
	case a.Step != "":
		return s.awaitPoint(ctx, a.Point+"/"+s.word(a.Step))
	case a.Run != "":
		return none, s.awaitRun(ctx, a.Run, a.Outcome)
	}
	return none, ctx.Err()
}

// awaitPoint waits until a step of a run has come to a point, and holds whoever comes there. A run that ends without coming there
// ends the wait: the script cannot go on as it was written.
func (s *stage) awaitPoint(ctx context.Context, key string) (func(), error) {
	s.mu.Lock()
	if s.reached[key] {
		s.mu.Unlock()
		return func() {}, nil
	}
	a := &armed{key: key, hit: make(chan struct{}), resume: make(chan struct{})}
	s.armed = a
	s.mu.Unlock()
	deadline := time.Now().Add(5 * time.Minute)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		select {
		case <-a.hit:
			return func() { close(a.resume) }, nil
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
		if over, how := s.lastRun(); over && !s.disarm(a) {
			return func() {}, &endedOtherwise{how[0], how[1] + " before " + strings.Replace(key, "/", " of step ", 1)}
		}
	}
	if ctx.Err() != nil {
		return func() {}, ctx.Err()
	}
	return func() {}, fmt.Errorf("%s was not reached in 5 minutes", strings.Replace(key, "/", " of step ", 1))
}

// lastRun says whether the run that was asked for last has ended, which runbook it was and how it ended.
func (s *stage) lastRun() (over bool, how [2]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	outcome := s.outcomes[s.asked]
	return s.asked != "" && outcome != "", [2]string{s.asked, outcome}
}

// disarm gives up waiting, unless the point was reached just now.
func (s *stage) disarm(a *armed) (reached bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !a.once {
		s.armed = nil
	}
	return a.once
}

// awaitRun waits until the last run of a runbook has ended. An end of another kind than expected ends the drill's script.
func (s *stage) awaitRun(ctx context.Context, runbook, outcome string) error {
	deadline := time.Now().Add(10 * time.Minute)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		s.mu.Lock()
		got := s.outcomes[runbook]
		s.mu.Unlock()
		if got != "" {
			if outcome != "" && got != outcome {
				return &endedOtherwise{runbook, got}
			}
			return nil
		}
		pause(ctx, 50*time.Millisecond)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("the %s did not end in 10 minutes", runbook)
}

// endedOtherwise: the run ended in another way than the script goes on from. The drill ends with what is so far.
type endedOtherwise struct{ runbook, outcome string }

func (e *endedOtherwise) Error() string { return "the " + e.runbook + " ended " + e.outcome }

// waitUp waits until what the scenario restored has booted, so that an operator would find it there.
func (s *stage) waitUp(ctx context.Context) error {
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		if s.allUp() && s.allSeen(ctx) {
			return nil
		}
		pause(ctx, 50*time.Millisecond)
	}
	return ctx.Err()
}

// allSeen: every controller that lives sees what is up, as an operator would look up with `status` before asking for a failback.
func (s *stage) allSeen(ctx context.Context) bool {
	st := s.lab.World().Snapshot()
	for _, p := range s.procs {
		if p.api == "" || !p.alive() {
			continue
		}
		one := &api.Client{Endpoints: []string{p.api}, Dial: s.api.Dial, Timeout: time.Second}
		c, cancel := context.WithTimeout(ctx, time.Second)
		f, err := one.Facts(c)
		cancel()
		one.Close()
		if err != nil {
			return false
		}
		for i := range st.Sites {
			if st.Sites[i].Directory && !f.Facts.Sites[i].Directory.Value && !s.cutOff(p.site, i) {
				return false
			}
		}
		for m := range st.Nodes {
			if st.Nodes[m].Up && !st.Nodes[m].Hung && !f.Facts.Members[m].Answers.Value && !s.cutOff(p.site, s.t.Members[m].Site) {
				return false
			}
		}
	}
	return true
}

// cutOff: the link between two sites is cut, one way at the least.
func (s *stage) cutOff(a, b int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cuts[[2]int{a, b}] || s.cuts[[2]int{b, a}]
}

func (s *stage) allUp() bool {
	st := s.lab.World().Snapshot()
	for m := range st.Nodes {
		if st.Nodes[m].Power == "on" && st.Sites[s.t.Members[m].Site].Power && !st.Nodes[m].Up && !st.Nodes[m].Hung {
			return false
		}
	}
	for i := range st.Sites {
		if st.Sites[i].Power && len(s.t.Sites[i].DomainControllers) > 0 && !st.Sites[i].Directory && !st.Sites[i].DirectoryHeld {
			return false
		}
	}
	return true
}

// pass records that a point was passed, and holds whoever passes it while the script's event happens there.
func (s *stage) pass(ctx context.Context, key string) cmdlets.Action {
	s.mu.Lock()
	s.reached[key] = true
	a := s.armed
	if a == nil || a.key != key || a.once {
		s.mu.Unlock()
		return cmdlets.Go
	}
	a.once = true
	s.mu.Unlock()
	close(a.hit)
	select {
	case <-a.resume:
	case <-ctx.Done():
	}
	return a.action
}

// parameters are those of the run that an event asks for.
func (s *stage) parameters(e *Event) map[string]string {
	from, to := s.t.Sites[s.fail].Name, s.t.Sites[s.to].Name
	if e.Run == "failback" {
		from, to = to, from
	}
	params := map[string]string{"from": from, "to": to}
	if _, one := e.With["server"]; one { // maintenance is about one server, not about two sites
		params = map[string]string{}
	}
	for k, v := range e.With {
		params[k] = s.word(v)
	}
	return params
}

// request asks the controllers for a run, as an operator would.
func (s *stage) request(ctx context.Context, e *Event) error {
	params := s.parameters(e)
	req, err := s.o.Plan(s.site, e.Run, params)
	if err != nil {
		return &UsageError{err}
	}
	req.By, req.HoldRefusals = operator, len(s.o.Override) > 0
	req.RequestID = fmt.Sprintf("drill-%d-%s", time.Now().UnixNano(), e.Run)
	what := e.Run + " " + params["from"] + " to " + params["to"]
	if params["server"] != "" {
		what = e.Run + " " + params["server"]
	}
	s.mark(report.MarkRun, what)
	s.mu.Lock()
	delete(s.outcomes, e.Run)
	s.asked = e.Run
	s.mu.Unlock()
	c, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := s.api.Start(c, req)
	if err != nil {
		return s.startFailed(e.Run, err)
	}
	s.mu.Lock()
	if !slices.Contains(s.runs, r.ID) { // its event may have come first
		s.runs = append(s.runs, r.ID)
	}
	s.mu.Unlock()
	return nil
}

// operator is who asks and approves in a drill.
const operator = "drill-operator"

func (s *stage) startFailed(runbook string, err error) error {
	var ref *api.RefusedError
	if asRefused(err, &ref) {
		s.mu.Lock()
		s.outcomes[runbook] = "refused"
		s.mu.Unlock()
		s.watchMu.Lock()
		s.o.Watch.Refusal(time.Now(), ref.Refusal)
		s.watchMu.Unlock()
		return nil
	}
	err = fmt.Errorf("start the %s: %w", runbook, err)
	if e := s.o.Scenario.Expect; e != nil && e.Authority == "none" && errors.Is(err, api.ErrNoQuorum) {
		s.mu.Lock()
		s.noAuthority, s.powerless = true, err.Error()
		s.outcomes[runbook] = "no-authority"
		s.mu.Unlock()
		s.say("%v", err)
		return nil
	}
	return err
}
