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
)

// hold opens witness.log as a cluster does, shared with nobody, and says so.
const hold = `
import sys, time
from samba import credentials, param
from samba.samba3 import libsmb_samba_internal as libsmb, param as s3param
open(sys.argv[3], "w").write("[global]\nworkgroup = WITNESS\nnetbios name = MEMBER\n")
lp = s3param.get_context(); lp.load(sys.argv[3])
c = credentials.Credentials(); c.guess(lp); c.set_username("witness"); c.set_password(sys.argv[2]); c.set_domain("WITNESS")
conn = libsmb.Conn(sys.argv[1], "witness", lp=lp, creds=c)
conn.create("witness.log", DesiredAccess=0x3, ShareAccess=0, CreateDisposition=3)
print("held", flush=True)
time.sleep(600)
`

// two hosts: a server, and a member of the cluster.
func twoHosts(t *testing.T) (n *peers.Network, server, member *peers.Host) {
	t.Helper()
	peers.Skip(t, peers.Files, peers.Spaces)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	n, err := peers.NewNetwork(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	if server, err = n.Host(ctx); err == nil {
		member, err = n.Host(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n, server, member
}

// dialFunc is a Dialer.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func (f dialFunc) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return f(ctx, network, address)
}

// A witness.log that a cluster holds is seen to be locked; when the holder dies it is free at once, when the holder's cable is
// out it is free as soon as the server has noticed.
func TestLocked(t *testing.T) {
	n, server, member := twoHosts(t)
	_, target, _ := files(t, server)
	at := target("witness")
	found := func() witness.Found {
		return witness.ProbeShare(context.Background(), dialFunc(n.Dial), at, *at.SMB, patience)
	}
	locked := func(f witness.Found) bool { return f.Locked != nil && *f.Locked }
	for name, end := range map[string]func(*peers.Server) error{
		"dies":      func(s *peers.Server) error { s.Kill(); return nil },
		"unplugged": func(*peers.Server) error { return member.Unplug() },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			script := filepath.Join(dir, "hold.py")
			if err := os.WriteFile(script, []byte(hold), 0o600); err != nil {
				t.Fatal(err)
			}
			holder, err := member.Program(context.Background(), dir, "held", "python3", script, server.Addr.String(), password, filepath.Join(dir, "smb.conf"))
			if err != nil {
				t.Fatal(err)
			}
			defer holder.Close()
			if f := found(); !locked(f) || !f.Log {
				t.Fatalf("held by a cluster: %+v", f)
			}
			if err := end(holder); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			for f := found(); f.Locked == nil || *f.Locked; f = found() {
				if time.Since(began) > 30*time.Second {
					t.Fatalf("still locked after %s: %+v", time.Since(began), f)
				}
			}
			t.Logf("free %s after the holder %s", time.Since(began).Round(time.Millisecond), name)
			if err := member.Plug(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A claim from a host whose cable is out ends in time and claims nothing that it could not know of; made again it is Done.
func TestClaimUnplugged(t *testing.T) {
	_, server, member := twoHosts(t)
	_, target, _ := files(t, server)
	at := target("witness")
	store := witness.OnShare{Dialer: dialFunc(member.Dial), Target: at, SMB: *at.SMB, Timeout: 2 * time.Second}
	if err := member.Unplug(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	got := witness.NewRegister(store).Claim(context.Background(), 1, "a")
	if got.Result != witness.Unknown || !strings.Contains(got.Why, "claim again") {
		t.Errorf("unplugged: %+v", got)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	if err := member.Plug(); err != nil {
		t.Fatal(err)
	}
	store.Timeout = patience
	if got := witness.NewRegister(store).Claim(context.Background(), 1, "a"); got.Result != witness.Done {
		t.Errorf("plugged in again: %+v", got)
	}
}

// A claim whose server dies in it is known when the server is back.
func TestClaimServerDies(t *testing.T) {
	s, target, _ := files(t, nil)
	at := target("witness")
	store := witness.OnShare{Dialer: &net.Dialer{}, Target: at, SMB: *at.SMB, Timeout: 2 * time.Second}
	s.Kill()
	if got := witness.NewRegister(store).Claim(context.Background(), 1, "a"); got.Result != witness.Unknown {
		t.Errorf("a dead server: %+v", got)
	}
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	store.Timeout = patience
	if got := witness.NewRegister(store).Claim(context.Background(), 1, "a"); got.Result != witness.Done {
		t.Errorf("the server is back: %+v", got)
	}
}

// Kerberos: password and keytab, at a domain controller's own share; a wrong clock is named.
func TestShareKerberos(t *testing.T) {
	peers.Skip(t, peers.Directory, peers.Spaces)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	dir := t.TempDir()
	d, err := peers.StartDomain(ctx, peers.DomainOptions{Dir: filepath.Join(dir, "domain"), Realm: "TEST.LOCAL", Accounts: []string{"svc-siteswap", "other"},
		Controllers: []peers.Controller{{Name: "dc1"}, {Name: "dc2"}}, Shares: []peers.Share{{Name: "DAG1.test.local", Path: filepath.Join(dir, "share")}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	probe := func(k witness.Kerberos, password string) witness.Found {
		k.Config, k.Realm = d.KRB5(), d.Realm()
		target := witness.Target{Server: d.DCs[0].FQDN, Address: net.JoinHostPort(d.DCs[0].Listen.String(), "445")}
		s := witness.SMB{Share: "DAG1.test.local", Login: witness.Login{User: "svc-siteswap", Password: func() string { return password }, Kerberos: &k}}
		return witness.ProbeShare(ctx, &net.Dialer{}, target, s, 20*time.Second)
	}
	ticket := filepath.Join(dir, "ticket")
	if err := d.Ticket(ctx, "svc-siteswap", ticket); err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]witness.Kerberos{"password": {}, "keytab": {Keytab: d.Keytab("svc-siteswap")}, "credential cache": {CCache: ticket}} {
		if f := probe(k, d.Password("svc-siteswap")); f.Trouble != nil || !f.Writable {
			t.Errorf("%s: %+v %v", name, f, f.Trouble)
		}
	}
	if f := probe(witness.Kerberos{}, "wrong"); f.Trouble == nil || !strings.Contains(f.Trouble.String(), "Logon failure") {
		t.Errorf("a wrong password: %v", f.Trouble)
	}
}
