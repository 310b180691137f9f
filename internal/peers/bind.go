package peers

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/miekg/dns"
)

// StartBIND starts named, on 127.0.0.1 and ::1 (it listens on addresses of interfaces only; see [Ports]), and waits until it answers for its zones.
func StartBIND(ctx context.Context, o DNSOptions) (*DNS, error) {
	if err := Missing(BIND); err != nil {
		return nil, err
	}
	if o.Skew != 0 {
		return nil, errors.New("named does not start under libfaketime (both replace malloc); give Knot or a domain the wrong clock")
	}
	if len(o.Listen) == 0 {
		return nil, errors.New("named: no address to listen on; give Listen")
	}
	text := o.options()
	for i, z := range o.Zones {
		file := fmt.Sprintf("zone%d.db", i)
		if err := write(o.Dir, file, z.file(o.Listen[0])); err != nil {
			return nil, err
		}
		text += o.zone(z, filepath.Join(o.Dir, file))
	}
	if err := write(o.Dir, "named.conf", text); err != nil {
		return nil, err
	}
	s := &Server{name: "named", spec: command{name: "named", dir: o.Dir, log: filepath.Join(o.Dir, "named.log"),
		argv: []string{"named", "-g", "-n", "2", "-c", filepath.Join(o.Dir, "named.conf")}}}
	s.ready = func(ctx context.Context) error {
		for _, z := range o.Zones {
			if err := answers(ctx, o.Listen[0], z.Name); err != nil {
				return err
			}
		}
		return nil
	}
	return &DNS{Server: s, Addrs: o.Listen}, s.Start(ctx)
}

// options are named's own, and its keys. No control channel, no pid file: it is ended by its id.
func (o DNSOptions) options() string {
	var b strings.Builder
	fmt.Fprintf(&b, "options {\n directory %q; pid-file none; session-keyfile %q; managed-keys-directory %q;\n", o.Dir, filepath.Join(o.Dir, "session.key"), o.Dir)
	b.WriteString(" recursion no; dnssec-validation no; minimal-responses yes; max-udp-size 1232; tcp-clients 400;\n")
	four, six := false, false
	for _, a := range o.Listen {
		if a.Addr().Is6() {
			six = true
			fmt.Fprintf(&b, " listen-on-v6 port %d { %s; };\n", a.Port(), a.Addr())
		} else {
			four = true
			fmt.Fprintf(&b, " listen-on port %d { %s; };\n", a.Port(), a.Addr())
		}
	}
	if !four {
		b.WriteString(" listen-on { none; };\n")
	}
	if !six {
		b.WriteString(" listen-on-v6 { none; };\n")
	}
	b.WriteString(" notify explicit;\n")
	if len(o.Notify) > 0 {
		b.WriteString(" also-notify {")
		for _, a := range o.Notify {
			fmt.Fprintf(&b, " %s port %d;", a.Addr(), a.Port())
		}
		b.WriteString(" };\n")
	}
	b.WriteString("};\ncontrols { };\n")
	for _, k := range o.Keys {
		fmt.Fprintf(&b, "key %q { algorithm %s; secret %q; };\n", k.Name, k.Algorithm, k.base64())
	}
	return b.String()
}

// zone is one clause; its key may update all names and transfer it, unless the zone has a policy of its own.
func (o DNSOptions) zone(z Zone, file string) string {
	policy, keys := z.Policy, ""
	for _, k := range z.updaters(o.Keys) {
		keys += fmt.Sprintf(" key %q;", dns.Fqdn(k))
		if z.Policy == "" {
			policy += fmt.Sprintf(" grant %q zonesub ANY;", dns.Fqdn(k))
		}
	}
	rights := "allow-update { none; };"
	if policy != "" {
		rights = "update-policy {" + policy + " };"
	}
	if keys == "" {
		keys = " none;"
	}
	return fmt.Sprintf("zone %q { type primary; file %q; %s allow-transfer {%s }; };\n", z.Name, file, rights, keys)
}
