package arch_test

import (
	"slices"
	"testing"

	"siteswap/internal/act"
	"siteswap/runbooks"
)

// passive are the kinds that act on nothing: the controller decides them on facts, on the word of people, or by waiting.
var passive = []string{"check", "approve", "manual", "wait", "dns.settle"}

// walk compares the halves of the kinds: what the data half describes, what the acting half can do, and what steps use.
func walk(data, acting []string, steps map[string][]string) []finding {
	var fs []finding
	for _, k := range data {
		if !slices.Contains(acting, k) && !slices.Contains(passive, k) {
			fs = append(fs, finding{"runbooks", "kinds", k + " is described but internal/act cannot carry it out"})
		}
	}
	for _, k := range acting {
		if !slices.Contains(data, k) {
			fs = append(fs, finding{"internal/act", "kinds", k + " can be carried out but runbooks does not describe it"})
		}
		if slices.Contains(passive, k) {
			fs = append(fs, finding{"internal/act", "kinds", k + " acts on nothing, yet it has an acting half"})
		}
	}
	for name, kinds := range steps {
		for _, k := range kinds {
			if !slices.Contains(data, k) {
				fs = append(fs, finding{"runbooks", "kinds", name + " uses " + k + ", which is no kind"})
			}
		}
	}
	return fs
}

func TestKinds(t *testing.T) {
	var data []string
	for _, k := range runbooks.Kinds() {
		data = append(data, k.Name)
		if k.Does == "" || k.Class == "" || k.Summary == nil {
			t.Errorf("%s: half of its data half is missing: what it does, how bad it is twice, its line in the table", k.Name)
		}
		if !slices.Contains(passive, k.Name) && (k.Timeout == 0 || k.ByHand == nil) {
			t.Errorf("%s acts, but without a timeout, or nobody could do it by hand", k.Name)
		}
	}
	steps := map[string][]string{}
	for _, rb := range runbooks.BuiltIn() {
		for _, s := range rb.Steps {
			steps[rb.Name] = append(steps[rb.Name], s.Kind)
		}
	}
	if len(steps["switchover"]) == 0 || len(steps["failback"]) == 0 {
		t.Errorf("the built-in runbooks are missing or empty: %v", steps)
	}
	for _, f := range walk(data, act.Kinds(), steps) {
		t.Error(f)
	}
}

func TestKindsWalkCanFail(t *testing.T) {
	for name, fs := range map[string][]finding{
		"no acting half": walk([]string{"dag.stop"}, nil, nil),
		"no data half":   walk(nil, []string{"dag.stop"}, nil),
		"passive acts":   walk([]string{"wait"}, []string{"wait"}, nil),
		"unknown kind":   walk(nil, nil, map[string][]string{"switchover": {"dag.stpo"}}),
	} {
		if len(fs) != 1 {
			t.Errorf("%s: %v", name, fs)
		}
	}
	if fs := walk([]string{"wait", "dag.stop"}, []string{"dag.stop"}, map[string][]string{"x": {"wait", "dag.stop"}}); len(fs) > 0 {
		t.Errorf("nothing is wrong here: %v", fs)
	}
}
