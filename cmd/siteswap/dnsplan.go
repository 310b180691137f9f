package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"siteswap/dnsupdate"
)

func (a *app) dnsPlan(f *dnsFlags) *cobra.Command {
	var out string
	var rights bool
	c := &cobra.Command{Use: "plan", Short: "Show what would change, and keep it in a file", Args: cobra.NoArgs,
		Example: "  siteswap dns plan --to DR\n  siteswap dns plan --to DR --rights --out move.json\n  siteswap dns plan --ttl 60s --out lower.json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			w, err := a.dnsSetup(cmd, f, rights)
			if err != nil {
				return err
			}
			defer w.client.Close()
			p, err := w.propose(cmd, f)
			if err != nil {
				return err
			}
			if rights {
				for _, s := range w.client.Servers() {
					p.Rights = append(p.Rights, w.client.CheckRights(cmd.Context(), s, p.Set)...)
				}
			}
			if out != "" {
				if err := writePlan(out, p); err != nil {
					return err
				}
			}
			if err := a.showMove(w, p, out); err != nil {
				return err
			}
			if slices.ContainsFunc(p.Rights, func(r dnsupdate.Right) bool { return r.Result == dnsupdate.Failed }) {
				return &exit{exitRefused, "an account may not change a record: see above"}
			}
			return nil
		}}
	c.Flags().StringVar(&out, "out", "", "write the plan to this file")
	c.Flags().BoolVar(&rights, "rights", false, "ask the servers whether the account may change the records; nothing changes that shows")
	c.Flags().DurationVar(&f.ttl, "ttl", 0, "the TTL that the names get; without --to only the TTL changes")
	return c
}

func (a *app) showMove(w *dnsWork, p *movePlan, file string) error {
	if a.json {
		return a.printJSON(p)
	}
	fmt.Fprintf(a.out, "%d record sets in %d zones, first at %s\n", len(p.Set.Changes()), len(p.Set.Zones), p.Home)
	for _, ch := range p.Set.Changes() {
		from, to := list(ch.Old), list(ch.New)
		if from == to {
			from = "stays"
		}
		fmt.Fprintf(a.out, "  %-40s %s -> %s, TTL %s\n", ch.Title(), from, to, ch.TTL)
	}
	for _, c := range p.Chains {
		fmt.Fprintf(a.out, "  %s is an alias: %s -> %s\n", c.Name, c.Name, strings.Join(c.To, " -> "))
	}
	for _, text := range p.Odd {
		fmt.Fprintf(a.out, "%s %s\n", w.style.Mark("unknown"), text)
	}
	for _, r := range p.Rights {
		text := "may be changed"
		if r.Result != dnsupdate.Done {
			text = r.Why
		}
		fmt.Fprintf(a.out, "%s %s at %s: %s\n", w.style.Mark(r.Result.String()), r.Name+" "+r.Type, r.Server, text)
	}
	fmt.Fprintln(a.out, estimateText(p.Estimate))
	if file != "" {
		fmt.Fprintf(a.out, "Next: siteswap dns apply %s\n", file)
	}
	return nil
}

// estimateText says how long clients may still get the old answer.
func estimateText(e dnsupdate.Estimate) string {
	var parts []string
	for _, p := range []struct {
		what string
		d    time.Duration
	}{{"replication of the directory", e.Replication}, {"poll of the directory by its DNS servers", e.Poll}, {"caches", e.Cache}, {"caches that hold `no such name`", e.Negative}} {
		if p.d > 0 {
			parts = append(parts, p.what+" "+p.d.String())
		}
	}
	if len(parts) == 0 {
		return "Clients follow at once."
	}
	return "Clients follow within " + e.Worst.String() + " of the last server: " + strings.Join(parts, ", ") + ". Applications may remember longer."
}

func list(values []string) string {
	if len(values) == 0 {
		return "nothing"
	}
	return strings.Join(values, ", ")
}
