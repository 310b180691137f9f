//go:build !linux

package controller

import "time"

// newBootClock is the monotonic clock where there is none that is known to count suspend: a drain is then longer than it
// need be, and a permit that slept is left to the far end, which checks NotAfter.
func newBootClock() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}
