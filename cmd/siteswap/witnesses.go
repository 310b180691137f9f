package main

import (
	"fmt"
	"net"
	"os"
	"strconv"

	"siteswap/dnsupdate"
	"siteswap/internal/act"
	"siteswap/internal/config"
	"siteswap/witness"
)

// smbPort is where a witness's share is, unless the site file gives an address.
const smbPort = 445

// witnessProbes are the primary and the alternate, with the accounts that the site file gives for their shares.
func witnessProbes(site *config.Site) ([]act.WitnessProbe, error) {
	t := site.Topology()
	var out []act.WitnessProbe
	for _, w := range []*config.Witness{&site.DAG.Witness, site.DAG.AlternateWitness} {
		if w == nil || !w.Address.IsValid() && w.SMB == nil {
			continue
		}
		target, err := witnessTarget(site, w)
		if err != nil {
			return nil, err
		}
		out = append(out, act.WitnessProbe{Site: t.SiteIndex(w.Site), Target: target})
	}
	return out, nil
}

// witnessTarget is a witness of the site file, with its account if it has one.
func witnessTarget(site *config.Site, w *config.Witness) (witness.Target, error) {
	target := witness.Target{Server: w.Server, Address: w.Address.String()}
	if !w.Address.IsValid() {
		target.Address = net.JoinHostPort(w.Server, strconv.Itoa(smbPort))
	}
	if w.SMB == nil {
		return target, nil
	}
	login, err := shareLogin(site, w.SMB)
	if err != nil {
		return target, usage("witness %s: %v", w.Server, err)
	}
	target.SMB = &witness.SMB{Share: w.ShareName(), Login: login}
	return target, nil
}

// shareLogin reads an account from where the site file says.
func shareLogin(site *config.Site, s *config.SMB) (witness.Login, error) {
	password, err := secretText(site, s.KeyFile, s.Env, s.Command)
	if err != nil {
		return witness.Login{}, fmt.Errorf("smb: %w", err)
	}
	l := witness.Login{User: s.User, Domain: s.Domain, Password: func() string { return string(password) }}
	if s.Realm == "" {
		return l, nil
	}
	l.Kerberos = &witness.Kerberos{Realm: s.Realm, Keytab: site.Path(s.Keytab)}
	if s.Krb5Conf != "" {
		text, err := os.ReadFile(site.Path(s.Krb5Conf))
		if err != nil {
			return witness.Login{}, fmt.Errorf("smb krb5_conf: %w", err)
		}
		l.Kerberos.Config = string(text)
		return l, nil
	}
	var at []string
	for _, k := range s.KDC {
		at = append(at, k.String())
	}
	l.Kerberos.Config = dnsupdate.KerberosConfig(s.Realm, at...)
	return l, nil
}
