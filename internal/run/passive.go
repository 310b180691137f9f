package run

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"siteswap/runbooks"
)

// passive is the result of a kind that has no acting half, once there is one.
func passive(r *Run, s *Step, p *runbooks.Step, in Input, x *runbooks.Expressions) (Result, bool) {
	switch p.Kind {
	case "check":
		return checked(r, p, in), true
	case "approve", "manual":
		return attested(r, p)
	case "wait":
		return waited(r, s, p, in, x)
	case "dns.settle":
		return settled(r, s, p, in)
	}
	return Result{State: Failed, Text: "this program has no way to carry out " + p.Kind}, true
}

// checked is a readiness gate: the preflight rules, then each check. What fails refuses; what cannot be read refuses too.
func checked(r *Run, p *runbooks.Step, in Input) Result {
	for _, ref := range preflight(r, in) {
		if !r.overridden(ref, p.ID, in.Now) {
			return refused(ref)
		}
	}
	pass, warns := 0, []string{}
	params := parameters(&r.Plan)
	if params["mode"] != "" {
		params["mode"] = r.mode(in)
	}
	for _, id := range p.With.Checks {
		c := runbooks.EvaluateCheck(id, in.Topology, *in.Facts, params)
		switch c.Level {
		case runbooks.Passes:
			pass++
		case runbooks.Warns:
			warns = append(warns, c.Text)
		default:
			ref := failedCheck(id, c)
			if !r.overridden(ref, p.ID, in.Now) {
				return refused(ref)
			}
			warns = append(warns, c.Text+" (overridden)")
		}
	}
	text := fmt.Sprintf("%d checks pass", pass)
	if mode := params["mode"]; mode != "" {
		text = mode + ": " + text
	}
	if len(warns) > 0 {
		text += fmt.Sprintf("; %d warn: %s", len(warns), strings.Join(warns, "; "))
	}
	return Result{State: Done, Text: text, Agrees: true}
}

// failedCheck is the refusal of a check. Its evidence may hold a driver's words, so its hash is of what the check says alone.
func failedCheck(id string, c runbooks.CheckResult) *Refusal {
	ref := &Refusal{Rule: c.Rule, Why: c.Text, Evidence: c.Evidence, Unblock: wayOut(c)}
	if ref.Rule == "" {
		ref.Rule = "check-" + id
	}
	if ref.Evidence == "" {
		ref.Evidence = "readiness check " + id
	}
	ref.FactHash = evidenceHash(ref.Rule, ref.Why, string(c.Level))
	return ref
}

// parameters of a plan by name.
func parameters(p *runbooks.Plan) map[string]string {
	m := make(map[string]string, len(p.Parameters))
	for _, s := range p.Parameters {
		m[s.Name] = s.Value
	}
	return m
}

// wayOut of a check that failed: by the rule that it looks ahead to.
func wayOut(c runbooks.CheckResult) string {
	switch {
	case c.Level == runbooks.CannotCheck:
		return "make it readable and start again; a safety check that cannot be read refuses"
	case c.Rule == RuleFenceBeforeForce:
		return "if the site works, leave it; if it must go, power its members off (or stop and disable ClusSvc on them) and let that be read back, then start again"
	case c.Rule == RuleNoForceWithQuorum:
		return "nothing to force: mark the lost members stopped, activate what is left, move names and calls"
	case c.Rule == RuleDACRequired:
		return "with DAC Off follow the Windows tools path; do not switch the mode in the middle of an incident"
	}
	return "mend it and start again; nothing has been changed"
}

func refused(ref *Refusal) Result {
	return Result{State: Refused, Text: "refused by " + ref.Rule + ": " + ref.Why, Refusal: ref}
}

// attested: people have said yes.
func attested(r *Run, p *runbooks.Step) (Result, bool) {
	var by []string
	text := ""
	for _, a := range r.Approvals {
		if a.Step != p.ID || len(people(append(by, a.By))) == len(by) {
			continue
		}
		by = people(append(by, a.By))
		text += "; " + a.By + ceilingText(a)
	}
	if len(by) < max(1, p.With.Count) {
		return Result{}, false
	}
	verb := map[string]string{"approve": "approved by ", "manual": "attested by "}[p.Kind]
	return Result{State: Done, Agrees: true, Text: verb + strings.TrimPrefix(text, "; ")}, true
}

func ceilingText(a Approval) string {
	if a.Unknown {
		return ", whatever the loss is"
	}
	var parts []string
	for db, logs := range a.Ceiling {
		parts = append(parts, db+" at most "+strconv.FormatInt(logs, 10))
	}
	if len(parts) == 0 {
		return ""
	}
	sort.Strings(parts)
	return ": logs lost of " + strings.Join(parts, ", ")
}

// waited: the time has passed, or the condition holds. A condition that does not come true in time fails the step; one that
// cannot be seen is none that holds.
func waited(r *Run, s *Step, p *runbooks.Step, in Input, x *runbooks.Expressions) (Result, bool) {
	since := in.Now.Sub(s.Since)
	switch {
	case p.With.Until == "" && since < in.scaled(p.With.For):
		return Result{}, false
	case p.With.Until == "":
		return Result{State: Done, Agrees: true, Text: "waited " + p.With.For.String()}, true
	}
	truth, unknown, err := x.Eval(p.With.Until, env(r, p, in))
	if err == nil && truth == runbooks.True {
		return Result{State: Done, Agrees: true, Text: p.With.Until}, true
	}
	if since < in.scaled(atMost(p)) {
		return Result{}, false
	}
	text := "did not come true in " + atMost(p).String() + ": " + p.With.Until
	if err != nil {
		text += " (" + err.Error() + ")"
	}
	if len(unknown) > 0 {
		text += " (not to be seen: " + strings.Join(unknown, ", ") + ")"
	}
	return Result{State: Failed, Text: text}, true
}
