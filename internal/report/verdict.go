package report

import (
	"fmt"
	"strings"
)

// Verdict is how it ended, in one sentence: the same on the terminal, in the JSON and on the page.
func Verdict(d Document) string {
	if d.ExpectMet != nil && d.Outcome != "passed" {
		if *d.ExpectMet {
			return d.Outcome + ", as the scenario expects: " + ending(d)
		}
		return fmt.Sprintf("%s, but the scenario expects %s: %s", d.Outcome, d.Expect, ending(d))
	}
	if d.ExpectMet != nil && !*d.ExpectMet {
		return fmt.Sprintf("%s, but the scenario expects %s: %s", d.Outcome, d.Expect, ending(d))
	}
	return d.Outcome + ": " + ending(d)
}

func ending(d Document) string {
	switch d.Outcome {
	case "refused":
		if n := len(d.Refusals); n > 0 {
			r := d.Refusals[n-1]
			return fmt.Sprintf("%s: %s.", r.Rule, strings.TrimSuffix(r.Why, "."))
		}
	case "interrupted":
		return fmt.Sprintf("stopped at %s; what follows is partial. %s", clock(d.Duration), tally(d))
	case "passed", "done":
	default:
		if broken := breaches(d); broken != "" {
			return broken + "."
		}
		if d.Why != "" {
			return strings.TrimSuffix(d.Why, ".") + "."
		}
		if why := unfinished(d); why != "" {
			return why + "."
		}
	}
	if d.Kind == KindRun && len(d.Databases) == 0 {
		return runTally(d)
	}
	return tally(d)
}

// tally is the three promises as numbers.
func tally(d Document) string {
	messages := fmt.Sprintf("%s of %s messages lost", count(d.lost()), count(d.acknowledged()))
	if d.lost() > 0 && d.broken(LostAcknowledged) == 0 {
		messages += " (within the approved loss)"
	}
	return fmt.Sprintf("%d mounted twice, %s, %d effects twice.", d.broken(MountedTwice), messages, d.broken(EffectTwice))
}

func runTally(d Document) string {
	steps, debts := 0, 0
	for _, r := range d.Runs {
		for _, s := range r.Steps {
			if s.State == "done" {
				steps++
			}
		}
		debts += len(r.Debts)
	}
	text := fmt.Sprintf("%s in %s", plural(steps, "step"), span(d.Duration))
	if debts > 0 {
		text += fmt.Sprintf(", %s left", plural(debts, "debt"))
	}
	return text + "."
}

// breaches names the invariants that were broken and how often.
func breaches(d Document) string {
	var parts []string
	for _, i := range d.Invariants {
		if i.Violations == 0 {
			continue
		}
		text := fmt.Sprintf("%s %s", i.Name, plural(i.Violations, "time"))
		if len(i.Evidence) > 0 {
			text += " (" + strings.TrimSuffix(i.Evidence[0], ".") + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// unfinished is the first run that did not end well, and its step.
func unfinished(d Document) string {
	for _, r := range d.Runs {
		if r.Outcome == "done" {
			continue
		}
		text := r.Runbook + " " + r.Outcome
		for _, s := range r.Steps {
			if s.State != "failed" && s.State != "unknown" && s.State != "refused" && s.State != "waiting" {
				continue
			}
			text += fmt.Sprintf(" at %s", s.ID)
			if s.Text != "" {
				text += " (" + strings.TrimSuffix(s.Text, ".") + ")"
			}
			return text
		}
		if r.Why != "" {
			text += " (" + strings.TrimSuffix(r.Why, ".") + ")"
		}
		return text
	}
	return ""
}

func (d Document) broken(name string) int {
	for _, i := range d.Invariants {
		if i.Name == name {
			return i.Violations
		}
	}
	return 0
}

func (d Document) lost() (n int64) {
	for _, db := range d.Databases {
		n += db.Lost
	}
	return n
}

func (d Document) acknowledged() (n int64) {
	for _, db := range d.Databases {
		n += db.Acknowledged
	}
	return n
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%s %ss", count(int64(n)), word)
}
