package drill

import (
	"fmt"
	"math"
	"regexp"
	"slices"

	"siteswap/internal/lab"
	"siteswap/internal/lab/phone"
	"siteswap/internal/report"
)

// calls counts what became of them. Lost after service: lost outside every window between a fault and the end of the run that
// answers it, after calls had been served.
func (s *stage) calls(rec lab.Record, runs []report.Run) report.Calls {
	out := report.Calls{}
	if s.site.UM == nil || len(s.site.UM.Redirectors) == 0 {
		out.None = "the site file has no Unified Messaging"
		return out
	}
	windows := s.windows(runs)
	for _, c := range rec.Calls {
		at := s.since(c.At)
		if c.At.Before(s.whole) {
			continue
		}
		out.Placed++
		switch c.Outcome {
		case phone.Answered:
			out.Answered++
		case phone.UnservedLegacy:
			out.UnservedLegacy++
		case phone.Lost:
			out.Lost++
			if !slices.ContainsFunc(windows, func(w [2]float64) bool { return at+c.Took.Seconds() >= w[0] && at <= w[1] }) {
				out.LostAfterService++
			}
		default:
			out.Placed-- // under way when the drill ended
		}
	}
	return out
}

// ephemeral is the caller's side of a socket, which differs from call to call.
var ephemeral = regexp.MustCompile(`127\.[0-9.]+:[0-9]+->`)

// lostReasons are the lost calls, one sentence each kind with when the first was.
func (s *stage) lostReasons(rec lab.Record) []string {
	var out []string
	count := map[string]int{}
	firstAt := map[string]float64{}
	var order []string
	for _, c := range rec.Calls {
		if c.Outcome != phone.Lost || c.At.Before(s.whole) {
			continue
		}
		key := ephemeral.ReplaceAllString(c.Why, "") + " (" + c.Redirector + ")"
		if count[key] == 0 {
			order = append(order, key)
			firstAt[key] = s.since(c.At)
		}
		count[key]++
	}
	for _, key := range order {
		out = append(out, fmt.Sprintf("%d calls lost, the first at %.1f s: %s", count[key], firstAt[key], key))
	}
	return out
}

// windows are the times in which calls may be lost: from a fault until a run that mends it has ended, or for a while where none
// follows.
func (s *stage) windows(runs []report.Run) [][2]float64 {
	var out [][2]float64
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		at := s.since(f.at)
		end := at + 10
		for _, r := range runs {
			if r.End < at {
				continue
			}
			end = r.End
			if r.Outcome == "done" || r.Outcome == "degraded" {
				break
			}
			end = math.Inf(1) // one that was refused or failed has answered nothing; perhaps a later one does
		}
		out = append(out, [2]float64{at, end})
	}
	for _, r := range runs {
		out = append(out, [2]float64{r.Start, r.End})
	}
	return out
}
