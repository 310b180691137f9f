package runbooks_test

import (
	"slices"
	"strings"
	"testing"

	"siteswap/dag"
	"siteswap/runbooks"
)

// compileWith is a plan with more parameters.
func compileWith(t *testing.T, name string, topo *dag.Topology, params map[string]string) *runbooks.Plan {
	t.Helper()
	rb, ok := runbooks.Find(name)
	if !ok {
		t.Fatalf("no runbook %s", name)
	}
	plan, problems := runbooks.Compile(rb, topo, params)
	if plan == nil || len(problems) > 0 {
		t.Fatal(problems)
	}
	return plan
}

// A planned switchover moves without loss while the DAG is whole, and stops nothing unless Prod will be powered off.
func TestPlanned(t *testing.T) {
	newer := reference()
	newer.Exchange, newer.Windows = dag.Version{Release: 2016, CU: 23}, "2012 R2"
	for _, tt := range []struct {
		name     string
		topo     *dag.Topology
		powerOff string
		did      string
	}{
		{"2010", reference(), "false", "ready ttl-down keep ttl-settle pool-in dismount/DB1 names calls settle move/DB1 ttl-back verify"},
		{"2010, powered off", reference(), "true", "ready ttl-down keep ttl-settle pool-in dismount/DB1 names calls settle move/DB1 ttl-back leave leave-pool leave-cluster leave-restore verify"},
		{"2016", newer, "false", "ready ttl-down keep ttl-settle pool-in names calls move/DB1 ttl-back verify"},
		{"two servers in DR, powered off", withTwoInDR(), "true", "ready ttl-down keep ttl-settle pool-in dismount/DB1 names calls settle move/DB1 ttl-back leave leave-pool leave-evict/EX2010-1 leave-evict/EX2010-2 leave-set verify"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &world{topo: tt.topo, state: dag.New(tt.topo)}
			plan := compileWith(t, "switchover", tt.topo, map[string]string{"from": "Prod", "to": "DR", "power_off": tt.powerOff})
			checkReady(t, tt.topo, plan, w.observe(1))
			w.carryOut(t, plan, 1)
			mounted(t, w, 1)
			did := slices.Sorted(slices.Values(w.did))
			if want := slices.Sorted(slices.Values(strings.Fields(tt.did))); !slices.Equal(did, want) {
				t.Errorf("did %v\nwant %v", did, want)
			}
			if i, j := slices.Index(w.did, "leave"), slices.Index(w.did, "move/DB1"); i >= 0 && i < j {
				t.Error("members are stopped before their databases have moved")
			}
			w.carryOut(t, compile(t, "failback", tt.topo, "DR", "Prod"), 1)
			mounted(t, w, 0)
		})
	}
}

// With DAC Off the same is done with Windows' own tools, there and back (domain-exchange.md 1.3).
func TestDACOff(t *testing.T) {
	for name, topo := range map[string]*dag.Topology{"one server in DR": reference(), "two servers in DR": withTwoInDR()} {
		t.Run(name, func(t *testing.T) {
			topo.Mode = dag.Off
			w := &world{topo: topo, state: dag.New(topo)}
			w.event(dag.Event{Kind: dag.EvSite, Site: 0})
			plan := compile(t, "switchover", topo, "Prod", "DR")
			checkReady(t, topo, plan, w.observe(1))
			if shown, _ := runbooks.Harmless(topo, w.observe(1), 0); shown {
				t.Error("a plain loss of power is taken for evidence with DAC Off")
			}
			w.state, _ = dag.Do(topo, w.state, dag.Op{Kind: dag.OpPower, Members: 3, Power: dag.HeldOff})
			w.carryOut(t, plan, 1)
			mounted(t, w, 1)
			for _, step := range []string{"off-force", "off-evict/EX2010-1", "off-quorum", "off-join"} {
				if !slices.Contains(w.did, step) {
					t.Errorf("%s is not done: %v", step, w.did)
				}
			}
			for _, step := range []string{"stop", "restore", "set"} {
				if slices.Contains(w.did, step) {
					t.Errorf("%s is done", step)
				}
			}
			w.event(dag.Event{Kind: dag.EvSite, Site: 0, On: true})
			w.state, _ = dag.Do(topo, w.state, dag.Op{Kind: dag.OpPower, Members: 3, Power: dag.PowerOn})
			w.state, _ = dag.Settle(topo, w.state)
			w.carryOut(t, compile(t, "failback", topo, "DR", "Prod"), 1)
			mounted(t, w, 0)
		})
	}
}
