package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"siteswap/dnsupdate"
)

func (a *app) dnsVerify(f *dnsFlags) *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{Use: "verify [PLAN]", Short: "Say which servers answer the new values; writes nothing", Args: cobra.MaximumNArgs(1),
		Example: "  siteswap dns verify move.json --wait 15m\n  siteswap dns verify --to DR",
		Long: `Reads every listed server, and with name_servers: true those that the zones' own NS records
name. It reads no key and can write nothing. Exit code 0: all that can be reached agree;
1: one answers something else after --wait, or none can be reached.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := a.dnsSetup(cmd, f, false)
			if err != nil {
				return err
			}
			p, err := w.planned(cmd, f, args)
			if err != nil {
				return err
			}
			states := w.client.Converge(cmd.Context(), p.Set, wait, nil)
			cached := w.client.Probe(cmd.Context(), w.resolvers(), p.Set, "")
			if a.json {
				err = a.printJSON(map[string]any{"servers": states, "resolvers": cached})
			} else {
				a.showStates(w, p, states, cached)
			}
			if err != nil {
				return err
			}
			if cmd.Context().Err() != nil {
				return &exit{exitInterrupted, "interrupted"}
			}
			return verdictOf(states)
		}}
	c.Flags().DurationVar(&wait, "wait", 0, "how long servers that differ are waited for")
	return c
}

func (w *dnsWork) resolvers() []string {
	var out []string
	for _, r := range w.site.DNS.Resolvers {
		out = append(out, r.String())
	}
	return out
}

func verdictOf(states []dnsupdate.ServerState) error {
	agree, differ := 0, 0
	for _, s := range states {
		switch s.State {
		case dnsupdate.Agrees:
			agree++
		case dnsupdate.Differs:
			differ++
		}
	}
	switch {
	case differ > 0:
		return &exit{exitFailed, fmt.Sprintf("%d of %d servers answer something else", differ, len(states))}
	case agree == 0:
		return &exit{exitFailed, "no server could be read"}
	}
	return nil
}

func (a *app) showStates(w *dnsWork, p *movePlan, states []dnsupdate.ServerState, cached []dnsupdate.Cached) {
	for _, s := range states {
		a.showState(w, s)
	}
	for _, c := range cached {
		switch {
		case c.Why != "":
			fmt.Fprintf(a.out, "%s resolver %s: %s\n", w.style.Mark("waiting"), c.Resolver, c.Why)
		case c.New:
			fmt.Fprintf(a.out, "%s resolver %s: %s is new\n", w.style.Mark("done"), c.Resolver, c.Name)
		default:
			fmt.Fprintf(a.out, "%s resolver %s: %s still %s, for %s\n", w.style.Mark("waiting"), c.Resolver, c.Name, list(c.Present), c.Left)
		}
	}
	if p.AppliedAt != nil {
		at := p.Estimate.SettledAt(*p.AppliedAt)
		if left := time.Until(at).Round(time.Second); left > 0 {
			fmt.Fprintf(a.out, "%s caches may hold the old answer until %s, %s more\n", w.style.Mark("waiting"), at.Local().Format("15:04:05"), left)
		} else {
			fmt.Fprintf(a.out, "%s no cache holds the old answer any more\n", w.style.Mark("done"))
		}
	}
}

func (a *app) dnsWatch(f *dnsFlags) *cobra.Command {
	var every time.Duration
	c := &cobra.Command{Use: "watch [PLAN]", Short: "Show again and again who answers what, until all is settled", Args: cobra.MaximumNArgs(1),
		Example: "  siteswap dns watch move.json\n  siteswap dns watch --to DR --every 10s",
		Long:    "Like verify, until every server that can be reached agrees and no listed resolver holds the old answer. Ctrl-C ends it. It writes nothing.",
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := a.dnsSetup(cmd, f, false)
			if err != nil {
				return err
			}
			p, err := w.planned(cmd, f, args)
			if err != nil {
				return err
			}
			return a.watchMove(cmd, w, p, every)
		}}
	c.Flags().DurationVar(&every, "every", 5*time.Second, "how often")
	return c
}

func (a *app) watchMove(cmd *cobra.Command, w *dnsWork, p *movePlan, every time.Duration) error {
	t := time.NewTicker(max(every, 100*time.Millisecond))
	defer t.Stop()
	for {
		states := w.client.Verify(cmd.Context(), p.Set)
		cached := w.client.Probe(cmd.Context(), w.resolvers(), p.Set, "")
		if a.json {
			if err := a.printJSON(map[string]any{"at": time.Now().UTC(), "servers": states, "resolvers": cached}); err != nil {
				return err
			}
		} else {
			fmt.Fprintln(a.out, time.Now().Format("15:04:05"))
			a.showStates(w, p, states, cached)
		}
		if settled, _ := dnsupdate.Settled(cached); settled && verdictOf(states) == nil && (p.AppliedAt == nil || time.Now().After(p.Estimate.SettledAt(*p.AppliedAt))) {
			return nil
		}
		select {
		case <-cmd.Context().Done():
			return &exit{exitInterrupted, ""}
		case <-t.C:
		}
	}
}
