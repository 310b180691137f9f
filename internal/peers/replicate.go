package peers

import (
	"context"
	"fmt"
	"strings"
)

// Replicate makes one controller fetch now what another one has of the domain's DNS zones, instead of when they next talk:
// after a cable was out that may be minutes.
func (d *Domain) Replicate(ctx context.Context, from, to int) error {
	var part []string
	for label := range strings.SplitSeq(strings.ToLower(d.realm), ".") {
		part = append(part, "DC="+label)
	}
	argv := []string{"samba-tool", "drs", "replicate", d.DCs[to].FQDN, d.DCs[from].FQDN, "DC=DomainDnsZones," + strings.Join(part, ","), "-U" + administrator}
	if _, err := run(ctx, d.secrets[administrator]+"\n", d.kerberos(), d.DCs[to].enclosed(argv...)...); err != nil {
		return fmt.Errorf("replication from %s to %s: %w", d.DCs[from].Name, d.DCs[to].Name, err)
	}
	return nil
}
