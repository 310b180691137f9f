package act

import (
	"context"
	"time"

	"siteswap/witness"
)

// A share is asked by a logon and a file, which takes longer than an observation may: it is asked beside it, all the time
// that somebody observes, and an observation takes the last answer with its age. An answer that is too old is none.
const (
	shareEvery = 10 * time.Second // from one question to the next
	shareLimit = 20 * time.Second // for one question
	shareFresh = 60 * time.Second // an older answer is not used
)

// askShare gives the last answer about a share.
func (w *World) askShare(ctx context.Context, target witness.Target) (witness.State, time.Duration) {
	st, age, ok := w.shares.ask(ctx, w.o.Now, target.Address, w.patience(shareEvery, time.Second), func() witness.State {
		return witness.Probe(context.Background(), dialer(w.o.Dial), target, w.patience(shareLimit, 3*time.Second))
	})
	if !ok || age > w.patience(shareFresh, 6*time.Second) {
		return witness.State{Why: "no answer about the share of " + target.Server + " yet"}, 0
	}
	return st, age
}
