package drill

import (
	"math"
	"slices"
	"strings"
	"time"

	"siteswap/internal/lab"
	"siteswap/internal/lab/mail"
	"siteswap/internal/report"
)

// outages are what the clients of each name felt, by run.
func (s *stage) outages(runs []report.Run, rec lab.Record) []report.Outage {
	var out []report.Outage
	for _, o := range s.lab.Outages() {
		if o.Start.Before(s.whole) {
			continue
		}
		end := o.End
		if end.IsZero() {
			end = time.Now()
		}
		out = s.addOutage(out, o, s.since(o.Start), s.since(end), runs, rec)
	}
	return out
}

func (s *stage) addOutage(out []report.Outage, o mail.Outage, start, end float64, runs []report.Run, rec lab.Record) []report.Outage {
	cuts, name := report.Cuts{}, ""
	for i := range runs {
		if runs[i].End >= start && runs[i].Start <= end {
			cuts, name = s.cutsOf(&runs[i], o.Name), runs[i].Runbook
			break
		}
	}
	if name == "" {
		cuts.ActivateDone = s.lastMount(start, end, rec)
	}
	next := report.SplitOutage(o.Name, name, start, end, cuts)
	if k := slices.IndexFunc(runs, func(r report.Run) bool { return r.Runbook == name && r.End >= start }); k >= 0 {
		next = namesFirst(next, &runs[k])
	}
	if k := slices.IndexFunc(out, func(x report.Outage) bool { return x.Clients == o.Name && x.Run == name }); k >= 0 {
		out[k].Seconds = round(out[k].Seconds + next.Seconds)
		out[k].End = next.End
		p, q := &out[k].Parts, next.Parts
		p.Detect, p.Decide, p.Fence, p.Quorum = round(p.Detect+q.Detect), round(p.Decide+q.Decide), round(p.Fence+q.Fence), round(p.Quorum+q.Quorum)
		p.Mount, p.DNS, p.Cache = round(p.Mount+q.Mount), round(p.DNS+q.DNS), round(p.Cache+q.Cache)
		return out
	}
	return append(out, next)
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }

// cutsOf are the instants of a run that divide an outage.
func (s *stage) cutsOf(r *report.Run, name string) report.Cuts {
	c := report.Cuts{RunStart: r.Start}
	for _, st := range r.Steps {
		if st.State != "done" {
			continue
		}
		switch st.Kind {
		case "check":
			c.ReadyDone = max(c.ReadyDone, st.End)
		case "fence":
			c.FenceDone = max(c.FenceDone, st.End)
		case "dag.restore":
			c.RestoreDone = max(c.RestoreDone, st.End)
		case "db.activate", "db.mount":
			c.ActivateDone = max(c.ActivateDone, st.End)
		case "dns.repoint":
			c.NamesDone = max(c.NamesDone, st.End)
		}
	}
	return c
}

// namesFirst divides the outage of a run that moves the names before the databases, as a failback of 2010 does: names, caches,
// then the mount, and what clients took to come back.
func namesFirst(o report.Outage, r *report.Run) report.Outage {
	var names, settled, mounted float64
	for _, st := range r.Steps {
		if st.State != "done" || st.End < o.Start {
			continue
		}
		switch st.Kind {
		case "dns.repoint":
			names = max(names, st.End)
		case "dns.settle":
			settled = max(settled, st.End)
		case "db.activate":
			mounted = max(mounted, st.End)
		}
	}
	if names == 0 || settled < names || mounted < settled {
		return o
	}
	clamp := func(x, low float64) float64 { return min(max(x, low), o.End) }
	a := clamp(names, o.Start)
	b := clamp(settled, a)
	c := clamp(mounted, b)
	o.Parts = report.Parts{DNS: round(a - o.Start), Mount: round(c - b)}
	o.Parts.Cache = round(o.Seconds - o.Parts.DNS - o.Parts.Mount)
	return o
}

// lastMount is when Active Manager mounted a database by itself within an outage.
func (s *stage) lastMount(start, end float64, rec lab.Record) float64 {
	at := 0.0
	for _, m := range rec.Moments {
		if t := s.since(m.At); strings.HasPrefix(m.Lane, "database ") && m.Up && t >= start && t <= end {
			at = t
		}
	}
	return at
}
