package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"siteswap/dag"
	"siteswap/internal/api"
	"siteswap/internal/config"
	"siteswap/internal/console"
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
	if a.json {
		return a.printJSON(st)
	}
	var facts *dag.Facts
	if f, err := client.Facts(ctx); err == nil {
		facts = &f.Facts
	}
	_, err = fmt.Fprint(a.out, console.StatusText(site.Topology(), facts, *st, console.Style{Color: a.color(s), ASCII: a.ascii}))
	return err
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
