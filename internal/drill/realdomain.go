package drill

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"siteswap/internal/config"
	"siteswap/internal/lab"
	"siteswap/internal/lab/names"
	"siteswap/internal/peers"
)

// account signs the updates of a drill with a domain.
const account = "svc-siteswap"

// kdcPort is where a domain controller's Kerberos is reached in the emulated network, where ports below 1024 are raised.
const kdcPort = 10088

// samba starts a domain: a controller per listed DNS server, which replicate. The zones take secure updates only.
func (r *real) samba(ctx context.Context, o Options, site *config.Site, _ []names.Key, say func(string)) error {
	realm, zones, err := realmOf(site)
	if err != nil {
		return err
	}
	dir, err := folder(o, "domain")
	if err != nil {
		return err
	}
	po := peers.DomainOptions{Dir: dir, Realm: realm, Zones: zones, Accounts: []string{account}, Progress: say}
	for i := range site.DNS.Servers {
		srv := &site.DNS.Servers[i]
		name, _, _ := strings.Cut(site.HostOf(*srv), ".")
		if name == "" {
			name = fmt.Sprintf("dns%d", i)
		}
		po.Controllers = append(po.Controllers, peers.Controller{Name: name})
	}
	d, err := peers.StartDomain(ctx, po)
	if err != nil {
		return err
	}
	r.closers = append(r.closers, d.Close)
	r.joined = func(joined bool) {
		if err := d.Network.Isolate(!joined); err != nil {
			say("the link between the domain controllers: " + err.Error())
		}
	}
	file := filepath.Join(o.Dir, "gss.key")
	if err := os.WriteFile(file, []byte(d.Password(account)), 0o600); err != nil {
		return fmt.Errorf("write the account's password: %w", err)
	}
	for i := range site.DNS.Servers {
		srv, dc := &site.DNS.Servers[i], d.DCs[i]
		adv := netip.AddrPortFrom(srv.Address.Addr(), kdcPort)
		srv.TSIG, srv.Host = nil, dc.FQDN
		srv.GSS = &config.GSS{Realm: d.Realm(), User: account, KeyFile: file, KDC: []config.HostPort{{AddrPort: adv}}}
		r.dns = append(r.dns, dc.Address())
		r.kdc = append(r.kdc, lab.Forward{Advertised: adv, Binding: netip.AddrPortFrom(dc.Listen, 88)})
	}
	r.said = append(r.said, "Samba as domain controllers: secure DNS updates (GSS-TSIG), replication")
	return r.fill(ctx, o, site, d, append(zones, strings.ToLower(realm)))
}

// realmOf is the domain of the DNS servers, and the further zones of the names.
func realmOf(site *config.Site) (realm string, zones []string, err error) {
	for _, s := range site.DNS.Servers {
		if _, domain, found := strings.Cut(site.HostOf(s), "."); found && realm == "" {
			realm = strings.ToUpper(domain)
		}
		if len(s.Zones) > 0 {
			return "", nil, fmt.Errorf("dns.servers: a domain's controllers hold all zones; leave zones out for --dns samba")
		}
	}
	if realm == "" {
		return "", nil, fmt.Errorf("dns.servers: no server is a domain controller with a full name; --dns samba needs one")
	}
	for _, n := range site.DNS.Names {
		if z := strings.TrimSuffix(strings.ToLower(n.Zone), "."); z != strings.ToLower(realm) && !slices.Contains(zones, z) {
			zones = append(zones, z)
		}
	}
	return realm, zones, nil
}

// fill writes the names as the account that will update them, so that it owns them, and waits until every controller has them.
func (r *real) fill(ctx context.Context, o Options, site *config.Site, d *peers.Domain, zones []string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, z := range zones {
		var lines []string
		for _, line := range records(site, z, o.Speed) {
			lines = append(lines, "add "+line)
		}
		if len(lines) == 0 {
			continue
		}
		if err := d.Update(ctx, 0, account, z, lines...); err != nil {
			return err
		}
	}
	for _, n := range site.DNS.Names {
		if err := d.Converged(ctx, n.Name); err != nil {
			return err
		}
	}
	return nil
}
