package controller

import (
	"time"

	"golang.org/x/sys/unix"
)

// newBootClock counts suspend, unlike Go's monotonic clock: a leader that slept must not think that its permit still holds.
func newBootClock() func() time.Duration {
	return func() time.Duration {
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
			panic("CLOCK_BOOTTIME exists since Linux 2.6.39: " + err.Error())
		}
		return time.Duration(ts.Nano())
	}
}
