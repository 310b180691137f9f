package witness_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"siteswap/internal/peers"
	"siteswap/witness"
	"siteswap/witness/witnesstest"
)

func TestMemory(t *testing.T) {
	witnesstest.Run(t, func(*testing.T) witness.Store { return &witness.Memory{} })
}

func TestDirectory(t *testing.T) {
	witnesstest.Run(t, func(t *testing.T) witness.Store { return witness.Directory{Path: t.TempDir()} })
}

func FuzzParseClaim(f *testing.F) {
	f.Add(uint64(1), []byte("siteswap register 1\ngeneration 1\ntoken a\n"))
	f.Add(uint64(2), []byte(""))
	f.Fuzz(func(t *testing.T, g uint64, b []byte) {
		if token, err := witness.ParseClaim(g, b); err == nil && (token == "" || strings.ContainsAny(string(token), " \n")) {
			t.Errorf("%q is a token of %q", token, b)
		}
	})
}

func FuzzParseStart(f *testing.F) {
	f.Add(make([]byte, 130))
	f.Add([]byte("\xfeSMB"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if at, err := witness.ParseStart(b); err != nil && !at.IsZero() {
			t.Errorf("a time with an error: %s", at)
		}
	})
}

const password = "Passw0rd.1"

// files starts smbd with the shares of these tests, and gives a target with an account for each.
func files(t *testing.T, host *peers.Host) (*peers.FileServer, func(share string) witness.Target, string) {
	t.Helper()
	peers.Skip(t, peers.Files, peers.Spaces)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	dir := t.TempDir()
	at, err := peers.Ports(1)
	if err != nil {
		t.Fatal(err)
	}
	path := func(name string) string { return filepath.Join(dir, "shares", name) }
	s, err := peers.StartFiles(ctx, peers.FilesOptions{Dir: dir, Listen: at[0], Host: host, Users: map[string]string{"witness": password},
		Shares: []peers.Share{{Name: "witness", Path: path("witness")}, {Name: "readonly", Path: path("readonly"), ReadOnly: true},
			{Name: "others", Path: path("others"), Users: []string{"root"}}, {Name: "full", Path: path("full"), MiB: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := os.MkdirAll(filepath.Join(path("witness"), "DAG1"), 0o755); err != nil {
		t.Fatal(err)
	}
	return s, func(share string) witness.Target {
		return witness.Target{Server: "dc.test.local", Address: s.Addr.String(), SMB: &witness.SMB{Share: share, Lock: true,
			Login: witness.Login{User: "witness", Password: func() string { return password }}}}
	}, dir
}

const patience = 10 * time.Second

func TestShareProbe(t *testing.T) {
	s, target, dir := files(t, nil)
	probe := func(target witness.Target) witness.Found {
		return witness.ProbeShare(context.Background(), &net.Dialer{}, target, *target.SMB, patience)
	}
	good := target("witness")
	good.SMB.Directory = `DAG1`
	f := probe(good)
	if f.Trouble != nil || !f.Reachable || !f.LoggedIn || !f.Share || !f.Directory || !f.Writable || f.Log || f.Free == nil || *f.Free < 1<<20 {
		t.Fatalf("a good witness: %+v", f)
	}
	if st := witness.Probe(context.Background(), &net.Dialer{}, good, patience); !st.Usable {
		t.Errorf("Probe: %+v", st)
	}
	left, err := os.ReadDir(filepath.Join(dir, "shares", "witness", "DAG1"))
	if err != nil || len(left) != 0 {
		t.Errorf("the probe left %v (%v)", left, err)
	}
	wrong := target("witness")
	wrong.SMB.Login.Password = func() string { return "another" }
	missing := target("witness")
	missing.SMB.Directory = "DAG2"
	nobody := good
	nobody.Address = "127.0.0.1:1"
	for name, c := range map[string]struct {
		target witness.Target
		says   []string
	}{
		"wrong password": {wrong, []string{"Logon failure", "1326", "check the account witness"}},
		"no share":       {target("nothing"), []string{"network name cannot be found", "67", "make the directory and the share"}},
		"not allowed":    {target("others"), []string{"Access is denied", "error 5", "Exchange Trusted Subsystem"}},
		"no directory":   {missing, []string{"unable to create the default witness directory", "DAG2"}},
		"read only":      {target("readonly"), []string{"Access is denied", "writing into directory"}},
		"full disk":      {target("full"), []string{"not enough space", "112"}},
		"nobody there":   {nobody, []string{"The network path was not found", "error 53", "TCP 445"}},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "full disk" {
				// The disk is a file system of the server's own mount namespace; it is filled through the share.
				fill(t, c.target)
			}
			f := probe(c.target)
			if f.Trouble == nil {
				t.Fatalf("no trouble: %+v", f)
			}
			for _, want := range c.says {
				if !strings.Contains(f.Trouble.String(), want) {
					t.Errorf("%q does not say %q", f.Trouble, want)
				}
			}
			if strings.Contains(f.Trouble.String(), password) {
				t.Error("it shows the password")
			}
		})
	}
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	f = witness.ProbeShare(context.Background(), &net.Dialer{}, good, *good.SMB, time.Second)
	if f.Trouble == nil || time.Since(began) > 5*time.Second {
		t.Errorf("a silent server: %+v after %s", f, time.Since(began))
	}
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
}

// fill writes until the disk is full.
func fill(t *testing.T, target witness.Target) {
	t.Helper()
	store := witness.OnShare{Dialer: &net.Dialer{}, Target: target, SMB: *target.SMB}
	for i := 0; i < 20; i++ {
		if err := store.Create(context.Background(), "fill-"+string(rune('a'+i)), make([]byte, 256<<10)); err != nil {
			return
		}
	}
	t.Fatal("the disk does not fill")
}

func TestShareRegister(t *testing.T) {
	_, target, dir := files(t, nil)
	n := 0
	witnesstest.Run(t, func(t *testing.T) witness.Store {
		n++
		at := target("witness")
		at.SMB.Directory = "register" + string(rune('a'+n))
		if err := os.MkdirAll(filepath.Join(dir, "shares", "witness", at.SMB.Directory), 0o755); err != nil {
			t.Fatal(err)
		}
		return witness.OnShare{Dialer: &net.Dialer{}, Target: at, SMB: *at.SMB}
	})
}
