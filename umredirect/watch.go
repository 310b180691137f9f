package umredirect

import (
	"slices"

	"siteswap/umredirect/health"
)

// Watched are all targets that the table can send a call to, of every site: a switchover must not be the moment in which a dead
// one is found.
func (t *Table) Watched() []health.Target {
	if t == nil {
		return nil
	}
	var out []health.Target
	add := func(targets []Target, legacy bool) {
		for _, target := range targets {
			w := health.Target{Host: target.Host, Port: target.Port, Transport: target.Transport, Legacy: legacy}
			if !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	for _, site := range t.Sites() {
		add(t.Targets(site), false)
	}
	legacy := t.LegacyTargets()
	for _, name := range sortedKeys(legacy) {
		add(legacy[name], true)
	}
	for _, l := range t.legacy {
		if l.WhenDown == WhenDownOperator {
			add([]Target{l.Operator.Target}, false)
		}
	}
	return out
}

// Watched are the targets of the table in force.
func (s *Server) Watched() []health.Target { return s.view.Load().table.Watched() }

// id is the name of a watched target in [State].Dead.
func id(t health.Target) string {
	return Target{Host: t.Host, Port: t.Port, Transport: t.Transport}.ID()
}

// SetHealth puts a report of the targets in force: dead ones are left out of answers from now on, and alarms are shown.
func (s *Server) SetHealth(report []health.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dead := map[string]bool{}
	for _, t := range report {
		if t.Dead {
			dead[id(t.Target)] = true
		}
	}
	s.tell(report)
	s.health, s.dead = slices.Clone(report), dead
	s.publish()
}

// tell logs what is new in a report; the caller holds mu.
func (s *Server) tell(report []health.Status) {
	before := health.Alarms(s.health)
	now := health.Alarms(report)
	for _, a := range now {
		if !slices.Contains(before, a) {
			s.o.Logger.Warn("alarm", "name", a.Name, "target", a.Target, "text", a.Text)
		}
	}
	for _, a := range before {
		if !slices.ContainsFunc(now, func(b health.Alarm) bool { return b.Target == a.Target }) {
			s.o.Logger.Info("alarm over", "name", a.Name, "target", a.Target)
		}
	}
}

// Leave makes OPTIONS answered 503 from now on, while calls go on being answered: the PBX takes another redirector before
// this one is gone. Close ends it.
func (s *Server) Leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaving = true
	s.publish()
}
