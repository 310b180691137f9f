package run

import (
	"slices"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/runbooks"
)

// maxAttempts is how often a step is tried when its documented cure is to run it again.
const maxAttempts = 3

// maxLost is how many leaders a step may outlive: a step that kills whoever begins it must not go on for ever.
const maxLost = 10

// backOff is how long after a failed attempt the next may begin, real speed.
const backOff = 10 * time.Second

// Input is what a decision is made from besides the run: facts, the leader's clock, and what this leader has under way.
type Input struct {
	Topology *dag.Topology
	Facts    *dag.Facts
	Now      time.Time
	Scale    float64                         // 1 in reality; in a lab real-speed durations are divided by it
	InFlight func(step string) bool          // this leader carries the step out right now
	OpenFor  func(step string) time.Duration // how long this leader has known the open INTENT, on a clock that counts suspend
	Final    bool                            // for Judge: lands is over, what is seen now is final
}

// scaled is a real-speed duration on the leader's clock.
func (in *Input) scaled(d time.Duration) time.Duration {
	if in.Scale <= 1 {
		return d
	}
	return time.Duration(float64(d) / in.Scale)
}

// Decision is something to propose, and for an INTENT whether the kind acts.
type Decision struct {
	Entry Entry
	Act   bool
}

// Acts says whether a kind has an acting half. The others are decided here from facts, time and people alone.
func Acts(kind string) bool {
	switch kind {
	case "check", "approve", "manual", "wait", "dns.settle":
		return false
	}
	return true
}

// Next is everything that may be decided now; empty means that there is nothing but waiting.
func Next(r *Run, in Input, x *runbooks.Expressions) []Decision {
	if r.Outcome != "" {
		return nil
	}
	in = in.complete()
	outcome, why, over := ending(r)
	over = over && r.HandedOver == ""
	out, open := nextOpen(r, in, x, over)
	if r.HandedOver != "" {
		if r.Reconciling && !r.underWay() {
			out = append(out, reconciled(r, in, x))
		}
		return out
	}
	if over && open == 0 {
		if back := undo(r, in); len(back) > 0 {
			return back
		}
		return []Decision{{Entry: Entry{Type: EntryEnd, Critical: true, Outcome: outcome, Text: why}}}
	}
	if over || r.Paused {
		return out
	}
	begun := map[string]int{}
	for i := range r.Steps {
		p := &r.Plan.Steps[i]
		d, ok := nextStep(r, i, in, x, begun[p.Group])
		if !ok {
			continue
		}
		if d.Entry.Type == EntryIntent {
			begun[p.Group]++
		}
		out = append(out, d)
	}
	return out
}

// nextStep decides about a step that is not open: skip, wait, give up or begin. Begun is how many of its group begin in this
// very round.
func nextStep(r *Run, i int, in Input, x *runbooks.Expressions, begun int) (Decision, bool) {
	s, p := &r.Steps[i], &r.Plan.Steps[i]
	if s.State != Todo && s.State != Waiting && !mayRetry(s) || !needsMet(r, p) || !roomInGroup(r, p, begun) {
		return Decision{}, false
	}
	if s.State == Failed && in.Now.Sub(s.EndAt) < in.scaled(backOff) {
		return Decision{}, false
	}
	if p.When != "" && s.Attempt == 0 {
		truth, unknown, err := x.Eval(p.When, env(r, p, in))
		switch {
		case err != nil:
			return wait(s, "its condition cannot be evaluated: "+err.Error(), false)
		case truth == runbooks.Unknown && len(r.approvers(s.ID)) == 0:
			return wait(s, "its condition `"+p.When+"` cannot be seen: "+names(unknown)+"; it is carried out when that is seen, or a person approves the step", false)
		case truth == runbooks.False:
			return Decision{Entry: Entry{Type: EntrySkip, Critical: true, Step: s.ID, Text: "not needed: " + p.When + " is false"}}, true
		}
	}
	choice, not := choose(r, p, in)
	choice.Mode = r.mode(in)
	if not != "" {
		if limit := atMost(p); limit > 0 && s.State == Waiting && !s.NotYet.IsZero() && in.Now.Sub(s.NotYet) >= in.scaled(limit) {
			return result(Result{Step: s.ID, Attempt: s.Attempt, State: Failed, Text: not + ", and so for " + limit.String()}), true
		}
		return wait(s, not, true)
	}
	return Decision{Entry: Entry{Type: EntryIntent, Critical: true, Intent: intent(s, p, choice, in)}, Act: Acts(p.Kind)}, true
}

func intent(s *Step, p *runbooks.Step, c Choice, in Input) *Intent {
	it := &Intent{Step: s.ID, Attempt: s.Attempt + 1, Choice: c, Timeout: p.Timeout, Lands: p.Lands, FactHash: FactHash(in.Topology, in.Facts)}
	if k, ok := runbooks.KindOf(p.Kind); ok && Acts(p.Kind) {
		step := Chosen(p, c)
		it.Before = known(in.Topology, in.Facts, k.Footprint(in.Topology, step.With))
	}
	return it
}

func result(res Result) Decision {
	return Decision{Entry: Entry{Type: EntryResult, Critical: true, Result: &res}}
}

// wait says for what a step waits; nothing if that is said already. Its text holds nothing that changes from one look to the
// next, or the log would be flooded.
func wait(s *Step, text string, notYet bool) (Decision, bool) {
	if s.State == Waiting && s.Waiting == text && notYet != s.NotYet.IsZero() {
		return Decision{}, false
	}
	return Decision{Entry: Entry{Type: EntryWait, Step: s.ID, Text: text, NotYet: notYet}}, true
}

// names are the facts of an unknown expression, without why each is not known.
func names(unknown []string) string {
	var out []string
	for _, u := range unknown {
		name, _, _ := strings.Cut(u, ": ")
		out = append(out, name)
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}

// atMost is how long a step may take, and so how long nothing may be there to choose for it.
func atMost(p *runbooks.Step) time.Duration {
	if k, ok := runbooks.KindOf(p.Kind); ok && p.Timeout <= 0 {
		return k.Timeout
	}
	return p.Timeout
}

// roomInGroup keeps at most Parallel steps of an expanded group acting.
func roomInGroup(r *Run, p *runbooks.Step, begun int) bool {
	if p.Group == "" || p.Parallel <= 0 {
		return true
	}
	acting := begun
	for i := range r.Steps {
		if r.Plan.Steps[i].Group == p.Group && r.Steps[i].State == Acting {
			acting++
		}
	}
	return acting < p.Parallel
}

func env(r *Run, p *runbooks.Step, in Input) runbooks.Env {
	return runbooks.Env{Topology: in.Topology, Facts: *in.Facts, Vantage: Vantage(&r.Plan, in.Topology), Params: r.Plan.Parameters, Item: runbooks.ItemOf(p),
		Mode: r.mode(in), Forced: r.hasForced()}
}

// Vantage is the site from which the run looks: where its steps run from, else the site that it goes to.
func Vantage(p *runbooks.Plan, t *dag.Topology) int {
	if v := runbooks.Vantage(p, t); v >= 0 {
		return v
	}
	if m := t.MemberIndex(p.Parameter("server")); p.Parameter("server") != "" && m >= 0 {
		return t.Members[m].Site
	}
	return max(0, t.SiteIndex(p.Parameter("to")))
}
