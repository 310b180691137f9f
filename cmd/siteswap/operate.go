package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"siteswap/internal/api"
	"siteswap/internal/config"
	"siteswap/runbooks"
)

// runStepVerb is a verb about one step that needs a reason.
func (a *app) runStepVerb(name, short, example string, do func(*api.Client, context.Context, string, string, api.StepRequest) (*api.Run, error)) *cobra.Command {
	var reason, by, code string
	c := &cobra.Command{Use: name + " RUN STEP", Short: short, Args: cobra.ExactArgs(2), Example: "  siteswap run " + name + " r-7f3a calls --reason '" + example + "'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason == "" {
				return usage("--reason: say why; it stands in the report")
			}
			return a.stepVerb(cmd, args, api.StepRequest{By: by, Reason: reason, Code: code}, do)
		}}
	c.Flags().StringVar(&reason, "reason", "", "why, for the report")
	c.Flags().StringVar(&by, "by", me(), "who says so; this build cannot verify it, so it counts only in a lab")
	if name == "attest" {
		c.Flags().StringVar(&code, "code", "", "of a fence: the code of the site that stood down (`siteswap standdown`)")
	}
	return c
}

// runHandover locks the run and prints the paper runbook from the present state.
func (a *app) runHandover() *cobra.Command {
	var reason string
	c := &cobra.Command{Use: "handover RUN", Short: "Take a run over by hand: no step begins, and the paper runbook from here is printed", Args: cobra.ExactArgs(1),
		Example: "  siteswap run handover r-7f3a --reason 'the controllers cannot reach the load balancer' > rest.txt",
		Long: `Take a run over by hand. No step begins any more; those that act are awaited. What is left is printed as a paper runbook, with
what is known of each step. When the work is done, ` + "`siteswap run reconcile RUN`" + ` lets the controllers look and go on.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			site, err := a.site(cmd, false)
			if err != nil {
				return err
			}
			return a.asked(cmd, func(ctx context.Context, c *api.Client, s config.Settings) error {
				r, err := c.Handover(ctx, args[0], api.RunRequest{By: me(), Reason: reason})
				if err != nil {
					return a.apiError(err, a.color(s))
				}
				if a.json {
					return a.printJSON(r)
				}
				extra := a.paperExtra(site)
				extra.Done = known(r)
				_, err = fmt.Fprint(a.out, runbooks.Paper(site.Topology(), a.planOf(site, r), extra))
				return err
			})
		}}
	c.Flags().StringVar(&reason, "reason", "", "why, for the report")
	return c
}

// planOf is the plan of a run: the one that this program makes of its runbook if it is the same, else what the run tells of it.
func (a *app) planOf(site *config.Site, r *api.Run) *runbooks.Plan {
	values := map[string]string{}
	for _, p := range r.Parameters {
		values[p.Name] = p.Value
	}
	if rb, ok := runbooks.Find(r.Runbook); ok {
		if plan, ps := runbooks.Compile(rb, site.Topology(), values); ps.Err() == nil && plan.Hash() == r.Plan {
			return plan
		}
	}
	plan := &runbooks.Plan{Runbook: r.Runbook, Title: r.Title, DAG: r.DAG, Parameters: r.Parameters, Topology: runbooks.HashTopology(site.Topology())}
	for _, st := range r.Steps {
		plan.Steps = append(plan.Steps, runbooks.Step{ID: st.ID, Kind: st.Kind, Title: st.Title, With: st.Args, Needs: st.Needs, Timeout: st.AtMost})
	}
	return plan
}

// known is what is known of each step, for who goes on by hand.
func known(r *api.Run) map[string]string {
	out := map[string]string{}
	for _, st := range r.Steps {
		text := st.State
		if !st.EndAt.IsZero() {
			text += " at " + st.EndAt.Local().Format(time.TimeOnly)
		}
		if st.Text != "" {
			text += ": " + st.Text
		}
		out[st.ID] = text
	}
	return out
}
