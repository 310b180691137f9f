package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"siteswap/dag"
	"siteswap/internal/api"
	"siteswap/internal/config"
	"siteswap/internal/console"
	"siteswap/umredirect/health"
)

func (a *app) statusCommand() *cobra.Command {
	var watch bool
	c := &cobra.Command{Use: "status", Short: "Who is served, what is mounted where, who leads, what goes on, what is owed", Args: cobra.NoArgs,
		Example: "  siteswap status\n  siteswap status --watch\n  siteswap status --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, site, err := a.client(cmd)
			if err != nil {
				return err
			}
			s, err := a.settings(cmd)
			if err != nil {
				return err
			}
			if watch && a.terminal() && !a.json {
				return a.watchStatus(cmd, client, site, s)
			}
			for {
				if err := a.showStatus(cmd, client, site, s); err != nil || !watch {
					return err
				}
				select {
				case <-cmd.Context().Done():
					return &exit{exitInterrupted, ""}
				case <-time.After(2 * time.Second):
				}
			}
		}}
	c.Flags().BoolVar(&watch, "watch", false, "go on until Ctrl-C; live on a terminal, where keys approve, deny, pause, resume and abort")
	return c
}

func (a *app) showStatus(cmd *cobra.Command, client *api.Client, site *config.Site, s config.Settings) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), askTimeout)
	defer cancel()
	st, err := client.Status(ctx)
	if err != nil {
		return a.apiError(err, a.color(s))
	}
	alarms := callAlarms(ctx, site)
	if a.json {
		return a.printJSON(struct {
			*api.Status
			Alarms []health.Alarm `json:"alarms"`
		}{st, alarms})
	}
	var facts *dag.Facts
	if f, err := client.Facts(ctx); err == nil {
		facts = &f.Facts
	}
	y := console.Style{Color: a.color(s), ASCII: a.ascii}
	who, rest, _ := strings.Cut(console.StatusText(site.Topology(), facts, *st, y), "\n")
	fmt.Fprintln(a.out, who)
	for _, alarm := range alarms {
		fmt.Fprintln(a.out, y.Mark(console.Bad)+" alarm "+alarm.String())
	}
	_, err = fmt.Fprint(a.out, rest)
	return err
}

// callAlarms are what the redirectors say that costs calls, or will; each once. One that is silent has none: whether it answers
// stands among the sites.
func callAlarms(ctx context.Context, site *config.Site) []health.Alarm {
	out := []health.Alarm{}
	if site.UM == nil {
		return out
	}
	for _, r := range askRedirectors(ctx, site) {
		if r.Answer == nil {
			continue
		}
		for _, a := range r.Answer.Alarms {
			if !slices.ContainsFunc(out, func(b health.Alarm) bool { return b.Name == a.Name && b.Target == a.Target }) {
				out = append(out, a)
			}
		}
	}
	return out
}

// watchStatus is the live view of a cluster.
func (a *app) watchStatus(cmd *cobra.Command, client *api.Client, site *config.Site, s config.Settings) error {
	views := make(chan console.View)
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			c, done := context.WithTimeout(ctx, 3*time.Second)
			st, err := client.Status(c)
			view := console.View{Title: "no controller can be asked"}
			if err == nil {
				var facts *dag.Facts
				if f, err := client.Facts(c); err == nil {
					facts = &f.Facts
				}
				view = console.FromStatus(site.Topology(), facts, *st, console.Around{Now: time.Now()})
			}
			done()
			select {
			case views <- view:
			case <-ctx.Done():
				return
			}
			select {
			case <-time.After(500 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}()
	how, err := console.Live(ctx, a.in, a.out, views, console.Options{Style: console.Style{Color: a.color(s), ASCII: a.ascii}, Do: a.keyAction(client)})
	if err != nil {
		return &exit{exitFailed, err.Error()}
	}
	if how == console.Interrupted {
		return &exit{exitInterrupted, ""}
	}
	return nil
}

// keyAction carries out what a key of the live view asks for.
func (a *app) keyAction(client *api.Client) func(console.Action, console.Need) error {
	return func(act console.Action, n console.Need) error {
		ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
		defer cancel()
		var err error
		switch act {
		case console.Approve:
			_, err = client.Approve(ctx, n.Run, n.Step, api.StepRequest{By: me(), Reason: "approved in the live view", Ceiling: map[string]int64{"*": 0}})
		case console.Deny:
			_, err = client.Deny(ctx, n.Run, n.Step, api.StepRequest{By: me(), Reason: "denied in the live view"})
		case console.Pause:
			_, err = client.Pause(ctx, n.Run, api.RunRequest{By: me()})
		case console.Resume:
			_, err = client.Resume(ctx, n.Run, api.RunRequest{By: me()})
		case console.Abort:
			_, err = client.Abort(ctx, n.Run, api.RunRequest{By: me()})
		}
		return err
	}
}
