package dag

// settleLimit bounds Settle: no topology of 16 members and a few hundred databases needs more events to come to rest.
const settleLimit = 20000

// Do runs an operation to its answer on a copy of the state, with nothing else happening in between: what the planner
// expects of a step.
func Do(t *Topology, s State, op Op) (State, Answer) {
	c := s.Clone()
	out := c.Step(t, Event{Kind: EvBegin, Op: op})
	for range op.steps() + 1 {
		if step := c.Step(t, Event{Kind: EvStep, N: int64(out.Begun)}); step.Ended {
			return c, step.Answer
		}
	}
	return c, Answer{}
}

// Settle lets the world do what it does by itself, earliest first, until nothing is left to happen, and says how long that
// takes. What goes on in the background is left out.
func Settle(t *Topology, s State) (State, Span) {
	c := s.Clone()
	var total Span
	for range settleLimit {
		next, found := earliest(Pending(t, &c))
		if !found {
			break
		}
		c.Step(t, next)
		if next.Span.Typical > total.Typical {
			total = next.Span
		}
	}
	return c, total
}

func earliest(events []Event) (Event, bool) {
	best, found := Event{}, false
	for _, e := range events {
		if !e.Background() && (!found || e.Span.Typical < best.Span.Typical) {
			best, found = e, true
		}
	}
	return best, found
}
