package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"siteswap/internal/config"
	"siteswap/internal/console"
	"siteswap/internal/document"
)

const longHelp = `Siteswap moves an Exchange DAG, its DNS names, its load-balancer pools and its Unified
Messaging calls from a failed site to a surviving one, and back, in the right order,
refusing what would split the brain.

This build rehearses: there is no driver for a live Exchange yet.`

const exitHelp = `
Exit codes: 0 good, 1 an invariant or a run failed, 2 wrong usage or input, 3 refused by a rule,
4 no controller can act, 130 interrupted.`

// root is the command with all its verbs, ordered by occasion.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use: "siteswap", Short: "Exchange datacenter switchover and failback", Long: longHelp,
		SilenceErrors: true, SilenceUsage: true,
		Example: "  siteswap drill\n  siteswap plan switchover --from Prod --to DR --paper\n  siteswap config check siteswap.yaml",
	}
	root.SetHelpTemplate(`{{with (or .Long .Short)}}{{.}}
{{end}}
{{.UsageString}}` + exitHelp + "\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddGroup(&cobra.Group{ID: "rehearse", Title: "Rehearse:"}, &cobra.Group{ID: "ready", Title: "Be ready:"},
		&cobra.Group{ID: "act", Title: "Act:"}, &cobra.Group{ID: "run", Title: "Run it:"})
	p := root.PersistentFlags()
	p.String("config", config.DefaultFile, "site file")
	p.StringSlice("api", nil, "addresses of controllers (default: those of the site file)")
	p.String("color", "auto", "auto, always or never")
	p.BoolVar(&a.json, "json", false, "print JSON")
	p.BoolVar(&a.ascii, "ascii", false, "marks in ASCII")
	add := func(group string, cmds ...*cobra.Command) {
		for _, c := range cmds {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add("rehearse", a.drillCommand(), a.labCommand())
	add("ready", a.planCommand(), a.configCommand(), a.runbookCommand(), a.witnessCommand())
	add("act", a.switchoverCommand(), a.failbackCommand(), a.maintenanceCommand(), a.standdownCommand(), a.runCommand(), a.dnsCommand())
	add("run", a.serveCommand(), a.statusCommand(), a.umCommand(), a.versionCommand())
	return root
}

// site reads the site file that flags and environment name. With fallback, nothing named and no siteswap.yaml here, it is the
// embedded reference design.
func (a *app) site(cmd *cobra.Command, fallback bool) (*config.Site, error) {
	s, err := config.LoadSettings(cmd.Flags())
	if err != nil {
		return nil, usage("%v", err)
	}
	if fallback && !s.Named {
		if _, err := os.Stat(s.Config); os.IsNotExist(err) {
			name, data := config.Reference()
			site, ps := config.Parse(name, data)
			return site, a.problems(ps)
		}
	}
	site, ps := config.Load(s.Config)
	if err := a.problems(ps); err != nil {
		return nil, err
	}
	return site, nil
}

// problems prints the errors of a file, which end the command. Its warnings are for `config check` and `runbook check`.
func (a *app) problems(ps document.Problems) error {
	for _, p := range ps.Errors().Sorted() {
		fmt.Fprintln(a.errs, p.String())
	}
	if ps.Err() != nil {
		return &exit{exitUsage, ""}
	}
	return nil
}

// settings are the flags and the environment.
func (a *app) settings(cmd *cobra.Command) (config.Settings, error) {
	s, err := config.LoadSettings(cmd.Flags())
	if err != nil {
		return s, usage("%v", err)
	}
	return s, nil
}

// color says whether to colour standard output.
func (a *app) color(s config.Settings) bool {
	switch s.Color {
	case "always":
		return true
	case "never":
		return false
	}
	return console.UseColor(a.terminal(), os.LookupEnv)
}

// terminal says whether standard output is a terminal.
func (a *app) terminal() bool {
	f, ok := a.out.(*os.File)
	return ok && console.IsTerminal(f)
}

func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}
