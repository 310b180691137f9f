package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"siteswap/internal/api"
	"siteswap/internal/report"
)

// Run carries out a drill and returns its report. One that kills the leader in every step is two drills: then the points of even
// and odd steps are exchanged. The report is there, as far as it came, although there is an error;
// *UsageError is something that the caller can mend, and then nothing was started.
func Run(ctx context.Context, o Options) (report.Document, error) {
	if o.Speed <= 0 {
		o.Speed = 60
	}
	o.Override = slices.Concat(o.Override, o.Scenario.Override)
	if !o.Keep {
		defer os.RemoveAll(o.Dir)
	}
	if o.Scenario.KillLeader == nil {
		return runOne(ctx, o)
	}
	one, two := o, o
	one.Dir, two.Dir = filepath.Join(o.Dir, "1"), filepath.Join(o.Dir, "2")
	two.Scenario = swapped(o.Scenario)
	for _, dir := range []string{one.Dir, two.Dir} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return report.Document{}, &UsageError{err}
		}
	}
	a, err := runOne(ctx, one)
	if err != nil {
		return a, err
	}
	if ctx.Err() != nil {
		a.Outcome = "interrupted" // also where the first had just ended well: the second is missing
		return report.Finish(a), nil
	}
	b, err := runOne(ctx, two)
	if err != nil {
		return a, err
	}
	return merge(a, b), nil
}

func runOne(ctx context.Context, o Options) (report.Document, error) {
	s, err := newStage(ctx, o)
	if err != nil {
		return report.Document{}, err
	}
	defer s.close()
	o.Watch.Head(fmt.Sprintf("Drill of %s: %s.  %gx speed", s.t.Name, s.word(first(o.Scenario.Title, o.Scenario.Name)), o.Speed))
	o.Watch.Head(describe(s.site))
	following, stop := context.WithCancel(ctx)
	defer stop()
	if err := s.ready(ctx); err != nil {
		if ctx.Err() != nil {
			return s.document(context.WithoutCancel(ctx), true), nil
		}
		return report.Document{}, err
	}
	s.whole, s.before = time.Now(), s.lab.Calls().Placed
	go s.look(following)
	go s.follow(following)
	s.say("everything served: %d clients, %s", s.clients(), s.mounts())
	pause(ctx, 3*time.Second)
	err = s.play(ctx)
	var other *endedOtherwise
	var wrong *UsageError
	switch {
	case errors.As(err, &wrong):
		return report.Document{}, wrong
	case errors.As(err, &other), err == nil:
		err = s.settle(ctx)
	}
	if ctx.Err() != nil {
		return s.document(context.WithoutCancel(ctx), true), nil
	}
	if err != nil {
		s.failure, s.noAuthority = err.Error(), errors.Is(err, api.ErrNoQuorum)
		s.say("%v", err)
	}
	return s.document(ctx, false), nil
}

func (s *stage) clients() int {
	_, all := s.lab.Served()
	return all
}

func (s *stage) mounts() string {
	text := ""
	for i, d := range s.t.Databases {
		on, ok := s.lab.MountedOn(d.Name)
		if !ok {
			on = "nowhere"
		}
		if i == 4 && len(s.t.Databases) > 5 {
			return text + fmt.Sprintf(", and %d more", len(s.t.Databases)-4)
		}
		if text != "" {
			text += ", "
		}
		text += d.Name + " on " + on
	}
	return text
}

// settle waits after the last event until everybody is served again, and until enough was measured.
func (s *stage) settle(ctx context.Context) error {
	s.mu.Lock()
	runs := len(s.runs)
	s.mu.Unlock()
	if runs > 0 {
		if err := s.lastRunEnds(ctx); err != nil {
			return err
		}
	}
	deadline := time.Now().Add(s.patience())
	quiet := time.Time{}
	for time.Now().Before(deadline) && ctx.Err() == nil {
		served, all := s.lab.Served()
		switch {
		case served < all || !s.enough():
			quiet = time.Time{}
		case quiet.IsZero():
			quiet = time.Now()
		case time.Since(quiet) > 2*time.Second:
			return nil
		}
		pause(ctx, 50*time.Millisecond)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	served, all := s.lab.Served()
	if s.lastOutcome() == "refused" { // nothing was done, so nobody need be served: the site is as dead as it was
		return nil
	}
	if served < all {
		return fmt.Errorf("at the end only %d of %d clients are served", served, all)
	}
	return nil
}

// patience is how long the drill waits for everybody to be served. After a run that failed it is short: nobody goes on, and what
// Exchange does by itself is soon done.
func (s *stage) patience() time.Duration {
	switch s.lastOutcome() {
	case "failed", "aborted":
		return 12 * time.Second
	case "refused":
		return 6 * time.Second
	}
	return 40 * time.Second
}

// lastOutcome is how the run that was asked for last has ended.
func (s *stage) lastOutcome() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outcomes[s.asked]
}

// lastRunEnds waits for the run that was asked for last. It goes by the log's events: a controller that has just been started
// again may be behind, and list no run at all.
func (s *stage) lastRunEnds(ctx context.Context) error {
	s.mu.Lock()
	asked := s.asked
	s.mu.Unlock()
	if asked == "" {
		return nil
	}
	return s.awaitRun(ctx, asked, "")
}

// enough: the figures mean something only with 50 messages per database and 20 calls (formats.md).
func (s *stage) enough() bool {
	for _, d := range s.t.Databases {
		if s.lab.Audit(d.Name).Acknowledged < 60 {
			return false
		}
	}
	return s.site.UM == nil || len(s.site.UM.Redirectors) == 0 || s.lab.Calls().Placed-s.before >= 25
}
