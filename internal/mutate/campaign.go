package mutate

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options of a campaign.
type Options struct {
	Root       string // of the module
	Work       string // folder for what is built
	Packages   []Package
	Match      *regexp.Regexp // only mutants whose Key matches are tried; nil: all
	Sample     int            // how many mutants are tried, chosen by Seed; 0: all
	Seed       uint64         // of the sample
	Parallel   int
	Limit      time.Duration // for the tests of one mutant
	State      string        // file of verdicts that are kept from one run to the next; "": none
	Equivalent map[string]string
}

// Result is one mutant's verdict.
type Result struct {
	Key     string  `json:"key"`
	Source  string  `json:"source"` // the checksum of what was tried, so that an old verdict is not believed
	Place   string  `json:"place"`
	Verdict Verdict `json:"verdict"`
	By      string  `json:"by,omitempty"`
}

// Report is what a campaign found.
type Report struct {
	Of, Tried, Found, Equivalent int
	Survivors                    []Result
}

// Percent is the part of the non-equivalent mutants that a test found.
func (r Report) Percent() float64 {
	if n := r.Tried - r.Equivalent; n > 0 {
		return 100 * float64(r.Found) / float64(n)
	}
	return 100
}

type task struct {
	binary *Binary
	number int
}

// Run tries the mutants of all packages. What the state file holds of the same sources is not tried again.
func Run(ctx context.Context, o Options) (Report, error) {
	var tasks []task
	of := 0
	for _, p := range o.Packages {
		b, err := Build(ctx, o.Root, o.Work, p)
		if err != nil {
			return Report{}, err
		}
		if v, by, err := b.Try(ctx, 0, o.Limit); err != nil || v != Survived {
			return Report{}, fmt.Errorf("the tests of %s fail without any mutant (%s): %w", p.Dir, by, err)
		}
		of += len(b.Mutants)
		for i := range b.Mutants {
			if o.Match == nil || o.Match.MatchString(b.Mutants[i].Key()) {
				tasks = append(tasks, task{b, i + 1})
			}
		}
	}
	if o.Sample > 0 && o.Sample < len(tasks) {
		rand.New(rand.NewPCG(o.Seed, 0)).Shuffle(len(tasks), func(i, j int) { tasks[i], tasks[j] = tasks[j], tasks[i] })
		tasks = tasks[:o.Sample]
	}
	report, err := o.tryAll(ctx, tasks)
	report.Of = of
	return report, err
}

func (o Options) tryAll(ctx context.Context, tasks []task) (Report, error) {
	known, err := readState(o.State)
	if err != nil {
		return Report{}, err
	}
	var mu sync.Mutex
	var results []Result
	var first error
	queue := make(chan task)
	var workers sync.WaitGroup
	for range max(1, o.Parallel) {
		workers.Go(func() {
			for t := range queue {
				r, err := o.try(ctx, t, known)
				mu.Lock()
				if err == nil {
					results = append(results, r)
					err = o.keep(r, known)
				}
				if first == nil {
					first = err
				}
				mu.Unlock()
			}
		})
	}
	for _, t := range tasks {
		queue <- t
	}
	close(queue)
	workers.Wait()
	return o.report(results), first
}

func (o Options) try(ctx context.Context, t task, known map[string]Result) (Result, error) {
	m := &t.binary.Mutants[t.number-1]
	r := Result{Key: m.Key(), Source: t.binary.sum, Place: fmt.Sprintf("%s/%s:%d", t.binary.Package.Dir, m.File, m.Line)}
	if old, ok := known[r.Place+r.Key+r.Source]; ok {
		return old, nil
	}
	var err error
	r.Verdict, r.By, err = t.binary.Try(ctx, t.number, o.Limit)
	return r, err
}

func (o Options) report(results []Result) Report {
	slices.SortFunc(results, func(a, b Result) int { return strings.Compare(a.Place+a.Key, b.Place+b.Key) })
	var rep Report
	for _, r := range results {
		rep.Tried++
		switch _, equivalent := o.Equivalent[r.Key]; {
		case equivalent && r.Verdict == Survived:
			rep.Equivalent++
		case r.Verdict == Found:
			rep.Found++
		default:
			rep.Survivors = append(rep.Survivors, r)
		}
	}
	return rep
}

func readState(file string) (map[string]Result, error) {
	known := map[string]Result{}
	if file == "" {
		return known, nil
	}
	f, err := os.Open(file)
	if os.IsNotExist(err) {
		return known, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var r Result
		if json.Unmarshal(lines.Bytes(), &r) == nil { // a line that was cut off is tried again
			known[r.Place+r.Key+r.Source] = r
		}
	}
	return known, lines.Err()
}

// keep writes a verdict down at once, so that a campaign that is broken off goes on where it was.
func (o Options) keep(r Result, known map[string]Result) error {
	if _, old := known[r.Place+r.Key+r.Source]; old || o.State == "" {
		return nil
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(o.State, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = fmt.Fprintf(f, "%s\n", line)
	return err
}
