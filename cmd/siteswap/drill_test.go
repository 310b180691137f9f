package main

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"siteswap/internal/report"
)

// lines collects what a process prints, and may be read meanwhile.
type lines struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{} // closed when more comes; nil: nobody waits
}

// Write takes some of it.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return l.buf.Write(b)
}

// await waits until the process has said it; false: it did not in that time.
func (l *lines) await(text string, patience time.Duration) bool {
	late := time.After(patience)
	for {
		l.mu.Lock()
		found := strings.Contains(l.buf.String(), text)
		if l.more == nil {
			l.more = make(chan struct{})
		}
		more := l.more
		l.mu.Unlock()
		if found {
			return true
		}
		select {
		case <-more:
		case <-late:
			return false
		}
	}
}

// String is all of it until now.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// twoAtOnce: two drills on one machine do not see each other. In one a server dies inside its site and nobody is needed; in the
// other a link is cut, and the switchover that somebody asks for is refused, because the other site works.
func twoAtOnce(t *testing.T) {
	server, link := begin(t, "server-loss"), begin(t, "wan-cut")
	server.end(0)
	server.outcome("passed")
	server.violated()
	if len(server.doc.Runs) != 0 {
		t.Errorf("%d runs; Exchange helps itself within a site", len(server.doc.Runs))
	}
	if len(server.doc.Outages) == 0 {
		t.Error("a dead server, and nobody felt it")
	}
	if !strings.Contains(server.said.String(), "DB1 is mounted on EX2010-2") {
		t.Error("the other copy in Prod was not mounted")
	}
	link.end(0)
	link.violated()
	link.refused("fence-before-force")
	for _, s := range link.ran("refused").Steps {
		if s.State == "done" && s.Kind != "check" {
			t.Errorf("step %s was done over a working site", s.ID)
		}
	}
	if len(link.doc.Outages) != 0 || strings.Contains(link.said.String(), "is mounted on") {
		t.Errorf("users felt it: %+v", link.doc.Outages)
	}
}

// planted: each invariant, broken on purpose, is seen, and nothing else is.
func planted(invariant string) func(*testing.T) {
	return func(t *testing.T) {
		r := begin(t, fmt.Sprintf("name: planted\nevents:\n  - {plant: %s, at: start}\n", invariant)).end(1)
		r.outcome("failed")
		r.violated(invariant)
		if !strings.Contains(r.said.String(), "✗ "+invariant+": ") {
			t.Error("the violation is not named on the terminal")
		}
	}
}

// plantedExpected: what a scenario expects is no failure, even where it is a violation.
func plantedExpected(t *testing.T) {
	r := begin(t, "name: planted\nevents:\n  - {plant: effect-twice, at: start}\n  - {plant: left-frozen, at: start}\nexpect: {violation: left-frozen}\n").end(0)
	r.outcome("failed")
	r.violated(report.EffectTwice, report.LeftFrozen)
	if r.doc.ExpectMet == nil || !*r.doc.ExpectMet || !strings.Contains(r.said.String(), "As expected: violation of left-frozen.") {
		t.Error("it does not say that this was expected")
	}
}

// siteLost is the day when Prod is lost and the switchover is asked for, with a cmdlet that does not do what it says.
func siteLost(cmdlet, how, after string) string {
	return fmt.Sprintf(`name: misbehaves
events:
  - {misbehave: {cmdlet: %s, how: %s}, at: start}
  - {fail: {site: Prod}, at: start}
  - {run: switchover, after: {seconds: 120}}
%s`, cmdlet, how, after)
}

// restoreUnanswered: the effect is there and the answer is not. It is looked for, found, and not sent again.
func restoreUnanswered(t *testing.T) {
	r := begin(t, siteLost("Restore-DatabaseAvailabilityGroup", "lose-answer", "")).end(0)
	r.outcome("passed")
	r.violated()
	s := r.step(r.ran("done"), "restore", "done")
	sent := 0
	for _, c := range s.Calls {
		if c.Cmdlet == "Restore-DatabaseAvailabilityGroup" {
			sent++
		}
	}
	if s.Attempts != 1 || sent > 1 {
		t.Errorf("%d attempts, %d calls; what is done is not sent again", s.Attempts, sent)
	}
}

// moveDropped: neither effect nor answer. When it can no longer land it is sent again, as a new attempt.
func moveDropped(t *testing.T) {
	r := begin(t, siteLost("Move-ActiveMailboxDatabase", "drop", "")).end(0)
	r.outcome("passed")
	r.violated()
	if s := r.step(r.ran("done"), "activate/DB1", "done"); s.Attempts < 2 {
		t.Errorf("%d attempts; nothing was done in the first", s.Attempts)
	}
}

// stopFails: the run ends there, and forces nothing. Prod comes back and serves.
func stopFails(t *testing.T) {
	r := begin(t, siteLost("Stop-DatabaseAvailabilityGroup", "fail", "  - {restore: {site: Prod}, after: {run: switchover}}\n")).end(1)
	r.outcome("failed")
	run := r.ran("failed")
	s := r.step(run, "stop", "failed")
	if !strings.Contains(s.Text, "Stop-DatabaseAvailabilityGroup") || !strings.Contains(run.Why, "stop") {
		t.Errorf("it does not say what failed: %s; %s", s.Text, run.Why)
	}
	r.step(run, "restore", "todo")
	r.step(run, "activate/DB1", "todo")
	for _, i := range r.doc.Invariants {
		if i.Violations > 0 && i.Name != report.LeftFrozen {
			t.Errorf("%s: %s", i.Name, i.Evidence)
		}
	}
}

// moveLies: success was answered and nothing done. The word of a cmdlet is not believed: the database is set aside, and the run
// says so.
func moveLies(t *testing.T) {
	r := begin(t, siteLost("Move-ActiveMailboxDatabase", "lie", "")).end(1)
	r.outcome("failed")
	r.violated()
	run := r.ran("degraded")
	r.step(run, "activate/DB1", "failed")
	if !strings.Contains(run.Why, "activate/DB1") {
		t.Errorf("it does not say what was set aside: %s", run.Why)
	}
}

// refusedWithoutDAC: a rule's no is exit code 3 where nobody expected it. With DAC Off a mere loss of power is no lasting evidence:
// a server that comes back may mount at once.
func refusedWithoutDAC(t *testing.T) {
	r := begin(t, "name: dac-off\nset: {dag.activation_mode: \"Off\"}\nevents:\n  - {fail: {site: Prod}, at: start}\n  - {cut: {site: Prod}, at: start}\n  - {run: switchover, after: {seconds: 120}}\n").end(3)
	r.outcome("refused")
	r.violated()
	r.refused("fence-before-force")
	r.ran("refused")
}

// interrupted: Ctrl-C in the middle of a switchover ends everything that the drill started, and leaves a partial report.
func interrupted(t *testing.T) {
	r := begin(t, "site-loss")
	r.waitFor("▶ restore")
	r.signal(syscall.SIGINT)
	r.end(130)
	r.outcome("interrupted")
	if run := r.doc.Runs; len(run) != 1 || len(run[0].Steps) == 0 {
		t.Errorf("the partial report does not tell of the run: %+v", run)
	}
	if r.doc.ExpectMet != nil {
		t.Error("what was interrupted is judged")
	}
}

// interruptedEarly: before anything is served there is little to report, and it ends as well.
func interruptedEarly(t *testing.T) {
	r := begin(t, "site-loss")
	r.waitFor("Drill of DAG1")
	r.signal(syscall.SIGINT)
	r.end(130)
	r.outcome("interrupted")
}

// killed: nobody can clean up after SIGKILL; the system ends what the drill had started.
func killed(t *testing.T) {
	r := begin(t, "site-loss")
	r.waitFor("everything served")
	r.signal(syscall.SIGKILL)
	if err := r.cmd.Wait(); err == nil {
		t.Error("it was killed and ended well")
	}
	if err := gone(r.dir); err != nil {
		t.Error(err)
	}
}
