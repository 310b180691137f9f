package run

import (
	"strings"

	"siteswap/dag"
	"siteswap/runbooks"
)

// keyFenced is what a run remembers of a member whose power a fence step read back off, with the member's name after it.
const keyFenced = "fenced/"

// fencedOff are the members whose power the fence step saw off. With DagOnly that evidence lasts although power comes back: a
// member that restarts has its DACP bit at 0 and mounts nothing until it hears from a member that may, or from all that its
// directory lists as Started (DAC, TM2). With DAC Off it comes back able to mount, so nothing is remembered.
func fencedOff(p *runbooks.Step, in Input) []Remembered {
	if p.Kind != "fence" || in.Topology.Mode != dag.DagOnly {
		return nil
	}
	var out []Remembered
	for m := range in.Topology.Members {
		if power := in.Facts.Members[m].Power; inScope(in.Topology, p, m) && power.Known && power.Value == dag.PowerOff {
			out = append(out, Remembered{Key: keyFenced + in.Topology.Members[m].Name, Value: power.From})
		}
	}
	return out
}

// wasOff: a fence step of this run saw the member without power, and nobody has heard of it since. One that answers is judged by
// what it says.
func (r *Run) wasOff(in Input, m int) bool {
	if in.Topology.Mode != dag.DagOnly || in.Facts.Members[m].Answers.Value {
		return false
	}
	for _, x := range r.Memory {
		if name, ok := strings.CutPrefix(x.Key, keyFenced); ok && name == in.Topology.Members[m].Name {
			return true
		}
	}
	return false
}
