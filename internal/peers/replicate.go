package peers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// naming is the domain's naming context, as DC=test,DC=local.
func (d *Domain) naming() string {
	var part []string
	for label := range strings.SplitSeq(strings.ToLower(d.realm), ".") {
		part = append(part, "DC="+label)
	}
	return strings.Join(part, ",")
}

// zones is the naming context of the domain's DNS zones.
func (d *Domain) zones() string { return "DC=DomainDnsZones," + d.naming() }

// Replicate makes one controller fetch now what another one has of the domain's DNS zones, instead of when they next talk:
// after a cable was out that may be minutes.
func (d *Domain) Replicate(ctx context.Context, from, to int) error {
	return d.fetch(ctx, from, to, d.zones())
}

func (d *Domain) fetch(ctx context.Context, from, to int, context string, options ...string) error {
	if _, err := d.drs(ctx, to, append([]string{"replicate", d.DCs[to].FQDN, d.DCs[from].FQDN, context}, options...)...); err != nil {
		return fmt.Errorf("replication from %s to %s: %w", d.DCs[from].Name, d.DCs[to].Name, err)
	}
	return nil
}

// drs runs samba-tool drs on a controller, as the administrator.
func (d *Domain) drs(ctx context.Context, on int, argv ...string) (string, error) {
	argv = append(append([]string{"samba-tool", "drs"}, argv...), "-U"+administrator)
	return run(ctx, d.secrets[administrator]+"\n", d.kerberos(), d.DCs[on].enclosed(argv...)...)
}

// knitting bounds how long the controllers of a new domain may take to know each other.
const knitting = 90 * time.Second

// knit makes every controller of a new domain fetch from every other one, and tell it of changes at once. A join sets up one
// direction only; the other would come with the consistency checker's next round and the directory's own (five minutes each),
// and a domain that is kept before that would wait for them again at every start.
func (d *Domain) knit(ctx context.Context) error {
	if len(d.DCs) < 2 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, knitting)
	defer cancel()
	for good := 0; good < 2; { // the consistency checker may take back what it does not know of yet: it must agree afterwards
		err := d.knitOnce(ctx)
		if err == nil {
			good++
		} else if good = 0; ctx.Err() != nil {
			return fmt.Errorf("the controllers do not replicate with each other: %w", err)
		}
	}
	return nil
}

func (d *Domain) knitOnce(ctx context.Context) error {
	var errs []error
	for i, dc := range d.DCs {
		if _, err := d.drs(ctx, i, "kcc", dc.FQDN); err != nil {
			errs = append(errs, fmt.Errorf("consistency checker of %s: %w", dc.Name, err))
		}
	}
	for i := range d.DCs {
		errs = append(errs, d.neighbours(ctx, i))
	}
	if errors.Join(errs...) == nil {
		return nil
	}
	for to := range d.DCs {
		for from := range d.DCs {
			for _, context := range []string{"CN=Configuration," + d.naming(), d.naming(), d.zones()} {
				if from != to {
					errs = append(errs, d.fetch(ctx, from, to, context, "--add-ref"))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// neighbours: a controller fetches the DNS zones from every other one, and tells every other one of changes.
func (d *Domain) neighbours(ctx context.Context, of int) error {
	text, err := d.drs(ctx, of, "showrepl", d.DCs[of].FQDN, "--json")
	if err != nil {
		return fmt.Errorf("neighbours of %s: %w", d.DCs[of].Name, err)
	}
	type neighbour struct {
		DSA string `json:"DSA"`
		NC  string `json:"NC dn"`
	}
	var all struct {
		From []neighbour `json:"repsFrom"`
		To   []neighbour `json:"repsTo"`
	}
	_, doc, _ := strings.Cut(text, "{") // behind the question for the password
	if err := json.Unmarshal([]byte("{"+doc), &all); err != nil {
		return fmt.Errorf("neighbours of %s: %w", d.DCs[of].Name, err)
	}
	for i, dc := range d.DCs {
		knows := func(n neighbour) bool {
			return strings.EqualFold(n.NC, d.zones()) && strings.HasSuffix(strings.ToUpper(n.DSA), `\`+strings.ToUpper(dc.Name))
		}
		if i != of && (!slices.ContainsFunc(all.From, knows) || !slices.ContainsFunc(all.To, knows)) {
			return fmt.Errorf("%s and %s are not neighbours in both directions yet", d.DCs[of].Name, dc.Name)
		}
	}
	return nil
}
