package peers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// StartKnot starts knotd on loopback addresses and waits until it answers for its zones.
func StartKnot(ctx context.Context, o DNSOptions) (*DNS, error) {
	if err := Missing(Knot); err != nil {
		return nil, err
	}
	if len(o.Listen) == 0 {
		return nil, errors.New("knotd: no address to listen on; give Listen")
	}
	env, err := faked(o.Skew)
	if err != nil {
		return nil, err
	}
	for i, z := range o.Zones {
		if z.Policy != "" {
			return nil, fmt.Errorf("zone %s: an update-policy is BIND's; name Keys instead", z.Name)
		}
		if err := write(o.Dir, fmt.Sprintf("zone%d.zone", i), z.file(o.Listen[0])); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Join(o.Dir, "db"), 0o700); err != nil {
		return nil, fmt.Errorf("knotd: %w", err)
	}
	if err := write(o.Dir, "knot.conf", o.knot()); err != nil {
		return nil, err
	}
	s := &Server{name: "knotd", spec: command{name: "knotd", dir: o.Dir, env: env, log: filepath.Join(o.Dir, "knotd.log"),
		argv: []string{"knotd", "-c", filepath.Join(o.Dir, "knot.conf")}}}
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

func (o DNSOptions) knot() string {
	var b strings.Builder
	fmt.Fprintf(&b, "server:\n  rundir: %q\n", o.Dir)
	for _, a := range o.Listen {
		fmt.Fprintf(&b, "  listen: \"%s@%d\"\n", a.Addr(), a.Port())
	}
	fmt.Fprintf(&b, "database:\n  storage: %q\n", filepath.Join(o.Dir, "db"))
	if len(o.Keys) > 0 {
		b.WriteString("key:\n")
	}
	for _, k := range o.Keys {
		fmt.Fprintf(&b, "  - id: %q\n    algorithm: %s\n    secret: %q\n", k.Name, k.Algorithm, k.base64())
	}
	if len(o.Notify) > 0 {
		b.WriteString("remote:\n")
	}
	for i, a := range o.Notify {
		fmt.Fprintf(&b, "  - id: told%d\n    address: \"%s@%d\"\n", i, a.Addr(), a.Port())
	}
	b.WriteString("acl:\n")
	for i, z := range o.Zones {
		if keys := z.updaters(o.Keys); len(keys) > 0 {
			fmt.Fprintf(&b, "  - id: zone%d\n    key: [%s]\n    action: [update, transfer]\n", i, quoted(keys))
		} else {
			fmt.Fprintf(&b, "  - id: zone%d\n    deny: on\n    action: [update, transfer]\n", i)
		}
	}
	b.WriteString("zone:\n")
	for i, z := range o.Zones {
		fmt.Fprintf(&b, "  - domain: %q\n    storage: %q\n    file: zone%d.zone\n    zonefile-sync: -1\n    zonefile-load: whole\n    acl: zone%d\n", z.Name, o.Dir, i, i)
		for j := range o.Notify {
			fmt.Fprintf(&b, "    notify: told%d\n", j)
		}
	}
	b.WriteString("log:\n  - target: stderr\n    any: info\n")
	return b.String()
}

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(out, ", ")
}
