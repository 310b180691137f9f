package act

import (
	"context"
	"sync"
	"time"
)

// seldom keeps the last answer to questions that are not asked in every observation, because what they ask about changes slowly
// or is not free. How old an answer is, is said with it.
type seldom[T any] struct {
	mu   sync.Mutex
	last map[string]*answer[T]
}

type answer[T any] struct {
	asked, at time.Time     // of the last question, of the last answer
	asking    chan struct{} // closed when the question under way is answered; nil: none is
	value     T
}

// ask gives the last answer, and asks again beside the caller when it is that old. Only the very first question is waited for;
// ok is false while there is none.
func (s *seldom[T]) ask(ctx context.Context, now func() time.Time, key string, every time.Duration, question func() T) (value T, age time.Duration, ok bool) {
	s.mu.Lock()
	if s.last == nil {
		s.last = map[string]*answer[T]{}
	}
	a := s.last[key]
	if a == nil {
		a = &answer[T]{}
		s.last[key] = a
	}
	if t := now(); a.asking == nil && (a.asked.IsZero() || t.Sub(a.asked) >= every) {
		a.asked, a.asking = t, make(chan struct{})
		go s.put(a, now, question)
	}
	wait := a.asking
	if !a.at.IsZero() {
		wait = nil
	}
	s.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return a.value, now().Sub(a.at), !a.at.IsZero()
}

// put asks once. The answer is as old as its question: what changed meanwhile may not be in it.
func (s *seldom[T]) put(a *answer[T], now func() time.Time, question func() T) {
	began := now()
	value := question()
	s.mu.Lock()
	defer s.mu.Unlock()
	a.value, a.at = value, began
	close(a.asking)
	a.asking = nil
}
