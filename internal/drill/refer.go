package drill

import (
	"errors"
	"fmt"
	"slices"

	"siteswap/internal/config"
	"siteswap/internal/document"
	"siteswap/internal/lab/cmdlets"
)

// refer looks up what the scenario names: sites, servers, processes, runbooks and their steps. A drill that comes upon a wrong
// name in its middle has cost its time for nothing.
func (s *stage) refer(sc *Scenario) error {
	var ps document.Problems
	steps, runs := map[string]bool{}, map[string]bool{}
	for i := range sc.Events {
		e, path := &sc.Events[i], fmt.Sprintf("events[%d]", i)
		fail := func(field string, err error) {
			if err != nil {
				ps = append(ps, sc.problem(path+field, err))
			}
		}
		fail(".fail", s.referTarget(e.Fail))
		fail(".restore", s.referTarget(e.Restore))
		fail(".kill", s.referTarget(e.Kill))
		for _, l := range []*Link{e.Cut, e.Heal} {
			if l != nil {
				_, err := s.linkEnds(l)
				fail("", err)
			}
		}
		if e.Slow != nil && len(e.Slow.Link) == 2 {
			_, err := s.linkEnds(&Link{Link: e.Slow.Link})
			fail(".slow", err)
		}
		if e.Move != nil {
			_, _, err := s.copyOf(e.Move.Database + "/" + e.Move.To)
			fail(".move", err)
		}
		if m := e.Misbehave; m != nil && !slices.Contains(cmdlets.Cmdlets(), m.Cmdlet) {
			fail(".misbehave.cmdlet", unknownCmdlet(m.Cmdlet))
		}
		if e.Run != "" {
			req, err := s.o.Plan(s.site, e.Run, s.parameters(e))
			fail(".run", err)
			runs[e.Run] = true
			for _, st := range req.Plan.Steps {
				steps[st.ID] = true
			}
		}
	}
	for i, e := range sc.Events {
		path := fmt.Sprintf("events[%d].after", i)
		if a := e.After; a != nil && a.Step != "" && !steps[s.word(a.Step)] {
			ps = append(ps, sc.problem(path+".step", fmt.Errorf("no run of this scenario has a step %q", a.Step)))
		}
		if a := e.After; a != nil && a.Run != "" && !runs[a.Run] {
			ps = append(ps, sc.problem(path+".run", fmt.Errorf("this scenario asks for no %s", a.Run)))
		}
	}
	ps = append(ps, s.referExpect(sc, steps)...)
	return ps.Sorted().Err()
}

// referExpect looks up what the expectation names.
func (s *stage) referExpect(sc *Scenario, steps map[string]bool) document.Problems {
	var ps document.Problems
	e := sc.Expect
	if e == nil {
		return nil
	}
	fail := func(field, format string, args ...any) {
		ps = append(ps, sc.problem("expect."+field, fmt.Errorf(format, args...)))
	}
	for step := range e.Steps {
		if !steps[s.word(step)] {
			fail("steps", "no run of this scenario has a step %q", s.word(step))
		}
	}
	for db, place := range e.Mounted {
		if s.t.DatabaseIndex(s.word(db)) < 0 {
			fail("mounted", "the site file has no database %q", s.word(db))
		}
		if p := s.word(place); s.t.MemberIndex(p) < 0 && s.t.SiteIndex(p) < 0 {
			fail("mounted", "the site file has no member or site %q", p)
		}
	}
	for db := range e.Moved {
		if s.t.DatabaseIndex(s.word(db)) < 0 {
			fail("moved", "the site file has no database %q", s.word(db))
		}
	}
	return ps
}

func unknownCmdlet(name string) error {
	err := fmt.Errorf("the emulated servers know no cmdlet %q", name)
	if near, ok := document.Nearest(name, cmdlets.Cmdlets()); ok {
		err = fmt.Errorf("%w; did you mean %s?", err, near)
	}
	return err
}

// referTarget looks up who breaks or is mended.
func (s *stage) referTarget(t *Target) error {
	if t == nil {
		return nil
	}
	var errs []error
	for _, site := range []string{t.Site, t.Witness, t.Share, t.DomainController, t.DNS} {
		if site != "" {
			_, err := s.siteIndex(site)
			errs = append(errs, err)
		}
	}
	for _, server := range []string{t.Server, t.Hung, t.Service, t.Front, t.Disk, t.ClusterStart} {
		if server != "" {
			_, err := s.member("", server, func(int) {})
			errs = append(errs, err)
		}
	}
	for _, c := range []string{t.Copy, t.Index} {
		if c != "" {
			_, _, err := s.copyOf(c)
			errs = append(errs, err)
		}
	}
	if t.Legacy != "" {
		_, err := s.legacy(t.Legacy)
		errs = append(errs, err)
	}
	processes := []string{"leader"}
	for _, c := range s.site.Controllers {
		processes = append(processes, c.ID)
	}
	if want := s.word(t.Controller); want != "" && !slices.Contains(processes, want) {
		errs = append(errs, fmt.Errorf("the site file has no controller %q", want))
	}
	if want := s.word(t.Redirector); want != "" && (s.site.UM == nil || !slices.ContainsFunc(s.site.UM.Redirectors, func(r config.Redirector) bool { return r.Site == want })) {
		errs = append(errs, fmt.Errorf("the site file has no redirector in %q", want))
	}
	return errors.Join(errs...)
}
