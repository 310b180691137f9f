package drill

import (
	"strings"
	"time"

	"siteswap/dag"
)

// serverPower switches a server. One that its power control holds off does not come back with its power, until the hold is lifted.
func (s *stage) serverPower(m int, held *bool, up bool) {
	s.lab.Server(m, up)
	s.hold(dag.Set(0).Add(m), held, up)
}

func (s *stage) hold(members dag.Set, held *bool, up bool) {
	switch {
	case held == nil:
	case !up && *held:
		s.lab.Power(members, dag.HeldOff)
	case up && !*held:
		s.lab.Power(members, dag.PowerOn)
	}
}

// sitePower takes or gives the power of a site, and of the product's processes in it.
func (s *stage) sitePower(t *Target, up bool) (string, error) {
	i, err := s.siteIndex(t.Site)
	if err != nil {
		return "", err
	}
	names := s.t.MemberNames(s.t.MembersOf(i))
	for _, p := range s.inSite(i) {
		names = append(names, p.name)
	}
	text := s.t.Sites[i].Name + " (" + strings.Join(append(names, "vip", "domain controller", "DNS"), ", ") + ")"
	s.mu.Lock()
	s.lost[i] = !up
	s.mu.Unlock()
	if !up {
		s.letShip()
		s.lab.FailSite(i)
		s.hold(s.t.MembersOf(i), t.Held, up)
		for _, p := range s.inSite(i) {
			p.kill(false)
		}
		if t.Held != nil && *t.Held {
			text += ", its servers held off,"
		}
		return text, nil
	}
	links := s.siteLinks(t, i)
	for _, p := range s.inSite(i) {
		if err := p.start(s.o.Program, s.o.Dir); err != nil {
			return "", err
		}
	}
	s.lab.RestoreSite(i)
	s.hold(s.t.MembersOf(i), t.Held, up)
	return text + links, nil
}

// letShip waits a moment until logs have been copied as far as they are at the speed of the drill. A busy machine falls behind
// with that, and the loss would be the machine's and not the scenario's. Where the script has logs by the hand, it means it.
func (s *stage) letShip() {
	const behind, patience = 3, 2 * time.Second
	for began := time.Now(); time.Since(began) < patience && !s.lab.Gripped("ship"); time.Sleep(2 * time.Millisecond) {
		st, most := s.lab.World().Snapshot(), int64(0)
		for d := range s.t.Databases {
			newest := int64(0)
			for c := range s.t.Databases[d].Copies {
				newest = max(newest, st.Copy(d, c).Logs)
			}
			for c := range s.t.Databases[d].Copies {
				if cp := st.Copy(d, c); cp.Status == dag.CopyHealthy {
					most = max(most, newest-cp.Logs)
				}
			}
		}
		if most <= behind {
			return
		}
	}
}

// siteLinks are the links of a site whose power is about to come back: whole again with it, or, with `link: false`, later. A
// script that has cut none of them means all.
func (s *stage) siteLinks(t *Target, i int) string {
	apart := t.Link != nil && !*t.Link
	cut := false
	for j := range s.t.Sites {
		if j != i && s.cutOff(i, j) {
			cut = true
			if !apart {
				s.setLink(i, j, true, false)
			}
		}
	}
	if !apart {
		return ""
	}
	for j := range s.t.Sites {
		if j != i && !cut {
			s.setLink(i, j, false, false)
		}
	}
	return ", its links still cut,"
}
