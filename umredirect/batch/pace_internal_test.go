package batch

import (
	"testing"
	"time"
)

// reads are Reads that got so many datagrams each, so long after one another.
type reads struct {
	times int
	n     int
	after time.Duration
}

func TestPace(t *testing.T) {
	const limit = 200 * time.Microsecond
	us := func(n int) time.Duration { return time.Duration(n) * time.Microsecond }
	// 10,000 calls a second: an INVITE and, soon after, its ACK.
	calls := func(n int) (out []reads) {
		for range n {
			out = append(out, reads{1, 1, us(85)}, reads{1, 1, us(15)})
		}
		return out
	}
	join := func(lists ...[]reads) (out []reads) {
		for _, l := range lists {
			out = append(out, l...)
		}
		return out
	}
	for name, c := range map[string]struct {
		reads []reads
		want  bool
	}{
		"nothing yet":                             {nil, false},
		"the first of a stream":                   {calls(3), false},
		"five calls of a stream":                  {calls(5), true},
		"a stream":                                {calls(1000), true},
		"a company's calls":                       {[]reads{{50, 1, 10 * time.Millisecond}}, false},
		"2,000 calls a second with their ACKs":    {[]reads{{100, 1, us(250)}}, false},
		"as many at once, with long breaks":       {[]reads{{1, 8, 2 * time.Millisecond}, {1, 8, 2 * time.Millisecond}, {1, 8, 2 * time.Millisecond}}, false},
		"more than one processor answers":         {[]reads{{10_000, 1, us(3)}}, false},
		"the same in heaps":                       {[]reads{{500, 20, us(60)}}, false},
		"a stream that ends":                      {join(calls(100), []reads{{1, 1, time.Second}}), false},
		"a stream that gets slow":                 {join(calls(100), []reads{{10, 1, us(300)}}), false},
		"a stream whose sender stood still":       {join(calls(100), []reads{{1, 1, 3 * time.Millisecond}}), true},
		"and did so once more":                    {join(calls(100), []reads{{2, 1, 3 * time.Millisecond}}), false},
		"a stream that gets dense":                {join(calls(100), []reads{{400, 1, us(4)}}), false},
		"a stream after the machine stood still":  {join(calls(100), []reads{{1, 20, 2 * time.Millisecond}, {1, 10, us(20)}, {1, 10, us(20)}}), true},
		"a dense one whose sender takes a breath": {join([]reads{{1000, 1, us(3)}}, []reads{{1, 1, us(100)}, {3, 1, us(3)}}), false},
	} {
		now := time.Unix(1e9, 0)
		p := pace{limit: limit}
		for _, r := range c.reads {
			for range r.times {
				now = now.Add(r.after)
				p.came(r.n, now)
			}
		}
		if got := p.look(); got != c.want {
			t.Errorf("%s: look %v, want %v", name, got, c.want)
		}
	}
}
