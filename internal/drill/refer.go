package drill

import (
	"errors"
	"fmt"
	"slices"

	"siteswap/internal/config"
	"siteswap/internal/document"
)

// refer looks up what the scenario names: sites, servers, processes, runbooks and their steps. A drill that comes upon a wrong
// name in its middle has cost its time for nothing.
func (s *stage) refer() error {
	var ps document.Problems
	steps, runs := map[string]bool{}, map[string]bool{}
	for i := range s.o.Scenario.Events {
		e, path := &s.o.Scenario.Events[i], fmt.Sprintf("events[%d]", i)
		fail := func(field string, err error) {
			if err != nil {
				ps = append(ps, s.o.Scenario.problem(path+field, err))
			}
		}
		fail(".fail", s.referTarget(e.Fail))
		fail(".restore", s.referTarget(e.Restore))
		fail(".kill", s.referTarget(e.Kill))
		for _, l := range []*Link{e.Cut, e.Heal} {
			if l != nil {
				_, a := s.siteIndex(l.Link[0])
				_, b := s.siteIndex(l.Link[1])
				fail("", errors.Join(a, b))
			}
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
	for i, e := range s.o.Scenario.Events {
		path := fmt.Sprintf("events[%d].after", i)
		if a := e.After; a != nil && a.Step != "" && !steps[a.Step] {
			ps = append(ps, s.o.Scenario.problem(path+".step", fmt.Errorf("no run of this scenario has a step %q", a.Step)))
		}
		if a := e.After; a != nil && a.Run != "" && !runs[a.Run] {
			ps = append(ps, s.o.Scenario.problem(path+".run", fmt.Errorf("this scenario asks for no %s", a.Run)))
		}
	}
	return ps.Sorted().Err()
}

// referTarget looks up who breaks or is mended.
func (s *stage) referTarget(t *Target) error {
	if t == nil {
		return nil
	}
	var errs []error
	for _, site := range []string{t.Site, t.Witness, t.DomainController} {
		if site != "" {
			_, err := s.siteIndex(site)
			errs = append(errs, err)
		}
	}
	for _, server := range []string{t.Server, t.Service, t.Front} {
		if server != "" {
			_, err := s.member(server, func(int) {})
			errs = append(errs, err)
		}
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
