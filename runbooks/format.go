package runbooks

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"siteswap/internal/document"
)

// Runbook is a runbook as its file has it: nothing is filled in, nothing is expanded.
type Runbook struct {
	Name       string
	Title      string
	File       string
	BuiltIn    bool
	Parameters []RunbookParameter // in the order of the file
	Steps      []RunbookStep

	doc *document.Document
}

// RunbookParameter is something that who starts the run says.
type RunbookParameter struct {
	Name     string
	Type     Type
	Default  string
	Optional bool // it has a default
	Values   []string
}

// RunbookStep is a step before it is compiled.
type RunbookStep struct {
	ID, Kind, Title, Why string
	With                 map[string]any // texts, numbers, booleans, lists of these; "{{x}}" is the value of a parameter
	Needs                []string
	When, Expect         string
	ForEach              string // "", "databases", or "servers(SITE)"
	Parallel, Batch      int
	Timeout              time.Duration // 0: the kind's
	OnFailure            string
}

// source is the shape of the file.
type source struct {
	Name       string                     `yaml:"name" need:"write the runbook's name, as in name: switchover" doc:"name of the runbook: letters, digits and dashes"`
	Title      string                     `yaml:"title" need:"write one line that says what it does" doc:"one line that says what it does; {{parameter}} is filled in"`
	Parameters map[string]sourceParameter `yaml:"parameters" doc:"what who starts the run says"`
	Steps      []sourceStep               `yaml:"steps" need:"write at least one step" doc:"the steps; their order is what needs says, not the order in the file"`
}

type sourceParameter struct {
	Type    any      `yaml:"type" need:"write its type: site, server, database, duration, bool, int, string, or [one of these] for a list" doc:"site, server, database, duration, bool, int, string, or a list of one of these"`
	Default any      `yaml:"default" doc:"makes it optional"`
	Values  []string `yaml:"values" doc:"the values that it may hold"`
}

type sourceStep struct {
	ID        string            `yaml:"id" need:"write an id that no other step has" doc:"unique; letters, digits and dashes"`
	Kind      string            `yaml:"kind" need:"write what kind of step it is (siteswap runbook show lists them)" doc:"a kind of step"`
	Title     string            `yaml:"title" doc:"one line for people"`
	Why       string            `yaml:"why" doc:"why it is done, for who reads it at 3 a.m."`
	With      map[string]any    `yaml:"with" doc:"parameters of the kind"`
	Needs     []string          `yaml:"needs" doc:"ids of steps that must be done or skipped first"`
	When      string            `yaml:"when" doc:"expression over facts; false: the step is skipped"`
	Expect    string            `yaml:"expect" doc:"expression over facts that must hold afterwards"`
	ForEach   string            `yaml:"for_each" doc:"databases, or servers(SITE): one step for each"`
	Parallel  int               `yaml:"parallel" min:"1" max:"100" doc:"how many of a for_each may act at once"`
	Batch     int               `yaml:"batch" min:"1" max:"1000" doc:"a for_each goes on with the next so many when these are done"`
	Timeout   document.Duration `yaml:"timeout" doc:"the longest that an answer is waited for"`
	OnFailure string            `yaml:"on_failure" enum:"stop|ask|continue|isolate" doc:"what happens when it fails; stop if not given"`
}

// Parse reads a runbook. All that can be said without a topology is checked but the expressions, which [Check] does.
// Problems that are warnings do not keep the runbook from being used; it is nil only if nothing could be read.
func Parse(file string, data []byte) (*Runbook, document.Problems) {
	var src source
	doc, problems := document.Decode(file, data, &src)
	rb := &Runbook{Name: src.Name, Title: src.Title, File: file, doc: doc}
	c := &checker{rb: rb, problems: problems, kinds: kindIndex()}
	c.parameters(src)
	c.names(src)
	for i := range src.Steps {
		rb.Steps = append(rb.Steps, c.step(i, &src.Steps[i]))
	}
	c.graph()
	return rb, c.problems.Sorted()
}

// checker collects what is wrong with a runbook.
type checker struct {
	rb       *Runbook
	kinds    map[string]*Kind
	problems document.Problems
}

func (c *checker) fail(path, what, fix string) {
	c.problems = append(c.problems, c.rb.doc.Problem(path, what, fix))
}

func (c *checker) warn(path, what, fix string) {
	c.problems = append(c.problems, c.rb.doc.Warning(path, what, fix))
}

// stepPath is the path of a field of a step in the file.
func stepPath(i int, field string) string {
	p := "steps[" + strconv.Itoa(i) + "]"
	if field != "" {
		p += "." + field
	}
	return p
}

func namePattern() *regexp.Regexp      { return regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`) }
func parameterPattern() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]*$`) }

func (c *checker) names(src source) {
	if src.Name != "" && !namePattern().MatchString(src.Name) {
		c.fail("name", quote(src.Name)+" is no name of a runbook", "write small letters, digits and dashes")
	}
	c.text("title", src.Title, false)
}

// reserved are words of the expressions that a parameter would hide.
func reserved() []string {
	return []string{"item", "dag", "run", "servers", "um", "members", "mounted", "copies", "healthy", "true", "false", "null", "in"}
}

func (c *checker) parameters(src source) {
	for _, name := range slices.Sorted(maps.Keys(src.Parameters)) {
		p := src.Parameters[name]
		path := "parameters." + name
		if !parameterPattern().MatchString(name) || slices.Contains(reserved(), name) {
			c.fail(path, quote(name)+" cannot be a parameter", "write small letters, digits and _, and none of the words of expressions (siteswap runbook facts)")
		}
		out := RunbookParameter{Name: name, Values: p.Values, Optional: p.Default != nil}
		t, ok := ParseType(typeText(p.Type))
		if !ok && p.Type != nil {
			c.fail(path+".type", quote(typeText(p.Type))+" is no type", nearestFix(typeText(p.Type), BaseTypes()))
			t = Type{Base: TypeString}
		}
		out.Type = t
		if p.Default != nil {
			value, bad := plainText(p.Default)
			if bad == "" {
				bad = checkValue(t, value)
			}
			if bad != "" {
				c.fail(path+".default", bad, "write "+t.article())
			}
			out.Default = value
			if len(p.Values) > 0 && !slices.Contains(p.Values, value) {
				c.fail(path+".default", quote(value)+" is none of the values", nearestFix(value, p.Values))
			}
		}
		c.rb.Parameters = append(c.rb.Parameters, out)
	}
	slices.SortFunc(c.rb.Parameters, func(a, b RunbookParameter) int {
		return cmp.Or(c.rb.doc.Line("parameters."+a.Name)-c.rb.doc.Line("parameters."+b.Name), cmp.Compare(a.Name, b.Name))
	})
}

// typeText is a type as it stands in the file: site, or [site], which YAML reads as a list of one.
func typeText(v any) string {
	if l, ok := v.([]any); ok && len(l) == 1 {
		s, _ := plainText(l[0])
		return "[" + s + "]"
	}
	s, _ := plainText(v)
	return s
}

// parameter is the runbook's parameter of that name, or nil.
func (rb *Runbook) parameter(name string) *RunbookParameter {
	for i := range rb.Parameters {
		if rb.Parameters[i].Name == name {
			return &rb.Parameters[i]
		}
	}
	return nil
}

func (rb *Runbook) parameterNames() []string {
	var names []string
	for _, p := range rb.Parameters {
		names = append(names, p.Name)
	}
	return names
}

func quote(s string) string {
	const longest = 60
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest]) + "..."
	}
	return strconv.Quote(s)
}

// nearestFix says which known name was meant, or which there are.
func nearestFix(name string, known []string) string {
	best, near := document.Nearest(name, known)
	switch {
	case best == "":
		return "there is none to name"
	case near:
		return "did you mean `" + best + "`?"
	}
	return "the nearest known name is `" + best + "`; known here: " + list(known)
}
