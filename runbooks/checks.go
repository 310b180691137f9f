package runbooks

import (
	"slices"
	"strings"

	"siteswap/dag"
)

// Level is how a check ends, and how bad a bad end is.
type Level string

// The levels. Unknown refuses like Fails does, but says that something could not be seen.
const (
	Passes      Level = "ok"
	Warns       Level = "warn"
	Fails       Level = "fail"
	CannotCheck Level = "unknown"
)

// ReadinessCheck is a check of the ready step: something that must hold before a run changes anything.
type ReadinessCheck struct {
	ID        string
	What      string // what holds when it passes
	Planned   Level  // how bad it is if it does not, when the site that is left still works
	Unplanned Level  // and when it is lost; what concerns the lost site only warns then
	Row       int    // of domain-exchange.md section 9, 0: none
	Rule      string // the safety rule that it looks ahead to, if any
	evaluate  func(checkInput) finding
	byHand    func(in checkInput) string
}

// CheckResult is what a check found.
type CheckResult struct {
	ID       string `json:"id"`
	Level    Level  `json:"level"`
	Text     string `json:"text"`
	Evidence string `json:"evidence,omitempty"`
	Rule     string `json:"rule,omitempty"`
}

// checkInput is all that a check may look at. A site index is -1 where the run names none.
type checkInput struct {
	t        *dag.Topology
	f        dag.Facts
	from, to int
	server   int // that the run is about, -1: none
	planned  bool
}

// finding is what a check saw. A bad one that concerns only the lost site is marked so.
type finding struct {
	level    Level // Passes, CannotCheck, or Fails for "it does not hold"; Warns caps it
	text     string
	evidence string
	lost     bool
}

func good(text, evidence string) finding {
	return finding{level: Passes, text: text, evidence: evidence}
}
func bad(text, evidence string) finding { return finding{level: Fails, text: text, evidence: evidence} }
func unseen(text, why string) finding   { return finding{level: CannotCheck, text: text, evidence: why} }

// Checks are all readiness checks, in the order in which a person would make them.
func Checks() []ReadinessCheck { return slices.Concat(groupChecks(), siteChecks(), serverChecks()) }

// checkIDs are the ids of all checks.
func checkIDs() []string {
	return []string{"dac-mode", "lists-agree", "target-differs", "target-has-copies", "target-alive", "target-members", "target-directory",
		"source-lost", "dag-whole", "source-quorum", "copies-healthy", "copy-loss", "copies-blocked", "max-active", "witness", "alternate-witness",
		"dns-servers", "dns-rights", "redirectors", "power-control", "server-answers", "copies-elsewhere", "quorum-without", "automount-consensus", "no-co-reboot",
		"witness-votes", "witness-in-use", "one-cluster", "in-service", "content-index", "log-space"}
}

// CheckOf is the check with that id.
func CheckOf(id string) (ReadinessCheck, bool) {
	for _, c := range Checks() {
		if c.ID == id {
			return c, true
		}
	}
	return ReadinessCheck{}, false
}

// Mode is what `auto` means now: planned if every member of the site that is left answers and the DAG holds quorum (formats.md),
// with a member of the site that takes over in that cluster: a DAG that is cut in two is not whole. It is shown, and asked about
// before it acts. A run decides it once.
func Mode(t *dag.Topology, f dag.Facts, params map[string]string) string {
	if m := params["mode"]; m != "" && m != "auto" {
		return m
	}
	from, to := t.SiteIndex(params["from"]), t.SiteIndex(params["to"])
	var up []string
	quorum := false
	for i := range t.Members {
		if from >= 0 && t.Members[i].Site == from {
			m := at(f.Members, i)
			if !m.Answers.Value {
				return "unplanned"
			}
			if m.Quorum.Value {
				quorum, up = true, append(up, m.Up.Value...)
			}
		}
	}
	if quorum && (to < 0 || inCluster(t, f, to, up)) {
		return "planned"
	}
	return "unplanned"
}

// inCluster: a member of the site answers and is up in the cluster.
func inCluster(t *dag.Topology, f dag.Facts, site int, up []string) bool {
	for i := range t.Members {
		if t.Members[i].Site == site && at(f.Members, i).Answers.Value && slices.Contains(up, t.Members[i].Name) {
			return true
		}
	}
	return false
}

// EvaluateCheck makes a check on what is seen. The parameters are those of the run: from, to, mode.
func EvaluateCheck(id string, t *dag.Topology, f dag.Facts, params map[string]string) CheckResult {
	c, ok := CheckOf(id)
	if !ok {
		return CheckResult{ID: id, Level: CannotCheck, Text: "no check has the id " + id}
	}
	in := checkInput{t: t, f: f, from: t.SiteIndex(params["from"]), to: t.SiteIndex(params["to"]), server: -1, planned: Mode(t, f, params) == "planned"}
	if params["server"] != "" {
		in.server = t.MemberIndex(params["server"])
	}
	if params["mode"] == "" { // a runbook without a mode, as failback, leaves a site that works
		in.planned = true
	}
	found := c.evaluate(in)
	worst := c.Unplanned
	if in.planned {
		worst = c.Planned
	}
	if found.lost && !in.planned {
		worst = Warns
	}
	r := CheckResult{ID: id, Level: found.level, Text: found.text, Evidence: found.evidence}
	switch {
	case found.level == Passes:
		return r
	case worst == Warns || worst == Passes:
		r.Level = worst
	case found.level == Fails:
		r.Level = worst
	}
	r.Rule = c.Rule
	return r
}

// siteName is a site's name, or a dash.
func (in checkInput) siteName(i int) string {
	if i < 0 || i >= len(in.t.Sites) {
		return "-"
	}
	return in.t.Sites[i].Name
}

// members of a site; none for a site that the run does not name.
func (in checkInput) members(site int) dag.Set {
	if site < 0 {
		return 0
	}
	return in.t.MembersOf(site)
}

// each calls f for every member of the set.
func (in checkInput) each(s dag.Set, f func(i int, name string, m dag.MemberFacts)) {
	for i := range in.t.Members {
		if s.Has(i) {
			f(i, in.t.Members[i].Name, at(in.f.Members, i))
		}
	}
}

// checkByHand is how a person makes the checks of a step. The sites are those of the run, -1 where they are not known.
func checkByHand(t *dag.Topology, a Args, from, to int) []string {
	in := checkInput{t: t, from: from, to: to, server: -1}
	var out []string
	for _, id := range a.Checks {
		c, ok := CheckOf(id)
		if !ok {
			continue
		}
		out = append(out, "[ ] "+c.What+":", "      "+c.byHand(in))
	}
	return out
}

// hosts are the FQDNs of a site's members, of all members if the run names no site.
func (in checkInput) hosts(site int) string {
	if site < 0 {
		return fqdns(in.t, in.t.AllMembers())
	}
	return fqdns(in.t, in.t.MembersOf(site))
}

// command is a command that needs no site.
func command(text string) func(checkInput) string { return func(checkInput) string { return text } }

// list is "a, b" or "none".
func list(s []string) string {
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(s, ", ")
}
