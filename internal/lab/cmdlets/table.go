package cmdlets

import (
	"fmt"
	"maps"
	"slices"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

// cmdlet is one entry of the table: it reads, or it plans operations of the model.
type cmdlet struct {
	read    func(v *view, p args) wire.Reply
	plan    func(v *view, p args) ([]dag.Op, *wire.Record)
	objects func(v *view, p args) []wire.Object // what an acting cmdlet returns, from the state after it
	takes   []string                            // parameters
	needs   []string                            // those among them without which it would ask or fail
	prompts bool                                // it asks for a confirmation unless told -Confirm:$false
	windows bool                                // no cmdlet of Exchange: no DomainController, Verbose or Confirm of its own
}

func table() map[string]cmdlet {
	all := map[string]cmdlet{}
	for _, part := range []map[string]cmdlet{groupReads(), databaseReads(), windowsReads(), componentCmdlets(), groupActs(), databaseActs(), windowsActs()} {
		maps.Copy(all, part)
	}
	return all
}

// Cmdlets are the names of all cmdlets that the endpoint takes, sorted.
func Cmdlets() []string { return slices.Sorted(maps.Keys(table())) }

// check is what the shell does before a cmdlet runs: find it, bind its parameters, ask for a confirmation.
func (s *Server) check(call wire.Call) (cmdlet, *wire.Record) {
	c, ok := s.all[call.Cmdlet]
	if !ok {
		return c, &wire.Record{Message: fmt.Sprintf("The term '%s' is not recognized as the name of a cmdlet of this endpoint.", call.Cmdlet), ID: "CommandNotFoundException"}
	}
	for _, name := range slices.Sorted(maps.Keys(call.Parameters)) {
		common := !c.windows && slices.Contains([]string{"DomainController", "Verbose", "Confirm"}, name)
		if !common && !slices.Contains(c.takes, name) {
			return c, &wire.Record{Message: fmt.Sprintf("A parameter cannot be found that matches parameter name '%s' of %s.", name, call.Cmdlet), ID: "NamedParameterNotFound"}
		}
	}
	for _, name := range c.needs {
		if text, given := args(call.Parameters).text(name); !given || text == "" {
			return c, &wire.Record{Message: fmt.Sprintf("Cannot bind parameter '%s' of %s: it is missing or empty.", name, call.Cmdlet), ID: "ParameterArgumentValidationError"}
		}
	}
	if c.read != nil {
		return c, nil
	}
	if call.Run == "" {
		return c, &wire.Record{Message: call.Cmdlet + " changes something, and the call does not say for which run. Nothing was done.", ID: "NoAuthority"}
	}
	if c.prompts && !args(call.Parameters).off("Confirm") {
		return c, &wire.Record{Message: call.Cmdlet + " wants a confirmation, and nobody can give it here.", ID: "Prompt"}
	}
	return c, nil
}

// args are the parameters of a call.
type args map[string]any

func (a args) text(name string) (string, bool) { return wire.Object(a).Text(name) }

func (a args) on(name string) bool {
	value, ok := wire.Object(a).Bool(name)
	return ok && value
}

func (a args) off(name string) bool {
	value, ok := wire.Object(a).Bool(name)
	return ok && !value
}

func (a args) has(name string) bool {
	_, ok := a[name]
	return ok
}
