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

	mu     sync.Mutex
	since  map[string]time.Time
	asking map[string]bool
}

func newSilence(now func() time.Time, keep time.Duration) *silence {
	return &silence{now: now, keep: keep, since: map[string]time.Time{}, asking: map[string]bool{}}
}

// skip says whether the address is silent, and since when. One that has been silent for a while is asked again beside the
// observation, which does not wait for it: so it is seen at most a moment after it comes back.
func (s *silence) skip(address string, again func() bool) (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.since[address]
	if !ok {
		return 0, false
	}
	age := s.now().Sub(at)
	if age >= s.keep && !s.asking[address] {
		s.asking[address] = true
		go func() {
			answered := again()
			s.note(address, answered)
			s.mu.Lock()
			delete(s.asking, address)
			s.mu.Unlock()
		}()
	}
	return age, true
}

// quiet says whether the address is silent, without asking it again.
func (s *silence) quiet(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.since[address]
	return ok
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
