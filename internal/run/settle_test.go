package run_test

import (
	"strings"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

const resolver = "10.0.9.53:53"

// cached is what the resolver has of the first name.
type cached struct {
	values []string
	left   time.Duration
	age    time.Duration
	silent bool
}

// settling is a run that has changed names and now waits for caches, with what the resolver says of the first name. The second
// name is always as it should be.
func settling(t *testing.T, change runbooks.Step, says *cached, timeout time.Duration) *sim {
	topo := reference()
	topo.Resolvers = []string{resolver}
	s := newSim(t, topo)
	s.people = nil
	s.blind = func(f *dag.Facts) {
		f.Resolvers[0] = dag.ResolverFacts{Answers: dag.Know(says.values, resolver), Left: dag.Know(says.left, resolver)}
		f.Resolvers[0].Answers.Age = says.age
		if says.silent {
			f.Resolvers[0] = dag.ResolverFacts{Answers: dag.Unknown[[]string](resolver, "no answer in 5 s")}
		}
		f.Resolvers[1] = dag.ResolverFacts{Answers: dag.Know([]string{"198.51.100.13"}, resolver), Left: dag.Know(20*time.Second, resolver)}
	}
	wait := step("settle", "dns.settle", runbooks.Args{}, change.ID)
	wait.Timeout = timeout
	s.start("r-1", plan(change, wait), false)
	for s.round() {
		s.now = s.now.Add(time.Second)
	}
	if st := s.step("settle"); st.State != run.Acting || st.Waiting != "" {
		t.Fatalf("%s %q: the clock has not run out", st.State, st.Waiting)
	}
	return s
}

func TestSettleAsksResolvers(t *testing.T) {
	moved := step("names", "dns.repoint", runbooks.Args{To: "DR"})
	lowered := step("ttl-down", "dns.ttl", runbooks.Args{TTL: time.Minute})
	other := step("names", "dns.repoint", runbooks.Args{To: "DR", Names: []string{"external.test.local"}})
	for name, c := range map[string]struct {
		change  runbooks.Step
		says    cached
		timeout time.Duration
		after   time.Duration // the clock of the TTL is 5 min
		state   run.StepState
		text    string
	}{
		"new":                        {moved, cached{values: []string{"10.0.2.13"}, left: time.Minute}, 0, 6 * time.Minute, run.Done, "caches have run out: 5m0s since the last change"},
		"old":                        {moved, cached{values: []string{"10.0.1.10"}, left: 4 * time.Minute}, 0, 6 * time.Minute, run.Acting, "resolver 10.0.9.53:53 still answers internal.test.local with 10.0.1.10; its cache lasts until 2026-01-02T"},
		"old, before the clock":      {moved, cached{values: []string{"10.0.1.10"}, left: 4 * time.Minute}, 0, 2 * time.Minute, run.Acting, ""},
		"new, before the clock":      {moved, cached{values: []string{"10.0.2.13"}, left: time.Minute}, 0, 2 * time.Minute, run.Acting, ""},
		"no record":                  {moved, cached{left: time.Hour}, 0, 6 * time.Minute, run.Acting, "still answers internal.test.local with no record"},
		"something else":             {moved, cached{values: []string{"192.0.2.1"}}, 0, 6 * time.Minute, run.Acting, "with 192.0.2.1"},
		"old to the end":             {moved, cached{values: []string{"10.0.1.10"}, left: 4 * time.Minute}, 20 * time.Minute, 21 * time.Minute, run.Failed, "still answers internal.test.local with 10.0.1.10, after 20m0s"},
		"silent":                     {moved, cached{silent: true}, 0, 6 * time.Minute, run.Done, "; not seen, since they do not answer: resolvers 10.0.9.53:53"},
		"asked before the change":    {moved, cached{values: []string{"10.0.2.13"}, age: time.Hour}, 0, 6 * time.Minute, run.Acting, ""},
		"never asked since":          {moved, cached{values: []string{"10.0.2.13"}, age: time.Hour}, 20 * time.Minute, 21 * time.Minute, run.Failed, "a resolver was not asked since the change, after 20m0s"},
		"another name's":             {other, cached{values: []string{"10.0.1.10"}, left: time.Hour}, 0, 6 * time.Minute, run.Done, "caches have run out"},
		"the long TTL":               {lowered, cached{values: []string{"10.0.1.10"}, left: 4 * time.Minute}, 0, 6 * time.Minute, run.Acting, "still answers internal.test.local with 10.0.1.10; its cache"},
		"the short TTL":              {lowered, cached{values: []string{"10.0.1.10"}, left: 40 * time.Second}, 0, 6 * time.Minute, run.Done, "caches have run out"},
		"a TTL, whatever it answers": {lowered, cached{values: []string{"192.0.2.1"}, left: 40 * time.Second}, 0, 6 * time.Minute, run.Done, "caches have run out"},
	} {
		t.Run(name, func(t *testing.T) {
			s := settling(t, c.change, &c.says, c.timeout)
			s.now = s.now.Add(c.after)
			s.round()
			st := s.step("settle")
			text := st.Waiting
			if st.Result != nil {
				text = st.Result.Text
			}
			if st.State != c.state || !strings.Contains(text, c.text) || c.text == "" && text != "" {
				t.Errorf("%s %q, want %s %q", st.State, text, c.state, c.text)
			}
		})
	}
}

// What a step waits for is said once, and again when a cache was filled with the old answer anew; then it goes on by itself.
func TestSettleIsSaidOnce(t *testing.T) {
	says := &cached{values: []string{"10.0.1.10"}, left: 4 * time.Minute}
	s := settling(t, step("names", "dns.repoint", runbooks.Args{To: "DR"}), says, 0)
	s.now = s.now.Add(6 * time.Minute)
	rounds := func(want bool, why string) {
		t.Helper()
		if got := s.round(); got != want {
			t.Errorf("%s: something is decided: %t", why, got)
		}
	}
	rounds(true, "it is old")
	for range 3 {
		s.now, says.left = s.now.Add(10*time.Second), says.left-10*time.Second
		rounds(false, "it is still old, as long as was said")
	}
	says.left -= time.Second // whole seconds count unevenly
	rounds(false, "a second is no news")
	says.left = 5 * time.Minute
	rounds(true, "it was filled with the old answer again")
	if text := s.step("settle").Waiting; !strings.HasSuffix(text, s.now.Add(5*time.Minute).UTC().Format(time.RFC3339)) {
		t.Error(text)
	}
	says.values = []string{"10.0.2.13"}
	rounds(true, "it is new")
	if st := s.step("settle"); st.State != run.Done || st.Waiting != "" {
		t.Errorf("%+v", st)
	}
}

// A name in two views is one name for a resolver, which sees one of them: either's new values do.
func TestSettleTwoViews(t *testing.T) {
	for values, done := range map[string]bool{"10.0.2.13": true, "198.51.100.13": true, "203.0.113.10": false} {
		says := &cached{values: []string{"10.0.2.13"}}
		s := settling(t, step("names", "dns.repoint", runbooks.Args{To: "DR"}), says, 0)
		for n, view := range []string{"internal", "external"} {
			s.topo.Names[n].Name, s.topo.Names[n].View = "mail.test.local", view
		}
		blind := s.blind
		s.blind = func(f *dag.Facts) {
			blind(f)
			f.Resolvers[1].Answers.Value = says.values
		}
		says.values = []string{values}
		s.now = s.now.Add(6 * time.Minute)
		s.round()
		if st := s.step("settle"); (st.State == run.Done) != done {
			t.Errorf("%s: %s %s", values, st.State, st.Waiting)
		}
	}
}
