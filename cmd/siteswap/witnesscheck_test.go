package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"siteswap/internal/config"
	"siteswap/internal/peers"
)

// Against a real file server: a share that can be used, and one whose account is refused; both are told, with what to do.
func TestWitnessCheckAsksTheShares(t *testing.T) {
	peers.Skip(t, peers.Files, peers.Spaces)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := t.TempDir()
	at, err := peers.Ports(1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := peers.StartFiles(ctx, peers.FilesOptions{Dir: filepath.Join(dir, "smbd"), Listen: at[0], Users: map[string]string{"witness": "Good.1"},
		Shares: []peers.Share{{Name: "DAG1.test.local", Path: filepath.Join(dir, "share")}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, text := config.Reference()
	server := func(name, secret string) string {
		return "{server: " + name + ", address: '" + s.Addr.String() + "', smb: {user: witness, env: " + secret + "}, "
	}
	site := strings.NewReplacer("{server: dc.test.local, ", server("dc.test.local", "GOOD"), "{server: dc-dr.test.local, ", server("dc-dr.test.local", "BAD")).Replace(string(text))
	file := filepath.Join(dir, "siteswap.yaml")
	if err := os.WriteFile(file, []byte(site), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOD", "Good.1")
	t.Setenv("BAD", "Wrong.1")
	var out, errs bytes.Buffer
	if code := run(ctx, []string{"witness", "check", "--lock", "--json", "--config", file}, strings.NewReader(""), &out, &errs); code != exitFailed {
		t.Fatalf("exit code %d: %s %s", code, out.String(), errs.String())
	}
	var found []witnessFound
	if err := json.Unmarshal(out.Bytes(), &found); err != nil || len(found) != 2 {
		t.Fatalf("%v: %s", err, out.String())
	}
	if f := found[0]; !f.Usable || f.Share != "DAG1.test.local" || f.Free == nil || f.Log == nil || *f.Log {
		t.Errorf("the primary: %+v", f)
	}
	if f := found[1]; f.Usable || !strings.Contains(f.Why, "Logon failure") || !strings.Contains(f.Why, "check the account witness") {
		t.Errorf("the alternate: %+v", f)
	}
	if all := out.String() + errs.String(); strings.Contains(all, "Wrong.1") || strings.Contains(all, "Good.1") {
		t.Errorf("a secret is printed: %s", all)
	}
	out.Reset()
	if code := run(ctx, []string{"witness", "check", "--config", file}, strings.NewReader(""), &out, &errs); code != exitFailed || !strings.Contains(out.String(), "✗ alternate") {
		t.Errorf("exit code %d: %s", code, out.String())
	}
	t.Log(out.String())
}
