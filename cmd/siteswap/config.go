package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"siteswap/internal/config"
)

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check the site file", Example: "  siteswap config check siteswap.yaml"}
	check := &cobra.Command{
		Use: "check [FILE]", Short: "Print every error and warning of a site file", Args: cobra.MaximumNArgs(1),
		Example: "  siteswap config check siteswap.yaml\n  siteswap config check --json siteswap.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.settings(cmd)
			if err != nil {
				return err
			}
			file := s.Config
			if len(args) == 1 {
				file = args[0]
			}
			site, ps := config.Load(file)
			if a.json {
				if ps == nil {
					ps = ps[:0]
				}
				if err := a.printJSON(map[string]any{"file": file, "problems": ps, "ok": ps.Err() == nil}); err != nil {
					return err
				}
				if ps.Err() != nil {
					return &exit{exitUsage, ""}
				}
				return nil
			}
			for _, p := range ps.Warnings().Sorted() {
				fmt.Fprintln(a.errs, p.String())
			}
			if err := a.problems(ps); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s: good. %s with %d members in %d sites, %d databases, %d names, %d controllers.\n", file, site.DAG.Name,
				len(site.Topology().Members), len(site.Sites), len(site.Databases), len(site.DNS.Names), len(site.Controllers))
			return nil
		},
	}
	schema := &cobra.Command{
		Use: "schema", Short: "Print the JSON schema of the site file, for editors", Args: cobra.NoArgs, Example: "  siteswap config schema > siteswap.schema.json",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.out, string(config.Schema()))
			return err
		},
	}
	reference := &cobra.Command{
		Use: "reference", Short: "Print the reference design as a site file to begin with", Args: cobra.NoArgs, Example: "  siteswap config reference > siteswap.yaml",
		RunE: func(*cobra.Command, []string) error {
			_, data := config.Reference()
			_, err := a.out.Write(data)
			return err
		},
	}
	c.AddCommand(check, schema, reference)
	return c
}
