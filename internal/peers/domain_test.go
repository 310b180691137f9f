package peers_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/miekg/dns"

	"siteswap/internal/peers"
)

func at(dc *peers.DC) netip.AddrPort { return dc.Address() }

// Two controllers that replicate; records belong to the account that made them.
func TestDomain(t *testing.T) {
	peers.Skip(t, peers.Directory, peers.Spaces)
	ctx := bounded(t)
	began := time.Now()
	d, err := peers.StartDomain(ctx, peers.DomainOptions{Dir: t.TempDir(), Realm: "TEST.LOCAL", Accounts: []string{"svc-siteswap", "other"},
		Controllers: []peers.Controller{{Name: "dc1"}, {Name: "dc2"}}, Progress: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	closes(t, d)
	t.Logf("started in %s", time.Since(began))
	if err := d.Update(ctx, 0, "svc-siteswap", "test.local", "add mail.test.local 60 A 10.0.1.10"); err != nil {
		t.Fatal(err)
	}
	if got := lookup(t, at(d.DCs[0]), "mail.test.local"); got != "10.0.1.10" {
		t.Fatalf("at the controller that was written: %q", got)
	}
	began = time.Now()
	for lookup(t, at(d.DCs[1]), "mail.test.local") == "" {
		if time.Since(began) > 30*time.Second {
			t.Fatalf("not replicated after %s", time.Since(began))
		}
	}
	t.Logf("replicated after %s", time.Since(began))
	if err := d.Update(ctx, 0, "other", "test.local", "delete mail.test.local A"); err == nil {
		t.Error("an account changes another one's record")
	}
	ticket := filepath.Join(t.TempDir(), "ticket")
	if err := d.Ticket(ctx, "svc-siteswap", ticket); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(ticket); err != nil || st.Size() == 0 {
		t.Errorf("no ticket: %v", err)
	}
	if err := d.DCs[1].Host.Unplug(); err != nil {
		t.Fatal(err)
	}
	m := new(dns.Msg)
	m.SetQuestion("mail.test.local.", dns.TypeA)
	if _, _, err := (&dns.Client{Timeout: 500 * time.Millisecond}).Exchange(m, at(d.DCs[1]).String()); err == nil {
		t.Error("an unplugged controller answers")
	}
}

func TestFileServer(t *testing.T) {
	peers.Skip(t, peers.Files)
	ctx := bounded(t)
	dir := t.TempDir()
	s, err := peers.StartFiles(ctx, peers.FilesOptions{Dir: dir, Listen: ports(t, 1)[0], Users: map[string]string{"witness": "Passw0rd.1"},
		Shares: []peers.Share{{Name: "witness", Path: filepath.Join(dir, "share")}}})
	if err != nil {
		t.Fatal(err)
	}
	closes(t, s)
	s.Kill()
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if s.PID() == 0 {
		t.Error("it does not run")
	}
}
