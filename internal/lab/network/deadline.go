package network

import (
	"sync"
	"time"
)

// deadline is one direction's deadline. It is guarded by the lock of the cond that it wakes.
type deadline struct {
	timer   *time.Timer
	turn    int // which set is in force: an old timer that fires late changes nothing
	expired bool
}

// set is called with cond.L held.
func (d *deadline) set(cond *sync.Cond, t time.Time) {
	d.stop()
	d.expired = false
	if !t.IsZero() {
		if left := time.Until(t); left <= 0 {
			d.expired = true
		} else {
			turn := d.turn
			d.timer = time.AfterFunc(left, func() {
				cond.L.Lock()
				defer cond.L.Unlock()
				if d.turn == turn {
					d.expired = true
					cond.Broadcast()
				}
			})
		}
	}
	cond.Broadcast()
}

func (d *deadline) stop() {
	d.turn++
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
