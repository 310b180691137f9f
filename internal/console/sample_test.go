package console_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
	"siteswap/internal/api"
	"siteswap/internal/console"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s; if it is meant, go test -update:\n%s", name, diff)
	}
}

func zero() time.Time { return time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC) }

func at(s float64) time.Time { return zero().Add(time.Duration(s * float64(time.Second))) }

// topology is the reference design.
func topology() *dag.Topology {
	return &dag.Topology{
		Name: "DAG1",
		Sites: []dag.Site{{Name: "Prod", DomainControllers: []string{"dc"}, VIP: "10.0.1.10", Pool: []int{0, 1}},
			{Name: "DR", DomainControllers: []string{"dc-dr"}, VIP: "10.0.2.13"}, {Name: "Branch"}},
		Members:     []dag.Member{{Name: "EX2010-1"}, {Name: "EX2010-2"}, {Name: "EX2010-3", Site: 1}},
		Witness:     dag.Witness{Server: "dc"},
		Alternate:   dag.Witness{Server: "dc-dr", Site: 1},
		Databases:   []dag.Database{{Name: "DB1"}, {Name: "DB2"}},
		Names:       []dag.Name{{Name: "internal.test.local"}, {Name: "external.test.local"}},
		DNSServers:  []dag.DNSServer{{Address: "10.0.1.5:53"}, {Site: 1, Address: "10.0.2.5:53"}},
		Redirectors: []dag.Redirector{{}, {Site: 1}},
	}
}

// facts are those that DR sees after Prod is lost, DB1 mounted, DB2 not yet.
func facts() *dag.Facts {
	lost := dag.MemberFacts{Answers: dag.Unknown[bool]("x", "no answer in 3 s"), Power: dag.Know(dag.PowerOff, "ipmi")}
	dead, dr := dag.DNSFacts{}, dag.DNSFacts{Answers: dag.Know([]string{"10.0.2.13"}, "x"), Sites: dag.Know([]string{"DR"}, "x")}
	return &dag.Facts{
		Sites: []dag.SiteFacts{{}, {Directory: dag.Know(true, "x"), Witness: dag.Know(true, "x"), VIP: dag.Know(true, "x")}, {}},
		Members: []dag.MemberFacts{lost, {Answers: dag.Know(false, "x")}, {Answers: dag.Know(true, "x"), Cluster: dag.Know(dag.Running, "x"),
			Quorum: dag.Know(true, "x"), PAM: dag.Know("EX2010-3", "x"), MayMount: dag.Know(true, "x")}},
		Databases:  []dag.DatabaseFacts{{MountedOn: dag.Know("EX2010-3", "x")}, {MountedOn: dag.Know("", "x")}},
		DNS:        []dag.DNSFacts{dead, dead, dr, {Answers: dag.Know([]string{"10.0.1.10"}, "x"), Sites: dag.Know([]string{"Prod"}, "x")}},
		Redirector: []dag.RedirectorFacts{{}, {Answers: dag.Know(true, "x"), Site: dag.Know("DR", "x")}},
	}
}

func run() *api.Run {
	r := &api.Run{
		ID: "r-7f3a", Runbook: "switchover", Title: "Datacenter switchover of DAG1, Prod to DR", DAG: "DAG1", Plan: "sha256:7f3a11c0ffee0011223344", StartedBy: "drill", StartedAt: at(7),
		NeedsAPerson: []string{"loss: approve at most 3 logs of DB2, or deny it"},
		Debts:        []api.Debt{{Site: "Prod", Kind: "dns", What: "10.0.1.5 still answers the old address"}},
	}
	add := func(id, state, text string, start, end float64, needs ...string) {
		s := api.Step{ID: id, Kind: "x", Title: "Title of " + id, State: state, Text: text, Needs: needs, AtMost: 30 * time.Minute}
		if start > 0 {
			s.StartAt = at(start)
		}
		if end > 0 {
			s.EndAt = at(end)
		}
		r.Steps = append(r.Steps, s)
	}
	add("ready", "done", "11 checks pass; 3 warn: Prod cannot be reached", 7, 7.4)
	add("stop", "done", "EX2010-1, EX2010-2 marked stopped, configuration only (seen by dc-dr)", 7.4, 8.1, "ready")
	add("fence", "done", "Prod: power read back off, 1 s ago", 8.1, 9.3, "stop")
	add("cluster-stop", "done", "EX2010-3", 9.3, 9.6, "fence")
	add("evict", "skipped", "Restore has evicted them", 0, 0)
	add("restore", "acting", "forcing quorum on EX2010-3; alternate witness dc-dr", 10, 0, "cluster-stop")
	add("names", "done", "internal, external to DR; dc answers not: owed", 9.6, 10.1, "fence")
	add("loss", "waiting", "DB2 may lose up to 3 logs", 12, 0, "fence")
	add("activate/DB1", "todo", "", 0, 0, "restore", "fence", "loss")
	add("activate/DB2", "todo", "", 0, 0, "restore", "loss")
	add("calls", "failed", "dr redirector: no answer in 3 s", 9.6, 12.6, "fence")
	add("verify", "todo", "", 0, 0, "activate/DB1", "activate/DB2", "names", "calls")
	r.Steps[2].Drift = []api.Difference{{Path: "members/EX2010-1/power", Predicted: "off", Observed: "on"}}
	r.Steps[1].Calls = []api.Call{{Cmdlet: "Stop-DatabaseAvailabilityGroup DAG1", Warnings: []string{"EX2010-1 could not be\ncontacted"}}}
	return r
}

func status() api.Status {
	return api.Status{
		Node: "ctl-dr", Site: "DR", Leader: "ctl-dr", CanAct: true, Term: 3, Lab: true, TimeScale: 60, DAG: "DAG1", State: "DEGRADED",
		Voters: []api.Voter{{ID: "ctl-prod", Site: "Prod"}, {ID: "ctl-dr", Site: "DR"}, {ID: "ctl-branch", Site: "Branch"}},
		Served: "nobody is served: DB2 is not mounted", Run: run(), Debts: run().Debts, At: at(14),
	}
}

func around() console.Around {
	return console.Around{
		Title: "Drill of DAG1: Prod is lost, switch over to DR", Start: zero(), Now: at(14),
		Outage: console.Outage{Running: true, For: 9 * time.Second, Text: "24 clients cut off"},
		Dead:   []string{"ctl-prod"}, Lost: []string{"Prod"},
		Links: []console.Link{{From: "Prod", To: "DR", State: console.Bad, Text: "cut"}, {From: "DR", To: "Branch", State: console.Good}},
		Lines: []string{"00:00   everything served: 24 clients", "00:05   Prod lost", "00:05   24 clients cut off", "00:07   ctl-dr leads (2 of 3 controllers)"},
	}
}

func view() console.View { return console.FromStatus(topology(), facts(), status(), around()) }
