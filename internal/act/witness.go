package act

import (
	"context"
	"sync"
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

// shares remembers the last answer of every share.
type shares struct {
	mu   sync.Mutex
	last map[string]*share
}

type share struct {
	asked, at time.Time     // of the last question, of the last answer
	asking    chan struct{} // closed when the question under way is answered; nil: none is
	state     witness.State
}

// askShare gives the last answer, and asks again when it is time. Only the very first question is waited for.
func (w *World) askShare(ctx context.Context, target witness.Target) (witness.State, time.Duration) {
	w.shares.mu.Lock()
	s := w.shares.last[target.Address]
	if s == nil {
		s = &share{}
		w.shares.last[target.Address] = s
	}
	now := w.o.Now()
	if s.asking == nil && (s.asked.IsZero() || now.Sub(s.asked) >= w.patience(shareEvery, time.Second)) {
		s.asked, s.asking = now, make(chan struct{})
		go w.question(s, target)
	}
	wait, first := s.asking, s.at.IsZero()
	w.shares.mu.Unlock()
	if first && wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
		}
	}
	w.shares.mu.Lock()
	defer w.shares.mu.Unlock()
	age := w.o.Now().Sub(s.at)
	if s.at.IsZero() || age > w.patience(shareFresh, 6*time.Second) {
		return witness.State{Why: "no answer about the share of " + target.Server + " yet"}, 0
	}
	return s.state, age
}

// question asks a share once.
func (w *World) question(s *share, target witness.Target) {
	st := witness.Probe(context.Background(), dialer(w.o.Dial), target, w.patience(shareLimit, 3*time.Second))
	w.shares.mu.Lock()
	defer w.shares.mu.Unlock()
	s.state, s.at = st, w.o.Now()
	close(s.asking)
	s.asking = nil
}
