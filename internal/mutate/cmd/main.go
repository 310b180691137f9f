// Command cmd runs a campaign of mutants over the rules of the model and of the safety rules, and prints how many of them the
// tests notice. Run it in the root of the module: go run ./internal/mutate/cmd -sample 30. One who has mended a test tries again the
// mutants of a place that it is for by what the campaign prints of them: -match '^dacp.go \| mayRaise'.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"time"

	"siteswap/internal/mutate"
)

func main() { os.Exit(campaign()) }

func campaign() int {
	match := flag.String("match", "", "only mutants whose key matches this regular expression")
	sample := flag.Int("sample", 0, "how many mutants are tried; 0: all")
	seed := flag.Uint64("seed", 1, "of the sample")
	parallel := flag.Int("parallel", 2, "how many at once")
	limit := flag.Duration("limit", 60*time.Second, "for the tests of one mutant")
	state := flag.String("state", "", "file of verdicts that are kept from one run to the next")
	least := flag.Float64("least", 95, "percent of the non-equivalent mutants that must be found")
	only := flag.String("package", "", "only this package: dag or internal/run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	work, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return wrong(err)
	}
	defer os.RemoveAll(work)
	var matching *regexp.Regexp
	if *match != "" {
		if matching, err = regexp.Compile(*match); err != nil {
			return wrong(err)
		}
	}
	equivalent, err := mutate.Equivalents()
	if err != nil {
		return wrong(err)
	}
	var packages []mutate.Package
	for _, p := range []mutate.Package{{Dir: "dag"}, {Dir: "internal/run", Files: []string{"rules*.go"}, Skip: "^TestAnyDesign$"}} {
		if *only == "" || *only == p.Dir {
			packages = append(packages, p)
		}
	}
	report, err := mutate.Run(ctx, mutate.Options{Root: ".", Work: work, Packages: packages, Match: matching, Sample: *sample, Seed: *seed, Parallel: *parallel,
		Limit: *limit, State: *state, Equivalent: equivalent})
	if err != nil {
		return wrong(err)
	}
	for _, r := range report.Survivors {
		fmt.Printf("survived: %s: %s\n", r.Place, r.Key)
	}
	fmt.Printf("mutants: %d of %d tried, %d found, %d equivalent, %d survived: %.1f %% found\n", report.Tried, report.Of, report.Found, report.Equivalent, len(report.Survivors), report.Percent())
	if report.Percent() < *least {
		return 1
	}
	return 0
}

func wrong(err error) int {
	fmt.Fprintln(os.Stderr, "mutate:", err)
	return 2
}
