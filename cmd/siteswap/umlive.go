package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"siteswap/internal/config"
	"siteswap/internal/console"
	"siteswap/umredirect"
	"siteswap/umredirect/telemetry"
)

// controlTimeout is how long a redirector's control may take to answer.
const controlTimeout = 3 * time.Second

// remote is a redirector as its control sees it.
func remote(r config.Redirector) (umredirect.Remote, bool) {
	return umredirect.Remote{URL: "http://" + r.Control.String(), HTTP: &http.Client{}}, r.Control.IsValid()
}

// redirectorOf is the running redirector of a site.
func redirectorOf(site *config.Site, name string) (umredirect.Remote, error) {
	var sites []string
	for _, r := range site.UM.Redirectors {
		if r.Site != name {
			sites = append(sites, r.Site)
			continue
		}
		if m, ok := remote(r); ok {
			return m, nil
		}
		return umredirect.Remote{}, usage("the redirector of %s has no control address (um.redirectors[].control)", name)
	}
	return umredirect.Remote{}, usage("%s has no redirector in the site file; there is one in %s", name, strings.Join(sites, ", "))
}

// umStatus is what one redirector says of itself.
type umStatus struct {
	Site   string             `json:"site"`
	Answer *umredirect.Status `json:"status,omitempty"`
	Error  string             `json:"error,omitempty"`
}

func (a *app) umStatusCommand() *cobra.Command {
	return &cobra.Command{Use: "status", Short: "What every redirector answers with, how its targets are, and its alarms", Args: cobra.NoArgs,
		Example: "  siteswap um status\n  siteswap um status --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			site, err := a.site(cmd, false)
			if err != nil {
				return err
			}
			if site.UM == nil || len(site.UM.Redirectors) == 0 {
				return usage("%s: um.redirectors: none; list them", site.File)
			}
			all := askRedirectors(cmd.Context(), site)
			if a.json {
				if err := a.printJSON(all); err != nil {
					return err
				}
			} else if err := a.showRedirectors(cmd, all); err != nil {
				return err
			}
			for _, s := range all {
				if s.Answer != nil && s.Answer.CanRoute {
					return nil
				}
			}
			return &exit{exitFailed, "no redirector takes calls: start one with `siteswap um serve`, or see above why"}
		}}
}

// askRedirectors asks all at once: a dead one costs its timeout once.
func askRedirectors(ctx context.Context, site *config.Site) []umStatus {
	out := make([]umStatus, len(site.UM.Redirectors))
	var all sync.WaitGroup
	for i, r := range site.UM.Redirectors {
		all.Go(func() {
			out[i].Site = r.Site
			m, ok := remote(r)
			if !ok {
				out[i].Error = "it has no control address (um.redirectors[].control)"
				return
			}
			c, cancel := context.WithTimeout(ctx, controlTimeout)
			defer cancel()
			st, err := m.State(c)
			if err != nil {
				out[i].Error = err.Error()
				return
			}
			out[i].Answer = &st
		})
	}
	all.Wait()
	return out
}

func (a *app) showRedirectors(cmd *cobra.Command, all []umStatus) error {
	s, err := a.settings(cmd)
	if err != nil {
		return err
	}
	y := console.Style{Color: a.color(s), ASCII: a.ascii}
	for _, r := range all {
		switch st := r.Answer; {
		case st == nil:
			fmt.Fprintf(a.out, "%s redirector %s does not answer: %s\n", y.Mark(console.Bad), r.Site, r.Error)
		case st.Leaving:
			fmt.Fprintf(a.out, "%s redirector %s is about to end: current mailboxes to %s, generation %d\n", y.Mark(console.Degraded), r.Site, st.Site, st.Generation)
		case !st.CanRoute:
			fmt.Fprintf(a.out, "%s redirector %s cannot route: active site %q, generation %d, no current server of it is alive\n", y.Mark(console.Bad), r.Site, st.Site, st.Generation)
		default:
			fmt.Fprintf(a.out, "%s redirector %s takes calls: current mailboxes to %s (%s), generation %d\n", y.Mark(console.Good), r.Site, st.Site, strings.Join(st.Targets, ", "), st.Generation)
		}
		if r.Answer != nil {
			fmt.Fprint(a.out, targetsText(r.Answer.Health, y))
		}
	}
	return nil
}

func (a *app) umTraceCommand() *cobra.Command {
	var redirector, number string
	var follow bool
	c := &cobra.Command{Use: "trace", Short: "Show the last calls of a running redirector, and with --follow the next ones", Args: cobra.NoArgs,
		Long: `One line per call: who called whom, what named the mailbox, the answer and why. Above um.log_lines calls a second only some
are shown; metrics count all of them.`,
		Example: "  siteswap um trace --redirector Prod\n  siteswap um trace --redirector Prod --number 1001 --follow\n  siteswap um trace --redirector DR --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			site, err := a.site(cmd, false)
			if err != nil {
				return err
			}
			if site.UM == nil {
				return usage("%s: um: none; describe Unified Messaging there", site.File)
			}
			r, err := redirectorOf(site, redirector)
			if err != nil {
				return err
			}
			return a.trace(cmd.Context(), r, number, follow)
		}}
	c.Flags().StringVar(&redirector, "redirector", "", "site of the redirector")
	c.Flags().StringVar(&number, "number", "", "only calls for this number, or with this Call-ID")
	c.Flags().BoolVar(&follow, "follow", false, "go on until Ctrl-C")
	return c
}

func (a *app) trace(ctx context.Context, r umredirect.Remote, number string, follow bool) error {
	last, wait := uint64(0), 0
	for {
		var calls []telemetry.Entry
		c, cancel := context.WithTimeout(ctx, controlTimeout+time.Duration(wait)*time.Second)
		err := r.Read(c, fmt.Sprintf("%s?after=%d&wait=%d", telemetry.PathCalls, last, wait), &calls)
		cancel()
		if ctx.Err() != nil {
			return &exit{exitInterrupted, ""}
		}
		if err != nil {
			return &exit{exitFailed, err.Error()}
		}
		for _, e := range calls {
			last = e.Number
			if number != "" && e.Called != number && e.CallID != number {
				continue
			}
			if err := a.showCall(e); err != nil {
				return err
			}
		}
		if !follow {
			return nil
		}
		wait = 20
	}
}

func (a *app) showCall(e telemetry.Entry) error {
	if a.json {
		return a.printJSON(e)
	}
	target := e.Target
	if target == "" {
		target = "nobody"
	}
	_, err := fmt.Fprintf(a.out, "%s  %s %s  %s by %s  %d to %s  %s  %d us  %s\n", e.At.Local().Format("15:04:05.000"), e.Source, e.Transport, e.Called, e.By,
		e.Status, target, e.Why, e.Micros, e.CallID)
	return err
}
