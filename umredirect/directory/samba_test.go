package directory_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"siteswap/internal/peers"
	"siteswap/umredirect/directory"
)

// samba is a real domain controller with a few users.
type samba struct {
	t    *testing.T
	d    *peers.Domain
	conf *tls.Config
	c    *ldap.Conn
}

const server = "department" // Samba has not the schema of Exchange, so another attribute names the mailbox server

func startSamba(t *testing.T) *samba {
	peers.Skip(t, peers.Directory, peers.Spaces)
	t.Setenv("GODEBUG", "x509negativeserial=1") // of every other certificate that Samba makes itself
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	dir := t.TempDir()
	d, err := peers.StartDomain(ctx, peers.DomainOptions{Dir: dir, Realm: "TEST.LOCAL", Controllers: []peers.Controller{{Name: "dc1"}}, Accounts: []string{"svc-um"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	s := &samba{t: t, d: d, conf: trust(t, filepath.Join(dir, "dc1", "lib", "private", "tls", "ca.pem"))}
	if s.c, err = ldap.DialURL("ldap://" + net.JoinHostPort(d.DCs[0].Listen.String(), "389")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.c.Close() })
	if err := s.c.StartTLS(s.conf); err != nil {
		t.Fatal(err)
	}
	if err := s.c.Bind("Administrator@TEST.LOCAL", d.Password("Administrator")); err != nil {
		t.Fatal(err)
	}
	return s
}

// trust is for the certificate that Samba makes itself: it names its host in a way that Go has stopped reading (no subject
// alternative name), so only its authority is checked.
func trust(t *testing.T, ca string) *tls.Config {
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in " + ca)
	}
	return &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
		_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: pool})
		return err
	}}
}

func (s *samba) add(name string, attrs map[string][]string) {
	s.t.Helper()
	r := ldap.NewAddRequest("CN="+name+",CN=Users,DC=test,DC=local", nil)
	r.Attribute("objectClass", []string{"user"})
	r.Attribute("sAMAccountName", []string{name})
	for a, v := range attrs {
		r.Attribute(a, v)
	}
	if err := s.c.Add(r); err != nil {
		s.t.Fatal(err)
	}
}

func (s *samba) replace(name, attribute string, values ...string) {
	s.t.Helper()
	r := ldap.NewModifyRequest("CN="+name+",CN=Users,DC=test,DC=local", nil)
	r.Replace(attribute, values)
	if err := s.c.Modify(r); err != nil {
		s.t.Fatal(err)
	}
}

func (s *samba) options(scheme string) directory.Options {
	port := map[string]string{"ldap": "389", "ldaps": "636"}[scheme]
	return directory.Options{URL: scheme + "://" + net.JoinHostPort(s.d.DCs[0].Listen.String(), port), StartTLS: scheme == "ldap", TLS: s.conf,
		Base: "DC=test,DC=local", Page: 2, Server: server, Account: "Administrator@TEST.LOCAL", Password: func() (string, error) { return s.d.Password("Administrator"), nil },
		Plans: []string{"HQ"}, Homes: map[string][]string{"OLD": {"EX2007-1"}}}
}

func TestSamba(t *testing.T) {
	s := startSamba(t)
	for _, n := range []string{"1001", "1002", "1003", "1004", "1005"} {
		s.add("user"+n, map[string][]string{"proxyAddresses": {"SMTP:u" + n + "@test.local", "EUM:" + n + ";phone-context=HQ.test.local"}, server: {"EX2007-1"}})
	}
	s.add("nobody", map[string][]string{server: {"EX2007-1"}})
	o := s.options("ldap")
	following := directory.New(o)
	o = s.options("ldaps")
	o.Search = true
	searching := directory.New(o)
	check := func(when string, want ...string) {
		t.Helper()
		for name, r := range map[string]*directory.Reader{"dirsync": following, "search": searching} {
			m, _ := refresh(t, r)
			if diff := cmp.Diff(want, rows(m)); diff != "" {
				t.Errorf("%s, %s: %s", name, when, diff)
			}
			if _, changed := refresh(t, r); changed {
				t.Errorf("%s, %s: changed, and nothing has", name, when)
			}
		}
	}
	check("first", "1001 OLD", "1002 OLD", "1003 OLD", "1004 OLD", "1005 OLD")
	s.replace("user1001", server, "EX2010-1")
	s.replace("user1002", "proxyAddresses", "SMTP:u1002@test.local")
	s.replace("user1003", "proxyAddresses")
	s.replace("nobody", "proxyAddresses", "EUM:1009;phone-context=HQ.test.local")
	if err := s.c.Del(ldap.NewDelRequest("CN=user1004,CN=Users,DC=test,DC=local", nil)); err != nil {
		t.Fatal(err)
	}
	check("after changes", "1001 current", "1005 OLD", "1009 OLD")

	o = s.options("ldap")
	o.Account, o.Password = "svc-um@TEST.LOCAL", func() (string, error) { return s.d.Password("svc-um"), nil }
	if _, _, err := directory.New(o).Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "right to replicate") {
		t.Errorf("DirSync without the right to it: %v", err)
	}
	o.Search = true
	if m, _ := refresh(t, directory.New(o)); len(m.Rows) != 3 {
		t.Errorf("a search without rights: %v", m)
	}
	s.d.DCs[0].Samba.Kill()
	if _, changed, err := following.Refresh(t.Context()); err == nil || changed {
		t.Errorf("of a dead server: changed %t, %v", changed, err)
	}
}
