package drill

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	case e.Run != "":
		return s.request(ctx, e)
	case e.Misbehave != nil:
		s.mu.Lock()
		s.odd = append(s.odd, misbehaviour{*e.Misbehave, max(1, e.Misbehave.Times)})
		s.mu.Unlock()
		return nil
	case len(e.Hold) > 0:
		s.lab.Hold(e.Hold)
		return nil
	case len(e.Release) > 0:
		s.lab.Hold(nil)
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

// breakOrMend breaks something, or makes it whole.
func (s *stage) breakOrMend(t *Target, up bool) error {
	word, kind := "lost", report.MarkFault
	if up {
		word, kind = "back", report.MarkHeal
	}
	var what string
	var err error
	switch {
	case t.Site != "":
		what, err = s.sitePower(t, up)
	case t.Server != "":
		what, err = s.member(t.Server, func(m int) { s.lab.Server(m, up) })
	case t.Service != "":
		what, err = s.member(t.Service, func(m int) { s.lab.Service(m, up) })
		what = "replication service of " + what
	case t.Front != "":
		what, err = s.member(t.Front, func(m int) { s.lab.Front(m, up) })
		what = "client access of " + what
	case t.Witness != "":
		what, err = s.place(t.Witness, func(i int) { s.lab.Witness(i, up) })
		what = "witness of " + what
	case t.DomainController != "":
		what, err = s.place(t.DomainController, func(i int) { s.lab.Directory(i, up) })
		what = "domain controllers of " + what
	case t.Redirector != "" || t.Controller != "":
		what, err = s.processPower(t, up)
	default:
		return fmt.Errorf("it names nothing that could break")
	}
	if err != nil {
		return err
	}
	s.mark(kind, what+" "+word)
	s.mu.Lock()
	if !up {
		s.faults = append(s.faults, fault{time.Now(), what})
	}
	s.mu.Unlock()
	s.say("%s %s", what, word)
	return nil
}

// sitePower takes or gives the power of a site, and of the product's processes in it.
func (s *stage) sitePower(t *Target, up bool) (string, error) {
	i, err := s.siteIndex(t.Site)
	if err != nil {
		return "", err
	}
	var names []string
	for m := range s.t.Members {
		if s.t.Members[m].Site == i {
			names = append(names, s.t.Members[m].Name)
		}
	}
	for _, p := range s.inSite(i) {
		names = append(names, p.name)
		if up {
			if err := p.start(s.o.Program, s.o.Dir); err != nil {
				return "", err
			}
		}
	}
	s.mu.Lock()
	s.lost[i] = !up
	s.mu.Unlock()
	if up {
		s.lab.RestoreSite(i)
		if t.Link != nil && !*t.Link {
			return s.t.Sites[i].Name + ", links still cut,", nil
		}
		for j := range s.t.Sites {
			if s.cuts[[2]int{i, j}] || s.cuts[[2]int{j, i}] {
				s.setLink(i, j, true, false)
			}
		}
	} else {
		s.lab.FailSite(i)
		for _, p := range s.inSite(i) {
			p.kill(false)
		}
	}
	return s.t.Sites[i].Name + " (" + strings.Join(names, ", ") + ", vip, domain controller, DNS)", nil
}

func (s *stage) member(name string, do func(int)) (string, error) {
	name = s.word(name)
	m := s.t.MemberIndex(name)
	if m < 0 {
		return "", &UsageError{fmt.Errorf("the site file has no member %q", name)}
	}
	do(m)
	return name, nil
}

func (s *stage) place(name string, do func(int)) (string, error) {
	i, err := s.siteIndex(name)
	if err == nil {
		do(i)
		name = s.t.Sites[i].Name
	}
	return name, err
}

func (s *stage) processPower(t *Target, up bool) (string, error) {
	want := s.word(t.Controller)
	if t.Redirector != "" {
		want = "redirector-" + s.word(t.Redirector)
	}
	for _, p := range s.procs {
		if p.name != want {
			continue
		}
		if up {
			return p.name, p.start(s.o.Program, s.o.Dir)
		}
		p.kill(false)
		return p.name, nil
	}
	return "", &UsageError{fmt.Errorf("there is no process %q", want)}
}

func (s *stage) link(l *Link, up bool) error {
	a, err := s.siteIndex(l.Link[0])
	if err != nil {
		return err
	}
	b, err := s.siteIndex(l.Link[1])
	if err != nil {
		return err
	}
	s.setLink(a, b, up, l.OneWay)
	text := fmt.Sprintf("link %s to %s is %s", s.t.Sites[a].Name, s.t.Sites[b].Name, map[bool]string{true: "whole again", false: "cut, silently"}[up])
	s.mark(map[bool]string{true: report.MarkHeal, false: report.MarkFault}[up], text)
	if !up {
		s.mu.Lock()
		s.faults = append(s.faults, fault{time.Now(), text})
		s.mu.Unlock()
	}
	s.say("%s", text)
	return nil
}

func (s *stage) setLink(a, b int, up, oneWay bool) {
	s.lab.Link(a, b, up, oneWay)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cuts[[2]int{a, b}] = !up
	if !oneWay {
		s.cuts[[2]int{b, a}] = !up
	}
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
