package main

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"siteswap/internal/umload"
)

// What this process and its children use is seen from outside.
func TestProcessFigures(t *testing.T) {
	if _, err := os.Stat("/proc/self/schedstat"); err != nil {
		t.Skip("no schedstat here")
	}
	before := cpu(os.Getpid())
	for n, began := 0, time.Now(); time.Since(began) < 20*time.Millisecond; n++ {
	}
	if used := cpu(os.Getpid()) - before; used <= 0 || used > 10*time.Second {
		t.Errorf("used %v", used)
	}
	if rss, pss := memory(os.Getpid()); rss < 1 || pss <= 0 || pss > rss {
		t.Errorf("RSS %v MiB, PSS %v MiB", rss, pss)
	}
	if n := len(tree(os.Getpid())); n < 1 {
		t.Errorf("%d processes", n)
	}
}

// result is a row as a measurement leaves it.
func result(name string, mailboxes int, us, p99, highest, rss float64, wrong int) *row {
	s := []sample{{umload.Report{Answered: 1000, Took: time.Second, P99: time.Duration(p99) * time.Microsecond, Wrong: wrong, First: "SIP/2.0 200"}, us}}
	there := new(umload.Histogram)
	there.Add(s[0].report.P99)
	return &row{server: &server{name: name, mailboxes: mailboxes}, closed: s, paced: s, arrived: there, highest: highest, rss: rss}
}

// Each target is held to, and a wrong answer is no figure but an error.
func TestTargets(t *testing.T) {
	good := []*row{result("siteswap", 100, 8, 200, 0, 10, 0), result("siteswap", compared, 8, 200, 90_000, 20, 0), result("siteswap", 1_000_000, 9, 200, 0, 100, 0),
		result("kamailio", compared, 14, 600, 60_000, 10, 0), result("echo, Go", 1, 7.5, 100, 0, 5, 0)}
	text, err := printed(t, good)
	if err != nil || strings.Contains(text, "MISSED") || strings.Count(text, ": met") != 7 {
		t.Errorf("%v\n%s", err, text)
	}
	bad := []*row{result("siteswap", 100, 5, 200, 0, 10, 0), result("siteswap", compared, 13, 500, 61_000, 20, 0), result("siteswap", 1_000_000, 9, 200, 0, 200, 0),
		result("kamailio", compared, 14, 600, 60_000, 10, 0), result("echo, Go", 1, 7.5, 100, 0, 5, 0)}
	if text, _ = printed(t, bad); strings.Count(text, "MISSED") != 7 {
		t.Errorf("seven targets are missed:\n%s", text)
	}
	if _, err := printed(t, []*row{result("siteswap", compared, 8, 200, 90_000, 20, 1)}); err == nil || !strings.Contains(err.Error(), "wrong answers") {
		t.Errorf("a wrong answer: %v", err)
	}
}

// A machine that changes its pace between rounds does not change a ratio.
func TestRatio(t *testing.T) {
	used := func(us ...float64) (out []sample) {
		for _, u := range us {
			out = append(out, sample{cpu: u})
		}
		return out
	}
	if got := ratio(used(8, 4, 8, 4, 4), used(6.4, 3.2, 6.4, 3.2, 3.2), sample.used); got != 1.25 {
		t.Errorf("%v, want 1.25", got)
	}
	if got := ratio(used(8), used(0), sample.used); got != 0 {
		t.Errorf("%v of nothing", got)
	}
}

// printed is what print writes.
func printed(t *testing.T, rows []*row) (string, error) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	real := os.Stdout
	os.Stdout = w
	failed := print(rows)
	os.Stdout = real
	w.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), failed
}
