package main

import (
	"bytes"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"siteswap/internal/config"
	"siteswap/umredirect"
	"siteswap/umredirect/directory"
	"siteswap/umredirect/mailbox"
)

// fromDirectory is the reference design with its mailboxes in a directory.
func fromDirectory(t *testing.T) *config.Site {
	t.Helper()
	site, problems := config.Parse(config.Reference())
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	site.UM.Mailboxes, site.UM.LDAP = nil, &config.LDAP{URL: "ldaps://dc.test.local", Account: "svc", Env: "NOTHING"}
	return site
}

// A directory that says what cannot be right changes nothing; what it said last is there at the next start, whatever became
// of it since.
func TestDirectoryTakesEffectWhole(t *testing.T) {
	site, dir := fromDirectory(t), t.TempDir()
	kept := filepath.Join(dir, "mailboxes.csv")
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	first, err := loadMailboxes(site, dir, log)
	if err != nil || first.Mailboxes() != 0 {
		t.Fatalf("without a directory: %v, %v", first, err)
	}
	srv, err := umredirect.New(umredirect.Options{Table: first, Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, TagKey: make([]byte, 16)})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	good := directory.Mailboxes{Rows: []mailbox.Row{{Extension: "1001", DialPlan: "HQ", Home: "EX2007-UM"}, {Extension: "1003", DialPlan: "HQ", Home: "current"}}}
	takeDirectory(srv, site, good, kept, log)
	for name, bad := range map[string]directory.Mailboxes{
		"has two homes":           {Rows: append(good.Rows[:2:2], mailbox.Row{Extension: "1001", DialPlan: "HQ", Home: "current"})},
		"extension of dial plan":  {Rows: []mailbox.Row{{Extension: "10", DialPlan: "HQ", Home: "current"}}},
		"no legacy server is nam": {Rows: []mailbox.Row{{Extension: "1001", DialPlan: "HQ", Home: "GONE"}}},
	} {
		said.Reset()
		takeDirectory(srv, site, bad, kept, log)
		if !strings.Contains(said.String(), name) || !strings.Contains(said.String(), "the table in force stays") {
			t.Errorf("%s: %s", name, said.String())
		}
		if raw, err := os.ReadFile(kept); err != nil || strings.Count(string(raw), "\n") < 2 {
			t.Errorf("%s: kept %q, %v", name, raw, err)
		}
	}
	again, err := loadMailboxes(site, dir, log)
	if err != nil || again.Mailboxes() != 2 {
		t.Fatalf("after a restart: %v, %v", again, err)
	}
	if a := umredirect.Decide(umredirect.Request{RequestURI: "sip:1001@x"}, again, umredirect.State{}); len(a.Contacts) != 1 || a.Contacts[0].Host != "ex2007-um.test.local" {
		t.Errorf("after a restart: %+v", a)
	}
	if err := os.WriteFile(kept, []byte("1001,HQ,NOBODY\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	said.Reset()
	if last, err := loadMailboxes(site, dir, log); err != nil || last.Mailboxes() != 0 || !strings.Contains(said.String(), "cannot be used") {
		t.Errorf("with a damaged file: %v, %v, %s", last, err, said.String())
	}
}
