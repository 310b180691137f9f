package runbooks_test

import (
	"slices"
	"strings"
	"testing"

	"siteswap/dag"
	"siteswap/runbooks"
)

// checkCase is a check on what is seen, and how it must end.
type checkCase struct {
	name, id string
	facts    func(*dag.Topology) dag.Facts
	params   map[string]string
	want     runbooks.Level
	text     string
}

const ok, warn, fail, unknown = runbooks.Passes, runbooks.Warns, runbooks.Fails, runbooks.CannotCheck

func there(from, to string) map[string]string {
	return map[string]string{"from": from, "to": to, "mode": "auto"}
}

func groupCases() []checkCase {
	run := there("Prod", "DR")
	planned := map[string]string{"from": "Prod", "to": "DR", "mode": "planned"}
	unplanned := map[string]string{"from": "Prod", "to": "DR", "mode": "unplanned"}
	return []checkCase{
		{"mode", "dac-mode", lost, run, ok, "DagOnly"},
		{"mode off", "dac-mode", func(t *dag.Topology) dag.Facts { t.Mode = dag.Off; return lost(t) }, run, ok, "Windows' own tools"},
		{"mode unknown", "dac-mode", dark, run, unknown, "cannot be read"},
		{"lists", "lists-agree", lost, run, ok, "Stopped: none"},
		{"lists double", "lists-agree", func(t *dag.Topology) dag.Facts {
			f := lost(t)
			f.Sites[1].Stopped = dag.Know([]string{"EX2010-3"}, "dc-dr")
			return f
		}, run, fail, "do not name every member once"},
		{"lists of a site that answers differ", "lists-agree", func(t *dag.Topology) dag.Facts {
			f := healthy(t)
			f.Sites[0].Stopped, f.Sites[0].Started = dag.Know([]string{"EX2010-3"}, "dc"), dag.Know([]string{"EX2010-1", "EX2010-2"}, "dc")
			return f
		}, run, fail, "differ"},
		{"lists of the lost site differ", "lists-agree", func(t *dag.Topology) dag.Facts {
			f := lost(t)
			f.Sites[0].Stopped, f.Sites[0].Started = dag.Know([]string{"EX2010-3"}, "dc"), dag.Know([]string{"EX2010-1", "EX2010-2"}, "dc")
			return f
		}, run, warn, "differ"},
		{"same site", "target-differs", lost, there("Prod", "Prod"), fail, "is the site that is left"},
		{"mounts everything", "target-differs", healthy, there("DR", "Prod"), fail, "mounts every database already, and the names lead there"},
		{"no copy", "target-has-copies", func(t *dag.Topology) dag.Facts {
			t.Databases[0].Copies = t.Databases[0].Copies[:2]
			return lost(t)
		}, run, fail, "no copy of DB1"},
		{"target alive", "target-alive", lost, run, ok, "EX2010-3 answers"},
		{"target dead", "target-alive", lost, there("DR", "Prod"), fail, "no server of Prod answers"},
		{"target members", "target-members", lost, there("DR", "Prod"), warn, "EX2010-1, EX2010-2 do not answer in Prod"},
		{"target directory", "target-directory", lost, run, ok, "answers"},
		{"no directory", "target-directory", lost, there("Prod", "Branch"), fail, "no domain controller"},
		{"source lost", "source-lost", lost, run, ok, "the fence shows"},
		{"the dag is whole", "dag-whole", healthy, planned, ok, "the DAG is whole"},
		{"a server of it is gone", "dag-whole", lost, planned, fail, "EX2010-1, EX2010-2 do not answer"},
		{"it is cut in two", "dag-whole", func(t *dag.Topology) dag.Facts {
			f := healthy(t)
			f.Members[0].Up, f.Members[1].Up = dag.Know([]string{"EX2010-1", "EX2010-2"}, "x"), dag.Know([]string{"EX2010-1", "EX2010-2"}, "x")
			return f
		}, planned, fail, "no cluster with quorum reaches"},
		{"nobody says planned", "dag-whole", lost, run, ok, "unplanned"},
		{"source cut off", "source-lost", cut, run, ok, "the fence shows"},
		{"source lives", "source-lost", healthy, unplanned, fail, "is not lost"},
		{"quorum", "source-quorum", healthy, map[string]string{"from": "DR", "to": "Prod"}, ok, "holds quorum"},
		{"no quorum", "source-quorum", lost, map[string]string{"from": "DR", "to": "Prod"}, fail, "no server of DR holds quorum"},
	}
}

func siteCases() []checkCase {
	run := there("Prod", "DR")
	planned := map[string]string{"from": "Prod", "to": "DR", "mode": "planned"}
	return []checkCase{
		{"copies", "copies-healthy", lost, run, ok, "usable"},
		{"copies bad", "copies-healthy", func(t *dag.Topology) dag.Facts {
			f := lost(t)
			f.Databases[0].Copies[2].Status = dag.Know(dag.CopyFailedAndSuspended, "EX2010-3")
			return f
		}, run, warn, `DB1\EX2010-3 is FailedAndSuspended`},
		{"loss", "copy-loss", func(t *dag.Topology) dag.Facts {
			f := lost(t)
			f.Databases[0].Copies[2].CopyQueue = dag.Know(int64(7), "EX2010-3")
			return f
		}, run, warn, "misses 7 logs or more, EX2010-3 tolerates 6"},
		{"blocked", "copies-blocked", func(t *dag.Topology) dag.Facts { t.Databases[0].Copies[2].Blocked = true; return lost(t) }, run, warn, `DB1\EX2010-3`},
		{"every policy blocked", "copies-blocked", func(t *dag.Topology) dag.Facts {
			t.Exchange = dag.Version{Release: 2013, CU: 6}
			for m := range t.Members {
				t.Members[m].Policy = dag.Blocked
			}
			s := dag.New(t)
			return dag.Observe(t, &s, 1)
		}, run, warn, "clients then reach no database"},
		{"limit", "max-active", func(t *dag.Topology) dag.Facts {
			t.Members[2].MaxActive = 1
			t.Databases = append(t.Databases, t.Databases[0])
			return dag.Facts{}
		}, run, warn, "2 databases, but the servers of DR may mount 1"},
		{"witness lost", "witness", lost, run, warn, "dc.test.local"},
		{"alternate", "alternate-witness", lost, run, ok, "dc-dr.test.local can be used"},
		{"alternate dead", "alternate-witness", func(t *dag.Topology) dag.Facts {
			f := lost(t)
			f.Sites[1].Witness = dag.Know(false, "dc-dr")
			return f
		}, run, fail, "does not answer"},
		{"dns", "dns-servers", lost, run, warn, "10.0.1.5:53 does not answer and will owe"},
		{"dns dead", "dns-servers", dark, run, fail, "no DNS server answers for"},
		{"rights", "dns-rights", lost, run, ok, "may change every name"},
		{"rights refused", "dns-rights", rights(healthy, 1, dag.Know(false, "x")), planned, fail, "may not change internal.test.local at 10.0.2.5:53"},
		{"rights refused, unplanned", "dns-rights", rights(lost, 1, dag.Know(false, "x")), run, warn, "may not change internal.test.local at 10.0.2.5:53"},
		{"rights refused elsewhere", "dns-rights", rights(healthy, 0, dag.Know(false, "x")), planned, ok, "may change every name"},
		{"rights unknown", "dns-rights", rights(healthy, 1, dag.Unknown[bool]("x", "no answer")), planned, unknown, "nobody knows whether"},
		{"rights unknown, unplanned", "dns-rights", rights(lost, 1, dag.Unknown[bool]("x", "no answer")), run, warn, "nobody knows whether"},
		{"rights, the target is silent", "dns-rights", dark, planned, ok, ""},
		{"rights, no server in the target", "dns-rights", func(t *dag.Topology) dag.Facts {
			f := rights(healthy, 0, dag.Know(false, "x"))(t)
			t.DNSServers[1].Site = 2
			return f
		}, planned, fail, "at 10.0.1.5:53"},
		{"redirectors", "redirectors", lost, run, warn, "10.0.1.30:5060"},
		{"redirectors fine", "redirectors", healthy, run, ok, "every"},
		{"power", "power-control", lost, run, ok, "EX2010-1 off"},
		{"power unreadable", "power-control", dark, run, warn, "two people"},
		{"no such check", "nonsense", lost, run, unknown, "no check"},
	}
}

// rights are the facts with what is known of the right to the first name at a server.
func rights(facts func(*dag.Topology) dag.Facts, server int, right dag.Fact[bool]) func(*dag.Topology) dag.Facts {
	return func(t *dag.Topology) dag.Facts {
		f := facts(t)
		f.DNS[server*len(t.Names)].Takes = right
		return f
	}
}

func TestChecks(t *testing.T) {
	tested := map[string]bool{}
	for _, tt := range slices.Concat(groupCases(), siteCases(), serverCases()) {
		t.Run(tt.name, func(t *testing.T) {
			tested[tt.id] = true
			topo := reference()
			f := tt.facts(topo)
			got := runbooks.EvaluateCheck(tt.id, topo, f, tt.params)
			if got.Level != tt.want || !strings.Contains(got.Text, tt.text) {
				t.Errorf("%s %q, want %s %q (%s)", got.Level, got.Text, tt.want, tt.text, got.Evidence)
			}
		})
	}
	for _, c := range runbooks.Checks() {
		if !tested[c.ID] {
			t.Errorf("%s is not tested", c.ID)
		}
		runbooks.EvaluateCheck(c.ID, reference(), dag.Facts{}, nil)
	}
}

func dark(*dag.Topology) dag.Facts { return dag.Facts{} }

func TestMode(t *testing.T) {
	topo := reference()
	for _, tt := range []struct {
		facts dag.Facts
		mode  string
		want  string
	}{{healthy(topo), "auto", "planned"}, {healthy(topo), "unplanned", "unplanned"}, {lost(topo), "auto", "unplanned"}, {cut(topo), "", "unplanned"}} {
		if got := runbooks.Mode(topo, tt.facts, map[string]string{"from": "Prod", "to": "DR", "mode": tt.mode}); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.mode, got, tt.want)
		}
	}
}

func TestHarmless(t *testing.T) {
	topo := reference()
	off := lost(topo)
	if ok, why := runbooks.Harmless(topo, off, 0); !ok {
		t.Error(why)
	}
	if ok, why := runbooks.Harmless(topo, cut(topo), 0); ok {
		t.Error(why)
	}
	topo.Mode = dag.Off // a plain loss of power does not outlast the return of power
	if ok, why := runbooks.Harmless(topo, off, 0); ok {
		t.Error(why)
	}
	off.Members[0].Power = dag.Know(dag.HeldOff, "power control")
	if ok, why := runbooks.Harmless(topo, off, 0); !ok {
		t.Error(why)
	}
}

func TestTarget(t *testing.T) {
	topo := large(1)
	f := lost(topo)
	a := runbooks.Args{Site: "DR", Databases: []string{"DB001"}}
	f.Databases[0].Copies[2].CopyQueue = dag.Know(int64(3), "MBX09")
	f.Databases[0].Copies[3].CopyQueue = dag.Know(int64(1), "MBX10")
	if m, why := runbooks.Target(topo, a, 0, f); m != 9 || !strings.Contains(why, "1 log at the least") {
		t.Error(m, why)
	}
	f.Databases[0].Copies[3].Status = dag.Know(dag.CopyFailed, "MBX10")
	if m, why := runbooks.Target(topo, a, 0, f); m != 8 {
		t.Error(m, why)
	}
	if m, why := runbooks.Target(topo, runbooks.Args{Site: "Branch"}, 0, f); m != -1 || !strings.Contains(why, "no copy") {
		t.Error(m, why)
	}
}
