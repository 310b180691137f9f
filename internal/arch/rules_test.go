package arch_test

import "testing"

// rules are all rules that read code. Each is shown to be able to fail by TestPlanted.
func rules() map[string]func(testing.TB, *module) []finding {
	return map[string]func(testing.TB, *module) []finding{
		"imports": imports,
		"purity":  purities,
		"permit":  permits,
		"length":  lengths,
		"doc":     docs,
		"name":    names,
		"init":    inits,
		"exit":    exits,
		"replace": replaces,
	}
}

// TestRules holds the module to every rule.
func TestRules(t *testing.T) {
	m := load(t, "../..")
	for name, rule := range rules() {
		t.Run(name, func(t *testing.T) {
			for _, f := range rule(t, m) {
				t.Error(f)
			}
		})
	}
}
