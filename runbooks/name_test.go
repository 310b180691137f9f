package runbooks_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
	"siteswap/runbooks"
)

// A site is shown to serve by its load balancer and a member behind it; what cannot be read does not serve.
func TestHeld(t *testing.T) {
	for name, c := range map[string]struct {
		args  runbooks.Args
		blind func(f *dag.Facts)
		want  []string
	}{
		"both serve":                    {runbooks.Args{To: "DR"}, func(*dag.Facts) {}, []string{"Prod", "DR"}},
		"one is left":                   {runbooks.Args{To: "DR", Leave: "Prod"}, func(*dag.Facts) {}, []string{"DR"}},
		"home, the other stays":         {runbooks.Args{To: "Prod"}, func(*dag.Facts) {}, []string{"Prod", "DR"}},
		"its load balancer is silent":   {runbooks.Args{To: "DR"}, func(f *dag.Facts) { f.Sites[0].VIP.Value = false }, []string{"DR"}},
		"its pool cannot be read":       {runbooks.Args{To: "DR"}, func(f *dag.Facts) { f.Sites[0].Pool = nil }, []string{"DR"}},
		"its pool is drained":           {runbooks.Args{To: "DR"}, func(f *dag.Facts) { f.Sites[0].Pool[0].Enabled.Value, f.Sites[0].Pool[1].Enabled.Value = false, false }, []string{"DR"}},
		"one of its servers is drained": {runbooks.Args{To: "DR"}, func(f *dag.Facts) { f.Sites[0].Pool[0].Enabled.Value = false }, []string{"Prod", "DR"}},
		"one is drained, one is sick": {runbooks.Args{To: "DR"}, func(f *dag.Facts) { f.Sites[0].Pool[0].Enabled.Value, f.Sites[0].Pool[1].Healthy.Value = false, false },
			[]string{"DR"}},
		"its fronts are dead":                {runbooks.Args{To: "DR"}, func(f *dag.Facts) { f.Members[0].Front.Value, f.Members[1].Front.Value = false, false }, []string{"DR"}},
		"without a pool a front is enough":   {runbooks.Args{To: "Prod"}, func(f *dag.Facts) { f.Sites[1].VIP.Value = false }, []string{"Prod", "DR"}},
		"without a pool its front is dead":   {runbooks.Args{To: "Prod"}, func(f *dag.Facts) { f.Members[2].Front = dag.Unknown[bool]("x", "no answer") }, []string{"Prod"}},
		"nothing is known of the other":      {runbooks.Args{To: "Prod"}, func(f *dag.Facts) { *f = dag.Facts{} }, []string{"Prod"}},
		"the target is held, sick or not":    {runbooks.Args{To: "DR", Leave: "Prod"}, func(f *dag.Facts) { *f = dag.Facts{} }, []string{"DR"}},
		"a third place serves nobody (pool)": {runbooks.Args{To: "Prod", Leave: "DR"}, func(*dag.Facts) {}, []string{"Prod"}},
	} {
		t.Run(name, func(t *testing.T) {
			topo := reference()
			topo.Names[0].Policy = dag.AllHealthy
			s := dag.New(topo)
			f := dag.Observe(topo, &s, 2)
			c.blind(&f)
			if diff := cmp.Diff(c.want, topo.SiteNames(runbooks.Held(topo, c.args, &f))); diff != "" {
				t.Fatal(diff)
			}
			if diff := cmp.Diff(c.want, topo.SiteNames(runbooks.LeadsTo(topo, 0, c.args, &f))); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{c.args.To}, topo.SiteNames(runbooks.LeadsTo(topo, 1, c.args, &f))); diff != "" {
				t.Errorf("a name of one site: %s", diff)
			}
			// What the run chose decides, whatever is seen later.
			c.args.Sites = []string{"Prod", "DR"}
			if diff := cmp.Diff(c.args.Sites, topo.SiteNames(runbooks.LeadsTo(topo, 0, c.args, &dag.Facts{}))); diff != "" {
				t.Errorf("chosen: %s", diff)
			}
		})
	}
}

// The whole way there and back: the lost site's addresses go, and come again with the failback; the one that is left loses
// them too although it serves.
func TestAllHealthyThereAndBack(t *testing.T) {
	for name, lost := range map[string]bool{"unplanned": true, "planned": false} {
		t.Run(name, func(t *testing.T) {
			topo := withTwoInDR()
			topo.Witness.Site = 2
			topo.Names[0].Policy = dag.AllHealthy
			w := &world{topo: topo, state: dag.New(topo)}
			leads := func(want ...string) {
				t.Helper()
				f := w.observe(2)
				for i := 0; i < len(f.DNS); i += len(topo.Names) {
					if diff := cmp.Diff(want, f.DNS[i].Sites.Value); f.DNS[i].Sites.Known && diff != "" {
						t.Errorf("%s: %s", topo.DNSServers[i/len(topo.Names)].Address, diff)
					}
				}
			}
			leads("Prod", "DR")
			if lost {
				w.event(dag.Event{Kind: dag.EvSite, Site: 0})
			}
			w.carryOut(t, compile(t, "switchover", topo, "Prod", "DR"), 2)
			leads("DR")
			if lost {
				w.event(dag.Event{Kind: dag.EvSite, Site: 0, On: true})
			}
			w.carryOut(t, compile(t, "failback", topo, "DR", "Prod"), 2)
			leads("Prod", "DR")
		})
	}
}

// On paper nobody knows which site will serve: the condition is printed with the addresses.
func TestAllHealthyOnPaper(t *testing.T) {
	topo := reference()
	topo.Names[0].Policy = dag.AllHealthy
	k, _ := runbooks.KindOf("dns.repoint")
	for leave, want := range map[string]bool{"": true, "Prod": false} {
		text := strings.Join(k.ByHand(topo, runbooks.Args{To: "DR", Leave: leave}), "\n")
		if strings.Contains(text, "and if Prod serves: 10.0.1.10") != want {
			t.Errorf("leave %q: %s", leave, text)
		}
	}
}
