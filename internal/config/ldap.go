package config

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"siteswap/internal/document"
)

// LDAP says where the directory knows the extensions.
type LDAP struct {
	URL       string            `yaml:"url" need:"write the server, as in ldaps://dc.test.local" doc:"The domain controller: ldaps://, or ldap:// with start_tls."`
	StartTLS  bool              `yaml:"start_tls" doc:"Whether an ldap:// connection is secured before anybody logs in."`
	CA        string            `yaml:"ca" doc:"File with the authority of the server's certificate; those of the system unless set."`
	Base      string            `yaml:"base" need:"write the base, as in DC=test,DC=local" doc:"Where to search; for changes it has to be the naming context."`
	Filter    string            `yaml:"filter" doc:"Which entries; users with an EUM address unless set."`
	Addresses string            `yaml:"addresses" doc:"Attribute with EUM addresses; proxyAddresses unless set."`
	Server    string            `yaml:"server" doc:"Attribute that names the mailbox server; msExchHomeServerName unless set."`
	Page      int               `yaml:"page" min:"1" max:"100000" doc:"Entries in one answer; 1000 unless set, which is what Active Directory allows."`
	Changes   string            `yaml:"changes" enum:"dirsync|search" doc:"How changes are found: dirsync (unless set), which needs the right to replicate changes, or a whole search each time."`
	Every     document.Duration `yaml:"every" doc:"How often changes are asked for; 1m unless set."`
	Account   string            `yaml:"account" need:"write who searches, as in svc-um@test.local" doc:"Who searches."`
	KeyFile   string            `yaml:"key_file" doc:"File that holds the password."`
	Env       string            `yaml:"env" doc:"Environment variable that holds it."`
	Command   []string          `yaml:"command" doc:"Program that prints it, with its arguments."`
}

// ldap checks the directory. A password over a connection that everybody can read is refused here, not at the first login.
func (c *checker) ldap() {
	l := c.site.UM.LDAP
	if l == nil {
		return
	}
	c.oneSecret("um.ldap", true, l.KeyFile, l.Env, l.Command)
	u, err := url.Parse(l.URL)
	switch {
	case l.URL == "":
	case err != nil || u.Host == "" || u.Scheme != "ldap" && u.Scheme != "ldaps" || strings.Trim(u.Path, "/") != "":
		c.fail("um.ldap.url", fmt.Sprintf("%q is no LDAP server", l.URL), "write scheme and host, as in ldaps://dc.test.local")
	case u.Scheme == "ldaps" && l.StartTLS:
		c.fail("um.ldap.start_tls", "ldaps:// is secured from the start", "leave start_tls out, or write ldap://")
	case u.Scheme == "ldap" && !l.StartTLS:
		c.fail("um.ldap.url", "the password would cross the network in clear", "write ldaps://, or start_tls: true")
	}
	if l.Filter != "" && (!strings.HasPrefix(l.Filter, "(") || strings.Count(l.Filter, "(") != strings.Count(l.Filter, ")")) {
		c.fail("um.ldap.filter", fmt.Sprintf("%q is no LDAP filter", l.Filter), "write it in brackets, as in (proxyAddresses=EUM:*)")
	}
	if every := time.Duration(l.Every); every != 0 && every < time.Second {
		c.fail("um.ldap.every", every.String()+" is too often", "write 1s or more")
	}
	answers := false
	for _, s := range c.site.UM.Legacy {
		answers = answers || len(s.MailboxServers) > 0
	}
	if len(c.site.UM.Legacy) > 0 && !answers {
		c.warn("um.ldap", "no legacy server lists mailbox_servers, so every mailbox counts as current", "write at um.legacy[] which mailbox servers it answers for")
	}
}
