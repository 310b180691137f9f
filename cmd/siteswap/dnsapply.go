package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"siteswap/dnsupdate"
)

func (a *app) dnsApply(f *dnsFlags) *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{Use: "apply [PLAN]", Short: "Write the changes, read every server back, say who owes them", Args: cobra.MaximumNArgs(1),
		Example: "  siteswap dns apply move.json\n  siteswap dns apply --to DR --name mail.example.com\n  siteswap dns apply move.json --leave-out 10.0.1.5:53 --by alice,bob",
		Long: `Writes to the surviving site's server first, as a compare-and-swap, then to every other
listed server, and reads them all back. Applying again is harmless: it finishes what was
half done. Exit code 0: every server that can be reached agrees; those that cannot are
named, they are owed the change. 3: a record holds what nobody planned.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.wait = wait // each verb has its own default
			w, err := a.dnsSetup(cmd, f, true)
			if err != nil {
				return err
			}
			defer w.client.Close()
			p, err := w.planned(cmd, f, args)
			if err != nil {
				return err
			}
			return a.carryOut(cmd, w, p, p.Set, planFile(args))
		}}
	c.Flags().DurationVar(&wait, "wait", 30*time.Second, "how long servers that still differ are waited for")
	return c
}

func planFile(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (a *app) dnsRestore(f *dnsFlags) *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{Use: "restore PLAN", Short: "Put back what was there when the plan was made", Args: cobra.ExactArgs(1),
		Example: "  siteswap dns restore move.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			f.wait = wait // each verb has its own default
			w, err := a.dnsSetup(cmd, f, true)
			if err != nil {
				return err
			}
			defer w.client.Close()
			p, err := readPlan(args[0])
			if err != nil {
				return err
			}
			back, err := p.Set.PutBack(p.Old)
			if err != nil {
				return usage("%s: %v", args[0], err)
			}
			return a.carryOut(cmd, w, p, back, "")
		}}
	c.Flags().DurationVar(&wait, "wait", 30*time.Second, "how long servers that still differ are waited for")
	return c
}

// carryOut writes a set, says how it ended, and keeps in the plan when the last server changed.
func (a *app) carryOut(cmd *cobra.Command, w *dnsWork, p *movePlan, set dnsupdate.Set, file string) error {
	home, err := w.listed(cmd, p)
	if err != nil {
		return err
	}
	rep := w.client.Repoint(cmd.Context(), set, home)
	if file != "" && rep.Result == dnsupdate.Done {
		now := time.Now().UTC().Truncate(time.Second)
		p.AppliedAt = &now
		if err := writePlan(file, p); err != nil {
			return err
		}
	}
	if a.json {
		err = a.printJSON(map[string]any{"report": rep, "names": rep.Names(), "estimate": p.Estimate})
	} else {
		a.showReport(w, p, rep)
	}
	switch {
	case err != nil:
		return err
	case cmd.Context().Err() != nil:
		return &exit{exitInterrupted, "interrupted: what is shown was read last; apply the same plan again, or restore it"}
	case rep.Result == dnsupdate.Conflict:
		return &exit{exitRefused, "not overwritten: " + rep.Why}
	case rep.Result != dnsupdate.Done:
		return &exit{exitFailed, rep.Result.String() + ": " + rep.Why}
	}
	return nil
}

// listed is the plan's first server as the file lists it now; if it is gone or silent, another one that answers.
func (w *dnsWork) listed(cmd *cobra.Command, p *movePlan) (dnsupdate.Server, error) {
	for _, s := range w.client.Servers() {
		if s.Address != p.Home {
			continue
		}
		if _, err := w.client.Query(cmd.Context(), s, w.site.DNS.Names[0].Name); err == nil || !strings.Contains(err.Error(), dnsupdate.ErrUnreachable.Error()) {
			return s, nil
		}
	}
	return w.home(cmd, p.To)
}

func (a *app) showReport(w *dnsWork, p *movePlan, rep dnsupdate.Report) {
	for _, s := range rep.Servers {
		a.showState(w, s.State)
		for _, n := range s.Outcome.Names {
			if n.Why != "" && !(n.Skipped && n.Result == dnsupdate.Done) {
				fmt.Fprintf(a.out, "    %s %s %s: %s\n", w.style.Mark(n.Result.String()), n.Name, n.Type, n.Why)
			}
		}
	}
	if rep.Result != dnsupdate.Done {
		for _, n := range rep.Names() {
			if len(n.New) > 0 && len(n.Not) > 0 {
				fmt.Fprintf(a.out, "%s %s %s is half done: new at %s; %s\n", w.style.Mark("unknown"), n.Name, n.Type, strings.Join(n.New, ", "), strings.Join(n.Not, "; "))
			}
		}
		return
	}
	fmt.Fprintln(a.out, estimateText(p.Estimate))
}

func (a *app) showState(w *dnsWork, s dnsupdate.ServerState) {
	mark := map[dnsupdate.State]string{dnsupdate.Agrees: "done", dnsupdate.Differs: "failed", dnsupdate.Unreachable: "waiting", dnsupdate.LeftOut: "skipped"}[s.State]
	text := s.State.String()
	if s.State == dnsupdate.Unreachable {
		text = "owed: it does not answer"
	}
	if s.Why != "" && s.State != dnsupdate.Unreachable {
		text += ": " + s.Why
	}
	via := ""
	if s.Via != "" {
		via = " (named by NS of " + s.Via + ", only read)"
	}
	fmt.Fprintf(a.out, "%s %s %s%s: %s\n", w.style.Mark(mark), s.Server, s.Site, via, text)
}
