package main

import (
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"siteswap/dag"
	"siteswap/internal/config"
	"siteswap/internal/document"
	"siteswap/runbooks"
)

func (a *app) planCommand() *cobra.Command {
	var from, to string
	var paper bool
	var params []string
	c := &cobra.Command{
		Use: "plan RUNBOOK", Short: "Show what a runbook will do, step by step, or print it to follow by hand", Args: cobra.ExactArgs(1),
		Example: "  siteswap plan switchover --from Prod --to DR\n  siteswap plan failback --from DR --to Prod --paper > failback.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			site, err := a.site(cmd, false)
			if err != nil {
				return err
			}
			plan, _, err := a.compile(site, args[0], from, to, params)
			if err != nil {
				return err
			}
			return a.showPlan(site, plan, paper)
		},
	}
	a.planFlags(c, &from, &to, &params)
	c.Flags().BoolVar(&paper, "paper", false, "print a paper runbook: the same steps for a person with no tool at hand")
	return c
}

func (a *app) planFlags(c *cobra.Command, from, to *string, params *[]string) {
	c.Flags().StringVar(from, "from", "", "the site that is left")
	c.Flags().StringVar(to, "to", "", "the site that takes over")
	c.Flags().StringArrayVar(params, "set", nil, "another parameter of the runbook, NAME=VALUE")
}

// compile finds a runbook, built in or a file, and makes a plan of it.
func (a *app) compile(site *config.Site, name, from, to string, params []string) (*runbooks.Plan, *runbooks.Runbook, error) {
	rb, err := a.findRunbook(name)
	if err != nil {
		return nil, nil, err
	}
	values := map[string]string{}
	for k, v := range map[string]string{"from": from, "to": to} {
		if v != "" {
			values[k] = v
		}
	}
	for _, p := range params {
		k, v, ok := strings.Cut(p, "=")
		if !ok {
			return nil, nil, usage("--set %s: write NAME=VALUE", p)
		}
		values[k] = v
	}
	plan, ps := runbooks.Compile(rb, site.Topology(), values)
	if err := a.problems(ps); err != nil {
		return nil, nil, err
	}
	return plan, rb, nil
}

// findRunbook takes a name of a built-in runbook, or a file.
func (a *app) findRunbook(name string) (*runbooks.Runbook, error) {
	if rb, ok := runbooks.Find(name); ok {
		return rb, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		var names []string
		for _, rb := range runbooks.BuiltIn() {
			names = append(names, rb.Name)
		}
		sort.Strings(names)
		hint := ""
		if near, ok := document.Nearest(name, names); ok {
			hint = "; did you mean " + near + "?"
		}
		return nil, usage("%s is no built-in runbook (%s) and cannot be read as a file: %v%s", name, strings.Join(names, ", "), err, hint)
	}
	rb, ps := runbooks.Parse(name, data)
	if err := a.problems(ps); err != nil {
		return nil, err
	}
	return rb, nil
}

func (a *app) showPlan(site *config.Site, plan *runbooks.Plan, paper bool) error {
	t := site.Topology()
	if paper {
		_, err := fmt.Fprint(a.out, runbooks.Paper(t, plan, a.paperExtra(site)))
		return err
	}
	start := a.plannedFrom(t, plan)
	predictions := runbooks.Predict(t, plan, start, max(0, runbooks.Vantage(plan, t)))
	if a.json {
		span, longest := runbooks.Estimate(plan, t)
		return a.printJSON(map[string]any{"plan": plan, "hash": plan.Hash(), "predictions": predictions, "estimate": span, "longest": longest})
	}
	fmt.Fprintf(a.out, "%s.  Plan %s of %s, for %s %s\n", plan.Title, short(plan.Hash()), plan.Runbook, site.File, short(config.Hash(site)))
	fmt.Fprintln(a.out, assumptions(t))
	fmt.Fprint(a.out, runbooks.Table(t, plan))
	span, longest := runbooks.Estimate(plan, t)
	fmt.Fprintf(a.out, "At real speed: %s to %s, typically %s, mostly %s.  Loss: unknown until then; at most what people approve.\n", minutes(span.Min), minutes(span.Max), minutes(span.Typical), longest)
	for _, p := range predictions {
		if p.Failed {
			fmt.Fprintf(a.out, "! %s: %s\n", p.Step, strings.Join(p.Notes, "; "))
		}
	}
	return nil
}

// plannedFrom is the state that a prediction starts from when nothing is observed: for an unplanned switchover the site that is
// left has lost its power; for a failback a switchover has gone before and the site is back.
func (a *app) plannedFrom(t *dag.Topology, plan *runbooks.Plan) dag.State {
	s := dag.New(t)
	from := t.SiteIndex(plan.Parameter("from"))
	to := t.SiteIndex(plan.Parameter("to"))
	if from < 0 {
		return s
	}
	switch plan.Runbook {
	case "switchover":
		if plan.Parameter("mode") == "planned" {
			return s
		}
		s, _ = dag.Apply(t, s, dag.Event{Kind: dag.EvSite, Site: from})
		s, _ = dag.Settle(t, s)
	case "failback":
		s, _ = dag.Apply(t, s, dag.Event{Kind: dag.EvSite, Site: to})
		s, _ = dag.Settle(t, s)
		if rb, ok := runbooks.Find("switchover"); ok {
			if before, ps := runbooks.Compile(rb, t, map[string]string{"from": t.Sites[to].Name, "to": t.Sites[from].Name}); ps.Err() == nil {
				if preds := runbooks.Predict(t, before, s, from); len(preds) > 0 {
					s = dag.FromFacts(t, &preds[len(preds)-1].Facts, from)
				}
			}
		}
		s, _ = dag.Apply(t, s, dag.Event{Kind: dag.EvSite, Site: to, On: true})
		s, _ = dag.Settle(t, s)
	}
	return s
}

// assumptions prints the readings that decide where no source settles a rule.
func assumptions(t *dag.Topology) string {
	var readings []string
	for _, a := range t.Assumptions() {
		if !a.On {
			a.Reading += " (pessimistic)"
		}
		readings = append(readings, a.Reading)
	}
	return "Certificate: none; this build has no explorer.  Assumes: " + strings.Join(readings, "; ") + "."
}

func short(hash string) string {
	hash = strings.TrimPrefix(hash, "sha256:")
	return hash[:min(4, len(hash))]
}

func minutes(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f min", d.Minutes())
}

// paperExtra is what a person needs at hand besides the topology.
func (a *app) paperExtra(site *config.Site) runbooks.Extra {
	x := runbooks.Extra{SiteFile: site.File, Made: "made by siteswap " + version(), Addresses: map[string]string{}}
	for _, s := range site.Servers {
		x.Addresses[s.Name] = s.Address.String()
		x.Addresses[s.FQDN] = s.Address.String()
	}
	for _, p := range site.Sites {
		for _, d := range p.DomainControllers {
			x.Addresses[d.FQDN] = d.Address.String()
		}
	}
	for _, p := range site.Approvers {
		x.Contacts = append(x.Contacts, strings.TrimSpace(p.Name+" "+p.Role+" "+p.Contact))
	}
	return x
}
