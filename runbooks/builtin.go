package runbooks

import (
	"embed"
	"fmt"

	"siteswap/internal/document"
)

//go:embed builtin/*.yaml
var builtin embed.FS

// BuiltIn are the runbooks that come with the program.
func BuiltIn() []*Runbook {
	var out []*Runbook
	for _, name := range builtInNames() {
		rb, _ := Find(name)
		out = append(out, rb)
	}
	return out
}

func builtInNames() []string { return []string{"switchover", "failback", "server-maintenance"} }

// Find is the built-in runbook of that name.
func Find(name string) (*Runbook, bool) {
	data, err := BuiltInSource(name)
	if err != nil {
		return nil, false
	}
	rb, problems := Parse("built-in "+name+".yaml", data)
	if problems.Err() != nil {
		panic("a built-in runbook is tested to be right: " + problems.Error())
	}
	rb.BuiltIn = true
	return rb, true
}

// BuiltInSource is the file of a built-in runbook, for who wants to change a copy of it.
func BuiltInSource(name string) ([]byte, error) {
	data, err := builtin.ReadFile("builtin/" + name + ".yaml")
	if err != nil {
		best, _ := document.Nearest(name, builtInNames())
		return nil, fmt.Errorf("there is no built-in runbook %s; the nearest is %s", quote(name), best)
	}
	return data, nil
}
