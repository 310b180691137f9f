package act

import (
	"context"
	"strings"

	"siteswap/internal/run"
	"siteswap/runbooks"
)

// fence looks, out of band and on the hosts, whether members can do no harm, and records the evidence. It switches nothing off:
// under a site that is cut off but alive that would be the outage itself. Whether what it shows is enough is for the rule
// fence-before-force.
func (w *World) fence(ctx context.Context, a *task) run.Effect {
	f := w.Observe(ctx, 0)
	var evidence []string
	for _, m := range w.members(a) {
		_, what := runbooks.Harmless(w.o.Topology, f, m)
		evidence = append(evidence, what)
	}
	return run.Effect{State: run.Done, Text: strings.Join(evidence, "; ")}
}
