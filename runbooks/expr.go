package runbooks

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"siteswap/dag"
)

// Truth is what an expression over facts can be. The zero value is Unknown: nothing was seen.
type Truth int8

// The truths. Unknown is never taken for false: who needs the answer waits or asks.
const (
	Unknown Truth = iota
	False
	True
)

// String is the word that people see.
func (t Truth) String() string {
	switch t {
	case False:
		return "false"
	case True:
		return "true"
	}
	return "unknown"
}

// Env is what an expression is decided on.
type Env struct {
	Topology *dag.Topology
	Facts    dag.Facts
	Vantage  int       // the site that keeps or takes service: its directory and its members are believed (see [Vantage])
	Params   []Setting // of the plan
	Item     string    // what for_each stands at; "" in a step without it
	Mode     string    // what mode: auto means in this run (see [Mode]); "" if that is not decided: then as it would be on these facts
	Forced   bool      // this run has formed quorum by force
}

// Expressions checks and decides expressions. It keeps what it compiled; make one and pass it around. It may be used by
// several goroutines.
type Expressions struct {
	mu       sync.Mutex
	base     *cel.Env
	programs map[string]compiled
}

type compiled struct {
	program cel.Program
	err     error
}

// The bounds of an expression: what an operator reads at 3 a.m. is shorter, and what is longer is an attack.
const (
	longestExpression = 2000
	deepestLoop       = 2
)

// NewExpressions is an empty cache.
func NewExpressions() *Expressions { return &Expressions{programs: map[string]compiled{}} }

// Check type-checks an expression for the parameters of a runbook, with `item` if the step has for_each.
func (x *Expressions) Check(expr string, params []Setting, item bool) error {
	_, err := x.program(expr, params, item)
	return err
}

// Eval decides an expression. Unknown comes with the facts that were missing; an error means that the expression cannot be
// decided on any facts (it does not compile, or asks for a site that there is not).
func (x *Expressions) Eval(expr string, env Env) (Truth, []string, error) {
	if expr == "" {
		return True, nil, nil
	}
	p, err := x.program(expr, env.Params, env.Item != "")
	if err != nil {
		return Unknown, nil, err
	}
	w := &world{Env: env}
	out, _, err := p.Eval(&activation{world: w, words: wordIndex()})
	switch v := out.(type) {
	case types.Bool:
		if err == nil && bool(v) {
			return True, nil, nil
		}
		if err == nil {
			return False, nil, nil
		}
	case *types.Unknown:
		return Unknown, reasons(v), nil
	}
	if len(w.touched) > 0 {
		return Unknown, unique(w.touched), nil
	}
	return Unknown, nil, fmt.Errorf("%s: %w", expr, err)
}

// reasons are the texts in CEL's unknown.
func reasons(u *types.Unknown) []string {
	var out []string
	for _, id := range u.IDs() {
		trails, _ := u.GetAttributeTrails(id)
		for _, t := range trails {
			out = append(out, t.Variable())
		}
	}
	return unique(out)
}

func unique(s []string) []string { return slices.Compact(slices.Sorted(slices.Values(s))) }

// program is the compiled expression, from the cache or new.
func (x *Expressions) program(expr string, params []Setting, item bool) (cel.Program, error) {
	var key strings.Builder
	for _, p := range params {
		key.WriteString(p.Name + ":" + p.Type + ",")
	}
	fmt.Fprintf(&key, "%t\n%s", item, expr)
	x.mu.Lock()
	defer x.mu.Unlock()
	if c, ok := x.programs[key.String()]; ok {
		return c.program, c.err
	}
	c := compiled{}
	c.program, c.err = x.compile(expr, params, item)
	x.programs[key.String()] = c
	return c.program, c.err
}

func (x *Expressions) compile(expr string, params []Setting, item bool) (cel.Program, error) {
	if len(expr) > longestExpression {
		return nil, fmt.Errorf("longer than %d characters; say less in one expression", longestExpression)
	}
	if x.base == nil {
		env, err := baseEnv()
		if err != nil {
			return nil, err
		}
		x.base = env
	}
	var opts []cel.EnvOption
	for _, p := range params {
		opts = append(opts, cel.Variable(p.Name, celType(p.Type)))
	}
	if item {
		opts = append(opts, cel.Variable("item", cel.StringType))
	}
	env, err := x.base.Extend(opts...)
	if err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	checked, issues := env.Compile(expr)
	if issues.Err() != nil {
		return nil, complaint(expr, issues, params, item)
	}
	if !checked.OutputType().IsExactType(cel.BoolType) {
		return nil, fmt.Errorf("it is a %s, not true or false; compare it with something", checked.OutputType())
	}
	if err := refuseNested(checked); err != nil {
		return nil, err
	}
	return env.Program(checked, guardEquality())
}
