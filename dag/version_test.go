package dag_test

import (
	"encoding/json"
	"testing"

	"siteswap/dag"
)

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]dag.Version{
		"2010":         {Release: 2010},
		"2010 RTM":     {Release: 2010, RTM: true},
		"2010 SP1":     {Release: 2010, SP: 1},
		"2010 SP2 RU3": {Release: 2010, SP: 2, RU: 3},
		"2010 RU3 SP2": {Release: 2010, SP: 2, RU: 3},
		" 2013  CU7 ":  {Release: 2013, CU: 7},
		"2016 CU2":     {Release: 2016, CU: 2},
		"2013 CU40":    {Release: 2013, CU: 40},
		"2019":         {Release: 2019},
		"SE":           {Release: 2025},
		"2010 RTM RU2": {Release: 2010, RTM: true, RU: 2},
	} {
		got, err := dag.ParseVersion(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", " ", "2007", "2010SP1", "2010 SP", "2010 SP0", "2010 SP41", "2010 SP1x", "2010 XX1", "2010 é1", "2025", "se", "2010 RTM SP1", "2016 RTM CU1", "2010 SP-1", "2010 SP+1", "2010 SP01", "2010 2010"} {
		if got, err := dag.ParseVersion(text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

// TestVersionRules are the differences between releases that decide: domain-exchange.md 1.5, 2, 8.1.
func TestVersionRules(t *testing.T) {
	for _, c := range []struct {
		text                string
		um, moves, mustMove bool
	}{
		{"2010 RTM", true, false, true},
		{"2010 SP3", true, false, true},
		{"2013 CU7", true, false, false},
		{"2016", true, false, false},
		{"2016 CU1", true, false, false},
		{"2016 CU2", true, true, false},
		{"2019", false, true, false},
		{"SE", false, true, false},
	} {
		v, err := dag.ParseVersion(c.text)
		if err != nil || v.HasUM() != c.um || v.MovesByPreference() != c.moves || v.NamesMustMove() != c.mustMove {
			t.Errorf("%s: UM %v, moves home %v, names must move %v, %v", c.text, v.HasUM(), v.MovesByPreference(), v.NamesMustMove(), err)
		}
	}
	for _, w := range dag.WindowsReleases {
		w := dag.Windows(w)
		if w.DynamicQuorum() != (w != "2008 R2") || w.DynamicWitness() != (w != "2008 R2" && w != "2012") {
			t.Errorf("%s: dynamic quorum %v, dynamic witness %v", w, w.DynamicQuorum(), w.DynamicWitness())
		}
	}
}

func FuzzParseVersion(f *testing.F) {
	for _, s := range []string{"2010 SP2 RU3", "SE", "2016 CU2", "2010 RTM", "2010 SP01", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := dag.ParseVersion(text)
		if err != nil {
			return
		}
		again, err := dag.ParseVersion(v.String())
		if err != nil || again != v {
			t.Fatalf("%q is read as %+v, written as %q, read as %+v, %v", text, v, v.String(), again, err)
		}
		b, err := json.Marshal(v)
		var back dag.Version
		if err != nil || json.Unmarshal(b, &back) != nil || back != v {
			t.Fatalf("%q: JSON %s reads as %+v, %v", text, b, back, err)
		}
	})
}

// TestLocator: in 2013 before CU7 fronts are told nothing once the policy of every member is Blocked, though all is mounted.
func TestLocator(t *testing.T) {
	for _, c := range []struct {
		version string
		all     bool
	}{{"2010 SP3", true}, {"2013", false}, {"2013 CU6", false}, {"2013 CU7", true}, {"2016 CU2", true}, {"SE", true}} {
		topo := reference()
		topo.Exchange, _ = dag.ParseVersion(c.version)
		s := dag.New(topo)
		s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpPolicy, Members: 3, Policy: dag.Blocked})
		if !s.Located(topo) {
			t.Errorf("%s: nothing is located, and EX3 is not Blocked", c.version)
		}
		s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpPolicy, Members: 4, Policy: dag.Blocked})
		s, a := dag.Do(topo, s, dag.Op{Kind: dag.OpActivate, Member: 1})
		if got := s.Located(topo); got != c.all || a.Code != dag.OK || !s.Copy(0, 1).Mounted {
			t.Errorf("%s: located %v, activated by name: %q", c.version, got, a.Code)
		}
	}
}
