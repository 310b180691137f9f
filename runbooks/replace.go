package runbooks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"siteswap/dag"
)

// TypeWitness is a file share witness written out: {server, directory} (formats.md, dag.set and dag.restore). No parameter of a
// runbook is one, but its two texts may be.
const TypeWitness = "witness"

// Replacement is a witness server that takes the place of the one that the DAG has.
type Replacement struct {
	Server    string `json:"server"`
	Directory string `json:"directory"`
}

func replacementFields() []string { return []string{"server", "directory"} }

// mapping checks a witness that is written out.
func (c *checker) mapping(path string, value map[string]any, p *Parameter) {
	if p.Replaces == "" {
		c.fail(path, "a mapping stands where a plain value is wanted", "write "+p.Type.article())
		return
	}
	for _, field := range replacementFields() {
		if value[field] == nil {
			c.fail(path, "there is no "+field, "write {server: FQDN, directory: 'C:\\...'}")
		}
	}
	for _, field := range slices.Sorted(maps.Keys(value)) {
		if !slices.Contains(replacementFields(), field) {
			c.fail(path+"."+field, "no field of "+p.Name, nearestFix(field, replacementFields()))
		} else if value[field] != nil {
			c.value(path+"."+field, value[field], &Parameter{Name: field, Type: Type{Base: TypeString}}, "")
		}
	}
}

// replacement fills a witness that is written out in, and holds it to the site file: only a server that it knows can be predicted,
// and a directory that differs from the site file's would make one of the two wrong.
func (c *compiler) replacement(path string, value map[string]any, p *Parameter, a *Args) {
	field := func(name string) string {
		text, _ := plainText(value[name])
		if parameter, ok := whole(text); ok {
			return c.values[parameter]
		}
		return text
	}
	r := &Replacement{Server: field("server"), Directory: field("directory")}
	n := SpareOf(c.t, p.Replaces, r)
	if n < 0 {
		var known []string
		for n := range len(c.t.Spares) + 1 {
			at, _ := c.t.WitnessAt(p.Replaces, uint8(n))
			known = append(known, at.Server)
		}
		c.fail(path+".server", fmt.Sprintf("the site file has no witness server %s that could be the %s witness", quote(r.Server), p.Replaces), nearestFix(r.Server, known)+"; else list it under dag.spare_witnesses")
		return
	}
	if at, _ := c.t.WitnessAt(p.Replaces, uint8(n)); !strings.EqualFold(at.Directory, r.Directory) {
		c.fail(path+".directory", fmt.Sprintf("%s is not the directory that the site file has for %s", quote(r.Directory), at.Server), "write "+at.Directory+", or mend the site file")
		return
	}
	if p.Name == "alternate_witness" && a.Witness != "" && a.Witness != "primary" {
		c.fail(path, "the step changes the alternate witness and uses it in the primary's place", "make two steps of it")
	}
	if a.Witness = ""; p.Replaces == dag.WitnessAlternate {
		a.NewAlternate = r
	} else {
		a.NewWitness = r
	}
}

// SpareOf says which server of the site file a replacement is, as State.Spare counts them; -1: none.
func SpareOf(t *dag.Topology, use dag.WitnessUse, r *Replacement) int {
	for n := range len(t.Spares) + 1 {
		if at, _ := t.WitnessAt(use, uint8(n)); at.Server != "" && strings.EqualFold(at.Server, r.Server) {
			return n
		}
	}
	return -1
}

// replacing are the operations of a dag.set that names other witnesses: one for each, as the emulated cmdlet has it.
func replacing(t *dag.Topology, a Args, op dag.Op) []dag.Op {
	var ops []dag.Op
	for _, one := range []struct {
		use dag.WitnessUse
		r   *Replacement
	}{{dag.WitnessPrimary, a.NewWitness}, {dag.WitnessAlternate, a.NewAlternate}} {
		if one.r == nil {
			continue
		}
		if n := SpareOf(t, one.use, one.r); n >= 0 {
			op.Replace, op.Spare = one.use, uint8(n)
			ops = append(ops, op)
		}
	}
	if len(ops) == 0 {
		return []dag.Op{op}
	}
	return ops
}

// witnessNames are the facts that a replaced witness changes.
func witnessNames(a Args) []string {
	var out []string
	if a.NewWitness != nil {
		out = append(out, "dag/witness_server")
	}
	if a.NewAlternate != nil {
		out = append(out, "dag/alternate_server")
	}
	return out
}

// replacementSwitches are the parameters of the cmdlets.
func replacementSwitches(a Args) string {
	out := ""
	if r := a.NewWitness; r != nil {
		out += " -WitnessServer " + r.Server + " -WitnessDirectory " + r.Directory
	}
	if r := a.NewAlternate; r != nil {
		out += " -AlternateWitnessServer " + r.Server + " -AlternateWitnessDirectory " + r.Directory
	}
	return out
}

// lookAtWitness says how a person sees that the DAG names the new servers.
func lookAtWitness(t *dag.Topology, a Args) []string {
	var out []string
	if r := a.NewWitness; r != nil {
		out = append(out, "Get-DatabaseAvailabilityGroup "+t.Name+" | fl WitnessServer,WitnessDirectory   -> "+r.Server+", "+r.Directory)
	}
	if r := a.NewAlternate; r != nil {
		out = append(out, "Get-DatabaseAvailabilityGroup "+t.Name+" | fl AlternateWitnessServer,AlternateWitnessDirectory   -> "+r.Server+", "+r.Directory)
	}
	return out
}
