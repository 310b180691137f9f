package main

import (
	"bufio"
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
	"siteswap/internal/document"
	rules "siteswap/internal/run"
	"siteswap/runbooks"
)

// startFlags are what switchover and failback take.
type startFlags struct {
	from, to   string
	params     []string
	override   []string
	reason     string
	runbook    string
	yes, async bool
}

func (a *app) switchoverCommand() *cobra.Command {
	return a.startCommand("switchover", "Move everything from a lost site to a surviving one",
		"  siteswap switchover --from Prod --to DR\n  siteswap switchover --from Prod --to DR --yes --json")
}

func (a *app) failbackCommand() *cobra.Command {
	return a.startCommand("failback", "Move everything home after the site has recovered", "  siteswap failback --from DR --to Prod")
}

// maintenanceCommand is the one that names a server instead of two sites.
func (a *app) maintenanceCommand() *cobra.Command {
	f := &startFlags{runbook: "server-maintenance"}
	c := &cobra.Command{Use: "maintenance SERVER", Short: "Take one server out of service and back, inside its site", Args: cobra.ExactArgs(1),
		Example: "  siteswap maintenance EX2010-1\n  siteswap maintenance EX2010-1 --yes --no-wait",
		Long: `Take one server out of service and back, inside its site: pool, databases, cluster group, maintenance mode. The run waits
while the work is done; attest to it with ` + "`siteswap run approve RUN work`" + `.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.params = append(f.params, "server="+args[0])
			return a.startRun(cmd, f)
		}}
	c.Flags().BoolVar(&f.yes, "yes", false, "start without asking")
	c.Flags().BoolVar(&f.async, "no-wait", false, "start and return; `siteswap run show` tells the rest")
	return c
}

func (a *app) startCommand(name, short, example string) *cobra.Command {
	f := &startFlags{}
	c := &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs, Example: example,
		Long: short + `. Shows the plan, the predicted state and the predicted loss, and asks.
--yes answers that question only, never an approval or an override.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.startRun(cmd, f) }}
	a.planFlags(c, &f.from, &f.to, &f.params)
	c.Flags().StringVar(&f.runbook, "runbook", name, "another runbook: its name or file")
	c.Flags().BoolVar(&f.yes, "yes", false, "start without asking")
	c.Flags().BoolVar(&f.async, "no-wait", false, "start and return; `siteswap run show` tells the rest")
	c.Flags().StringArrayVar(&f.override, "override", nil, "wait for overrides when this rule refuses, instead of ending: give them with `siteswap run override`")
	return c
}

// knownRules refuses the name of a rule that there is not: a typing error would wait for an override of nothing.
func knownRules(names []string) error {
	for _, name := range names {
		if known := rules.RuleNames(); !slices.Contains(known, name) {
			near, _ := document.Nearest(name, known)
			return usage("--override %s: there is no such rule; did you mean %s?", name, near)
		}
	}
	return nil
}

func (a *app) startRun(cmd *cobra.Command, f *startFlags) error {
	if err := knownRules(f.override); err != nil {
		return err
	}
	client, site, err := a.client(cmd)
	if err != nil {
		return err
	}
	s, err := a.settings(cmd)
	if err != nil {
		return err
	}
	plan, _, err := a.compile(site, f.runbook, f.from, f.to, f.params)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), askTimeout)
	defer cancel()
	facts, err := client.Facts(ctx)
	if err != nil {
		return a.apiError(err, a.color(s))
	}
	if !a.json {
		a.showStart(site, plan, facts.Facts)
	}
	if !f.yes {
		if a.json {
			return usage("--json cannot ask: add --yes")
		}
		if !a.ask("Start it? Type yes: ") {
			return &exit{exitUsage, "not started"}
		}
	}
	r, err := client.Start(ctx, api.StartRequest{Plan: *plan, By: me(), HoldRefusals: len(f.override) > 0, RequestID: fmt.Sprintf("%s-%d", me(), time.Now().UnixNano())})
	if err != nil {
		return a.apiError(err, a.color(s))
	}
	if f.async {
		return a.printRun(r, s)
	}
	return a.watchRun(cmd, client, site, r.ID)
}

// showStart prints the plan, where it leads from what is seen now, and what it may lose.
func (a *app) showStart(site *config.Site, plan *runbooks.Plan, f dag.Facts) {
	t := site.Topology()
	fmt.Fprintf(a.out, "%s.  Plan %s.\n%s\n\n", plan.Title, short(plan.Hash()), assumptions(t))
	fmt.Fprint(a.out, runbooks.Table(t, plan))
	span, longest := runbooks.Estimate(plan, t)
	fmt.Fprintf(a.out, "\nAt real speed: %s to %s, mostly %s.\n", minutes(span.Min), minutes(span.Max), longest)
	v := max(0, runbooks.Vantage(plan, t))
	predictions := runbooks.Predict(t, plan, dag.FromFacts(t, &f, v), v)
	if len(predictions) > 0 {
		last := predictions[len(predictions)-1].Facts
		for d := range t.Databases {
			on := last.Databases[d].MountedOn
			where := on.Value
			if !on.Known || where == "" {
				where = "not known"
			}
			fmt.Fprintf(a.out, "Predicted: %s on %s.  %s\n", t.Databases[d].Name, where, loss(t, &f, d, where))
		}
	}
}

// loss is what is known of what a database may lose: the copy queue is a lower bound once its source is dead.
func loss(t *dag.Topology, f *dag.Facts, d int, on string) string {
	m := t.MemberIndex(on)
	if m < 0 || t.CopyOf(d, m) < 0 {
		return "Loss: unknown."
	}
	if f.Databases[d].MountedOn.Known && f.Databases[d].MountedOn.Value != "" {
		if src := t.MemberIndex(f.Databases[d].MountedOn.Value); src >= 0 && f.Members[src].Answers.Value {
			return "Loss: none, its source answers."
		}
	}
	q := f.Databases[d].Copies[t.CopyOf(d, m)].CopyQueue
	if !q.Known || q.Value >= dag.UnknownQueue {
		return "Loss: unknown."
	}
	return fmt.Sprintf("Loss: at least %d logs; its source does not answer, so it may be more.", q.Value)
}

func (a *app) ask(question string) bool {
	fmt.Fprint(a.out, question)
	line, err := bufio.NewReader(a.in).ReadString('\n')
	return (err == nil || line != "") && strings.TrimSpace(line) == "yes"
}

// watchRun prints what happens until the run ends, and chooses the exit code. Ctrl-C leaves the run as it is.
func (a *app) watchRun(cmd *cobra.Command, client *api.Client, site *config.Site, id string) error {
	s, err := a.settings(cmd)
	if err != nil {
		return err
	}
	plain := console.Plain{W: a.out, Color: a.color(s), ASCII: a.ascii, Start: time.Now()}
	if a.json {
		plain.W, plain.Color = a.errs, false
	}
	after := uint64(0)
	for cmd.Context().Err() == nil {
		c, cancel := context.WithTimeout(cmd.Context(), 10*time.Second)
		events, err := client.Events(c, after, 2*time.Second)
		cancel()
		if err != nil {
			if cmd.Context().Err() == nil {
				time.Sleep(200 * time.Millisecond)
			}
			continue
		}
		for _, e := range events {
			after = max(after, e.Index)
			if e.Run == id {
				printEvent(plain, e)
			}
			if e.Run == id && e.Type == "end" {
				return a.runEnding(cmd, client, id, s)
			}
		}
	}
	fmt.Fprintf(a.errs, "left; the run goes on: `siteswap run show %s`, `siteswap run abort %s`\n", id, id)
	return &exit{exitInterrupted, ""}
}

func printEvent(p console.Plain, e api.Event) {
	switch e.Type {
	case "intent", "result", "skip", "wait":
		state := e.State
		if state == "" {
			state = map[string]string{"intent": "acting", "skip": "skipped", "wait": "waiting"}[e.Type]
		}
		p.Step(e.Time, console.StepLine{ID: e.Step, State: state, Text: e.Text})
		if e.Refusal != nil {
			p.Refusal(e.Time, *e.Refusal)
		}
	default:
		p.Line(e.Time, e.Text)
	}
}

func (a *app) runEnding(cmd *cobra.Command, client *api.Client, id string, s config.Settings) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), askTimeout)
	defer cancel()
	r, err := client.Run(ctx, id)
	if err != nil {
		return a.apiError(err, a.color(s))
	}
	if a.json {
		if err := a.printRun(r, s); err != nil {
			return err
		}
	}
	switch r.Outcome {
	case "done":
		return nil
	case "refused":
		return &exit{exitRefused, ""}
	}
	return &exit{exitFailed, ""}
}

func (a *app) printRun(r *api.Run, s config.Settings) error {
	if a.json {
		return a.printJSON(r)
	}
	_, err := fmt.Fprint(a.out, console.RunText(*r, console.Style{Color: a.color(s), ASCII: a.ascii}))
	return err
}
