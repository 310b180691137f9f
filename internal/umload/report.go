package umload

import (
	"fmt"
	"time"
)

// Report is what became of the calls.
type Report struct {
	Placed    int           `json:"placed"`
	Answered  int           `json:"answered"`
	Lost      int           `json:"lost"`      // no answer within Options.Patience
	Wrong     int           `json:"wrong"`     // an answer that is not the one that the call must get
	Again     int           `json:"again"`     // answers to INVITEs that were sent twice
	Garbage   int           `json:"garbage"`   // sent
	Strangers int           `json:"strangers"` // calls of who is nobody's peer; an answer to one is wrong
	Unsent    int           `json:"unsent"`    // what our own system refused to send
	Took      time.Duration `json:"took"`
	P50       time.Duration `json:"p50"`
	P99       time.Duration `json:"p99"`
	Max       time.Duration `json:"max"`
	First     string        `json:"first,omitempty"` // wrong answer
}

// Rate is the answered calls per second.
func (r Report) Rate() float64 { return float64(r.Answered) / r.Took.Seconds() }

// String is for people.
func (r Report) String() string {
	return fmt.Sprintf("%d calls in %.1f s (%.0f/s), %d lost, %d wrong, p50 %v, p99 %v, longest %v", r.Placed, r.Took.Seconds(), r.Rate(), r.Lost, r.Wrong, r.P50, r.P99, r.Max)
}

// Histogram counts latencies by the microsecond, up to a second.
type Histogram struct {
	counts [1 << 20]uint32
	n      int
	max    time.Duration
}

// Len is how many latencies there are.
func (h *Histogram) Len() int { return h.n }

// Add counts one.
func (h *Histogram) Add(d time.Duration) {
	h.max = max(h.max, d)
	h.counts[min(int(d/time.Microsecond), len(h.counts)-1)]++
	h.n++
}

// Quantile is the latency that the share q of all does not reach, for example 0.99; 0 when there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	left := int(q * float64(h.n))
	for us, n := range h.counts {
		if left -= int(n); left < 0 {
			return time.Duration(us) * time.Microsecond
		}
	}
	return 0
}
