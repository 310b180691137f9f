package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"siteswap/internal/config"
	"siteswap/internal/console"
	"siteswap/umredirect"
	"siteswap/umredirect/health"
)

// umSite is the site file with its table of calls.
func (a *app) umSite(cmd *cobra.Command) (*config.Site, *umredirect.Table, error) {
	site, err := a.site(cmd, false)
	if err != nil {
		return nil, nil, err
	}
	if site.UM == nil {
		return nil, nil, usage("%s: um: none; describe Unified Messaging there", site.File)
	}
	table, err := umredirect.NewTable(tableOptions(site))
	if err != nil {
		return nil, nil, usage("um: %v", err)
	}
	return site, table, nil
}

// umChecked is what `um check` found.
type umChecked struct {
	Sites     []string        `json:"sites"`
	DialPlans int             `json:"dial_plans"`
	Resolvers []string        `json:"resolvers"`
	Targets   []health.Status `json:"targets"`
	Alarms    []health.Alarm  `json:"alarms"`
}

func (a *app) umCheckCommand() *cobra.Command {
	var live bool
	c := &cobra.Command{Use: "check", Short: "Check the table of calls; with --live look every target up and send it an OPTIONS", Args: cobra.NoArgs,
		Long: `Reads the site file and its mailboxes as a redirector does, and says what is wrong with them. With --live each target is
looked up at the resolvers of the PBX (um.watch.resolvers) and probed from this machine, and the directory (um.ldap) is read; a target that does not resolve or
answer is an alarm (exit 1), never a reason for a redirector not to start.`,
		Example: "  siteswap um check\n  siteswap um check --live --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			site, table, err := a.umSite(cmd)
			if err != nil {
				return err
			}
			found := umChecked{Sites: table.Sites(), DialPlans: len(site.UM.DialPlans), Resolvers: site.ResolversOf(""), Alarms: []health.Alarm{}}
			for _, t := range table.Watched() {
				found.Targets = append(found.Targets, health.Status{Target: t, State: health.Unknown})
			}
			if live {
				if err := readOnce(cmd.Context(), site); err != nil {
					return err
				}
				if found.Targets, err = probeOnce(cmd.Context(), site, table.Watched()); err != nil {
					return err
				}
				found.Alarms = append(found.Alarms, health.Alarms(found.Targets)...)
			}
			return a.showChecked(cmd, found, live)
		}}
	c.Flags().BoolVar(&live, "live", false, "look the targets up and probe them from here")
	return c
}

// probeOnce looks each target up and asks each of its addresses until it answers, three times at most.
func probeOnce(ctx context.Context, site *config.Site, targets []health.Target) ([]health.Status, error) {
	w, err := watcher(site, nil)
	if err != nil {
		return nil, err
	}
	w.Options.UpAfter = 1
	m := health.NewMachine(w.Options)
	began := time.Now()
	m.SetTargets(0, targets)
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, t := range targets {
		all.Go(func() {
			var l health.Lookup
			for range 3 {
				l = w.Names.Lookup(ctx, t)
				mu.Lock()
				m.Resolved(time.Since(began), t, l)
				mu.Unlock()
				if len(l.Addresses) > 0 || ctx.Err() != nil {
					break
				}
			}
			for _, at := range l.Addresses {
				probeThrice(ctx, w.Prober, health.Probe{Target: t, Address: at}, func(took time.Duration, why string) {
					mu.Lock()
					defer mu.Unlock()
					m.Probed(time.Since(began), health.Probe{Target: t, Address: at}, took, why)
				})
			}
		})
	}
	all.Wait()
	return m.Report(time.Since(began)), ctx.Err()
}

func probeThrice(ctx context.Context, by interface {
	Probe(context.Context, health.Probe) error
}, p health.Probe, tell func(time.Duration, string)) {
	for range 3 {
		start := time.Now()
		err := by.Probe(ctx, p)
		if err == nil {
			tell(time.Since(start), "")
			return
		}
		tell(time.Since(start), err.Error())
	}
}

func (a *app) showChecked(cmd *cobra.Command, found umChecked, live bool) error {
	bad := error(nil)
	if len(found.Alarms) > 0 {
		bad = &exit{exitFailed, ""}
	}
	if a.json {
		if err := a.printJSON(found); err != nil {
			return err
		}
		return bad
	}
	s, err := a.settings(cmd)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "The table is good: %d dial plans, %d targets, current servers in %v.\n", found.DialPlans, len(found.Targets), found.Sites)
	if !live {
		fmt.Fprintln(a.out, "Next: `siteswap um check --live` looks the targets up as the PBX does and probes them.")
		return nil
	}
	fmt.Fprintf(a.out, "Looked up at %v:\n", found.Resolvers)
	fmt.Fprint(a.out, targetsText(found.Targets, console.Style{Color: a.color(s), ASCII: a.ascii}))
	return bad
}

// targetsText is a table of targets, and their alarms under it.
func targetsText(targets []health.Status, y console.Style) string {
	var rows [][]string
	for _, t := range targets {
		mark := map[health.State]string{health.Up: console.Good, health.Down: console.Bad}[t.State]
		if mark == "" {
			mark = console.Degraded
		}
		kind := "current"
		if t.Legacy {
			kind = "legacy"
		}
		addresses := ""
		for i, at := range t.Addresses {
			if i > 0 {
				addresses += ", "
			}
			addresses += fmt.Sprintf("%s %s", at.Address, at.State)
		}
		rows = append(rows, []string{y.Mark(mark) + " " + t.Target.String(), kind, string(t.State), addresses})
	}
	text := console.Table(rows)
	for _, a := range health.Alarms(targets) {
		text += y.Mark(console.Bad) + " alarm " + a.String() + "\n"
	}
	return text
}

func (a *app) umRouteCommand() *cobra.Command {
	var active, redirector string
	var diverted []string
	c := &cobra.Command{Use: "route NUMBER", Short: "Say what a call would get, and why, without one", Args: cobra.ExactArgs(1),
		Long: `NUMBER is an extension, a number, or a whole sip:, sips: or tel: URI. Without --redirector the site file decides, as if
the site of --active were active (the home site unless set) and every server answered; with it, the running redirector
of that site says what it would answer now.`,
		Example: "  siteswap um route 1001\n  siteswap um route 7000 --diverted 1001 --active DR\n  siteswap um route +43155501001 --redirector Prod --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			site, table, err := a.umSite(cmd)
			if err != nil {
				return err
			}
			var d umredirect.Decision
			if redirector != "" {
				r, err := redirectorOf(site, redirector)
				if err != nil {
					return err
				}
				ctx, cancel := context.WithTimeout(cmd.Context(), askTimeout)
				defer cancel()
				if d, err = r.Explain(ctx, args[0], diverted...); err != nil {
					return &exit{exitFailed, err.Error()}
				}
			} else {
				if active == "" {
					active = site.Sites[site.Topology().HomeSite()].Name
				}
				if site.Topology().SiteIndex(active) < 0 {
					return usage("--active %s: the site file has no such site", active)
				}
				d = umredirect.Explain(table, umredirect.State{Site: active, Generation: 1}, args[0], diverted...)
			}
			return a.showDecision(d)
		}}
	c.Flags().StringVar(&active, "active", "", "the active site")
	c.Flags().StringVar(&redirector, "redirector", "", "ask the running redirector of this site")
	c.Flags().StringArrayVar(&diverted, "diverted", nil, "a number that the call was diverted from, the newest first")
	return c
}

func (a *app) showDecision(d umredirect.Decision) error {
	if a.json {
		return a.printJSON(d)
	}
	fmt.Fprintf(a.out, "%d %s\n", d.Status, d.Reason)
	for _, c := range d.Contacts {
		fmt.Fprintf(a.out, "  Contact: %s\n", c)
	}
	rows := [][]string{{"called", d.Called}, {"found by", d.By}, {"active", d.Site}, {"why", d.Why}}
	_, err := fmt.Fprint(a.out, console.Table(rows))
	return err
}
