package act_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// TestAllHealthy: a name by whose policy every healthy site serves is written with the targets of the sites that the run chose,
// over any set of sites that it may hold by plan. The external name of the split zone is such a one; web and internal are not.
func TestAllHealthy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		holds []string // before, by hand
		to    string
		sites []string // chosen by the run
		state run.StepState
		want  string
		says  string
	}{
		"home, both serve":              {nil, "Prod", []string{"Prod", "DR"}, run.Done, "[Prod]?[Prod] [Prod]?[Prod] ?[Prod+DR]? ?[Prod+DR]?", "names to Prod, mail.test.local to Prod and DR"},
		"one is left":                   {[]string{"203.0.113.10", "198.51.100.10"}, "DR", []string{"DR"}, run.Done, "[DR]?[DR] [DR]?[DR] ?[DR]? ?[DR]?", "names to DR"},
		"both are there already":        {[]string{"203.0.113.10", "198.51.100.10"}, "DR", []string{"Prod", "DR"}, run.Done, "[DR]?[DR] [DR]?[DR] ?[Prod+DR]? ?[Prod+DR]?", "to Prod and DR"},
		"the other is there":            {[]string{"198.51.100.10"}, "Prod", []string{"Prod"}, run.Done, "[Prod]?[Prod] [Prod]?[Prod] ?[Prod]? ?[Prod]?", "names to Prod"},
		"something by hand beside them": {[]string{"203.0.113.10", "192.0.2.1"}, "DR", []string{"DR"}, run.Failed, "[Prod]?[Prod] [Prod]?[Prod] ?[]? ?[]?", "somebody set it by hand"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSplit(t)
			s.topology.Names[1].Policy = dag.AllHealthy
			for i := 2; c.holds != nil && i < 4; i++ {
				s.put(t, i, "A", c.holds...)
			}
			st := step("dns.repoint", runbooks.Args{To: c.to})
			for attempt := range 2 { // a retry finds it done, and does no harm
				e := s.world().Act(context.Background(), permit(st.ID, time.Minute), st, run.Choice{Sites: c.sites}, nil)
				if got := s.look(); e.State != c.state || got != c.want || !strings.Contains(e.Text+e.Error, c.says) {
					fatalf(t, e, "attempt %d: want %s %q %q; seen %s", attempt+1, c.state, c.says, c.want, got)
				}
			}
		})
	}
}

// TestOneSiteHoldsNoOther: for a name of one site the targets of two are a hand edit, as before.
func TestOneSiteHoldsNoOther(t *testing.T) {
	t.Parallel()
	s := newSplit(t)
	for i := 2; i < 4; i++ {
		s.put(t, i, "A", "203.0.113.10", "198.51.100.10")
	}
	e, got := s.act(t, step("dns.repoint", runbooks.Args{To: "DR"}))
	if e.State != run.Failed || !strings.Contains(e.Error, "no site's") || !strings.Contains(got, "?[]?") {
		fatalf(t, e, "seen %s", got)
	}
}
