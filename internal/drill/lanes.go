package drill

import (
	"slices"
	"strings"
	"time"

	"siteswap/internal/lab"
	"siteswap/internal/lab/mail"
	"siteswap/internal/lab/phone"
	"siteswap/internal/report"
)

// lanes are the swim lanes of the report's picture.
func (s *stage) lanes(rec lab.Record, now time.Time) []report.Lane {
	end := s.since(now)
	var out []report.Lane
	out = append(out, s.clientLanes(rec, end)...)
	calls := report.NewTrack(report.LaneCalls, "calls")
	for _, c := range rec.Calls {
		switch c.Outcome {
		case phone.Answered:
			calls.Count(s.since(c.At), 1, 0)
		case phone.Lost, phone.UnservedLegacy:
			calls.Count(s.since(c.At), 0, 1)
		}
	}
	if len(rec.Calls) > 0 {
		out = append(out, calls.Lane(end))
	}
	out = append(out, s.databaseLanes(rec, end)...)
	out = append(out, s.dnsLanes(rec, end)...)
	out = append(out, s.poolLanes(rec, end)...)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.procs {
		if t := s.watch.tracks[p.name]; t != nil {
			out = append(out, t.Lane(end))
		}
	}
	return out
}

// outage is a time in which a name was not served.
type outage = mail.Outage

func (s *stage) clientLanes(rec lab.Record, end float64) []report.Lane {
	var out []report.Lane
	for _, n := range s.t.Names {
		t := report.NewTrack(report.LaneClients, n.Name)
		t.Set(0, report.StateGood, "served", "")
		outages := s.lab.Outages()
		slices.SortFunc(outages, func(a, b outage) int { return a.Start.Compare(b.Start) })
		for _, o := range outages {
			if o.Name != n.Name || o.Start.Before(s.start) {
				continue
			}
			t.Set(s.since(o.Start), report.StateBad, "not served", "")
			if !o.End.IsZero() {
				t.Set(s.since(o.End), report.StateGood, "served", "")
			}
		}
		out = append(out, t.Lane(end))
	}
	return out
}

func (s *stage) databaseLanes(rec lab.Record, end float64) []report.Lane {
	var out []report.Lane
	for _, d := range s.t.Databases {
		t := report.NewTrack(report.LaneDatabase, d.Name)
		on := []string{s.t.Members[d.Copies[0].Member].Name}
		set := func(at float64) {
			switch len(on) {
			case 0:
				t.Set(at, report.StateBad, "not mounted", "")
			case 1:
				t.Set(at, report.StateGood, on[0], s.siteOf(on[0]))
			default:
				t.Set(at, report.StateBad, "MOUNTED TWICE: "+strings.Join(on, ", "), "")
			}
		}
		set(0)
		for _, m := range rec.Moments {
			if m.Lane != "database "+d.Name {
				continue
			}
			on = slices.DeleteFunc(on, func(x string) bool { return x == m.What })
			if m.Up {
				on = append(on, m.What)
			}
			set(max(0, s.since(m.At)))
		}
		out = append(out, t.Lane(end))
	}
	return out
}

func (s *stage) siteOf(member string) string {
	if m := s.t.MemberIndex(member); m >= 0 {
		return s.t.Sites[s.t.Members[m].Site].Name
	}
	return ""
}

func (s *stage) dnsLanes(rec lab.Record, end float64) []report.Lane {
	var out []report.Lane
	for _, srv := range s.t.DNSServers {
		for n := range s.t.Names {
			name := s.t.Names[n].Name
			t := report.NewTrack(report.LaneDNS, s.t.Sites[srv.Site].Name+" dns "+name)
			for _, c := range rec.DNS[srv.Address] {
				if c.Name != name {
					continue
				}
				site, state := s.targetSite(n, c.Values), report.StateGood
				label := site
				if site == "" {
					label, state = strings.Join(c.Values, ", "), report.StateWarn
				}
				t.Set(max(0, s.since(c.At)), state, label, site)
			}
			out = append(out, t.Lane(end))
		}
	}
	return out
}

func (s *stage) targetSite(name int, values []string) string {
	return strings.Join(s.t.SiteNames(s.t.Names[name].Leads(values)), "+")
}

func (s *stage) poolLanes(rec lab.Record, end float64) []report.Lane {
	var out []report.Lane
	for i, site := range s.t.Sites {
		if len(site.Pool) == 0 {
			continue
		}
		t := report.NewTrack(report.LaneVIP, site.Name+" vip")
		in := []string{}
		for _, m := range site.Pool {
			in = append(in, s.t.Members[m].Name)
		}
		show := func(at float64) {
			if len(in) == 0 {
				t.Set(at, report.StateIdle, "drained", s.t.Sites[i].Name)
				return
			}
			t.Set(at, report.StateGood, strings.Join(in, ", "), s.t.Sites[i].Name)
		}
		show(0)
		for _, m := range rec.Moments {
			if m.Lane != "pool "+site.Name {
				continue
			}
			in = slices.DeleteFunc(in, func(x string) bool { return x == m.What })
			if m.Up {
				in = append(in, m.What)
			}
			show(max(0, s.since(m.At)))
		}
		out = append(out, t.Lane(end))
	}
	return out
}
