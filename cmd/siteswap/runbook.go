package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"siteswap/internal/console"
	"siteswap/runbooks"
)

func (a *app) runbookCommand() *cobra.Command {
	c := &cobra.Command{Use: "runbook", Short: "List, show and check runbooks, and what their expressions may say",
		Example: "  siteswap runbook list\n  siteswap runbook show switchover > mine.yaml\n  siteswap runbook check mine.yaml"}
	c.AddCommand(a.runbookList(), a.runbookShow(), a.runbookCheck(), a.runbookFacts(), a.runbookChecks(), a.runbookKinds())
	return c
}

func (a *app) runbookList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the built-in runbooks", Args: cobra.NoArgs, Example: "  siteswap runbook list",
		RunE: func(*cobra.Command, []string) error {
			type row struct {
				Name  string `json:"name"`
				Title string `json:"title"`
				Steps int    `json:"steps"`
			}
			var rows []row
			text := [][]string{{"name", "steps", "title"}}
			for _, rb := range runbooks.BuiltIn() {
				rows = append(rows, row{rb.Name, rb.Title, len(rb.Steps)})
				text = append(text, []string{rb.Name, fmt.Sprint(len(rb.Steps)), rb.Title})
			}
			if a.json {
				return a.printJSON(rows)
			}
			_, err := fmt.Fprint(a.out, console.Table(text))
			return err
		}}
}

func (a *app) runbookShow() *cobra.Command {
	return &cobra.Command{Use: "show NAME", Short: "Print a built-in runbook, to read or to change", Args: cobra.ExactArgs(1), Example: "  siteswap runbook show failback",
		RunE: func(_ *cobra.Command, args []string) error {
			src, err := runbooks.BuiltInSource(args[0])
			if err != nil {
				return usage("%v", err)
			}
			_, err = a.out.Write(src)
			return err
		}}
}

func (a *app) runbookCheck() *cobra.Command {
	return &cobra.Command{Use: "check FILE", Short: "Check a runbook: format, kinds, expressions, graph; and against the site file, if there is one",
		Args: cobra.ExactArgs(1), Example: "  siteswap runbook check mine.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			rb, err := a.findRunbook(args[0])
			if err != nil {
				return err
			}
			s, err := a.settings(cmd)
			if err != nil {
				return err
			}
			if s.Named {
				site, err := a.site(cmd, false)
				if err != nil {
					return err
				}
				if err := a.problems(runbooks.Check(rb, site.Topology())); err != nil {
					return err
				}
			} else if err := a.problems(runbooks.Check(rb, nil)); err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"runbook": rb.Name, "ok": true})
			}
			_, err = fmt.Fprintf(a.out, "%s: good. %d steps.\n", args[0], len(rb.Steps))
			return err
		}}
}

func (a *app) runbookFacts() *cobra.Command {
	return &cobra.Command{Use: "facts", Short: "Print the words that expressions may use: name, type, where they come from, how old they may be",
		Args: cobra.NoArgs, Example: "  siteswap runbook facts",
		RunE: func(*cobra.Command, []string) error {
			words := runbooks.Vocabulary()
			if a.json {
				return a.printJSON(words)
			}
			rows := [][]string{{"name", "type", "source", "seen from", "at most", "meaning"}}
			for _, w := range words {
				age := "-"
				if w.MaxAge > 0 {
					age = w.MaxAge.String()
				}
				rows = append(rows, []string{w.Name, w.Type, w.Source, w.SeenFrom, age, w.Doc})
			}
			_, err := fmt.Fprint(a.out, console.Table(rows))
			return err
		}}
}

func (a *app) runbookChecks() *cobra.Command {
	return &cobra.Command{Use: "checks", Short: "Print the readiness checks: severity by mode, and the failure that each prevents",
		Args: cobra.NoArgs, Example: "  siteswap runbook checks",
		RunE: func(*cobra.Command, []string) error {
			type row struct {
				ID        string         `json:"id"`
				What      string         `json:"what"`
				Planned   runbooks.Level `json:"planned"`
				Unplanned runbooks.Level `json:"unplanned"`
				Row       int            `json:"row"`
				Rule      string         `json:"rule,omitempty"`
			}
			var out []row
			rows := [][]string{{"id", "planned", "unplanned", "row", "what holds"}}
			for _, c := range runbooks.Checks() {
				out = append(out, row{c.ID, c.What, c.Planned, c.Unplanned, c.Row, c.Rule})
				n := "-"
				if c.Row > 0 {
					n = fmt.Sprint(c.Row)
				}
				rows = append(rows, []string{c.ID, string(c.Planned), string(c.Unplanned), n, c.What})
			}
			if a.json {
				return a.printJSON(out)
			}
			_, err := fmt.Fprint(a.out, console.Table(rows))
			return err
		}}
}

func (a *app) runbookKinds() *cobra.Command {
	return &cobra.Command{Use: "kinds", Short: "Print the kinds of steps and their parameters", Args: cobra.NoArgs, Example: "  siteswap runbook kinds",
		RunE: func(*cobra.Command, []string) error {
			rows := [][]string{{"kind", "parameter", "type", "what"}}
			type row struct {
				Name       string               `json:"name"`
				Does       string               `json:"does"`
				Class      runbooks.Class       `json:"class"`
				Parameters []runbooks.Parameter `json:"parameters"`
			}
			var out []row
			for _, k := range runbooks.Kinds() {
				out = append(out, row{k.Name, k.Does, k.Class, k.Parameters})
				rows = append(rows, []string{k.Name, "", string(k.Class), k.Does})
				for _, p := range k.Parameters {
					rows = append(rows, []string{"", p.Name, p.Type.String(), p.Doc})
				}
			}
			if a.json {
				return a.printJSON(out)
			}
			_, err := fmt.Fprint(a.out, console.Table(rows))
			return err
		}}
}
