package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"siteswap/dag"
	"siteswap/dnsupdate"
	"siteswap/internal/config"
	"siteswap/internal/console"
)

// dnsFlags are what the dns verbs share.
type dnsFlags struct {
	to      string
	names   []string
	healthy []string
	ttl     time.Duration
	timeout time.Duration
	wait    time.Duration
	leave   []string
	by      []string
}

func (a *app) dnsCommand() *cobra.Command {
	c := &cobra.Command{Use: "dns", Short: "Repoint names by hand: plan, apply, verify, put back", Example: "  siteswap dns plan --to DR --out move.json\n  siteswap dns apply move.json\n  siteswap dns verify move.json",
		Long: `Repoints names without a DAG or a controller. It reads the part dns of a site file, or a
file that holds nothing else. A plan holds the old values: what somebody changed since is
shown as a conflict and never overwritten, and the plan can be put back.`}
	f := &dnsFlags{}
	p := c.PersistentFlags()
	p.StringVar(&f.to, "to", "", "the site whose targets the names get")
	p.StringSliceVar(&f.names, "name", nil, "only these names")
	p.StringSliceVar(&f.healthy, "healthy", nil, "sites that are healthy besides, for names with the policy all-healthy-sites")
	p.DurationVar(&f.timeout, "timeout", dnsupdate.DefaultTimeout, "how long a server may take to answer")
	p.StringSliceVar(&f.leave, "leave-out", nil, "addresses of listed servers that are out of service; two people must say so with --by")
	p.StringSliceVar(&f.by, "by", nil, "the people who say so")
	c.AddCommand(a.dnsPlan(f), a.dnsApply(f), a.dnsVerify(f), a.dnsRestore(f), a.dnsWatch(f))
	return c
}

// movePlan is what `dns plan` writes and the other verbs read: enough to move, to look, and to put back.
type movePlan struct {
	Schema    int                `json:"schema"`
	MadeAt    time.Time          `json:"made_at"`
	To        string             `json:"to,omitempty"`
	Home      string             `json:"home"` // the server that is written first
	Set       dnsupdate.Set      `json:"set"`
	Old       []dnsupdate.Record `json:"old"`
	Chains    []dnsupdate.Chain  `json:"chains,omitempty"`
	Odd       []string           `json:"odd,omitempty"`
	Rights    []dnsupdate.Right  `json:"rights,omitempty"`
	Estimate  dnsupdate.Estimate `json:"estimate"`
	AppliedAt *time.Time         `json:"applied_at,omitempty"` // when the last server changed
}

const planSchema = 1

// dnsWork is a site file's DNS servers and a client for them.
type dnsWork struct {
	site   *config.Site
	client *dnsupdate.Client
	style  console.Style
}

// dnsSetup reads the file and the keys. Without keys nothing can be written.
func (a *app) dnsSetup(cmd *cobra.Command, f *dnsFlags, keys bool) (*dnsWork, error) {
	s, err := a.settings(cmd)
	if err != nil {
		return nil, err
	}
	site, ps := config.LoadDNS(s.Config)
	if err := a.problems(ps); err != nil {
		return nil, err
	}
	if len(site.DNS.Servers) == 0 || len(site.DNS.Names) == 0 {
		return nil, usage("%s lists no DNS servers or no names (dns.servers, dns.names)", s.Config)
	}
	o, err := dnsOptions(site, dialFrom(netip.Addr{}), f.timeout, keys)
	if err != nil {
		return nil, err
	}
	o.Converge = f.wait
	for _, address := range f.leave {
		o.Out = append(o.Out, dnsupdate.Out{Server: address, People: f.by})
	}
	client, err := dnsupdate.NewClient(o)
	if err != nil {
		return nil, usage("%v", err)
	}
	return &dnsWork{site: site, client: client, style: console.Style{Color: a.color(s), ASCII: a.ascii}}, nil
}

// home is the server that is written first: the site's own that answers, else the first that does.
func (w *dnsWork) home(cmd *cobra.Command, to string) (dnsupdate.Server, error) {
	servers := w.client.Servers()
	slices.SortStableFunc(servers, func(a, b dnsupdate.Server) int {
		switch {
		case a.Site == b.Site || a.Site != to && b.Site != to:
			return 0
		case a.Site == to:
			return -1
		}
		return 1
	})
	var silent []string
	for _, s := range servers {
		if slices.Contains(w.out(), s.Address) {
			continue
		}
		_, err := w.client.Query(cmd.Context(), s, w.site.DNS.Names[0].Name)
		if err == nil || !strings.Contains(err.Error(), dnsupdate.ErrUnreachable.Error()) {
			return s, nil
		}
		silent = append(silent, err.Error())
	}
	if cmd.Context().Err() != nil {
		return dnsupdate.Server{}, &exit{exitInterrupted, "interrupted"}
	}
	return dnsupdate.Server{}, &exit{exitFailed, "no listed DNS server answers: " + strings.Join(silent, "; ")}
}

func (w *dnsWork) out() []string {
	var out []string
	for _, o := range w.client.Out() {
		out = append(out, o.Server)
	}
	return out
}

// propose makes the change set of the flags. A TTL alone changes no address.
func (w *dnsWork) propose(cmd *cobra.Command, f *dnsFlags) (*movePlan, error) {
	if f.to == "" && f.ttl == 0 {
		return nil, usage("say where the names go with --to SITE, or give a plan that `siteswap dns plan --out FILE` wrote")
	}
	if f.to != "" && !slices.ContainsFunc(w.site.Sites, func(p config.Place) bool { return p.Name == f.to }) {
		return nil, usage("--to %s: no server and no target of the file is in a site of that name", f.to)
	}
	wishes, err := w.wishes(f)
	if err != nil {
		return nil, err
	}
	home, err := w.home(cmd, f.to)
	if err != nil {
		return nil, err
	}
	p, err := w.client.Propose(cmd.Context(), wishes, home)
	if err != nil {
		return nil, &exit{exitFailed, err.Error()}
	}
	plan := &movePlan{Schema: planSchema, MadeAt: time.Now().UTC().Truncate(time.Second), To: f.to, Home: home.Address, Set: p.Set, Old: p.Old, Chains: p.Chains, Odd: p.Odd}
	plan.Estimate = w.estimate(cmd, plan, home)
	return plan, nil
}

func (w *dnsWork) wishes(f *dnsFlags) ([]dnsupdate.Wish, error) {
	var out []dnsupdate.Wish
	for _, n := range w.site.DNS.Names {
		if len(f.names) > 0 && !slices.ContainsFunc(f.names, func(name string) bool { return strings.EqualFold(strings.TrimSuffix(name, "."), n.Name) }) {
			continue
		}
		wish := dnsupdate.Wish{Name: n.Name, Zone: n.Zone, View: n.View, TTL: f.ttl}
		for _, s := range n.Servers {
			wish.Servers = append(wish.Servers, s.String())
		}
		if f.to != "" {
			wish.Targets, wish.Ours = targets(w.site, n, f)
			if len(wish.Targets) == 0 {
				return nil, usage("%s has no target in %s; leave it out with --name", n.Name, f.to)
			}
		}
		out = append(out, wish)
	}
	if len(out) == 0 {
		return nil, usage("--name: the file has no name of that kind")
	}
	return out, nil
}

// targets are what the name gets, by its policy, and what it may hold by plan.
func targets(site *config.Site, n config.Name, f *dnsFlags) (wanted []string, ours [][]string) {
	var all []string
	for _, p := range site.Sites {
		list := n.TargetsIn(p.Name)
		if p.Name == f.to || n.Policy == dag.AllHealthy && slices.Contains(f.healthy, p.Name) {
			wanted = append(wanted, list...)
		}
		if len(list) > 0 {
			ours, all = append(ours, list), append(all, list...)
		}
	}
	if n.Policy == dag.AllHealthy {
		ours = append(ours, all)
	}
	return wanted, ours
}

// estimate counts the directory in where a server cannot be written directly.
func (w *dnsWork) estimate(cmd *cobra.Command, p *movePlan, home dnsupdate.Server) dnsupdate.Estimate {
	directory := slices.ContainsFunc(w.site.DNS.Servers, func(s config.DNSServer) bool { return s.GSS != nil })
	replication := w.site.DNS.Replication.Std()
	if replication == 0 {
		replication = 3 * time.Hour // between sites, as Windows sets it (domain-exchange.md, section 7)
	}
	indirect := false
	for _, s := range w.client.Verify(cmd.Context(), p.Set) {
		indirect = indirect || s.State == dnsupdate.Unreachable || s.Via != ""
	}
	negative := time.Duration(0)
	for _, z := range p.Set.Zones {
		if d, err := w.client.NegativeTTL(cmd.Context(), home, z.Name); err == nil {
			negative = max(negative, d)
		}
	}
	return dnsupdate.NewEstimate(p.Set, p.Old, directory, indirect, replication, negative)
}

// readPlan reads what `dns plan` wrote.
func readPlan(path string) (*movePlan, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, usage("the plan cannot be read: %v", err)
	}
	p := &movePlan{}
	if err := json.Unmarshal(text, p); err != nil || p.Schema != planSchema {
		return nil, usage("%s is no plan of this program; write one with `siteswap dns plan --to SITE --out FILE`", path)
	}
	if p.Set, err = dnsupdate.Plan(p.Set.Changes()...); err != nil {
		return nil, usage("%s: %v", path, err)
	}
	return p, nil
}

// writePlan replaces the file whole, so that a plan is never half there.
func writePlan(path string, p *movePlan) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	next := path + ".new"
	if err := os.WriteFile(next, append(text, '\n'), 0o600); err != nil {
		return usage("write the plan: %v", err)
	}
	if err := os.Rename(next, path); err != nil {
		return usage("write the plan: %v", err)
	}
	return nil
}

// planned is the plan that a verb works on: the file named, or one made of the flags.
func (w *dnsWork) planned(cmd *cobra.Command, f *dnsFlags, args []string) (*movePlan, error) {
	if len(args) == 0 {
		return w.propose(cmd, f)
	}
	return readPlan(args[0])
}
