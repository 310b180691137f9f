package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/internal/report"
)

// breakOrMend breaks something, or makes it whole.
func (s *stage) breakOrMend(t *Target, up bool) error {
	word, kind := "lost", report.MarkFault
	if up {
		word, kind = "back", report.MarkHeal
	}
	what, err := s.switchTarget(t, up)
	if err != nil {
		return err
	}
	s.mark(kind, what+" "+word)
	if !up {
		s.noteFault(what)
	}
	s.say("%s %s", what, word)
	return nil
}

// noteFault remembers when something broke: what users feel after it is its work.
func (s *stage) noteFault(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fault{time.Now(), what})
}

// switchTarget takes away or gives back what the target names, and says what that is.
func (s *stage) switchTarget(t *Target, up bool) (string, error) {
	switch {
	case t.Site != "":
		return s.sitePower(t, up)
	case t.Server != "":
		return s.member("", t.Server, func(m int) { s.serverPower(m, t.Held, up) })
	case t.Hung != "":
		return s.member("operating system of ", t.Hung, func(m int) { s.lab.Hung(m, !up) })
	case t.Service != "":
		return s.member("replication service of ", t.Service, func(m int) { s.lab.Service(m, up) })
	case t.Front != "":
		return s.member("client access of ", t.Front, func(m int) { s.lab.Front(m, up) })
	case t.Witness != "":
		return s.place("witness of ", t.Witness, func(i int) { s.lab.Witness(i, up) })
	case t.Share != "":
		return s.place("witness share of ", t.Share, func(i int) { s.lab.Share(i, up) })
	case t.DomainController != "":
		return s.place("domain controllers of ", t.DomainController, func(i int) { s.lab.Directory(i, up) })
	case t.DNS != "":
		return s.place("DNS of ", t.DNS, func(i int) { s.lab.DNS(i, up) })
	case t.Legacy != "":
		fqdn, err := s.legacy(t.Legacy)
		if err == nil {
			s.lab.Legacy(fqdn, up)
		}
		return "UM server " + fqdn, err
	case t.Disk != "":
		return s.member("log volume of ", t.Disk, func(m int) { s.lab.Disk(m, up) })
	case t.ClusterStart != "":
		return s.member("quick start of the cluster service on ", t.ClusterStart, func(m int) { s.lab.ClusterStart(m, up) })
	case t.Index != "":
		d, m, err := s.copyOf(t.Index)
		if err == nil {
			s.lab.Index(d, m, up)
		}
		return "content index of " + s.word(t.Index), err
	case t.Copy != "":
		return s.copyFails(t.Copy, up)
	}
	return s.processPower(t, up)
}

func (s *stage) member(prefix, name string, do func(int)) (string, error) {
	name = s.word(name)
	m := s.t.MemberIndex(name)
	if m < 0 {
		return "", &UsageError{fmt.Errorf("the site file has no member %q", name)}
	}
	do(m)
	return prefix + name, nil
}

func (s *stage) place(prefix, name string, do func(int)) (string, error) {
	i, err := s.siteIndex(name)
	if err == nil {
		do(i)
		name = s.t.Sites[i].Name
	}
	return prefix + name, err
}

// legacy is the FQDN of an older UM server that is named either way.
func (s *stage) legacy(name string) (string, error) {
	name = s.word(name)
	if s.site.UM != nil {
		for _, g := range s.site.UM.Legacy {
			if g.Name == name || g.FQDN == name {
				return g.FQDN, nil
			}
		}
	}
	return name, &UsageError{fmt.Errorf("the site file has no legacy UM server %q", name)}
}

// copyOf reads DB1/SERVER.
func (s *stage) copyOf(text string) (database, member int, err error) {
	db, server, _ := strings.Cut(s.word(text), "/")
	database, member = s.t.DatabaseIndex(db), s.t.MemberIndex(server)
	if database < 0 || member < 0 || s.t.CopyOf(database, member) < 0 {
		return 0, 0, &UsageError{fmt.Errorf("the site file has no copy %q; write DATABASE/SERVER", s.word(text))}
	}
	return database, member, nil
}

func (s *stage) copyFails(text string, up bool) (string, error) {
	d, m, err := s.copyOf(text)
	switch {
	case err != nil:
		return "", err
	case up:
		return "", &UsageError{fmt.Errorf("a failed copy comes back by seeding (db.resync), not by itself")}
	}
	s.lab.Copy(d, m)
	return "copy of " + s.t.Databases[d].Name + " on " + s.t.Members[m].Name, nil
}

func (s *stage) processPower(t *Target, up bool) (string, error) {
	want := s.word(t.Controller)
	if t.Redirector != "" {
		want = "redirector-" + s.word(t.Redirector)
	}
	i := slices.IndexFunc(s.procs, func(p *process) bool { return p.name == want })
	if i < 0 {
		return "", &UsageError{fmt.Errorf("there is no process %q", want)}
	}
	if up {
		return want, s.procs[i].start(s.o.Program, s.o.Dir)
	}
	s.procs[i].kill(false)
	return want, nil
}

// linkEnds are the pairs of sites that a link names.
func (s *stage) linkEnds(l *Link) ([][2]int, error) {
	if l.Site != "" {
		a, err := s.siteIndex(l.Site)
		var out [][2]int
		for b := range s.t.Sites {
			if b != a {
				out = append(out, [2]int{a, b})
			}
		}
		return out, err
	}
	if len(l.Link) != 2 {
		return nil, &UsageError{fmt.Errorf("a link needs two sites")}
	}
	a, err := s.siteIndex(l.Link[0])
	if err != nil {
		return nil, err
	}
	b, err := s.siteIndex(l.Link[1])
	return [][2]int{{a, b}}, err
}

func (s *stage) link(l *Link, up bool) error {
	ends, err := s.linkEnds(l)
	if err != nil {
		return err
	}
	for _, e := range ends {
		s.setLink(e[0], e[1], up, l.OneWay)
		text := fmt.Sprintf("link %s to %s is %s", s.t.Sites[e[0]].Name, s.t.Sites[e[1]].Name, map[bool]string{true: "whole again", false: "cut, silently"}[up])
		if l.OneWay {
			text += ", in this direction"
		}
		s.mark(map[bool]string{true: report.MarkHeal, false: report.MarkFault}[up], text)
		if !up {
			s.noteFault(text)
		}
		s.say("%s", text)
	}
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

// move is an administrator's Move-ActiveMailboxDatabase, without the product.
func (s *stage) move(ctx context.Context, m *Move) error {
	d, to, err := s.copyOf(m.Database + "/" + m.To)
	if err != nil {
		return err
	}
	what := "an administrator moves " + s.t.Databases[d].Name + " to " + s.t.Members[to].Name
	s.mark(report.MarkFault, what)
	s.noteFault(what)
	s.say("%s", what)
	answer, err := s.lab.Move(ctx, d, to)
	if err == nil && answer.Code != dag.OK {
		err = fmt.Errorf("Exchange answered %s (%s)", answer.Code, answer.Subject)
	}
	if err != nil {
		return fmt.Errorf("move %s to %s: %w", s.t.Databases[d].Name, s.t.Members[to].Name, err)
	}
	return nil
}

// grip takes what the world does by itself into the script's hands, or lets it go.
func (s *stage) grip(e *Event) {
	switch {
	case len(e.Hold) > 0:
		s.lab.Hold(e.Hold)
		s.injected("held: " + strings.Join(e.Hold, ", "))
	case len(e.Release) > 0:
		s.lab.Release(e.Release)
		s.injected("released: " + strings.Join(e.Release, ", "))
	case len(e.Slow.Link) == 2:
		a, b := s.t.SiteIndex(s.word(e.Slow.Link[0])), s.t.SiteIndex(s.word(e.Slow.Link[1]))
		s.lab.SlowLink(a, b, e.Slow.Factor > 1)
		s.injected(fmt.Sprintf("link %s to %s is %s", s.t.Sites[a].Name, s.t.Sites[b].Name, map[bool]string{true: "slow", false: "quick again"}[e.Slow.Factor > 1]))
	default:
		s.lab.Slow(e.Slow.Kinds, e.Slow.Factor)
		s.injected(fmt.Sprintf("%s %g times slower", strings.Join(e.Slow.Kinds, ", "), e.Slow.Factor))
	}
}

// injected says what the script did to the world, and marks it.
func (s *stage) injected(what string) {
	s.mark(report.MarkFault, what)
	s.say("%s", what)
}

// worldKinds are the kinds of what the world does by itself that a script may hold or slow. The micro-steps of operations are
// not among them: whoever waits for an operation would wait for good.
func worldKinds() []string {
	return slices.DeleteFunc(dag.WorldNames(), func(k string) bool { return k == "step" })
}
