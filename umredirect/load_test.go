package umredirect_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"siteswap/umredirect"
)

// A redirector that starts while its mailboxes are bad or gone answers as before.
func TestLoadTable(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "mailboxes.csv")
	if _, _, err := umredirect.LoadTable(big(umredirect.CSVFile("/no/such/file")), kept); err == nil || !strings.Contains(err.Error(), "/no/such/file") {
		t.Errorf("nothing to be had, nothing kept: %v", err)
	}
	first, stale, err := umredirect.LoadTable(big(csvFile(t, 5)), kept)
	if err != nil || stale != nil {
		t.Fatal(stale, err)
	}
	for name, source := range map[string]umredirect.CSVFile{"gone": "/no/such/file", "bad": csvFile(t, 4, "0000009,HQ,NOBODY")} {
		tab, stale, err := umredirect.LoadTable(big(source), kept)
		if err != nil || stale == nil || !strings.Contains(stale.Error(), string(source)) {
			t.Fatalf("%s: %v, %v", name, stale, err)
		}
		for _, number := range []string{"0000000", "0000001", "0000004"} {
			if a, b := home(t, first, number), home(t, tab, number); a != b || tab.Mailboxes() != 5 {
				t.Errorf("%s: %s goes to %s, before to %s; %d mailboxes", name, number, b, a, tab.Mailboxes())
			}
		}
	}
	// A plan that is gone from the site file is no reason to guess.
	o := big(umredirect.CSVFile("/no/such/file"))
	o.DialPlans[0].Name = "Berlin"
	if _, _, err := umredirect.LoadTable(o, kept); err == nil || !strings.Contains(err.Error(), "Berlin") && !strings.Contains(err.Error(), "HQ") {
		t.Errorf("kept mailboxes of another plan: %v", err)
	}
	if tab, stale, err := umredirect.LoadTable(big(csvFile(t, 5)), filepath.Join(t.TempDir(), "none", "x.csv")); err != nil || stale == nil || tab.Mailboxes() != 5 {
		t.Errorf("a folder that is not there: %v, %v", stale, err)
	}
}

func TestWatchFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "um.csv")
	write := func(text string, at int64) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Unix(at, 0), time.Unix(at, 0)); err != nil {
			t.Fatal(err)
		}
	}
	write("a", 1)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var changes atomic.Int32
		go umredirect.WatchFile(ctx, path, time.Second, func() { changes.Add(1) })
		look := func(what string, want int) {
			t.Helper()
			time.Sleep(1100 * time.Millisecond)
			synctest.Wait()
			if n := int(changes.Load()); n != want {
				t.Errorf("%s: %d changes, want %d", what, n, want)
			}
		}
		look("nothing happened", 0)
		write("b", 2)
		look("another time", 1)
		write("bb", 2)
		look("another size", 2)
		os.Remove(path)
		look("gone", 2)
		write("bb", 2)
		look("the same again", 2)
		write("c", 3)
		look("another one", 3)
	})
}
