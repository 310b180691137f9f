package console

import (
	"fmt"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/internal/api"
)

// StatusText is a status as text: who is served, what is mounted where, what goes on, what is owed, what to do next. f may
// be nil: then what the sites look like is left out.
func StatusText(t *dag.Topology, f *dag.Facts, s api.Status, y Style) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s is %s.  %s\n", y.Mark(health(s.State)), clean(s.DAG), y.paint(health(s.State), clean(s.State)), clean(s.Served))
	rows := [][]string{{"now", s.At.Local().Format("2006-01-02 15:04:05 MST")}, {"controllers", voters(s, y)}}
	if s.Run != nil {
		rows = append(rows, []string{"run", runLine(*s.Run)})
	}
	if s.Lab {
		rows = append(rows, []string{"lab", fmt.Sprintf("emulated sites at %s times real speed", trim(s.TimeScale))})
	}
	b.WriteString(Table(rows))
	if f != nil && t != nil {
		b.WriteString(siteText(FromStatus(t, f, s, Around{Now: s.At}), y))
	}
	for _, d := range s.Debts {
		fmt.Fprintf(&b, "%s debt of %s, %s: %s\n", y.Mark(Degraded), clean(d.Site), clean(d.Kind), clean(d.What))
	}
	b.WriteString(next(s) + "\n")
	return b.String()
}

func siteText(v View, y Style) string {
	var b strings.Builder
	for _, site := range v.Sites {
		title := y.Mark(site.State) + " " + y.sgr(bold, clean(site.Name))
		if site.Note != "" {
			title += "  " + clean(site.Note)
		}
		b.WriteString(title + "\n")
		var rows [][]string
		for _, m := range site.Servers {
			text := clean(m.Text)
			if len(m.Databases) > 0 {
				text = strings.TrimPrefix(text+"; mounts "+names(m.Databases, 60), "; ")
			}
			rows = append(rows, []string{"   " + y.Mark(m.State) + " " + clean(m.Name), text})
		}
		for _, it := range site.Items {
			rows = append(rows, []string{"   " + y.Mark(it.State) + " " + clean(it.Name), clean(it.Text)})
		}
		b.WriteString(Table(rows))
	}
	if len(v.Unmounted) > 0 {
		fmt.Fprintf(&b, "%s not mounted, or not known where: %s\n", y.Mark(Degraded), names(v.Unmounted, 60))
	}
	return b.String()
}

func voters(s api.Status, y Style) string {
	var names []string
	for _, v := range s.Voters {
		names = append(names, clean(v.ID)+" ("+clean(v.Site)+")")
	}
	text := "no leader is known"
	switch {
	case s.Leader != "" && s.Leader == s.Node && s.CanAct:
		text = clean(s.Leader) + " leads and may act"
	case s.Leader != "" && s.Leader == s.Node:
		text = clean(s.Leader) + " leads and may not act"
	case s.Leader != "":
		text = clean(s.Leader) + " leads"
	}
	if s.Why != "" {
		text += ": " + clean(s.Why)
	}
	return text + "; asked " + clean(s.Node) + "; voters " + strings.Join(names, ", ")
}

// next is the last line: what to do now.
func next(s api.Status) string {
	if s.Run != nil && s.Run.Outcome == "" {
		if n := len(s.Run.NeedsAPerson); n > 0 {
			return "Next: " + clean(s.Run.NeedsAPerson[0])
		}
		if s.Run.Paused {
			return "Next: the run is paused; `siteswap run resume " + clean(s.Run.ID) + "` lets it go on."
		}
		return "Next: wait; `siteswap status --watch` shows the run as it goes."
	}
	switch {
	case s.Leader == "":
		return "Next: no controller leads, so nothing can be started; see that two of three controllers run and reach each other."
	case len(s.Debts) > 0:
		return "Next: the next failback settles the debts; until then do not start the members of " + clean(s.Debts[0].Site) + " by hand."
	case s.State == "DOWN":
		return "Next: `siteswap plan switchover` shows what a switchover would do."
	case s.State == "HEALTHY":
		return "Nothing to do."
	}
	return "Next: `siteswap ready` says what is not as it should be."
}

func health(state string) string {
	switch state {
	case "HEALTHY":
		return Good
	case "DOWN":
		return Bad
	}
	return Degraded
}

// runLine is a run in one line, as lists and status show it.
func runLine(r api.Run) string {
	done := 0
	for _, s := range r.Steps {
		if s.State == "done" || s.State == "skipped" {
			done++
		}
	}
	text := fmt.Sprintf("%s %s: %s, %d of %d steps", clean(r.ID), clean(r.Runbook), word(r), done, len(r.Steps))
	if r.Why != "" {
		text += "; " + clean(r.Why)
	}
	return text
}

func word(r api.Run) string {
	switch {
	case r.Outcome != "":
		return clean(r.Outcome)
	case r.Paused:
		return "paused"
	}
	return "goes on"
}

// RunsTable is a list of runs, as given.
func RunsTable(runs []api.Run) string {
	rows := [][]string{{"RUN", "RUNBOOK", "OUTCOME", "STARTED", "TOOK", "BY", "PARAMETERS"}}
	for _, r := range runs {
		var with []string
		for _, p := range r.Parameters {
			with = append(with, clean(p.Name)+"="+clean(p.Value))
		}
		took := ""
		if !r.EndedAt.IsZero() {
			took = span(r.EndedAt.Sub(r.StartedAt))
		}
		rows = append(rows, []string{clean(r.ID), clean(r.Runbook), word(r), r.StartedAt.Local().Format("2006-01-02 15:04:05"), took,
			clean(r.StartedBy), strings.Join(with, " ")})
	}
	return Table(rows)
}

// RunText is a run with all its steps, what differs from the prediction, its refusals, approvals and debts.
func RunText(r api.Run, y Style) string {
	var b strings.Builder
	title := r.Title
	if title == "" {
		title = r.Runbook
	}
	fmt.Fprintf(&b, "%s.  Run %s, plan %s, started by %s at %s\n", clean(title), clean(r.ID), shortHash(r.Plan), clean(r.StartedBy),
		r.StartedAt.Local().Format("2006-01-02 15:04:05 MST"))
	for _, s := range r.Steps {
		l := stepLine(s, r.Steps, s.StartAt, 1)
		l.Elapsed, l.AtMost = 0, 0
		if !s.EndAt.IsZero() {
			l.Elapsed = s.EndAt.Sub(s.StartAt)
		}
		at := "       "
		if !s.StartAt.IsZero() {
			at = clock(s.StartAt.Sub(r.StartedAt)) + "  "
		}
		b.WriteString(at + y.step(l) + "\n")
		stepDetail(&b, s, y)
	}
	for _, f := range r.Refusals {
		b.WriteString(y.Refusal(f))
	}
	for _, a := range r.Approvals {
		fmt.Fprintf(&b, "approved: %s by %s %s\n", clean(a.Step), clean(a.By), clean(a.Reason))
	}
	for _, o := range r.Overrides {
		fmt.Fprintf(&b, "%s overridden: %s at %s by %s: %s\n", y.Mark(Degraded), clean(o.Rule), clean(o.Step), clean(strings.Join(o.By, ", ")), clean(o.Reason))
	}
	for _, n := range r.NotPutBack {
		fmt.Fprintf(&b, "%s not put back: %s\n", y.Mark(Degraded), clean(n))
	}
	for _, d := range r.Debts {
		fmt.Fprintf(&b, "%s debt of %s, %s: %s\n", y.Mark(Degraded), clean(d.Site), clean(d.Kind), clean(d.What))
	}
	for _, n := range r.NeedsAPerson {
		fmt.Fprintf(&b, "%s needs a person: %s\n", y.Mark("waiting"), clean(n))
	}
	end := word(r)
	if !r.EndedAt.IsZero() {
		end += " after " + span(r.EndedAt.Sub(r.StartedAt))
	}
	if r.Why != "" {
		end += ": " + clean(r.Why)
	}
	b.WriteString(y.Mark(outcomeState(r)) + " " + clean(r.Runbook) + " " + end + "\n")
	return b.String()
}

func stepDetail(b *strings.Builder, s api.Step, y Style) {
	const in = "           "
	for _, d := range s.Drift {
		fmt.Fprintf(b, "%s%s %s: predicted %s, observed %s\n", in, y.Mark(Bad), clean(d.Path), clean(d.Predicted), clean(d.Observed))
	}
	for _, c := range s.Calls {
		for _, w := range c.Warnings {
			fmt.Fprintf(b, "%s%s %s: %s\n", in, y.Mark(Degraded), cmdletName(c.Cmdlet), clean(w))
		}
		for _, e := range c.Errors {
			fmt.Fprintf(b, "%s%s %s: %s\n", in, y.Mark(Bad), cmdletName(c.Cmdlet), clean(e))
		}
	}
}

func cmdletName(call string) string {
	name, _, _ := strings.Cut(clean(call), " ")
	return name
}

func outcomeState(r api.Run) string {
	switch r.Outcome {
	case "":
		return Acting
	case "done", "failed", "refused", "waiting":
		return r.Outcome
	}
	return Degraded
}

func shortHash(h string) string {
	h = clean(strings.TrimPrefix(h, "sha256:"))
	return h[:min(len(h), 12)]
}

func trim(f float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", max(f, 1)), ".0")
}

// Asked is how long ago an answer was given, for a watch that lost its controller.
func Asked(at, now time.Time) string { return "as of " + span(max(now.Sub(at), 0)) + " ago" }
