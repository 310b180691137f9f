package dnsupdate

import (
	"context"
	"errors"
	"sync"
	"time"

	"siteswap/dag"
)

// Facts reads every name of the topology at every listed server, all servers at once, and gives the facts in the order of
// [dag.Facts].DNS: index = server*len(Names)+name. Options.Servers must be in the order of Topology.DNSServers.
func (c *Client) Facts(ctx context.Context, t *dag.Topology) []dag.DNSFacts {
	out := make([]dag.DNSFacts, len(c.servers)*len(t.Names))
	var all sync.WaitGroup
	for i, s := range c.servers {
		all.Go(func() { c.factsAt(ctx, s, t, out[i*len(t.Names):(i+1)*len(t.Names)]) })
	}
	all.Wait()
	return out
}

func (c *Client) factsAt(ctx context.Context, s Server, t *dag.Topology, out []dag.DNSFacts) {
	silent := ""
	for i, n := range t.Names {
		switch {
		case !s.takes(Zone{Name: n.Zone, Servers: n.Servers}):
			out[i] = unknownFacts(s.Address, "it is not listed for zone "+n.Zone)
			continue
		case silent != "":
			out[i] = unknownFacts(s.Address, silent)
			continue
		}
		a, err := c.Query(ctx, s, n.Name)
		if err != nil {
			if errors.Is(err, ErrUnreachable) {
				silent = err.Error() // one silence is enough, its price is a timeout
			}
			out[i] = unknownFacts(s.Address, err.Error())
			continue
		}
		out[i] = dag.DNSFacts{
			Answers: dag.Know(a.Own(), s.Address),
			TTL:     dag.Know(a.TTL, s.Address),
			Sites:   dag.Know(t.SiteNames(n.Leads(a.Own())), s.Address),
		}
	}
}

func unknownFacts(from, why string) dag.DNSFacts {
	return dag.DNSFacts{Answers: dag.Unknown[[]string](from, why), TTL: dag.Unknown[time.Duration](from, why), Sites: dag.Unknown[[]string](from, why)}
}
