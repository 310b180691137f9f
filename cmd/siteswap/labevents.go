package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"siteswap/internal/drill"
)

// labFlags are what the verbs take that break and mend a lab that is up.
type labFlags struct {
	dir          string
	held, noLink bool
	oneWay       bool
}

// labEvents are the verbs for a second terminal: they say to a lab that is up what a scenario says to a drill.
func (a *app) labEvents() []*cobra.Command {
	f := &labFlags{}
	kinds := strings.Join(drill.TargetKinds(), ", ")
	fail := &cobra.Command{Use: "fail KIND NAME", Short: "Break something in a lab that is up", Args: cobra.ExactArgs(2),
		Long:    "Breaks something in a lab that is up in another terminal.\nKinds: " + kinds + ".",
		Example: "  siteswap lab fail site Prod\n  siteswap lab fail server EX2010-1 --held\n  siteswap lab fail dns DR",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.labTarget(cmd, f, "fail", args) }}
	fail.Flags().BoolVar(&f.held, "held", false, "the power control holds the server, or those of the site, off")
	restore := &cobra.Command{Use: "restore KIND NAME", Short: "Mend it", Args: cobra.ExactArgs(2),
		Long:    "Mends something in a lab that is up in another terminal.\nKinds: " + kinds + ".",
		Example: "  siteswap lab restore site Prod\n  siteswap lab restore site Prod --no-link\n  siteswap lab restore site Prod --held",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.labTarget(cmd, f, "restore", args) }}
	restore.Flags().BoolVar(&f.held, "held", false, "lift the hold of the power control too")
	restore.Flags().BoolVar(&f.noLink, "no-link", false, "the site's links stay cut")
	cut := &cobra.Command{Use: "cut SITE [SITE]", Short: "Cut the link between two sites, or all links of one, silently", Args: cobra.RangeArgs(1, 2),
		Example: "  siteswap lab cut Prod DR\n  siteswap lab cut Prod DR --one-way\n  siteswap lab cut Prod",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.labLink(cmd, f, "cut", args) }}
	heal := &cobra.Command{Use: "heal SITE [SITE]", Short: "Heal it", Args: cobra.RangeArgs(1, 2),
		Example: "  siteswap lab heal Prod DR\n  siteswap lab heal Prod",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.labLink(cmd, f, "heal", args) }}
	do := &cobra.Command{Use: "do EVENT", Short: "Let any event of a scenario happen", Args: cobra.ExactArgs(1),
		Example: "  siteswap lab do '{move: {database: DB1, to: EX2010-2}}'\n  siteswap lab do '{misbehave: {cmdlet: Move-ActiveMailboxDatabase, how: half}}'",
		RunE: func(cmd *cobra.Command, args []string) error {
			text := strings.TrimSpace(args[0])
			if !strings.HasPrefix(text, "{") || !strings.HasSuffix(text, "}") {
				return usage("the event stands in braces, as in '{move: {database: DB1, to: EX2010-2}}'")
			}
			return a.happen(cmd, f, strings.TrimSuffix(text, "}")+", at: start}", text)
		}}
	all := []*cobra.Command{fail, restore, cut, heal, do}
	for _, c := range all {
		c.Flags().StringVar(&f.dir, "dir", "siteswap-lab", "folder of the lab")
	}
	for _, c := range []*cobra.Command{cut, heal} {
		c.Flags().BoolVar(&f.oneWay, "one-way", false, "only from the first to the second")
	}
	return all
}

func (a *app) labTarget(cmd *cobra.Command, f *labFlags, verb string, args []string) error {
	target := map[string]any{args[0]: args[1]}
	if f.held {
		target["held"] = verb == "fail"
	}
	if f.noLink {
		target["link"] = false
	}
	return a.labEvent(cmd, f, verb, target, strings.Join(args, " "))
}

func (a *app) labLink(cmd *cobra.Command, f *labFlags, verb string, args []string) error {
	link := map[string]any{"one_way": f.oneWay}
	if len(args) == 2 {
		link["link"] = args
	} else {
		link["site"] = args[0]
	}
	return a.labEvent(cmd, f, verb, link, strings.Join(args, " "))
}

func (a *app) labEvent(cmd *cobra.Command, f *labFlags, verb string, what map[string]any, words string) error {
	text, err := json.Marshal(map[string]any{verb: what, "at": "start"})
	if err != nil {
		return fmt.Errorf("write the event: %w", err)
	}
	return a.happen(cmd, f, string(text), verb+" "+words)
}

func (a *app) happen(cmd *cobra.Command, f *labFlags, text, words string) error {
	err := drill.Happen(cmd.Context(), f.dir, text)
	var wrong *drill.UsageError
	if errors.As(err, &wrong) {
		return &exit{exitUsage, wrong.Error()}
	}
	if err != nil {
		return &exit{exitFailed, err.Error()}
	}
	if a.json {
		return a.printJSON(map[string]string{"done": words})
	}
	fmt.Fprintln(a.out, words+": done")
	return nil
}
