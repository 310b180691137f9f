package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"siteswap/internal/api"
	"siteswap/internal/config"
	"siteswap/internal/console"
)

func (a *app) runCommand() *cobra.Command {
	c := &cobra.Command{Use: "run", Short: "List, show, pause, resume, abort runs; approve, deny, override, retry, skip, attest steps; hand a run over",
		Example: "  siteswap run list\n  siteswap run show r-7f3a\n  siteswap run approve r-7f3a accept-loss --ceiling DB1=6"}
	c.AddCommand(a.runList(), a.runShow(), a.runWatch(),
		a.runVerb("pause", "No new step begins; those that act are awaited", (*api.Client).Pause),
		a.runVerb("resume", "Goes on after a pause", (*api.Client).Resume),
		a.runVerb("abort", "No new step, acting ones awaited, debts listed", (*api.Client).Abort),
		a.runApprove(), a.runDeny(), a.runOverride(),
		a.runStepVerb("retry", "Let a step that failed, was refused or is not known be tried again", "the share is mended", (*api.Client).Retry),
		a.runStepVerb("skip", "Go on without a step", "there are no calls here", (*api.Client).Skip),
		a.runStepVerb("attest", "Say that a step is done", "seen at the console of EX2010-1", (*api.Client).Attest),
		a.runHandover(), a.runVerb("reconcile", "After a handover: look at every step, mark what is done, and go on", (*api.Client).Reconcile))
	return c
}

// asked opens a client and bounds the question.
func (a *app) asked(cmd *cobra.Command, do func(context.Context, *api.Client, config.Settings) error) error {
	client, _, err := a.client(cmd)
	if err != nil {
		return err
	}
	s, err := a.settings(cmd)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), askTimeout)
	defer cancel()
	return do(ctx, client, s)
}

func (a *app) runList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the runs", Args: cobra.NoArgs, Example: "  siteswap run list --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.asked(cmd, func(ctx context.Context, c *api.Client, s config.Settings) error {
				runs, err := c.Runs(ctx)
				if err != nil {
					return a.apiError(err, a.color(s))
				}
				if a.json {
					return a.printJSON(runs)
				}
				_, err = fmt.Fprint(a.out, console.RunsTable(runs))
				return err
			})
		}}
}

func (a *app) runShow() *cobra.Command {
	return &cobra.Command{Use: "show RUN", Short: "Show a run with its steps, calls and warnings", Args: cobra.ExactArgs(1), Example: "  siteswap run show r-7f3a",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.asked(cmd, func(ctx context.Context, c *api.Client, s config.Settings) error {
				r, err := c.Run(ctx, args[0])
				if err != nil {
					return a.apiError(err, a.color(s))
				}
				return a.printRun(r, s)
			})
		}}
}

func (a *app) runWatch() *cobra.Command {
	return &cobra.Command{Use: "watch RUN", Short: "Print what a run does until it ends", Args: cobra.ExactArgs(1), Example: "  siteswap run watch r-7f3a",
		RunE: func(cmd *cobra.Command, args []string) error {
			client, site, err := a.client(cmd)
			if err != nil {
				return err
			}
			s, err := a.settings(cmd)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), askTimeout)
			defer cancel()
			if _, err := client.Run(ctx, args[0]); err != nil {
				return a.apiError(err, a.color(s))
			}
			return a.watchRun(cmd, client, site, args[0])
		}}
}

func (a *app) runVerb(name, short string, do func(*api.Client, context.Context, string, api.RunRequest) (*api.Run, error)) *cobra.Command {
	var reason string
	c := &cobra.Command{Use: name + " RUN", Short: short, Args: cobra.ExactArgs(1), Example: "  siteswap run " + name + " r-7f3a --reason 'the link is back'",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.asked(cmd, func(ctx context.Context, c *api.Client, s config.Settings) error {
				r, err := do(c, ctx, args[0], api.RunRequest{By: me(), Reason: reason})
				if err != nil {
					return a.apiError(err, a.color(s))
				}
				return a.printRun(r, s)
			})
		}}
	c.Flags().StringVar(&reason, "reason", "", "why, for the report")
	return c
}

func (a *app) stepVerb(cmd *cobra.Command, args []string, req api.StepRequest, do func(*api.Client, context.Context, string, string, api.StepRequest) (*api.Run, error)) error {
	return a.asked(cmd, func(ctx context.Context, c *api.Client, s config.Settings) error {
		r, err := do(c, ctx, args[0], args[1], req)
		if err != nil {
			return a.apiError(err, a.color(s))
		}
		return a.printRun(r, s)
	})
}

func (a *app) runApprove() *cobra.Command {
	var ceilings []string
	var unknown bool
	var reason, by string
	c := &cobra.Command{Use: "approve RUN STEP", Short: "Say yes to a step; for a loss with a ceiling in logs per database", Args: cobra.ExactArgs(2),
		Example: "  siteswap run approve r-7f3a accept-loss --ceiling DB1=6 --ceiling DB2=0\n  siteswap run approve r-7f3a accept-loss --unknown",
		RunE: func(cmd *cobra.Command, args []string) error {
			req := api.StepRequest{By: by, Reason: reason, Unknown: unknown, Ceiling: map[string]int64{}}
			for _, text := range ceilings {
				db, logs, ok := strings.Cut(text, "=")
				n, err := strconv.ParseInt(logs, 10, 64)
				if !ok || err != nil || n < 0 {
					return usage("--ceiling %s: write DATABASE=LOGS, as in DB1=6", text)
				}
				req.Ceiling[db] = n
			}
			return a.stepVerb(cmd, args, req, (*api.Client).Approve)
		}}
	c.Flags().StringArrayVar(&ceilings, "ceiling", nil, "logs that may be lost, DATABASE=LOGS; * for every database")
	c.Flags().BoolVar(&unknown, "unknown", false, "whatever the loss is")
	c.Flags().StringVar(&reason, "reason", "", "why, for the report")
	c.Flags().StringVar(&by, "by", me(), "who says so; this build cannot verify it, so it counts only in a lab")
	return c
}

func (a *app) runDeny() *cobra.Command {
	var reason string
	c := &cobra.Command{Use: "deny RUN STEP", Short: "Say no to a step", Args: cobra.ExactArgs(2), Example: "  siteswap run deny r-7f3a accept-loss --reason 'wait for the tapes'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason == "" {
				return usage("--reason: say why")
			}
			return a.stepVerb(cmd, args, api.StepRequest{By: me(), Reason: reason}, (*api.Client).Deny)
		}}
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}

func (a *app) runOverride() *cobra.Command {
	var rule, reason, by, facts string
	c := &cobra.Command{Use: "override RUN STEP", Short: "Set one safety rule aside for one step, by its name", Args: cobra.ExactArgs(2),
		Example: "  siteswap run override r-7f3a restore --rule fence-before-force --facts 1f2e3d4c --reason 'the datacenter burnt down'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if rule == "" || reason == "" {
				return usage("name the rule with --rule and say why with --reason")
			}
			if facts == "" {
				hash, err := a.shownFacts(cmd, args[0], args[1], rule)
				if err != nil {
					return err
				}
				facts = hash
			}
			return a.stepVerb(cmd, args, api.StepRequest{By: by, Rule: rule, Reason: reason, FactHash: facts}, (*api.Client).Override)
		}}
	c.Flags().StringVar(&rule, "rule", "", "the rule, as the refusal names it")
	c.Flags().StringVar(&facts, "facts", "", "hash of the facts that were shown with the refusal; default: those of its last refusal")
	c.Flags().StringVar(&reason, "reason", "", "why")
	c.Flags().StringVar(&by, "by", me(), "who says so; two different people are needed; counts only in a lab")
	return c
}

// shownFacts is the hash of the facts that the last refusal by the rule was shown with.
func (a *app) shownFacts(cmd *cobra.Command, run, step, rule string) (string, error) {
	hash := ""
	err := a.asked(cmd, func(ctx context.Context, c *api.Client, s config.Settings) error {
		r, err := c.Run(ctx, run)
		if err != nil {
			return a.apiError(err, a.color(s))
		}
		for _, ref := range r.Refusals {
			if ref.Step == step && ref.Rule == rule {
				hash = ref.FactHash
			}
		}
		if hash == "" {
			return usage("%s was not refused by %s at %s: there is nothing to override", run, rule, step)
		}
		return nil
	})
	return hash, err
}
