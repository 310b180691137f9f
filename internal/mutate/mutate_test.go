package mutate

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const ruleSource = `package rule

type door struct{ open bool; n int }

func (d *door) mayOpen(key, force bool) bool {
	return (key || force) && d.n < 3
}

func (d *door) turn(key bool) {
	if d.mayOpen(key, false) {
		d.open = true
		d.n++
	}
	switch {
	case d.n > 2:
		d.open = false
	}
}
`

const ruleTests = `package rule

import "testing"

func TestDoor(t *testing.T) {
	d := &door{}
	if d.turn(false); d.open {
		t.Fatal("open without a key")
	}
	if d.turn(true); !d.open || d.n != 1 {
		t.Fatal("closed with a key")
	}
	if d.mayOpen(false, true) != true {
		t.Fatal("force does not count")
	}
	d.n = 3
	if d.mayOpen(true, false) {
		t.Fatal("a fourth time")
	}
}
`

func TestFind(t *testing.T) {
	list, err := Find("rule.go", []byte(ruleSource))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range list {
		got = append(got, m.Key())
	}
	want := []string{
		"rule.go | mayOpen | negate | (key || force) && d.n < 3",
		"rule.go | mayOpen | ignore | (key || force)",
		"rule.go | mayOpen | ignore | key",
		"rule.go | mayOpen | ignore | force",
		"rule.go | mayOpen | ignore | d.n < 3",
		"rule.go | mayOpen | limit | d.n < 3",
		"rule.go | turn | negate | d.mayOpen(key, false)",
		"rule.go | turn | skip | d.open = true",
		"rule.go | turn | skip | d.n++",
		"rule.go | turn | negate | d.n > 2",
		"rule.go | turn | limit | d.n > 2",
		"rule.go | turn | skip | d.open = false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := Find("rule.go", []byte("package")); err == nil {
		t.Error("no error for what is no source")
	}
}

// TestCampaign: the mutants that the tests of a small module notice, those that they do not, and those that are declared equal.
func TestCampaign(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example\n\ngo 1.26\n", "rule/rule.go": ruleSource, "rule/rule_test.go": ruleTests, "rule/flags_test.go": rapidFlags} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{Root: root, Work: t.TempDir(), Packages: []Package{{Dir: "rule"}}, Parallel: 2, Limit: time.Minute, State: filepath.Join(root, "state"),
		Equivalent: map[string]string{"rule.go | turn | negate | d.n > 2": "a reason"}}
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var survived []string
	for _, r := range report.Survivors {
		survived = append(survived, r.Place+" "+r.Key)
	}
	want := []string{"rule/rule.go:15 rule.go | turn | limit | d.n > 2", "rule/rule.go:16 rule.go | turn | skip | d.open = false"}
	if diff := cmp.Diff(want, survived); diff != "" || report.Tried != 12 || report.Equivalent != 0 || report.Found != 10 {
		t.Errorf("%s\n%+v", diff, report)
	}
	resumes(t, o, report)
}

// resumes: verdicts that were written down are not sought again, until the sources change.
func resumes(t *testing.T, o Options, before Report) {
	t.Helper()
	text, err := os.ReadFile(o.State)
	if err != nil || strings.Count(string(text), "\n") != before.Tried {
		t.Fatalf("%v: %s", err, text)
	}
	if err := os.WriteFile(o.State, []byte(strings.ReplaceAll(string(text), string(Survived), string(Found))+"{\"cut"), 0o644); err != nil {
		t.Fatal(err)
	}
	report, err := Run(t.Context(), o)
	if err != nil || report.Found != before.Tried || report.Percent() != 100 {
		t.Errorf("%v: %+v", err, report)
	}
	o.Sample, o.State = 3, ""
	if report, err = Run(t.Context(), o); err != nil || report.Tried != 3 {
		t.Errorf("%v: %+v", err, report)
	}
	o.Match = regexp.MustCompile(`\| turn \| limit`)
	if report, err = Run(t.Context(), o); err != nil || report.Tried != 1 || report.Of != 12 || len(report.Survivors) != 1 {
		t.Errorf("only what matches: %v: %+v", err, report)
	}
	if err := os.WriteFile(filepath.Join(o.Root, "rule/rule_test.go"), []byte("package rule\n\nimport \"testing\"\n\nfunc TestDoor(t *testing.T) { t.Fatal() }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "without any mutant") {
		t.Errorf("tests that fail by themselves: %v", err)
	}
}

// rapidFlags: the campaign gives the tests flags of rapid, which a package without properties does not have.
const rapidFlags = `package rule

import "flag"

var _, _, _ = flag.Uint64("rapid.seed", 0, ""), flag.Bool("rapid.nofailfile", false, ""), flag.Duration("rapid.shrinktime", 0, "")
`

func sourcesOf(t *testing.T, p Package) []string {
	t.Helper()
	files, err := p.sources("../..")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestEquivalents: every mutant that is listed has a reason, and is one.
func TestEquivalents(t *testing.T) {
	listed, err := Equivalents()
	if err != nil {
		t.Error(err)
	}
	for _, file := range slices.Concat(sourcesOf(t, Package{Dir: "dag"}), sourcesOf(t, Package{Dir: "internal/run", Files: []string{"rules*.go"}})) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		mutants, err := Find(filepath.Base(file), text)
		if err != nil {
			t.Fatal(err)
		}
		for i := range mutants {
			delete(listed, mutants[i].Key())
		}
	}
	for key := range listed {
		t.Errorf("listed, and not in the sources: %s", key)
	}
	list, err := parseEquivalents("# first line\n# and second\na.go | f | skip | x()\n\n# other\nb.go | g | negate | a | b\n")
	if want := map[string]string{"a.go | f | skip | x()": "first line and second", "b.go | g | negate | a | b": "other"}; err != nil || cmp.Diff(want, list) != "" {
		t.Errorf("%v %v", err, list)
	}
	for _, text := range []string{"a.go | f | skip | x()\n", "# reason\nno key\n"} {
		if _, err := parseEquivalents(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
