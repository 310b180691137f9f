package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"siteswap/internal/drill"
)

func (a *app) labCommand() *cobra.Command {
	c := &cobra.Command{Use: "lab", Short: "Emulated sites to try every command on", Example: "  siteswap lab up --dir lab"}
	f := &drillFlags{}
	up := &cobra.Command{
		Use: "up", Short: "Start emulated sites, controllers and redirectors; Ctrl-C ends them", Args: cobra.NoArgs,
		Long: `Starts what a drill starts, and leaves it to you. The site file that it writes is the one to give to every
other command, in a second terminal: siteswap --config lab/site.yaml status`,
		Example: "  siteswap lab up --dir lab\n  siteswap lab up --config siteswap.yaml --speed 10",
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.scenario, f.plain = "site-loss", true
			f.dns, f.witness, f.pbx = "lab", "lab", "lab"
			o, err := a.drillOptions(cmd, f)
			if err != nil {
				return err
			}
			v := a.newView(cmd, o.Site, true)
			o.Watch = v
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			err = drill.Up(ctx, o, func(site string) {
				if rel, err := filepath.Rel(".", site); err == nil {
					site = rel
				}
				fmt.Fprintf(a.out, "In another terminal:\n  siteswap --config %[1]s status\n  siteswap --config %[1]s status --watch\n  siteswap lab fail site %[3]s --dir %[2]s\nCtrl-C ends it.\n", site, filepath.Dir(site), o.Site.Sites[0].Name)
			})
			var wrong *drill.UsageError
			if errors.As(err, &wrong) {
				return &exit{exitUsage, wrong.Error()}
			}
			if err != nil {
				return &exit{exitFailed, err.Error()}
			}
			return nil
		},
	}
	up.Flags().Float64Var(&f.speed, "speed", 60, "how many times faster than real time")
	up.Flags().StringVar(&f.dir, "dir", "siteswap-lab", "folder for its site file, keys, logs and state")
	c.AddCommand(up)
	c.AddCommand(a.labEvents()...)
	return c
}
