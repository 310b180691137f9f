package runbooks

import (
	"strings"
	"time"

	"siteswap/dag"
)

func fenceKinds() []Kind {
	return []Kind{{
		Name: "fence", Does: "shows that members can do no harm, and records the evidence; it switches nothing off: that is a person's decision",
		Parameters: []Parameter{
			site("the site to fence"), server("the server to fence"),
			{Name: "by", Type: Type{TypeString, true}, Required: true, Values: []string{"cluster", "power", "port", "people"},
				Doc: "what counts, best first: the cluster service read back Stopped and Disabled; power or port off, read back; the word of two people"},
		},
		Either: []string{"site", "server"}, Class: Destructive, FarEndChecks: true,
		Timeout: 5 * time.Minute, Lands: 60 * time.Second, Span: span(5*time.Second, 20*time.Second, 5*time.Minute),
		Footprint: func(t *dag.Topology, a Args) []string {
			return memberPaths(t, subject(t, a), "answers", "power", "cluster", "start_type", "quorum", "may_mount", "mounts", "front", "um")
		},
		Later: []string{"answers", "cluster", "quorum", "may_mount", "mounts", "front", "um"},
		Model: noOps,
		Summary: func(t *dag.Topology, a Args) (string, string) {
			who := nameList(t, subject(t, a))
			return "shows that " + who + " can do no harm", "fenced: " + who
		},
		ByHand: fenceByHand,
		Look: func(t *dag.Topology, a Args) []string {
			return []string{"For each of " + nameList(t, subject(t, a)) + " one of the lines above is true, was seen by you within the last five minutes, and stays true when power returns."}
		},
		Trouble: []int{14, 24},
	}}
}

// Harmless says whether what is seen shows that a member can do no harm, and how: its cluster service read back Stopped and
// Disabled on the host, or its power read back off. With DAC Off a plain loss of power is not enough, because a member that
// restarts mounts what it finds (fence-before-force). Being on the Stopped list is no evidence.
func Harmless(t *dag.Topology, f dag.Facts, member int) (shown bool, evidence string) {
	m := at(f.Members, member)
	name := t.Members[member].Name
	switch {
	case m.Cluster.Known && m.StartType.Known && m.Cluster.Value == dag.Stopped && m.StartType.Value == dag.Disabled:
		return true, name + ": cluster service Stopped and Disabled (" + m.Cluster.From + ")"
	case m.Power.Known && m.Power.Value == dag.HeldOff:
		return true, name + ": power held off (" + m.Power.From + ")"
	case m.Power.Known && m.Power.Value == dag.PowerOff && t.Mode == dag.DagOnly:
		return true, name + ": power off (" + m.Power.From + ")"
	case m.Power.Known && m.Power.Value == dag.PowerOff:
		return false, name + ": power off, but with DAC Off it comes back able to mount"
	case m.Answers.Value:
		return false, name + ": answers, and its cluster service is not shown Stopped and Disabled"
	}
	return false, name + ": does not answer, and its power is not shown off"
}

func fenceByHand(t *dag.Topology, a Args) []string {
	out := []string{"Being on the Stopped list is no evidence. For each member, one of these:"}
	for i := range t.Members {
		if !subject(t, a).Has(i) {
			continue
		}
		m := t.Members[i]
		for _, by := range a.By {
			switch by {
			case "cluster":
				out = append(out, "  "+m.Name+" answers: Get-Service ClusSvc -ComputerName "+m.FQDN+" | fl Status,StartType   -> Stopped, Disabled")
			case "power":
				out = append(out, "  "+m.Name+": switch it off at its management board (iLO, iDRAC, hypervisor, power strip) and read back: off. Hold it off.")
			case "port":
				out = append(out, "  "+m.Name+": shut its switch ports and read back: down.")
			case "people":
				out = append(out, "  "+m.Name+": two people, one of them at the machine, say that it is off and stays off. Names: ____________  ____________")
			}
		}
	}
	return out
}

// nameList are the members' names, "EX1, EX2".
func nameList(t *dag.Topology, s dag.Set) string { return strings.Join(t.MemberNames(s), ", ") }
