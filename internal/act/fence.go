package act

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"siteswap/dag"
	"siteswap/internal/power"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// fence shows that members can do no harm. What is shown already is only recorded; a member that is not is switched off out of
// band where the step may and nothing is seen to be mounted on it, and read back. With DAC Off the power is held off, so
// that the evidence outlasts the return of power.
func (w *World) fence(ctx context.Context, a *task) run.Effect {
	t := w.o.Topology
	f := w.Observe(ctx, 0)
	var evidence, open []string
	var calls []run.Call
	for _, m := range w.members(a) {
		name := t.Members[m].Name
		shown, what := runbooks.Harmless(t, f, m)
		if !shown && w.o.Power != nil && slices.Contains(a.step.With.By, "power") && !serves(&f, m) {
			ref := a.permit.Ref()
			call := run.Call{Cmdlet: "power " + name + " held off", On: w.o.Power.Address}
			p, err := w.o.Power.Set(ctx, name, power.Request{Power: dag.HeldOff, Run: ref.Run, Step: ref.Step, Attempt: ref.Attempt, NotAfter: a.permit.NotAfter(a.now())})
			if err != nil {
				call.Errors, call.Lost = []string{err.Error()}, true
			}
			calls = append(calls, call)
			if err == nil && p == dag.HeldOff {
				shown, what = true, name+": power held off, read back"
			}
		}
		if shown {
			evidence = append(evidence, what)
		} else {
			open = append(open, what)
		}
	}
	if len(open) > 0 {
		return run.Effect{State: run.Failed, Calls: calls, Error: "not shown harmless: " + strings.Join(open, "; "),
			Cure: fmt.Sprintf("power them off and start again, or two people give their word: `siteswap run approve %s %s`", a.permit.Ref().Run, a.step.ID)}
	}
	return run.Effect{State: run.Done, Calls: calls, Text: strings.Join(evidence, "; ")}
}

// serves: the member answers and mounts something. It is not switched off under its users by a fence.
func serves(f *dag.Facts, m int) bool {
	return f.Members[m].Answers.Value && len(f.Members[m].MountsHere.Value) > 0
}
