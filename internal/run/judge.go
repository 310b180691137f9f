package run

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/runbooks"
)

// Judge says what a step's observation means. in.Facts is what was observed after the act. A result of Unknown says: look
// again until lands is over; in.Final says that it is.
func Judge(r *Run, step string, before *dag.Facts, e Effect, in Input, x *runbooks.Expressions) Result {
	s, p := r.Step(step), r.Plan.Step(step)
	res := Result{Step: step, Attempt: s.Attempt, Calls: e.Calls, Memory: e.Memory, Debts: e.Debts, Settled: e.Settle}
	predicted := predict(r, p, before, in, s.Intent.Choice)
	res.Drift = drift(p, before, &predicted, in)
	unmet := expectation(r, p, in, x)
	if e.State == Failed && (len(res.Drift) > 0 || unmet != "" || !changes(p, before, &predicted, in)) {
		res.State, res.Retry, res.Text = Failed, e.Retry, e.Error
		if e.Cure != "" {
			res.Text += " (" + e.Cure + ")"
		}
		return res
	}
	if len(res.Drift) == 0 && unmet == "" && (e.State == Done || achievedFrom(p, before, &predicted, in)) {
		finish(r, s, p, in, &res)
		if e.Text != "" {
			res.Text = e.Text
		}
		if e.State != Done {
			res.Text += " (its call " + callFate(e) + ", but it is done)"
		}
		return res
	}
	if !in.Final {
		res.State = Unknown
		return res
	}
	switch {
	case e.State == Unknown && len(res.Drift) == 0 && unmet == "":
		res.State, res.Text = Unknown, "no answer came, and it cannot be seen whether it is done"
	case e.State == Unknown:
		res.State, res.Retry, res.Text = Failed, true, "no answer came, and nothing of it is to be seen: "+e.Error
	default:
		res.State, res.Text = Failed, "answered without error, but "+mismatch(res.Drift, unmet)
	}
	return res
}

func callFate(e Effect) string {
	if e.State == Unknown {
		return "was not answered"
	}
	return "reported: " + e.Error
}

func mismatch(drift []Difference, unmet string) string {
	if unmet != "" {
		return unmet
	}
	if len(drift) == 0 {
		return "it cannot be seen"
	}
	d := drift[0]
	return fmt.Sprintf("%s is %q, expected %q", d.Path, d.Observed, d.Predicted)
}

// predict is what the model says the facts are after the step.
func predict(r *Run, p *runbooks.Step, before *dag.Facts, in Input, c Choice) dag.Facts {
	step := chosen(p, c)
	vantage := Vantage(&r.Plan, in.Topology)
	after, _ := runbooks.PredictStep(in.Topology, &step, *before, vantage)
	return after
}

// chosen is the step with the run's choices filled in.
func chosen(p *runbooks.Step, c Choice) runbooks.Step {
	step := *p
	if c.Server != "" {
		step.With.Server, step.With.Site = c.Server, ""
	}
	return step
}

func drift(p *runbooks.Step, before, predicted *dag.Facts, in Input) []Difference {
	var out []Difference
	for _, d := range runbooks.Drift(in.Topology, p, *before, *predicted, *in.Facts) {
		if strings.HasSuffix(d.Path, "/ttl") && in.sameTTL(d.Predicted.Text, d.Observed.Text) {
			continue
		}
		out = append(out, Difference{d.Path, d.Predicted.Text, d.Observed.Text})
	}
	return out
}

// sameTTL: a TTL is whole seconds and at least one, so in a lab, where it is divided by the scale, several real TTLs become the
// same served one.
func (in *Input) sameTTL(a, b string) bool {
	x, errX := time.ParseDuration(a)
	y, errY := time.ParseDuration(b)
	if errX != nil || errY != nil {
		return a == b
	}
	served := func(d time.Duration) time.Duration { return max(time.Second, in.scaled(d).Round(time.Second)) }
	return served(x) == served(y)
}

// changes says whether the model expects the step to change anything that can be seen.
func changes(p *runbooks.Step, before, predicted *dag.Facts, in Input) bool {
	k, ok := runbooks.KindOf(p.Kind)
	if !ok {
		return false
	}
	return differ(in.Topology, k.Footprint(in.Topology, p.With), before, predicted)
}

// achievedFrom: what the step was to change was seen to change, so an answer is not needed.
func achievedFrom(p *runbooks.Step, before, predicted *dag.Facts, in Input) bool {
	return changes(p, before, predicted, in)
}

func differ(t *dag.Topology, paths []string, a, b *dag.Facts) bool {
	fa, fb := dag.Flatten(t, a), dag.Flatten(t, b)
	for i := range fa {
		for _, p := range paths {
			if fa[i].Path == p && fa[i].Known && fb[i].Known && fa[i].Text != fb[i].Text {
				return true
			}
		}
	}
	return false
}

// achieved: run from what is seen now, the model changes nothing that the step is to change. Why names what would have to be
// seen and is not.
func achieved(r *Run, p *runbooks.Step, in Input, c Choice) (done bool, why string) {
	k, ok := runbooks.KindOf(p.Kind)
	if !ok {
		return false, ""
	}
	step := chosen(p, c)
	paths := k.Footprint(in.Topology, step.With)
	if len(paths) == 0 {
		return false, "" // nothing to be seen of it, and nothing that harms when it is done again
	}
	after := predict(r, p, in.Facts, in, c)
	if differ(in.Topology, paths, in.Facts, &after) {
		return false, ""
	}
	known := 0
	for _, v := range dag.Flatten(in.Topology, in.Facts) {
		for _, path := range paths {
			if v.Path == path && v.Known {
				known++
			}
		}
	}
	if known == 0 {
		return false, "nothing of " + p.ID + " answers"
	}
	return true, ""
}

// expectation evaluates the step's expect; empty: it holds.
func expectation(r *Run, p *runbooks.Step, in Input, x *runbooks.Expressions) string {
	if p.Expect == "" {
		return ""
	}
	truth, unknown, err := x.Eval(p.Expect, env(r, p, in))
	switch {
	case err != nil:
		return p.Expect + ": " + err.Error()
	case truth == runbooks.True:
		return ""
	case truth == runbooks.Unknown:
		return p.Expect + " cannot be seen: " + strings.Join(unknown, ", ")
	}
	return p.Expect + " does not hold"
}

// finish fills a result of Done: its sentence, what a DNS change means for caches, what is owed and what is put back.
func finish(r *Run, s *Step, p *runbooks.Step, in Input, res *Result) {
	res.State, res.Agrees, res.Drift = Done, true, nil
	if k, ok := runbooks.KindOf(p.Kind); ok {
		step := chosen(p, s.Intent.Choice)
		_, res.Text = k.Summary(in.Topology, step.With)
		for _, v := range dag.Flatten(in.Topology, in.Facts) {
			for _, path := range k.Footprint(in.Topology, step.With) {
				if v.Path == path {
					res.After = append(res.After, v)
				}
			}
		}
	}
	if p.Kind == "dns.repoint" || p.Kind == "dns.ttl" {
		res.Memory = append(res.Memory, Remembered{Key: keyDNSChanged, Value: in.Now.UTC().Format(time.RFC3339Nano)})
	}
	res.Memory = append(res.Memory, putBack(r, p, in)...)
	owed, paid := debts(p, in)
	res.Debts, res.Settled = append(res.Debts, owed...), append(res.Settled, paid...)
	if len(owed) > 0 {
		var what []string
		for _, d := range owed {
			what = append(what, d.Key)
		}
		res.Text += "; owed: " + strings.Join(what, ", ")
	}
}

// putBack marks what a step put back.
func putBack(r *Run, p *runbooks.Step, in Input) []Remembered {
	prefixes := map[string][]string{"policy.restore": {"policy/", "dial/", "preference"}, "db.unblock": {"block/"}, "dns.ttl": {"ttl/"}}[p.Kind]
	if p.Kind == "dns.ttl" && !p.With.Restore {
		return nil
	}
	var out []Remembered
	for _, m := range r.Memory {
		for _, prefix := range prefixes {
			if strings.HasPrefix(m.Key, prefix) && !m.Put {
				out = append(out, Remembered{Key: m.Key, Value: m.Value, Put: true})
			}
		}
	}
	return out
}

// FactHash names what somebody was shown: every fact's value, without age and origin.
func FactHash(t *dag.Topology, f *dag.Facts) string {
	h := sha256.New()
	for _, v := range dag.Flatten(t, f) {
		io.WriteString(h, v.Path+"="+v.Text+"\n")
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func evidenceHash(ref *Refusal) string {
	sum := sha256.Sum256([]byte(ref.Rule + "\n" + ref.Why + "\n" + ref.Evidence))
	return hex.EncodeToString(sum[:8])
}
