package drill

import (
	"embed"
	"fmt"
	"os"
	"slices"
	"strings"

	"siteswap/internal/document"
)

//go:embed scenarios/*.yaml
var builtIn embed.FS

// Scenario is what happens to the emulated sites, and what is expected of it (formats.md).
type Scenario struct {
	Name       string            `yaml:"name" need:"write the scenario's name" doc:"Its name."`
	Title      string            `yaml:"title" doc:"What happens to whom, one sentence."`
	Parameters map[string]string `yaml:"parameters" doc:"fail: the site that is lost; to: the site that takes over."`
	Site       string            `yaml:"site" doc:"The site file to run on."`
	Set        map[string]string `yaml:"set" doc:"Fields of the site file to change, by path, as in dag.activation_mode: Off."`
	KillLeader *KillEvery        `yaml:"kill_leader" doc:"Kill the leading controller once in every step."`
	Events     []Event           `yaml:"events" need:"list what happens" doc:"What happens, in order."`
	Expect     *Expect           `yaml:"expect" doc:"How it must end."`

	doc *document.Document // for the lines of what is found wrong later
}

// KillEvery kills the leader with SIGKILL once in every step: in steps of even number at one point, of odd number at the other.
type KillEvery struct {
	Even string `yaml:"even" enum:"call-received|applied" need:"write call-received (before the effect) or applied (after it)" doc:"Where in steps of even number."`
	Odd  string `yaml:"odd" enum:"call-received|applied" need:"write call-received (before the effect) or applied (after it)" doc:"Where in steps of odd number."`
}

// Event is one thing that happens. Exactly one of its verbs is given.
type Event struct {
	Fail      *Target           `yaml:"fail" doc:"Something breaks."`
	Restore   *Target           `yaml:"restore" doc:"Something is whole again."`
	Cut       *Link             `yaml:"cut" doc:"A link is cut, silently."`
	Heal      *Link             `yaml:"heal" doc:"A link is whole again."`
	Kill      *Target           `yaml:"kill" doc:"A process is killed with SIGKILL and started again a second later."`
	Run       string            `yaml:"run" doc:"The operator asks for a run of this runbook."`
	With      map[string]string `yaml:"with" doc:"Parameters of that run; from and to as a rule come from the scenario's own."`
	Misbehave *Misbehave        `yaml:"misbehave" doc:"A cmdlet does not do what it says."`
	Hold      []string          `yaml:"hold" doc:"Kinds of what the world does by itself that do not happen until released."`
	Release   []string          `yaml:"release" doc:"Kinds that happen again."`
	Plant     string            `yaml:"plant" enum:"mounted-twice|lost-acknowledged|effect-twice|left-frozen" doc:"Breaks an invariant in the lab, to show that the drill sees it."`
	At        string            `yaml:"at" enum:"start" doc:"start: when everything is served."`
	After     *Anchor           `yaml:"after" doc:"When it happens."`
}

// Target is what breaks.
type Target struct {
	Site             string `yaml:"site" doc:"A whole site loses power."`
	Server           string `yaml:"server" doc:"A server loses power."`
	Service          string `yaml:"service" doc:"The replication service of this server stops."`
	Front            string `yaml:"front" doc:"The client access of this server stops."`
	Witness          string `yaml:"witness" doc:"The witness server of this site stops."`
	DomainController string `yaml:"domain_controller" doc:"The domain controllers of this site stop, its DNS server with them."`
	Redirector       string `yaml:"redirector" doc:"The redirector of this site stops."`
	Controller       string `yaml:"controller" doc:"A controller by its id, or leader."`
	Link             *bool  `yaml:"link" doc:"With restore site: false leaves the links of the site cut."`
}

// Link is a link between two sites; one_way cuts only what goes from the first to the second.
type Link struct {
	Link   []string `yaml:"link" need:"name the two sites" doc:"The two sites."`
	OneWay bool     `yaml:"one_way" doc:"Only from the first to the second."`
}

// Misbehave makes a cmdlet hang, lie, fail or lose its answer.
type Misbehave struct {
	Cmdlet string `yaml:"cmdlet" need:"name the cmdlet" doc:"The cmdlet."`
	How    string `yaml:"how" enum:"lie|fail|lose-answer|drop" need:"write lie, fail, lose-answer or drop" doc:"lie: says success and does nothing; fail: an error and no effect; lose-answer: the effect and no answer; drop: neither."`
	Times  int    `yaml:"times" min:"1" max:"100" doc:"How often; once unless set."`
}

// Anchor is when an event happens: at a point of a run, never at a time of the clock.
type Anchor struct {
	Step    string   `yaml:"step" doc:"A step of the run."`
	Point   string   `yaml:"point" enum:"intent|call-received|applied|answered|result" doc:"A point of that step."`
	Run     string   `yaml:"run" doc:"A runbook whose run has ended."`
	Outcome string   `yaml:"outcome" enum:"done|failed|refused|aborted|degraded" doc:"With this outcome."`
	Seconds *float64 `yaml:"seconds" min:"0" max:"86400" doc:"Lab seconds after the previous event; only on run."`
	Healed  *float64 `yaml:"healed" min:"0" max:"86400" doc:"Lab seconds after the last restore or heal."`
}

// Expect is how a drill must end.
type Expect struct {
	Outcome   string `yaml:"outcome" enum:"passed|failed|refused" doc:"The drill's outcome."`
	Violation string `yaml:"violation" enum:"mounted-twice|lost-acknowledged|effect-twice|left-frozen" doc:"This invariant must be violated."`
	Refused   string `yaml:"refused" doc:"A run must be refused by this rule."`
	Waiting   string `yaml:"waiting" doc:"A step must wait for this."`
}

// Scenarios are the names of the built-in scenarios.
func Scenarios() []string {
	entries, err := builtIn.ReadDir("scenarios")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// LoadScenario reads a built-in scenario by name, or a file.
func LoadScenario(nameOrFile string) (*Scenario, document.Problems) {
	data, err := builtIn.ReadFile("scenarios/" + nameOrFile + ".yaml")
	file := "built-in scenario " + nameOrFile
	if err != nil {
		file = nameOrFile
		if data, err = os.ReadFile(nameOrFile); err != nil {
			fix := "write a file, or one of " + strings.Join(Scenarios(), ", ")
			if near, ok := document.Nearest(nameOrFile, Scenarios()); ok {
				fix = "did you mean " + near + "? Built in: " + strings.Join(Scenarios(), ", ")
			}
			return nil, document.Problems{{File: nameOrFile, Field: "scenario", What: "is no built-in scenario and cannot be read as a file", Fix: fix}}
		}
	}
	return ParseScenario(file, data)
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
		problems = append(problems, s.Events[i].check(doc, fmt.Sprintf("events[%d]", i), i)...)
	}
	for name := range s.Parameters {
		if name != "fail" && name != "to" {
			problems = append(problems, doc.Problem("parameters."+name, "unknown parameter", "write fail or to"))
		}
	}
	if s.Expect != nil && *s.Expect == (Expect{}) {
		problems = append(problems, doc.Problem("expect", "is empty", "write outcome, violation, refused or waiting"))
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

func (e *Event) verbs() []string {
	var v []string
	for name, given := range map[string]bool{"fail": e.Fail != nil, "restore": e.Restore != nil, "cut": e.Cut != nil, "heal": e.Heal != nil, "kill": e.Kill != nil,
		"run": e.Run != "", "misbehave": e.Misbehave != nil, "hold": len(e.Hold) > 0, "release": len(e.Release) > 0, "plant": e.Plant != ""} {
		if given {
			v = append(v, name)
		}
	}
	slices.Sort(v)
	return v
}

func (e *Event) check(doc *document.Document, path string, i int) document.Problems {
	var ps document.Problems
	v := e.verbs()
	if len(v) != 1 {
		ps = append(ps, doc.Problem(path, fmt.Sprintf("has %d verbs (%s)", len(v), strings.Join(v, ", ")), "write exactly one of fail, restore, cut, heal, kill, run, misbehave, hold, release, plant"))
	}
	if e.At == "" && e.After == nil {
		ps = append(ps, doc.Problem(path, "does not say when", "write `at: start` or `after: {...}`"))
	}
	if e.At != "" && e.After != nil {
		ps = append(ps, doc.Problem(path, "says twice when", "keep `at` or `after`"))
	}
	if a := e.After; a != nil {
		if a.Seconds != nil && e.Run == "" {
			ps = append(ps, doc.Problem(path+".after.seconds", "stands only on run", "anchor a fault on a point of a run: `after: {step: ID, point: applied}`"))
		}
		if (a.Step == "") != (a.Point == "") {
			ps = append(ps, doc.Problem(path+".after", "step and point belong together", "write `{step: ID, point: intent|call-received|applied|answered|result}`"))
		}
		if a.Step == "" && a.Run == "" && a.Seconds == nil && a.Healed == nil {
			ps = append(ps, doc.Problem(path+".after", "names nothing", "write step and point, run and outcome, seconds, or healed"))
		}
	}
	for _, l := range []*Link{e.Cut, e.Heal} {
		if l != nil && len(l.Link) != 2 {
			ps = append(ps, doc.Problem(path, "names not two sites", "write `{link: [SITE, SITE]}`"))
		}
	}
	return ps
}
