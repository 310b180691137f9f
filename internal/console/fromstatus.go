package console

import (
	"slices"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/internal/api"
)

// Around is what a status does not say and the caller knows: the drill knows what it has killed and what clients feel.
type Around struct {
	Title  string
	Start  time.Time // what the clock counts from; zero: the run's start
	Now    time.Time
	Outage Outage
	Dead   []string // controllers that are known to be dead, by id
	Lost   []string // sites that are known to be lost
	Links  []Link
	Lines  []string
}

// FromStatus is the view of a status and of the facts of the controller that gave it. f may be nil or incomplete: what is
// not known is shown as not known.
func FromStatus(t *dag.Topology, f *dag.Facts, s api.Status, a Around) View {
	v := View{Title: a.Title, Served: s.Served, Outage: a.Outage, Links: a.Links, Lines: a.Lines, Debts: len(s.Debts)}
	if v.Title == "" {
		v.Title = "DAG " + s.DAG + " is " + s.State
	}
	start := a.Start
	if start.IsZero() && s.Run != nil {
		start = s.Run.StartedAt
	}
	if !start.IsZero() {
		v.Elapsed = max(a.Now.Sub(start), 0)
	}
	if f == nil {
		f = &dag.Facts{}
	}
	for i := range t.Sites {
		v.Sites = append(v.Sites, siteBox(t, f, s, a, i))
	}
	for _, voter := range s.Voters {
		if t.SiteIndex(voter.Site) < 0 {
			c := controller(voter, s, a)
			v.Controllers = append(v.Controllers, Controller{ID: voter.ID, Site: voter.Site, State: c.State, Text: c.Text})
		}
	}
	for i := range t.Databases {
		if on, known := mountedOn(f, i); !known || on == "" || t.MemberIndex(on) < 0 {
			v.Unmounted = append(v.Unmounted, t.Databases[i].Name)
		}
	}
	if s.Run != nil {
		addRun(&v, s, a, start)
	}
	return v
}

func addRun(v *View, s api.Status, a Around, start time.Time) {
	r := s.Run
	v.Run, v.RunWord, v.Paused = r.ID, strings.TrimSpace(r.Runbook+" "+r.Outcome), r.Paused
	scale := max(s.TimeScale, 1)
	if !s.Lab {
		scale = 1
	}
	for _, step := range r.Steps {
		v.Steps = append(v.Steps, stepLine(step, r.Steps, a.Now, scale))
	}
	if r.Outcome == "" || r.Outcome == "waiting" {
		v.Needs = needs(r, start)
	}
}

// stepLine is a step of the API as one line. Limits are shown at the speed that the reader waits at.
func stepLine(s api.Step, all []api.Step, now time.Time, scale float64) StepLine {
	l := StepLine{ID: s.ID, State: s.State, Text: s.Text}
	if l.Text == "" {
		l.Text = s.Title
	}
	switch s.State {
	case "acting", "waiting":
		if !s.StartAt.IsZero() {
			l.Elapsed = max(now.Sub(s.StartAt), 0)
			l.AtMost = time.Duration(float64(s.AtMost) / scale)
		}
	case "todo":
		var open []string
		for _, n := range s.Needs {
			if i := slices.IndexFunc(all, func(o api.Step) bool { return o.ID == n }); i >= 0 && all[i].State != "done" && all[i].State != "skipped" {
				open = append(open, n)
			}
		}
		l.WaitsFor = strings.Join(open, ", ")
	}
	return l
}

// needs is what waits for a person: steps that only people can end, refusals that are held, and what the run says itself.
func needs(r *api.Run, start time.Time) []Need {
	var out []Need
	said := map[int]bool{}
	for _, s := range r.Steps {
		mine := slices.IndexFunc(r.NeedsAPerson, func(text string) bool { return mentions(text, s.ID) })
		person := s.Kind == "approve" || s.Kind == "manual" || mine >= 0
		if s.State != "refused" && (!person || s.State == "done" || s.State == "skipped" || s.State == "todo") {
			continue
		}
		n := Need{Run: r.ID, Step: s.ID, What: s.Text, Actions: []Action{Approve, Deny}}
		if mine >= 0 {
			said[mine] = true
			n.What = r.NeedsAPerson[mine]
		}
		if n.What == "" {
			n.What = s.Title
		}
		if !s.StartAt.IsZero() {
			n.Since = max(s.StartAt.Sub(start), 0)
		}
		if i := slices.IndexFunc(r.Refusals, func(f api.Refusal) bool { return f.Step == s.ID }); i >= 0 && s.State == "refused" {
			f := r.Refusals[i]
			n.What = "refused by " + f.Rule
			n.Detail = []string{"why       " + f.Why, "evidence  " + f.Evidence, "way out   " + f.Unblock}
			n.Actions = []Action{Deny} // an override names its rule and reason: a command, not a key
		}
		out = append(out, n)
	}
	for i, text := range r.NeedsAPerson {
		if !said[i] {
			out = append(out, Need{Run: r.ID, What: text})
		}
	}
	if r.Paused {
		out = append(out, Need{Run: r.ID, What: "the run is paused: no further step begins", Actions: []Action{Resume}})
	}
	return out
}

// mentions says whether the text speaks of the step: its id as a whole word, not as a part of another id.
func mentions(text, id string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool {
		return r == ' ' || r == ',' || r == ':' || r == ';' || r == '.' || r == '(' || r == ')' || r == '`' || r == '"'
	}), id)
}
