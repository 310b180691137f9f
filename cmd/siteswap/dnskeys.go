package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"

	"siteswap/dnsupdate"
	"siteswap/internal/config"
)

// dnsOptions are the DNS servers of a site file with their keys. Without keys the client can only read.
func dnsOptions(site *config.Site, from dial, timeout time.Duration, keys bool) (dnsupdate.Options, error) {
	o := dnsupdate.Options{Dialer: from, Timeout: timeout, ReadOnly: !keys}
	if site.DNS.NameServers {
		o.NamePort = "53"
	}
	for _, s := range site.DNS.Servers {
		srv := dnsupdate.Server{Address: s.Address.String(), Site: s.Site, Zones: s.Zones}
		if keys {
			if err := serverKey(site, s, &srv); err != nil {
				return o, usage("dns server %s: %v", s.Address, err)
			}
		}
		o.Servers = append(o.Servers, srv)
	}
	return o, nil
}

func serverKey(site *config.Site, s config.DNSServer, srv *dnsupdate.Server) (err error) {
	switch {
	case s.GSS != nil:
		srv.GSS, err = gssOf(site, s)
	case s.TSIG != nil:
		srv.TSIG, err = tsig(site, s.TSIG)
	}
	return err
}

// gssOf reads the account of a server from where the site file says.
func gssOf(site *config.Site, s config.DNSServer) (*dnsupdate.GSS, error) {
	g := &dnsupdate.GSS{Host: site.HostOf(s), Realm: s.GSS.Realm, User: s.GSS.User, Keytab: site.Path(s.GSS.Keytab)}
	password, err := secretText(site, s.GSS.KeyFile, s.GSS.Env, s.GSS.Command)
	if err != nil {
		return nil, fmt.Errorf("gss: %w", err)
	}
	if len(password) > 0 {
		g.Password = dnsupdate.NewSecret(password)
	}
	if s.GSS.Krb5Conf != "" {
		text, err := os.ReadFile(site.Path(s.GSS.Krb5Conf))
		if err != nil {
			return nil, fmt.Errorf("gss krb5_conf: %w", err)
		}
		g.Kerberos = string(text)
		return g, nil
	}
	if s.GSS.Realm != "" {
		g.Kerberos = dnsupdate.KerberosConfig(s.GSS.Realm, centres(s)...)
	}
	return g, nil
}

// centres are the key distribution centres: those listed, or the server itself, which is a domain controller.
func centres(s config.DNSServer) []string {
	var out []string
	for _, k := range s.GSS.KDC {
		out = append(out, k.String())
	}
	if len(out) == 0 {
		out = append(out, net.JoinHostPort(s.Address.Addr().String(), "88"))
	}
	return out
}

// commandTime is how long a program that prints a secret may take.
const commandTime = 30 * time.Second

// secretText reads a secret from a file, the environment or a program. It is never printed, nor is what a program says.
func secretText(site *config.Site, file, env string, command []string) ([]byte, error) {
	switch {
	case file != "":
		text, err := os.ReadFile(site.Path(file))
		if err != nil {
			return nil, fmt.Errorf("key_file: %w", err)
		}
		return bytes.TrimRight(text, "\r\n"), nil
	case env != "":
		text := os.Getenv(env)
		if text == "" {
			return nil, fmt.Errorf("the environment variable %s is empty; set it to the secret", env)
		}
		return []byte(text), nil
	case len(command) > 0:
		ctx, cancel := context.WithTimeout(context.Background(), commandTime)
		defer cancel()
		text, err := exec.CommandContext(ctx, command[0], command[1:]...).Output()
		if err != nil {
			return nil, fmt.Errorf("the program %s that prints the secret failed: %w", command[0], err)
		}
		return bytes.TrimRight(text, "\r\n"), nil
	}
	return nil, nil
}
