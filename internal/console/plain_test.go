package console_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"siteswap/internal/api"
	"siteswap/internal/console"
)

func refusal() api.Refusal {
	return api.Refusal{Rule: "no-force-with-quorum", Why: "East holds quorum: MBX4, MBX5, MBX6 and witness fs1 are 4 of 7 votes",
		Evidence: "Get-ClusterNode on MBX4, 2 s ago", Unblock: "nothing to force: `siteswap switchover --from West --to East` marks West stopped"}
}

func plain(p console.Plain) {
	p.Head("Drill of DAG1: Prod is lost, switch over to DR, fail back.  60x speed, report drill.html")
	p.Line(at(0), "everything served: 24 clients, DB1 on EX2010-1, calls 2 a second")
	p.Line(at(5.2), "Prod lost: EX2010-1, EX2010-2, vip, dc, redirector, controller ctl-prod")
	for _, l := range []console.StepLine{
		{ID: "ready", State: "done", Text: "11 checks pass; 3 warn: Prod cannot be reached"},
		{ID: "restore", State: "acting", Text: "forcing quorum on EX2010-3; alternate witness dc-dr", Elapsed: 4 * time.Second, AtMost: 30 * time.Second},
		{ID: "loss", State: "waiting", Text: "DB1 may lose 3 logs", WaitsFor: "a person", Elapsed: 90 * time.Second},
		{ID: "verify", State: "todo", WaitsFor: "activate/DB1, names"},
		{ID: "evict", State: "skipped", Text: "Restore has evicted them"},
		{ID: "resync", State: "unknown", Text: "no answer, looking again"},
		{ID: "calls", State: "failed", Text: "no answer in 3 s"},
		{ID: "activate/DB1", State: "refused", Text: "loss-acknowledged"},
		{ID: "activate/a-database-with-a-long-name", State: "done", Text: "mounted"},
	} {
		p.Step(at(10.9), l)
	}
	p.Refusal(at(12), refusal())
	p.Marked(at(75), console.Degraded, "DR has no second server: you are DEGRADED until failback")
	p.Line(at(4000), "passed")
}

func TestPlain(t *testing.T) {
	for name, p := range map[string]console.Plain{
		"plain.txt": {}, "plain-ascii.txt": {ASCII: true}, "plain-color.txt": {Color: true},
	} {
		var b bytes.Buffer
		p.W, p.Start = &b, zero()
		plain(p)
		golden(t, name, b.String())
	}
}

func TestColorIsNoMeaning(t *testing.T) {
	var with, without bytes.Buffer
	plain(console.Plain{W: &with, Start: zero(), Color: true})
	plain(console.Plain{W: &without, Start: zero()})
	if got := ansi.Strip(with.String()); got != without.String() {
		t.Errorf("without colour it reads differently:\n%s", got)
	}
}

func TestASCII(t *testing.T) {
	var b bytes.Buffer
	plain(console.Plain{W: &b, Start: zero(), ASCII: true})
	b.WriteString(view().Draw(80, 24, console.Style{ASCII: true}, console.Prompt{}))
	for _, r := range b.String() {
		if r > 126 {
			t.Errorf("%q is not ASCII", r)
		}
	}
}

func TestUseColor(t *testing.T) {
	for _, tt := range []struct {
		terminal bool
		env      map[string]string
		want     bool
	}{
		{true, nil, true}, {false, nil, false}, {true, map[string]string{"NO_COLOR": "1"}, false},
		{true, map[string]string{"NO_COLOR": ""}, true}, {true, map[string]string{"TERM": "dumb"}, false},
	} {
		got := console.UseColor(tt.terminal, func(k string) (string, bool) { v, ok := tt.env[k]; return v, ok })
		if got != tt.want {
			t.Errorf("%v %v: %v", tt.terminal, tt.env, got)
		}
	}
}

func TestTextFromOutsideIsHarmless(t *testing.T) {
	const evil = "a\x1b[2J\x1b]0;owned\x07b\r\nc\u202ed\u009b31m"
	var b bytes.Buffer
	p := console.Plain{W: &b, Start: zero()}
	p.Line(at(1), evil)
	p.Step(at(1), console.StepLine{ID: evil, State: evil, Text: evil, WaitsFor: evil})
	p.Refusal(at(1), api.Refusal{Rule: evil, Step: evil, Why: evil, Evidence: evil, Unblock: evil})
	r := api.Run{ID: evil, Runbook: evil, Title: evil, Plan: evil, Outcome: evil, StartedBy: evil, Why: evil, NotPutBack: []string{evil}, NeedsAPerson: []string{evil},
		Steps: []api.Step{{ID: evil, State: "waiting", Text: evil, Drift: []api.Difference{{Path: evil, Predicted: evil, Observed: evil}},
			Calls: []api.Call{{Cmdlet: evil, Warnings: []string{evil}, Errors: []string{evil}}}}},
		Debts: []api.Debt{{Site: evil, Kind: evil, What: evil}}, Overrides: []api.Override{{Rule: evil, By: []string{evil}}}, Approvals: []api.Approval{{Step: evil}}}
	b.WriteString(console.RunText(r, console.Style{}))
	b.WriteString(console.RunsTable([]api.Run{r}))
	s := status()
	s.DAG, s.Served, s.State, s.Why, s.Node, s.Run, s.Debts = evil, evil, evil, evil, evil, &r, r.Debts
	s.Voters = append(s.Voters, api.Voter{ID: evil, Site: evil})
	topo := topology()
	topo.Sites[0].Name, topo.Members[2].Name, topo.Databases[0].Name = evil, evil, evil
	b.WriteString(console.StatusText(topo, facts(), s, console.Style{}))
	v := console.FromStatus(topo, facts(), s, console.Around{Title: evil, Outage: console.Outage{Running: true, Text: evil}, Links: []console.Link{{From: evil, To: evil, Text: evil}}})
	for _, size := range [][2]int{{40, 20}, {120, 40}} {
		b.WriteString(v.Draw(size[0], size[1], console.Style{}, console.Prompt{}))
	}
	if i := strings.IndexFunc(b.String(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x9b || r == 0x202e }); i >= 0 {
		t.Errorf("a control character is shown: %q", b.String()[max(0, i-40):i+10])
	}
}
