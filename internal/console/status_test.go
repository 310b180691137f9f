package console_test

import (
	"regexp"
	"strings"
	"testing"

	"siteswap/internal/api"
	"siteswap/internal/console"
)

// noClock replaces wall-clock times, which depend on where the test runs.
func noClock(s string) string {
	return regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d( [A-Z+0-9-]+)?`).ReplaceAllString(s, "DATE")
}

func TestStatusText(t *testing.T) {
	golden(t, "status.txt", noClock(console.StatusText(topology(), facts(), status(), console.Style{})))
}

func TestRunText(t *testing.T) {
	r := run()
	r.Outcome, r.EndedAt, r.Why = "degraded", at(95), "DB2 was set aside"
	r.Refusals = []api.Refusal{refusal()}
	r.Overrides = []api.Override{{Rule: "put-back", Step: "ttl", By: []string{"ann", "bob"}, Reason: "drill"}}
	r.Approvals = []api.Approval{{Step: "loss", By: "ann", Reason: "agreed by phone"}}
	golden(t, "run.txt", noClock(console.RunText(*r, console.Style{})))
	golden(t, "runs.txt", noClock(console.RunsTable([]api.Run{*r, *run()})))
}

func TestStatusSaysWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		s    api.Status
		want string
	}{
		{api.Status{State: "HEALTHY", Leader: "a"}, "Nothing to do."},
		{api.Status{State: "HEALTHY"}, "no controller leads"},
		{api.Status{State: "DOWN", Leader: "a"}, "siteswap plan switchover"},
		{api.Status{State: "DEGRADED", Leader: "a"}, "siteswap ready"},
		{api.Status{State: "DEGRADED", Leader: "a", Debts: []api.Debt{{Site: "Prod"}}}, "failback settles"},
		{api.Status{Leader: "a", Run: &api.Run{ID: "r-1", Paused: true}}, "siteswap run resume r-1"},
		{api.Status{Leader: "a", Run: &api.Run{}}, "wait"},
	} {
		lines := strings.Split(strings.TrimSpace(console.StatusText(nil, nil, tt.s, console.Style{})), "\n")
		if last := lines[len(lines)-1]; !strings.Contains(last, tt.want) {
			t.Errorf("%+v: %q", tt.s, last)
		}
	}
}
