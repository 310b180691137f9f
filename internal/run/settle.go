package run

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/runbooks"
)

// Keys of what the run remembers for itself, not to put back.
const (
	keyDNSChanged = "time/dns"     // when a DNS server last changed, RFC 3339
	keyDNSTTL     = "time/dns-ttl" // how long caches may still hold what was served before that change, real speed

	// KeyNegative is how long caches may hold that a record did not exist which a step made (RFC 2308, section 5), real speed:
	// its acting half tells it, since no fact does.
	KeyNegative = "time/dns-negative"
)

// settled: the old TTL has run out since the last change at any server (ttl-before-move), and no listed resolver that answers
// holds the old answer (domain-exchange.md section 9, row 23). One that does not answer is said; for it the clock alone counts.
// The text of a result that is not there yet is what the step waits for.
func settled(r *Run, s *Step, p *runbooks.Step, in Input) (Result, bool) {
	at, ttl, known := r.lastDNSChange()
	if !known {
		return Result{State: Done, Agrees: true, Text: "no name has changed in this run"}, true
	}
	if in.Now.Before(at.Add(in.served(ttl))) {
		return Result{}, false
	}
	c := askCaches(r, p, in, at)
	text := "caches have run out: " + ttl.String() + " since the last change"
	if len(c.silent) > 0 {
		text += "; not seen, since they do not answer: resolvers " + strings.Join(c.silent, ", ")
	}
	limit := atMost(p)
	switch {
	case len(c.old) == 0 && !c.early:
		return Result{State: Done, Agrees: true, Text: text}, true
	case limit > 0 && in.Now.Sub(s.Since) >= in.scaled(limit):
		if c.early {
			c.old = append(c.old, "a resolver was not asked since the change")
		}
		return Result{State: Failed, Text: strings.Join(c.old, "; ") + ", after " + limit.String()}, true
	case len(c.old) == 0:
		return Result{}, false
	}
	return Result{Text: strings.Join(c.old, "; ") + lastRunsOut + in.Now.Add(in.scaled(c.left)).UTC().Format(time.RFC3339)}, false
}

// lastRunsOut comes before the instant in what a dns.settle waits for.
const lastRunsOut = "; its cache lasts until "

// caches are what the listed resolvers have of the names of a step.
type caches struct {
	old    []string      // sentences: who still answers what
	left   time.Duration // until the last of them runs out, real speed
	silent []string      // resolvers that do not answer
	early  bool          // one was asked before the change only
}

func askCaches(r *Run, p *runbooks.Step, in Input, changed time.Time) caches {
	var out caches
	t, want := in.Topology, lastWishes(r, in.Topology)
	for i := range in.Facts.Resolvers {
		n, address := i%len(t.Names), t.Resolvers[i/len(t.Names)]
		f := &in.Facts.Resolvers[i]
		_, wished := want[t.Names[n].Name]
		switch {
		case !wished || len(p.With.Names) > 0 && !slices.Contains(p.With.Names, t.Names[n].Name):
		case !f.Answers.Known:
			if !slices.Contains(out.silent, address) {
				out.silent = append(out.silent, address)
			}
		case f.Answers.Age > in.Now.Sub(changed):
			out.early = true
		case !want[t.Names[n].Name].met(t, f, in):
			line := fmt.Sprintf("resolver %s still answers %s with %s", address, t.Names[n].Name, held(f.Answers.Value))
			if !slices.Contains(out.old, line) { // a name in two views has two places
				out.old = append(out.old, line)
			}
			out.left = max(out.left, f.Left.Value)
		}
	}
	return out
}

func held(values []string) string {
	if len(values) == 0 {
		return "no record"
	}
	return strings.Join(values, ", ")
}

// wish is what a run made of a name: the values that it may have, in either view; and how long a cache may keep them.
type wish struct {
	values [][]string    // none: whatever it holds
	ttl    time.Duration // 0: however long
}

// lastWishes are what the last steps of a run that changed names left of each.
func lastWishes(r *Run, t *dag.Topology) map[string]wish {
	var done []int
	for i := range r.Steps {
		if r.Steps[i].State == Done && strings.HasPrefix(r.Plan.Steps[i].Kind, "dns.") {
			done = append(done, i)
		}
	}
	slices.SortStableFunc(done, func(a, b int) int { return r.Steps[a].EndAt.Compare(r.Steps[b].EndAt) })
	out := map[string]wish{}
	for _, i := range done {
		p := &r.Plan.Steps[i]
		fresh := map[string]bool{}
		for n := range t.Names {
			name := t.Names[n].Name
			if len(p.With.Names) > 0 && !slices.Contains(p.With.Names, name) {
				continue
			}
			w := out[name]
			switch p.Kind {
			case "dns.repoint":
				sites, known := movedTo(&r.Steps[i], p, t, n)
				if !known {
					out[name] = wish{ttl: w.ttl}
				}
				if sites == 0 {
					continue
				}
				if !fresh[name] {
					w.values = nil
				}
				w.values, fresh[name] = append(slices.Clone(w.values), t.Names[n].At(sites)), true
			case "dns.ttl":
				w.ttl = p.With.TTL // 0 where it is put back
			default:
				continue
			}
			out[name] = w
		}
	}
	return out
}

// movedTo are the sites that a dns.repoint led a name to; none where it has no target. Not known: people moved it after a handover,
// and nobody chose which of the healthy sites it gets.
func movedTo(s *Step, p *runbooks.Step, t *dag.Topology, name int) (sites dag.Set, known bool) {
	var c Choice
	if s.Intent != nil {
		c = s.Intent.Choice
	} else if t.Names[name].Policy == dag.AllHealthy {
		return 0, false
	}
	return runbooks.LeadsTo(t, name, Chosen(p, c).With, &dag.Facts{}), true
}

// met: the resolver has the new values, and will not keep them longer than the new TTL: else it is still the old answer, from
// before the TTL was lowered.
func (w wish) met(t *dag.Topology, f *dag.ResolverFacts, in Input) bool {
	if w.ttl > 0 && in.scaled(f.Left.Value) > in.served(w.ttl) {
		return false
	}
	return len(w.values) == 0 || slices.ContainsFunc(w.values, func(v []string) bool { return slices.Equal(v, f.Answers.Value) })
}

// stillWaits says for what an open step waits; nothing if that is said already: that a cache lasts until about the same
// instant is no news, or the log would be flooded.
func stillWaits(s *Step, text string, in Input) (Decision, bool) {
	what, until, _ := strings.Cut(text, lastRunsOut)
	was, said, _ := strings.Cut(s.Waiting, lastRunsOut)
	now, errNow := time.Parse(time.RFC3339, until)
	then, errThen := time.Parse(time.RFC3339, said)
	later := errNow == nil && errThen == nil && now.Sub(then) > in.scaled(10*time.Second)+time.Second
	if what == was && !later {
		return Decision{}, false
	}
	return Decision{Entry: Entry{Type: EntryWait, Step: s.ID, Text: text}}, true
}

// lastDNSChange is when a server last changed, and how long caches may hold what it answered before.
func (r *Run) lastDNSChange() (at time.Time, ttl time.Duration, known bool) {
	var negative time.Duration
	for _, m := range r.Memory {
		switch m.Key {
		case keyDNSChanged:
			t, err := time.Parse(time.RFC3339Nano, m.Value)
			at, known = t, err == nil
		case keyDNSTTL:
			ttl, _ = time.ParseDuration(m.Value)
		case KeyNegative:
			negative, _ = time.ParseDuration(m.Value)
		}
	}
	return at, max(ttl, negative), known
}
