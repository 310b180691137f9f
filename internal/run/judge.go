package run

import (
	"fmt"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/runbooks"
)

// Judge says what a step's observation means. in.Facts is what was observed after the act. A result of Unknown says: look
// again until lands is over; in.Final says that it is.
func Judge(r *Run, step string, before *dag.Facts, e Effect, in Input, x *runbooks.Expressions) Result {
	s, p := r.Step(step), r.Plan.Step(step)
	if s == nil || p == nil || s.Intent == nil {
		return Result{Step: step, State: Unknown, Text: "the run has no open step " + step}
	}
	in, before = in.complete(), whole(in.Topology, before)
	j := judged{run: r, s: s, p: p, in: in, e: e}
	j.look(before, x)
	res := Result{Step: step, Attempt: s.Attempt, Calls: e.Calls, Memory: e.Memory, Debts: e.Debts, Settled: e.Settle, Drift: j.drift}
	if j.done(x) {
		finish(r, s, p, in, &res)
		res.Text = j.doneText(res.Text)
		return res
	}
	res.Memory = append(res.Memory, changedNames(p, in)...)
	res.State, res.Retry, res.Text = j.notDone()
	return res
}

// judged is what is known about one attempt after it acted.
type judged struct {
	run     *Run
	s       *Step
	p       *runbooks.Step
	in      Input
	e       Effect
	drift   []Difference
	changes bool           // the model expects that something changes that can be seen
	unseen  string         // what was to change and cannot be seen any more; "" if there is nothing
	holds   runbooks.Truth // what must hold after the step
	unmet   string         // why it does not, or what of it cannot be seen
}

func (j *judged) look(before *dag.Facts, x *runbooks.Expressions) {
	t, choice := j.in.Topology, j.s.Intent.Choice
	step := Chosen(j.p, choice)
	predicted := predict(j.run, j.p, before, j.in, choice)
	j.drift = drift(&step, before, &predicted, j.in)
	if k, ok := runbooks.KindOf(j.p.Kind); ok {
		j.changes = differ(t, k.Footprint(t, step.With), before, &predicted)
	}
	for _, v := range runbooks.Unseen(t, &step, *before, predicted, *j.in.Facts) {
		if !owes(j.p.Kind) {
			j.unseen = v.Path
			break
		}
	}
	j.holds, j.unmet = promised(j.run, j.s, j.p, j.in, x)
	if no := impossible(j.run, &step, j.in, j.in.Facts); no != "" && !j.changes && j.holds == runbooks.True {
		j.holds, j.unmet = runbooks.False, "by the model it cannot be done: "+no
	}
}

// done: what is seen agrees with the prediction, everything that must hold holds, and either the act said so itself or it is
// to be seen without its word.
func (j *judged) done(x *runbooks.Expressions) bool {
	if j.p.Kind == "fence" && j.holds == runbooks.True {
		return true // its promise is just what it shows, and a person who switches a member off meanwhile is welcome
	}
	if len(j.drift) > 0 || j.unseen != "" || j.holds != runbooks.True {
		return false
	}
	switch {
	case j.e.State == Done || j.changes:
		return true
	case j.e.State == Unknown:
		ok, why := achieved(j.run, j.s, j.p, j.in, x)
		return ok || why != "" && j.in.Final && owesAll(j.p.Kind)
	}
	return false
}

func (j *judged) doneText(text string) string {
	if j.e.Text != "" {
		owed := ""
		if i := strings.Index(text, owedMark); i >= 0 && !strings.Contains(j.e.Text, " owed") {
			owed = text[i:]
		}
		text = j.e.Text + owed
	}
	switch j.e.State {
	case Done:
		return text
	case Unknown:
		return text + " (its call was not answered, but it is done)"
	}
	return text + " (its call reported: " + j.e.Error + ", but it is done)"
}

// notDone is Failed at once where the act said so itself and that is to be seen; else Unknown, until there is no more to wait
// for.
func (j *judged) notDone() (state StepState, retry bool, text string) {
	dark := j.unseen != "" || j.holds == runbooks.Unknown
	reported := j.e.Error
	if j.e.Cure != "" {
		reported += " (" + j.e.Cure + ")"
	}
	switch {
	case j.e.State == Failed && (!dark || len(j.drift) > 0 || !j.changes):
		return Failed, j.e.Retry, reported
	case !j.in.Final:
		return Unknown, false, ""
	case j.e.State == Failed:
		return Failed, false, reported + "; and " + j.mismatch()
	case j.e.State == Unknown && (dark || len(j.drift) == 0 && j.holds == runbooks.True && !j.repeatable()):
		return Unknown, false, "no answer came, and it cannot be seen whether it is done: " + j.mismatch()
	case j.e.State == Unknown:
		return Failed, true, strings.TrimSuffix("no answer came, and it is not to be seen done: "+j.e.Error, ": ")
	case dark && len(j.drift) == 0:
		return Unknown, false, "answered without error, but " + j.mismatch()
	}
	return Failed, false, "answered without error, but " + j.mismatch()
}

func (j *judged) mismatch() string {
	switch {
	case len(j.drift) > 0:
		d := j.drift[0]
		return fmt.Sprintf("%s is %q, expected %q", d.Path, d.Observed, d.Predicted)
	case j.unseen != "":
		return j.unseen + " cannot be seen"
	case j.unmet != "":
		return j.unmet
	}
	return "nothing of it can be seen"
}

// repeatable: nothing of it is to be seen, and doing it again changes nothing; so without an answer it is simply done again.
func (j *judged) repeatable() bool {
	k, ok := runbooks.KindOf(j.p.Kind)
	return ok && (k.Class == runbooks.Observe || len(k.Footprint(j.in.Topology, Chosen(j.p, j.s.Intent.Choice).With)) == 0)
}

// owes: what a kind cannot bring to something that does not answer is owed, and the step is done all the same.
func owes(kind string) bool {
	switch kind {
	case "dns.repoint", "dns.ttl", "um.reroute", "vip.drain", "vip.enable":
		return true
	}
	return false
}

// owesAll: of these even everything may be owed. A dead site's load balancer and redirectors serve nobody; but names that no
// server has taken are not moved.
func owesAll(kind string) bool { return owes(kind) && !strings.HasPrefix(kind, "dns.") }

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
	return max(time.Second, in.served(x).Round(time.Second)) == max(time.Second, in.served(y).Round(time.Second))
}
