package peers

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Realm is the domain's Kerberos realm.
func (d *Domain) Realm() string { return d.realm }

// Password is that of an account, or of Administrator.
func (d *Domain) Password(account string) string { return d.secrets[account] }

// Keytab is the file with an account's keys.
func (d *Domain) Keytab(account string) string {
	return filepath.Join(d.dir, account+".keytab")
}

// KRB5 is the text of a krb5.conf for clients on this machine: it names the controllers' loopback addresses.
func (d *Domain) KRB5() string {
	var at []string
	for _, dc := range d.DCs {
		at = append(at, dc.Listen.String())
	}
	return krb5(d.realm, at)
}

func krb5(realm string, kdcs []string) string {
	domain := strings.ToLower(realm)
	text := "[libdefaults]\n  default_realm = " + realm + "\n  dns_lookup_realm = false\n  dns_lookup_kdc = false\n  rdns = false\n" +
		"  udp_preference_limit = 1\n[realms]\n  " + realm + " = {\n"
	for _, k := range kdcs {
		text += "    kdc = " + k + ":88\n"
	}
	return text + "  }\n[domain_realm]\n  ." + domain + " = " + realm + "\n  " + domain + " = " + realm + "\n"
}

// kerberos is the environment of programs on the controllers' hosts.
func (d *Domain) kerberos() []string {
	var at []string
	for _, dc := range d.DCs {
		at = append(at, dc.Host.Addr.String())
	}
	path := filepath.Join(d.dir, "krb5.conf")
	if err := os.WriteFile(path, []byte(krb5(d.realm, at)), 0o600); err != nil {
		return nil
	}
	return []string{"KRB5_CONFIG=" + path}
}

// Ticket puts an account's ticket into a credential cache.
func (d *Domain) Ticket(ctx context.Context, account, file string) error {
	if _, err := run(ctx, "", d.kerberos(), d.DCs[0].Host.inside("kinit", "-k", "-t", d.Keytab(account), "-c", "FILE:"+file, account+"@"+d.realm)...); err != nil {
		return fmt.Errorf("a ticket for %s: %w", account, err)
	}
	return nil
}

// Update changes records at one controller as an account, which owns what it adds: lines are as for nsupdate, without
// "update", "add mail.test.local 60 A 10.0.1.10". Each name gets an update of its own: of several new names in one, Samba's plug-in makes
// only the last as the account, and the others as the system, so that the account may not change them later.
func (d *Domain) Update(ctx context.Context, dc int, account, zone string, lines ...string) error {
	ticket := filepath.Join(d.dir, account+".ticket")
	if err := d.Ticket(ctx, account, ticket); err != nil {
		return err
	}
	script, last := "server "+d.DCs[dc].FQDN+"\n", ""
	for _, l := range lines {
		words := strings.Fields(l)
		if len(words) < 2 {
			return fmt.Errorf("update of %s: %q names no record", zone, l)
		}
		if words[1] != last {
			if last != "" {
				script += "send\n"
			}
			script, last = script+"zone "+dns.Fqdn(zone)+"\n", words[1]
		}
		script += "update " + l + "\n"
	}
	env := append(d.kerberos(), "KRB5CCNAME=FILE:"+ticket)
	if _, err := run(ctx, script+"send\n", env, d.DCs[dc].Host.inside("nsupdate", "-g")...); err != nil {
		return fmt.Errorf("update of %s as %s: %w", zone, account, err)
	}
	return nil
}

// Converged waits until every controller answers alike for a name that exists.
func (d *Domain) Converged(ctx context.Context, name string) error {
	for {
		var seen []string
		for _, dc := range d.DCs {
			seen = append(seen, addresses(ctx, dc.Address(), name))
		}
		if seen[0] != "" && !slices.ContainsFunc(seen, func(s string) bool { return s != seen[0] }) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s differs at the domain controllers (%s): %w", name, strings.Join(seen, " | "), ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// addresses are what a server answers for a name, A and AAAA, sorted, in one text.
func addresses(ctx context.Context, at netip.AddrPort, name string) string {
	var out []string
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		m := new(dns.Msg)
		m.SetQuestion(dns.Fqdn(name), kind)
		in, _, err := (&dns.Client{Timeout: 2 * time.Second}).ExchangeContext(ctx, m, at.String())
		if err != nil {
			return ""
		}
		for _, rr := range in.Answer {
			if t := rr.Header().Rrtype; t == kind {
				out = append(out, strings.TrimPrefix(rr.String(), rr.Header().String()))
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
