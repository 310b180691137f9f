package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"siteswap/internal/api"
	"siteswap/internal/config"
	"siteswap/internal/drill"
	"siteswap/internal/report"
	"siteswap/runbooks"
)

// drillFlags are what `siteswap drill` takes.
type drillFlags struct {
	scenario, fail, report, dir string
	dns, witness, pbx           string
	override, set               []string
	speed                       float64
	seed                        uint64
	keep, plain, list           bool
	jobs                        int
}

func (a *app) drillCommand() *cobra.Command {
	f := &drillFlags{}
	c := &cobra.Command{
		Use: "drill", Short: "Rehearse a switchover and a failback on emulated sites, in about a minute", Args: cobra.NoArgs,
		Long: `Starts two emulated sites on loopback addresses, three controllers and the redirectors as processes of
their own, loses a site, switches over, fails back, and measures what users felt. Needs no Exchange.

Without --config and without siteswap.yaml in this folder it runs on the reference design.
Built-in scenarios: ` + strings.Join(drill.Scenarios(), ", "),
		Example: "  siteswap drill\n  siteswap drill --scenario wan-cut\n  siteswap drill --scenario all --json\n  siteswap drill --pbx sipp\n  siteswap drill --config siteswap.yaml --report drill.html --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := knownRules(f.override); err != nil {
				return err
			}
			switch {
			case f.list:
				return a.listScenarios()
			case f.scenario == everyScenario:
				return a.drillAll(cmd, f)
			}
			return a.drill(cmd, f)
		},
	}
	c.Flags().StringVar(&f.scenario, "scenario", "site-loss", "name of a built-in scenario, a file, or all")
	c.Flags().BoolVar(&f.list, "list", false, "list the built-in scenarios")
	c.Flags().IntVar(&f.jobs, "jobs", 0, "with --scenario all: how many run side by side (default: as the processors allow)")
	c.Flags().Float64Var(&f.speed, "speed", 60, "how many times faster than real time")
	c.Flags().StringVar(&f.dns, "dns", "lab", "DNS servers: lab (emulated), or real ones: bind, knot, samba (root, after make deps)")
	c.Flags().StringVar(&f.witness, "witness", "lab", "witnesses: lab (emulated), or smb: real file servers (root, after make deps)")
	c.Flags().StringVar(&f.pbx, "pbx", "lab", "the PBX: lab (emulated), or sipp: SIPp makes every call (after make deps)")
	c.Flags().StringVar(&f.fail, "fail", "", "the site that is lost (default: the one that mounts most databases)")
	c.Flags().StringArrayVar(&f.override, "override", nil, "override this safety rule when it refuses; only a lab takes that")
	c.Flags().StringArrayVar(&f.set, "set", nil, "change a field of the site file, as in dag.activation_mode=Off")
	c.Flags().StringVar(&f.report, "report", "", "where the HTML report goes (default: drill-DATE.html)")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "recorded in the report; the emulated sites take no random decision yet")
	c.Flags().StringVar(&f.dir, "keep", "", "keep site file, keys, logs and state of the drill in this folder")
	c.Flags().BoolVar(&f.plain, "plain", false, "plain lines although this is a terminal")
	return c
}

func (a *app) drill(cmd *cobra.Command, f *drillFlags) error {
	o, err := a.drillOptions(cmd, f)
	if err != nil {
		return err
	}
	file := f.report
	if file == "" {
		file = "drill-" + time.Now().Format("2006-01-02") + ".html"
	}
	undo, err := writable(file)
	if err != nil {
		if f.dir == "" {
			os.RemoveAll(o.Dir)
		}
		return usage("--report: %v; nothing was started", err)
	}
	view := a.newView(cmd, o.Site, f.plain)
	o.Watch = view
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	view.begin(ctx, cancel)
	doc, err := drill.Run(ctx, o)
	view.end()
	var wrong *drill.UsageError
	if err != nil {
		undo()
	}
	if errors.As(err, &wrong) {
		return &exit{exitUsage, wrong.Error()}
	}
	if err != nil {
		return &exit{exitFailed, err.Error()}
	}
	if err := writeReport(file, doc); err != nil {
		return &exit{exitFailed, err.Error()}
	}
	if a.json {
		if err := report.Write(a.out, doc); err != nil {
			return &exit{exitFailed, err.Error()}
		}
	}
	return a.drillEnding(view, doc, o.Scenario, file)
}

// writable sees before a drill that its report can be written. undo takes away a file that was not there before.
func writable(file string) (undo func(), err error) {
	_, before := os.Stat(file)
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	f.Close()
	return func() {
		if os.IsNotExist(before) {
			os.Remove(file)
		}
	}, nil
}

// drillEnding prints the last lines and chooses the exit code.
func (a *app) drillEnding(view *view, doc report.Document, sc *drill.Scenario, file string) error {
	for _, o := range doc.Outages {
		view.plain.Line(time.Now(), fmt.Sprintf("outage of %s: %s", o.Clients, o.Sentence(doc.Speed)))
	}
	for _, i := range doc.Invariants {
		for _, e := range i.Evidence {
			view.plain.Marked(time.Now(), "failed", i.Name+": "+e)
		}
	}
	for _, p := range report.Validate(doc) {
		view.plain.Marked(time.Now(), "failed", "the report does not hold: "+p)
	}
	code := drill.Exit(doc, sc)
	if code == exitGood && len(report.Validate(doc)) > 0 {
		code = exitFailed
	}
	expected := ""
	if doc.ExpectMet != nil {
		expected = map[bool]string{true: "  As expected: " + doc.Expect + ".", false: "  Expected: " + doc.Expect + "."}[*doc.ExpectMet]
	}
	view.plain.Line(time.Now(), doc.Verdict+expected+"  Report: "+file)
	if code == exitGood {
		return nil
	}
	return &exit{code, ""}
}

func writeReport(file string, doc report.Document) error {
	var b bytes.Buffer
	if err := report.HTML(&b, doc); err != nil {
		return fmt.Errorf("the report: %w", err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("the report: %w", err)
	}
	return nil
}

func (a *app) drillOptions(cmd *cobra.Command, f *drillFlags) (drill.Options, error) {
	sc, ps := drill.LoadScenario(f.scenario)
	if err := a.problems(ps); err != nil {
		return drill.Options{}, err
	}
	site, err := a.drillSite(cmd, f, sc)
	if err != nil {
		return drill.Options{}, err
	}
	speed := f.speed
	if sc.Speed > 0 && !cmd.Flags().Changed("speed") {
		speed = sc.Speed
	}
	if speed < 1 || speed > 600 {
		return drill.Options{}, usage("--speed %g: between 1 and 600", speed)
	}
	if f.pbx != "lab" && f.pbx != drill.Sipp {
		return drill.Options{}, usage("--pbx %s: write lab or sipp", f.pbx)
	}
	program, err := os.Executable()
	if err != nil {
		return drill.Options{}, fmt.Errorf("find this program: %w", err)
	}
	dir := f.dir
	if dir != "" {
		if err := drill.Fresh(dir); err != nil {
			return drill.Options{}, usage("%v", err)
		}
	}
	if dir == "" {
		dir, err = os.MkdirTemp("", "siteswap-drill-")
	} else {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return drill.Options{}, usage("a folder for the drill: %v", err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return drill.Options{}, usage("a folder for the drill: %v", err)
	}
	return drill.Options{Site: site, Scenario: sc, Speed: speed, Fail: f.fail, Override: f.override, Seed: f.seed, DNS: f.dns, Witness: f.witness, PBX: f.pbx, Program: program, Dir: dir, Keep: f.dir != "",
		Version: version(), Again: "siteswap " + strings.Join(cmd.Flags().Args(), " ") + again(cmd), Plan: a.planner(site)}, nil
}

// again is the command line that runs the drill again.
func again(cmd *cobra.Command) string {
	line := "drill"
	for _, name := range []string{"config", "scenario", "speed", "fail", "dns", "witness", "pbx", "seed"} {
		if fl := cmd.Flags().Lookup(name); fl != nil && fl.Changed {
			line += " --" + name + " " + fl.Value.String()
		}
	}
	return line
}

// drillSite is the site file of the scenario, of the flags, or the reference design, with the scenario's changes.
func (a *app) drillSite(cmd *cobra.Command, f *drillFlags, sc *drill.Scenario) (*config.Site, error) {
	var site *config.Site
	var err error
	if sc.Site != "" && !cmd.Flags().Changed("config") {
		s, ps := sc.LoadSite()
		if err := a.problems(ps); err != nil {
			return nil, err
		}
		site = s
	} else if site, err = a.site(cmd, true); err != nil {
		return nil, err
	}
	set := maps.Clone(sc.Set)
	for _, text := range f.set {
		path, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, usage("--set %s: write PATH=VALUE, as in dag.activation_mode=Off", text)
		}
		if set == nil {
			set = map[string]string{}
		}
		set[path] = value
	}
	if len(set) == 0 {
		return site, nil
	}
	changed, ps := config.Change(site, set)
	return changed, a.problems(ps)
}

// planner compiles a runbook for the drill's site. The addresses of the emulated sites are others, so the topology that the
// controllers check is that of the relocated file: the drill names it in the request's parameters.
func (a *app) planner(*config.Site) func(*config.Site, string, map[string]string) (api.StartRequest, error) {
	return func(site *config.Site, runbook string, params map[string]string) (api.StartRequest, error) {
		rb, err := a.findRunbook(runbook)
		if err != nil {
			return api.StartRequest{}, err
		}
		plan, ps := runbooks.Compile(rb, site.Topology(), params)
		if ps.Err() != nil {
			return api.StartRequest{}, ps.Err()
		}
		return api.StartRequest{Plan: *plan}, nil
	}
}
