package drill

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"siteswap/internal/config"
	"siteswap/internal/document"
)

//go:embed scenarios/*.yaml scenarios/sites/*.yaml
var builtIn embed.FS

// Scenario is what happens to the emulated sites, and what is expected of it (formats.md).
type Scenario struct {
	Name       string            `yaml:"name" need:"write the scenario's name" doc:"Its name."`
	Title      string            `yaml:"title" doc:"What happens to whom, one sentence."`
	Parameters map[string]string `yaml:"parameters" doc:"fail: the site that is lost; to: the site that takes over."`
	Site       string            `yaml:"site" doc:"The site file to run on."`
	Set        map[string]string `yaml:"set" doc:"Fields of the site file to change, by path, as in dag.activation_mode: Off."`
	Override   []string          `yaml:"override" doc:"Safety rules that the operator overrides when they refuse, besides those of --override."`
	KillLeader *KillEvery        `yaml:"kill_leader" doc:"Kill the leading controller once in every step."`
	Speed      float64           `yaml:"speed" min:"1" max:"600" doc:"How many times faster than real time it runs; --speed comes first."`
	Clients    int               `yaml:"clients" min:"1" max:"200" doc:"How many mail clients there are; 24 unless set. Each waits for its message before it sends the next."`
	Events     []Event           `yaml:"events" need:"list what happens" doc:"What happens, in order."`
	Expect     *Expect           `yaml:"expect" doc:"How it must end."`

	doc    *document.Document // for the lines of what is found wrong later
	folder string             // of its file; "" for a built-in one
}

// KillEvery kills the leader with SIGKILL once in every step: in steps of even number at one point, of odd number at the other.
type KillEvery struct {
	Even string `yaml:"even" enum:"call-received|applied" need:"write call-received (before the effect) or applied (after it)" doc:"Where in steps of even number."`
	Odd  string `yaml:"odd" enum:"call-received|applied" need:"write call-received (before the effect) or applied (after it)" doc:"Where in steps of odd number."`
}

// Scenarios are the names of the built-in scenarios.
func Scenarios() []string {
	entries, err := builtIn.ReadDir("scenarios")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
		}
	}
	slices.Sort(names)
	return names
}

// LoadScenario reads a built-in scenario by name, or a file.
func LoadScenario(nameOrFile string) (*Scenario, document.Problems) {
	data, err := builtIn.ReadFile("scenarios/" + nameOrFile + ".yaml")
	file, folder := "built-in scenario "+nameOrFile, ""
	if err != nil {
		file, folder = nameOrFile, filepath.Dir(nameOrFile)
		if data, err = os.ReadFile(nameOrFile); err != nil {
			fix := "write a file, or one of " + strings.Join(Scenarios(), ", ")
			if near, ok := document.Nearest(nameOrFile, Scenarios()); ok {
				fix = "did you mean " + near + "? Built in: " + strings.Join(Scenarios(), ", ")
			}
			return nil, document.Problems{{File: nameOrFile, Field: "scenario", What: "is no built-in scenario and cannot be read as a file", Fix: fix}}
		}
	}
	s, ps := ParseScenario(file, data)
	s.folder = folder
	return s, ps
}

// LoadSite reads the site file that the scenario names: beside the scenario's own file; for a built-in one, a built-in one.
func (s *Scenario) LoadSite() (*config.Site, document.Problems) {
	if s.folder != "" && !filepath.IsAbs(s.Site) {
		return config.Load(filepath.Join(s.folder, s.Site))
	}
	if data, err := builtIn.ReadFile("scenarios/sites/" + s.Site); err == nil && s.folder == "" {
		return config.Parse("built-in site file "+s.Site, data)
	}
	return config.Load(s.Site)
}

// ParseScenario reads and checks a scenario.
func ParseScenario(file string, data []byte) (*Scenario, document.Problems) {
	s := &Scenario{}
	doc, problems := document.Decode(file, data, s)
	if len(problems.Errors()) > 0 {
		return s, problems
	}
	s.doc = doc
	for i := range s.Events {
		problems = append(problems, s.Events[i].check(doc, fmt.Sprintf("events[%d]", i))...)
	}
	for name := range s.Parameters {
		if name != "fail" && name != "to" {
			problems = append(problems, doc.Problem("parameters."+name, "unknown parameter", "write fail or to"))
		}
	}
	if s.Expect != nil {
		problems = append(problems, s.Expect.check(doc)...)
	}
	return s, problems.Sorted()
}

// problem is an error at a path of the scenario's file.
func (s *Scenario) problem(path string, err error) document.Problem {
	if s.doc == nil {
		return document.Problem{File: s.Name, Field: path, What: err.Error()}
	}
	return s.doc.Problem(path, err.Error(), "")
}

// Heading is the title for somebody who has no site file before them.
func (s *Scenario) Heading() string {
	return strings.NewReplacer("{{fail}}", first(s.Parameters["fail"], "the home site"), "{{to}}", first(s.Parameters["to"], "the other site")).Replace(s.Title)
}
