package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"siteswap/internal/api"
	"siteswap/internal/report"
)

func asRefused(err error, ref **api.RefusedError) bool { return errors.As(err, ref) }

// happen lets one event of the scenario happen.
func (s *stage) happen(ctx context.Context, e *Event) error {
	switch {
	case e.Fail != nil:
		return s.breakOrMend(e.Fail, false)
	case e.Restore != nil:
		return s.breakOrMend(e.Restore, true)
	case e.Cut != nil:
		return s.link(e.Cut, false)
	case e.Heal != nil:
		return s.link(e.Heal, true)
	case e.Kill != nil:
		return s.killTarget(ctx, e.Kill)
	case e.Move != nil:
		return s.move(ctx, e.Move)
	case e.Run != "":
		return s.request(ctx, e)
	case e.Misbehave != nil:
		s.mu.Lock()
		s.odd = append(s.odd, misbehaviour{*e.Misbehave, max(1, e.Misbehave.Times)})
		s.mu.Unlock()
		return nil
	case len(e.Hold) > 0 || len(e.Release) > 0 || e.Slow != nil:
		s.grip(e)
		return nil
	case e.Plant != "":
		s.say("planted: %s is broken on purpose, to see that the drill notices", e.Plant)
		s.lab.Plant(e.Plant)
		return nil
	}
	return fmt.Errorf("it says nothing that happens")
}

func (s *stage) siteIndex(name string) (int, error) {
	name = s.word(name)
	if i := s.t.SiteIndex(name); i >= 0 {
		return i, nil
	}
	return 0, &UsageError{fmt.Errorf("the site file has no site %q; it has %s", name, siteNames(s.t))}
}

// killTarget kills a process with SIGKILL; a service manager starts it again after about a second.
func (s *stage) killTarget(ctx context.Context, t *Target) error {
	want := s.word(t.Controller)
	if want == "leader" {
		p := s.leader(ctx)
		if p == nil {
			return fmt.Errorf("no controller leads, so none can be killed")
		}
		s.killProcess(ctx, p)
		return nil
	}
	if t.Redirector != "" {
		want = "redirector-" + s.word(t.Redirector)
	}
	for _, p := range s.procs {
		if p.name == want {
			s.killProcess(ctx, p)
			return nil
		}
	}
	return &UsageError{fmt.Errorf("there is no process %q", want)}
}

// leader is the controller that leads now, asked of the living ones.
func (s *stage) leader(ctx context.Context) *process {
	for range 20 {
		for _, p := range s.procs {
			if p.api == "" || !p.alive() {
				continue
			}
			c, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
			st, err := s.api.StatusOf(c, p.api)
			cancel()
			if err == nil && st.Leader == p.name {
				return p
			}
		}
		pause(ctx, 50*time.Millisecond)
	}
	return nil
}

func (s *stage) killProcess(ctx context.Context, p *process) {
	p.kill(true)
	s.mark(report.MarkFault, p.name+" killed")
	s.say("%s killed with SIGKILL", p.name)
	time.AfterFunc(time.Second, func() {
		p.mu.Lock()
		wanted := p.wanted
		p.mu.Unlock()
		if wanted && ctx.Err() == nil {
			if err := p.start(s.o.Program, s.o.Dir); err != nil {
				s.say("%v", err)
			}
		}
	})
}
