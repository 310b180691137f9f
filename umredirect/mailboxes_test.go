package umredirect_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"siteswap/umredirect"
)

// csvFile writes a file of n mailboxes, every third of them on the legacy server.
func csvFile(t testing.TB, n int, more ...string) umredirect.CSVFile {
	t.Helper()
	var b strings.Builder
	b.Grow(n * 16)
	homes := [3]string{"OLD", umredirect.HomeCurrent, umredirect.HomeCurrent}
	for i := range n {
		fmt.Fprintf(&b, "%07d,HQ,%s\n", i, homes[i%3])
	}
	for _, line := range more {
		b.WriteString(line + "\n")
	}
	path := filepath.Join(t.TempDir(), "um.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return umredirect.CSVFile(path)
}

// big is a table of seven-digit extensions.
func big(more umredirect.Source) umredirect.TableOptions {
	o := parts()
	o.DialPlans[0].ExtensionDigits, o.Mailboxes, o.More = 7, nil, more
	return o
}

func home(t testing.TB, tab *umredirect.Table, number string) string {
	t.Helper()
	a := umredirect.Decide(umredirect.Request{Method: "INVITE", RequestURI: "sip:" + number + "@x"}, tab, umredirect.State{Site: "Prod"})
	if len(a.Contacts) == 0 {
		return fmt.Sprint(a.Status)
	}
	return a.Contacts[0].Host
}

// One bad line in a million: the file is refused whole, with the line.
func TestMillionLinesOneBad(t *testing.T) {
	file := csvFile(t, 1_000_000, "1000000,HQ,OLDER")
	_, err := umredirect.NewTable(big(file))
	if want := string(file) + `:1000001: mailbox 1000000: no legacy server is named "OLDER"`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}

func TestBadMailboxes(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"two homes":    {"0000000,HQ,current", ":4: mailbox 0000000 of dial plan HQ has two homes, OLD and current"},
		"another plan": {"0000007,Berlin,OLD", `:4: mailbox 0000007: no dial plan is named "Berlin"`},
		"too short":    {"007,HQ,OLD", `:4: mailbox "007": an extension of dial plan HQ has 7 digits`},
		"too long":     {strings.Repeat("x", 300) + ",HQ,OLD", ":4: mailbox"},
		"no line":      {"0000007", ": line 4: 1 columns"},
	} {
		if _, err := umredirect.NewTable(big(csvFile(t, 3, c.line))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	wrong := csvFile(t, 0, strings.Split(strings.Repeat("1,HQ,OLD ", 50), " ")...)
	if _, err := umredirect.NewTable(big(wrong)); err == nil || strings.Count(err.Error(), "\n") != 10 || !strings.Contains(err.Error(), "maybe more") {
		t.Errorf("a file of wrong lines: %v, want ten of them", err)
	}
	if _, err := umredirect.NewTable(big(umredirect.CSVFile("/no/such/file"))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// What is kept makes the same table again.
func TestKeepMailboxes(t *testing.T) {
	o := parts()
	o.More = csvFile(t, 0, "2001,HQ,OLD2", "bob,HQ,OLD")
	first, err := umredirect.NewTable(o)
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(t.TempDir(), "mailboxes.csv")
	if err := first.KeepMailboxes(kept); err != nil {
		t.Fatal(err)
	}
	o.Mailboxes, o.More = nil, umredirect.CSVFile(kept)
	second, err := umredirect.NewTable(o)
	if err != nil {
		t.Fatal(err)
	}
	if first.Mailboxes() != 7 || second.Mailboxes() != 7 {
		t.Errorf("%d mailboxes, then %d; want 7", first.Mailboxes(), second.Mailboxes())
	}
	for _, number := range []string{"1001", "1002", "1003", "2001", "Bob", "ALICE", "+4989" + "2001", "1999"} {
		if a, b := home(t, first, number), home(t, second, number); a != b {
			t.Errorf("%s goes to %s, from the kept file to %s", number, a, b)
		}
	}
	if err := first.KeepMailboxes(filepath.Join(t.TempDir(), "none", "x.csv")); err == nil {
		t.Error("kept in a folder that is not there")
	}
}

// BenchmarkLoad loads a million mailboxes from a file, and says how much memory the table is.
func BenchmarkLoad(b *testing.B) {
	file := csvFile(b, 1_000_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var tab *umredirect.Table
	for b.Loop() {
		began := time.Now()
		var err error
		if tab, err = umredirect.NewTable(big(file)); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/load")
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
	runtime.KeepAlive(tab)
}
