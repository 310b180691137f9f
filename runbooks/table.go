package runbooks

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"siteswap/dag"
)

// TableRow is a line of the plan table (look.md). The steps of a for_each are one line.
type TableRow struct {
	Number   int    `json:"number"`
	Step     string `json:"step"`
	WaitsFor string `json:"waits_for"`
	Does     string `json:"does"`
	Then     string `json:"then"`
	When     string `json:"when,omitempty"`
}

// TableRows are the lines of the plan table: the steps that may be needed, as far as is known beforehand.
func TableRows(t *dag.Topology, plan *Plan) []TableRow {
	kinds := kindIndex()
	plan, _ = brief(t, plan)
	var rows []TableRow
	for i := 0; i < len(plan.Steps); i++ {
		s := plan.Steps[i]
		n := 1
		for s.Group != "" && i+n < len(plan.Steps) && plan.Steps[i+n].Group == s.Group {
			n++
		}
		row := TableRow{Number: len(rows) + 1, Step: s.ID, WaitsFor: waitsFor(plan, &s), When: s.When, Does: s.Title, Then: "-"}
		if k := kinds[s.Kind]; k != nil {
			row.Does, row.Then = k.Summary(t, s.With)
		}
		if n > 1 {
			row.Step = fmt.Sprintf("%s/* (%d)", s.Group, n)
			row.Does, row.Then = together(t, row.Does, &s, n), together(t, row.Then, &s, n)
		}
		rows = append(rows, row)
		i += n - 1
	}
	return rows
}

// together says of all steps of a for_each what is said of the first: "each of 12 databases" for its name.
func together(t *dag.Topology, text string, s *Step, n int) string {
	what := "servers"
	if t.DatabaseIndex(itemOf(s)) >= 0 {
		what = "databases"
	}
	word := regexp.MustCompile(`(^|[^\pL\pN_])` + regexp.QuoteMeta(itemOf(s)) + `($|[^\pL\pN_])`)
	return word.ReplaceAllString(text, fmt.Sprintf("${1}each of %d %s${2}", n, what))
}

// waitsFor are the needs of a step, with those of a for_each as one.
func waitsFor(plan *Plan, s *Step) string {
	if len(s.Needs) == 0 {
		return "-"
	}
	groups := map[string]string{}
	for i := range plan.Steps {
		groups[plan.Steps[i].ID] = plan.Steps[i].Group
	}
	var out []string
	for _, n := range s.Needs {
		if g := groups[n]; g != "" && g != s.Group {
			n = g
		}
		out = append(out, n)
	}
	return strings.Join(inOrder(out), ", ")
}

// Table is the plan as a table for the terminal: "#  step  waits for  does  then". Who prints it says before it of which
// plan it is, and after it how long it takes (EstimateText).
func Table(t *dag.Topology, plan *Plan) string {
	rows := TableRows(t, plan)
	cells := [][]string{{"#", "step", "waits for", "does", "then"}}
	for _, r := range rows {
		cells = append(cells, []string{plainInt(int64(r.Number)), r.Step, r.WaitsFor, r.Does, r.Then})
	}
	widths := make([]int, 5)
	for _, row := range cells {
		for i, c := range row {
			widths[i] = max(widths[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	for _, row := range cells {
		line := fmt.Sprintf("%*s", widths[0]+2, row[0])
		for i, c := range row[1:] {
			line += "  " + c + strings.Repeat(" ", widths[i+1]-len([]rune(c)))
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	if _, left := brief(t, plan); len(left) > 0 {
		b.WriteString(leftOut(t, plan, left) + "\n")
	}
	return b.String()
}

// EstimateText is one sentence about how long a plan takes.
func EstimateText(plan *Plan, t *dag.Topology) string {
	span, most := Estimate(plan, t)
	text := fmt.Sprintf("At real speed: %s to %s, usually %s", roughly(span.Min), roughly(span.Max), roughly(span.Typical))
	if s := plan.Step(most); s != nil {
		if k, ok := KindOf(s.Kind); ok {
			one := k.Span(t, s.With)
			text += fmt.Sprintf(", mostly %s (%s to %s)", s.ID, roughly(one.Min), roughly(one.Max))
		}
	}
	return text + "."
}

// roughly is a duration as people say it.
func roughly(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Round(time.Second)/time.Second))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute)/time.Minute))
	}
	return fmt.Sprintf("%d h", int(d.Round(time.Hour)/time.Hour))
}

// shortHash is the first four digits, as look.md has it.
func shortHash(h string) string {
	h = strings.TrimPrefix(h, "sha256:")
	return h[:min(4, len(h))] + "…"
}
