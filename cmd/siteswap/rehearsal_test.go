package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"siteswap/internal/report"
)

// TestDrills runs the program as a user does, with its processes and its faults, two drills at a time.
func TestDrills(t *testing.T) {
	if os.Getenv("SITESWAP_DRILLS") == "" {
		t.Skip("drills are left out; with SITESWAP_DRILLS=1 they run, as in `make test`")
	}
	t.Run("two at once", twoAtOnce)
	slots := make(chan struct{}, 2)
	all := []struct {
		name string
		test func(*testing.T)
	}{
		{"restore is not answered", restoreUnanswered}, {"move does nothing and is not answered", moveDropped},
		{"stop fails", stopFails}, {"move lies", moveLies},
		{"stop does half", misbehaved("Stop-DatabaseAvailabilityGroup", "half", "stop", "failed")},
		{"restore does half", misbehaved("Restore-DatabaseAvailabilityGroup", "half", "restore", "failed")},
		{"restore comes late", misbehaved("Restore-DatabaseAvailabilityGroup", "late", "restore", "failed")},
		{"move comes late", misbehaved("Move-ActiveMailboxDatabase", "late", "activate/DB1", "degraded")},
		{"interrupted", interrupted}, {"interrupted early", interruptedEarly}, {"killed", killed},
		{"refused", refusedWithoutDAC}, {"planted and expected", plantedExpected},
		{report.MountedTwice, planted(report.MountedTwice)}, {report.LostAcknowledged, planted(report.LostAcknowledged)},
		{report.EffectTwice, planted(report.EffectTwice)}, {report.LeftFrozen, planted(report.LeftFrozen)},
	}
	for _, one := range all {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			one.test(t)
		})
	}
	testscript.Run(t, testscript.Params{Dir: filepath.Join("testdata", "long"), Cmds: commands(), Setup: func(e *testscript.Env) error {
		slots <- struct{}{}
		e.Defer(func() { <-slots })
		return setUp(e)
	}})
}

// rehearsal is a drill and what came of it.
type rehearsal struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	out  bytes.Buffer // the document
	said lines        // what it printed for people

	code int
	doc  report.Document
}

// begin starts a drill of a scenario, its name or its text, in a folder of its own for everything that it writes.
func begin(t *testing.T, scenario string) *rehearsal {
	t.Helper()
	r := &rehearsal{t: t, dir: t.TempDir()}
	if strings.Contains(scenario, "\n") {
		if err := os.WriteFile(filepath.Join(r.dir, "scenario.yaml"), []byte(scenario), 0o600); err != nil {
			t.Fatal(err)
		}
		scenario = "scenario.yaml"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	r.cmd = exec.CommandContext(ctx, "siteswap", "drill", "--json", "--scenario", scenario, "--report", "report.html")
	r.cmd.Cancel = func() error { return r.cmd.Process.Signal(os.Interrupt) }
	r.cmd.WaitDelay = 20 * time.Second
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = r.dir, &r.out, &r.said
	r.cmd.Env = append(os.Environ(), "TMPDIR="+r.dir, "SITESWAP_CONFIG=")
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("exit code %d\n%s", r.code, r.said.String())
		}
	})
	return r
}

// end waits for the end, and checks what holds of every drill: nothing that it started is left, and its report does not
// contradict itself.
func (r *rehearsal) end(code int) *rehearsal {
	r.t.Helper()
	err := r.cmd.Wait()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		r.code = ended.ExitCode()
	} else if err != nil {
		r.t.Fatal(err)
	}
	if r.code != code {
		r.t.Errorf("exit code %d, expected %d", r.code, code)
	}
	r.nothingLeft()
	if err := json.Unmarshal(r.out.Bytes(), &r.doc); err != nil {
		r.t.Fatalf("the document: %v", err)
	}
	for _, bad := range report.Validate(r.doc) {
		r.t.Error("the report does not hold: " + bad)
	}
	html, err := os.ReadFile(filepath.Join(r.dir, "report.html"))
	if err != nil || !strings.Contains(string(html), "</html>") {
		r.t.Errorf("no whole report: %v", err)
	}
	return r
}

func (r *rehearsal) nothingLeft() {
	r.t.Helper()
	if err := gone(r.dir); err != nil {
		r.t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(r.dir, "siteswap-drill-*")); len(left) > 0 {
		r.t.Errorf("left behind: %s", left)
	}
}

// waitFor waits until the drill has said it.
func (r *rehearsal) waitFor(text string) {
	r.t.Helper()
	if !r.said.await(text, time.Minute) {
		r.t.Errorf("it never said %q", text)
	}
}

func (r *rehearsal) outcome(want string) {
	r.t.Helper()
	if r.doc.Outcome != want {
		r.t.Errorf("outcome %s (%s), expected %s", r.doc.Outcome, r.doc.Why, want)
	}
}

// violated says that exactly these invariants were.
func (r *rehearsal) violated(want ...string) {
	r.t.Helper()
	var got []string
	for _, i := range r.doc.Invariants {
		if i.Violations > 0 {
			got = append(got, i.Name)
		}
		if i.Violations > 0 && len(i.Evidence) == 0 {
			r.t.Errorf("%s without evidence", i.Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Errorf("invariants violated (-want +got):\n%s", diff)
	}
}

// ran is the only run, which must have ended so.
func (r *rehearsal) ran(outcome string) report.Run {
	r.t.Helper()
	if len(r.doc.Runs) != 1 {
		r.t.Fatalf("%d runs, expected one", len(r.doc.Runs))
	}
	if run := r.doc.Runs[0]; run.Outcome != outcome {
		r.t.Errorf("the %s ended %s (%s), expected %s", run.Runbook, run.Outcome, run.Why, outcome)
	}
	return r.doc.Runs[0]
}

func (r *rehearsal) step(run report.Run, id, state string) report.Step {
	r.t.Helper()
	k := slices.IndexFunc(run.Steps, func(s report.Step) bool { return s.ID == id })
	if k < 0 {
		r.t.Fatalf("no step %s", id)
	}
	if s := run.Steps[k]; s.State != state {
		r.t.Errorf("step %s is %s (%s), expected %s", id, s.State, s.Text, state)
	}
	return run.Steps[k]
}

func (r *rehearsal) refused(rule string) {
	r.t.Helper()
	for _, ref := range r.doc.Refusals {
		if ref.Rule == rule && ref.Why != "" && ref.Evidence != "" && ref.Unblock != "" {
			return
		}
	}
	r.t.Errorf("not refused by %s with why, evidence and way out: %+v", rule, r.doc.Refusals)
}

func (r *rehearsal) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}
