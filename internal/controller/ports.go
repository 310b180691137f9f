package controller

import (
	"context"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// World is everything outside the controllers: what can be observed, and the acting halves of the kinds. Both methods are
// called by several goroutines at once.
type World interface {
	// Observe never fails: what cannot be seen is unknown, with why.
	Observe(ctx context.Context, vantage int) dag.Facts
	// Act carries out one attempt of a step. m is the run's memory: old values to put back.
	Act(ctx context.Context, p run.Permit, s runbooks.Step, c run.Choice, m []run.Remembered) run.Effect
}
