package peers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/miekg/dns"
)

// enclosed runs a program on the controller's host, with the controller's folders mounted over the machine's.
func (d *DC) enclosed(argv ...string) []string {
	return d.Host.inside(append([]string{"sh", "-c", mounts(d.dir) + "exec \"$@\"", "sh"}, argv...)...)
}

// samba prepares the domain controller's own processes. It is ready when LDAP, Kerberos and SMB take connections.
func (d *DC) samba(c Controller, shares []Share) error {
	env, err := faked(c.Skew)
	if err != nil {
		return err
	}
	if err := d.settings(shares); err != nil {
		return err
	}
	d.Samba = &Server{name: "samba on " + d.Name, spec: command{name: "samba", env: nil, log: filepath.Join(d.dir, "samba.log"),
		argv: d.enclosed(append(append([]string{"env"}, env...), "samba", "-F", "--no-process-group", "-M", "prefork")...)}}
	d.Samba.ready = func(ctx context.Context) error {
		for _, port := range []string{"389", "88", "445"} {
			if err := d.listens(ctx, port); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

func (d *DC) listens(ctx context.Context, port string) error {
	c, err := d.Host.Dial(ctx, "tcp", net.JoinHostPort(d.Host.Addr.String(), port))
	if err == nil {
		c.Close()
	}
	return err
}

// named prepares the DNS server of the controller: its zones lie in the directory, and it takes updates that are signed with
// a Kerberos ticket (GSS-TSIG, RFC 3645) and allowed by the record's own rights.
func (d *DC) named() error {
	found, err := filepath.Glob(plugin)
	if err != nil || len(found) == 0 {
		return fmt.Errorf("%s: not installed; `make deps` as root installs it", filepath.Base(plugin))
	}
	dir := filepath.Join(d.dir, "named")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("named on %s: %w", d.Name, err)
	}
	text := fmt.Sprintf("options { directory %q; listen-on { %s; }; listen-on-v6 { none; }; recursion no; pid-file none; session-keyfile %q;\n", dir, d.Host.Addr, filepath.Join(dir, "session.key")) +
		fmt.Sprintf(" dnssec-validation no; minimal-responses yes; notify no; managed-keys-directory %q; tcp-clients 400; tkey-gssapi-keytab \"/var/lib/samba/bind-dns/dns.keytab\"; };\n", dir) +
		fmt.Sprintf("controls { };\ndlz \"AD\" { database \"dlopen %s\"; };\n", found[0])
	if err := write(dir, "named.conf", text); err != nil {
		return err
	}
	d.Named = &Server{name: "named on " + d.Name, spec: command{name: "named", log: filepath.Join(dir, "named.log"),
		argv: d.enclosed("env", "KRB5_CONFIG=/var/lib/samba/private/krb5.conf", "named", "-g", "-n", "2", "-c", filepath.Join(dir, "named.conf"))}}
	d.Named.ready = func(ctx context.Context) error { return d.resolves(ctx) }
	return nil
}

// resolves: the controller's DNS server knows the controller.
func (d *DC) resolves(ctx context.Context) error {
	c, err := d.Host.Dial(ctx, "tcp", net.JoinHostPort(d.Host.Addr.String(), "53"))
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(d.FQDN), dns.TypeA)
	in, _, err := (&dns.Client{Net: "tcp"}).ExchangeWithConn(m, &dns.Conn{Conn: c})
	if err != nil {
		return err
	}
	if in.Rcode != dns.RcodeSuccess || len(in.Answer) == 0 {
		return errors.New("it does not know " + d.FQDN + " yet")
	}
	return nil
}

// certified waits until the controller has its certificate, which it makes once and then keeps.
func (d *DC) certified(ctx context.Context) error {
	for {
		if _, err := os.Stat(filepath.Join(d.dir, "lib", "private", "tls", "cert.pem")); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s made no certificate: %w", d.Name, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
