package dnsupdate

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// GSS signs updates for zones that take secure updates only (GSS-TSIG, RFC 3645): DNS that is kept in Active Directory.
// With a password or a keytab it logs on by itself; with neither it uses the tickets of whoever runs the program: the
// credential cache that KRB5CCNAME names, or on Windows the log-on session (SSPI, which also takes a password).
type GSS struct {
	Host     string `json:"host"`            // FQDN of the server; its Kerberos principal is DNS/host
	Realm    string `json:"realm,omitempty"` // of User
	User     string `json:"user,omitempty"`
	Password Secret `json:"password"`
	Keytab   string `json:"keytab,omitempty"` // file
	Kerberos string `json:"-"`                // text of a krb5.conf; empty: the system's. Windows knows its own
}

// Validate says what is missing, without showing the password.
func (g GSS) Validate() error {
	if _, ok := dns.IsDomainName(g.Host); !ok || !strings.Contains(strings.Trim(g.Host, "."), ".") {
		return fmt.Errorf("gss host %q; give the full name of the DNS server, which its Kerberos principal has", g.Host)
	}
	if !g.Password.IsZero() && g.Keytab != "" {
		return fmt.Errorf("gss of %s has a password and a keytab; give one", g.Host)
	}
	if (!g.Password.IsZero() || g.Keytab != "") && (g.User == "" || g.Realm == "") {
		return fmt.Errorf("gss of %s has a password or a keytab, but no user or no realm; give both", g.Host)
	}
	if g.User != "" && g.Password.IsZero() && g.Keytab == "" {
		return fmt.Errorf("gss of %s names the user %s, but no password and no keytab; give one, or no user to use the tickets of whoever runs this", g.Host, g.User)
	}
	return nil
}

// KerberosConfig is the text of a krb5.conf for one realm whose key distribution centres are known by address (host or
// host:port), so that a program logs on without the site's DNS, which it may be about to change.
func KerberosConfig(realm string, centres ...string) string {
	var b strings.Builder
	domain := strings.ToLower(realm)
	fmt.Fprintf(&b, "[libdefaults]\n  default_realm = %s\n  dns_lookup_realm = false\n  dns_lookup_kdc = false\n  rdns = false\n  udp_preference_limit = 1\n", realm)
	fmt.Fprintf(&b, "[realms]\n  %s = {\n", realm)
	for _, c := range centres {
		fmt.Fprintf(&b, "    kdc = %s\n", c)
	}
	fmt.Fprintf(&b, "  }\n[domain_realm]\n  .%s = %s\n  %s = %s\n", domain, realm, domain, realm)
	return b.String()
}

// plainKerberos is what a failed log-on means, in a sentence that says what to do.
func plainKerberos(err error) string {
	text := err.Error()
	for _, k := range []struct{ part, means string }{
		{"KRB_AP_ERR_SKEW", "the clocks differ too much for Kerberos (KRB_AP_ERR_SKEW); set the clocks right, here or at the domain controller"},
		{"KDC_ERR_PREAUTH_FAILED", "the domain refuses the password or keytab (KDC_ERR_PREAUTH_FAILED); check it"},
		{"KDC_ERR_C_PRINCIPAL_UNKNOWN", "the domain does not know the account (KDC_ERR_C_PRINCIPAL_UNKNOWN); check gss user and realm"},
		{"KDC_ERR_S_PRINCIPAL_UNKNOWN", "the domain does not know the server's principal (KDC_ERR_S_PRINCIPAL_UNKNOWN); check gss host: it is the server's full name"},
		{"KDC_ERR_CLIENT_REVOKED", "the account is locked or disabled (KDC_ERR_CLIENT_REVOKED)"},
		{"KDC_ERR_KEY_EXPIRED", "the account's password has expired (KDC_ERR_KEY_EXPIRED)"},
		{"KDC_ERR_ETYPE_NOSUPP", "the domain and this program share no encryption type (KDC_ERR_ETYPE_NOSUPP)"},
		{"KRB_AP_ERR_TKT_EXPIRED", "the ticket has expired (KRB_AP_ERR_TKT_EXPIRED); get a new one: kinit"},
		{sendFailed, "no key distribution centre answers; check gss kdc"},
		{"no such file", "a Kerberos file is missing (ticket cache, keytab or krb5.conf); get a ticket with kinit, or give gss user and keytab"},
		{"BADKEY", "the server does not take our ticket (BADKEY): a wrong clock, or gss host is not its own name"},
		{"BADSIG", "the server does not take our ticket (BADSIG); check gss host"},
	} {
		if strings.Contains(text, k.part) {
			return k.means
		}
	}
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	return "the Kerberos log-on failed: " + text
}
