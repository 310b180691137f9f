package runbooks

import (
	"strings"
	"time"

	"siteswap/dag"
)

// Class says how bad it is if a kind's effect comes twice, late, or at the wrong place.
type Class string

// The classes. A destructive step may not be passed over when it fails.
const (
	Observe     Class = "observe"
	Additive    Class = "additive"
	Destructive Class = "destructive"
)

// Type is the type of a parameter: a name of the site file, or a plain value, or a list of these.
type Type struct {
	Base string // one of the Type constants
	List bool
}

// The base types of formats.md. An expression is CEL over facts and never takes a parameter of the runbook as text.
const (
	TypeSite       = "site"
	TypeServer     = "server"
	TypeDatabase   = "database"
	TypeDuration   = "duration"
	TypeBool       = "bool"
	TypeInt        = "int"
	TypeString     = "string"
	TypeExpression = "expression"
)

// BaseTypes are the types that a parameter of a runbook may have.
func BaseTypes() []string {
	return []string{TypeSite, TypeServer, TypeDatabase, TypeDuration, TypeBool, TypeInt, TypeString}
}

// String is the form that a runbook holds: site, or [site] for a list.
func (t Type) String() string {
	if t.List {
		return "[" + t.Base + "]"
	}
	return t.Base
}

// article is the type with its article: an int, a list of databases.
func (t Type) article() string {
	switch {
	case t.List:
		return "a list of " + t.Base + "s"
	case t.Base == TypeInt:
		return "an int"
	case t.Base == TypeExpression:
		return "an expression"
	}
	return "a " + t.Base
}

// ParseType reads a type as String writes it; ok is false if there is none of that name.
func ParseType(text string) (t Type, ok bool) {
	t.Base = strings.TrimSpace(text)
	if inner, list := strings.CutPrefix(t.Base, "["); list && strings.HasSuffix(inner, "]") {
		t = Type{Base: strings.TrimSpace(strings.TrimSuffix(inner, "]")), List: true}
	}
	for _, b := range BaseTypes() {
		if t.Base == b {
			return t, true
		}
	}
	return t, false
}

// Parameter is something that a kind takes under `with`.
type Parameter struct {
	Name     string
	Type     Type
	Required bool
	Values   []string // the values that it may hold; empty: any of its type
	Default  string
	Replaces dag.WitnessUse // it may also be a witness written out, which takes the place of this one
	Doc      string
}

// Kind is the data half of a kind of step.
type Kind struct {
	Name       string
	Does       string // one sentence for the documentation
	Parameters []Parameter
	Either     []string // of these parameters exactly one is given
	Class      Class
	// FarEndChecks: the far end refuses a call that starts after its NotAfter. False for DNS servers and load balancers,
	// which cannot.
	FarEndChecks bool
	Timeout      time.Duration // how long the caller waits at most, unless the runbook says otherwise
	// Lands is the longest after its start that an effect may still appear (domain-exchange.md 10.3: NotAfter of 30 s and
	// the longest usual time of the effect). A new leader waits it in full.
	Lands time.Duration
	// Later are the fields of the footprint that the world goes on changing after the answer: they may be as before or as
	// predicted.
	Later []string

	Span      func(t *dag.Topology, a Args) dag.Span
	Footprint func(t *dag.Topology, a Args) []string              // exact paths of dag.Flatten that the kind changes
	Model     func(t *dag.Topology, a Args, f dag.Facts) []dag.Op // what is asked of the model, given what is seen
	Adjust    func(t *dag.Topology, a Args, f *dag.Facts)         // effects on facts that the model does not hold; may be nil
	Summary   func(t *dag.Topology, a Args) (does, then string)   // the plan table: what it does, what holds then
	ByHand    func(t *dag.Topology, a Args) []string              // how a person does it without this tool
	Look      func(t *dag.Topology, a Args) []string              // how a person sees that it worked
	Trouble   []int                                               // rows of domain-exchange.md section 9 that may strike here
}

// Takes is the parameter of that name, or nil.
func (k *Kind) Takes(name string) *Parameter {
	for i := range k.Parameters {
		if k.Parameters[i].Name == name {
			return &k.Parameters[i]
		}
	}
	return nil
}

// notAfter is how long a call may be under way before the far end refuses to start it.
const notAfter = 30 * time.Second

func span(shortest, typical, longest time.Duration) func(*dag.Topology, Args) dag.Span {
	return func(*dag.Topology, Args) dag.Span { return dag.Span{Min: shortest, Typical: typical, Max: longest} }
}

func noPaths(*dag.Topology, Args) []string          { return nil }
func noOps(*dag.Topology, Args, dag.Facts) []dag.Op { return nil }
func says(does, then string) func(*dag.Topology, Args) (string, string) {
	return func(*dag.Topology, Args) (string, string) { return does, then }
}

// Words of parameters that many kinds take.
func site(doc string) Parameter { return Parameter{Name: "site", Type: Type{Base: TypeSite}, Doc: doc} }
func server(doc string) Parameter {
	return Parameter{Name: "server", Type: Type{Base: TypeServer}, Doc: doc}
}

// endpoint are the two parameters of every Exchange and cluster kind: where the command is run, and which domain
// controller it uses ("stopped twice, once per datacenter", KB10086).
func endpoint(ps ...Parameter) []Parameter {
	return append(ps,
		Parameter{Name: "run_from", Type: Type{Base: TypeSite}, Doc: "site whose servers run the command"},
		Parameter{Name: "domain_controller", Type: Type{Base: TypeString}, Doc: "FQDN of the domain controller to use"})
}

func required(p Parameter) Parameter {
	p.Required = true
	return p
}
