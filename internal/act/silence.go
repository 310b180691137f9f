package act

import (
	"sync"
	"time"
)

// silence remembers who did not answer a moment ago, so that a dead site does not cost a timeout in every observation. Only
// silence is remembered, never a value: what is reused is "not known", which a safety rule refuses on.
type silence struct {
	now  func() time.Time
	keep time.Duration

	mu    sync.Mutex
	since map[string]time.Time
}

func newSilence(now func() time.Time, keep time.Duration) *silence {
	return &silence{now: now, keep: keep, since: map[string]time.Time{}}
}

// still says whether the address was silent within the last moment, and how long ago that was.
func (s *silence) still(address string) (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.since[address]
	if !ok {
		return 0, false
	}
	age := s.now().Sub(at)
	return age, age < s.keep
}

// note records whether the address answered.
func (s *silence) note(address string, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answered {
		delete(s.since, address)
		return
	}
	s.since[address] = s.now()
}
