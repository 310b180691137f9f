package runbooks

import (
	"fmt"
	"strings"
	"time"

	"siteswap/dag"
)

// peopleKinds are the steps that change nothing by themselves: they look, ask or wait.
func peopleKinds() []Kind {
	return []Kind{checkKind(), approveKind(), manualKind(), waitKind(), verifyKind()}
}

func still(k Kind) Kind {
	k.Class, k.FarEndChecks, k.Footprint, k.Model = Observe, true, noPaths, noOps
	return k
}

func checkKind() Kind {
	return still(Kind{
		Name: "check", Does: "looks whether everything is as the run needs it, before anything is changed",
		Parameters: []Parameter{{Name: "checks", Type: Type{TypeString, true}, Required: true, Values: checkIDs(), Doc: "ids of readiness checks (`siteswap runbook checks`)"}},
		Timeout:    5 * time.Minute, Lands: 60 * time.Second, Span: span(2*time.Second, 15*time.Second, 120*time.Second),
		Summary: func(_ *dag.Topology, a Args) (string, string) {
			return plural(int64(len(a.Checks)), "readiness check"), "-"
		},
		ByHand: func(t *dag.Topology, a Args) []string { return checkByHand(t, a, -1, -1) },
		Look: func(*dag.Topology, Args) []string {
			return []string{"Nothing above reads other than expected, or you know why."}
		},
		Trouble: []int{6, 13, 17, 27},
	})
}

func approveKind() Kind {
	return still(Kind{
		Name: "approve", Does: "waits until people have said yes to what they are shown",
		Parameters: []Parameter{
			{Name: "role", Type: Type{TypeString, false}, Required: true, Doc: "who may approve"},
			{Name: "count", Type: Type{TypeInt, false}, Default: "1", Doc: "how many different people"},
			{Name: "show", Type: Type{TypeString, true}, Doc: "the facts that they must see"},
		},
		Timeout: 24 * time.Hour, Lands: time.Second, Span: span(10*time.Second, 2*time.Minute, 15*time.Minute),
		Summary: func(_ *dag.Topology, a Args) (string, string) {
			return fmt.Sprintf("asks %s for a yes", people(a)), "approved"
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			out := []string{"Ask " + people(a) + " and write down who said yes, and when. They must have seen:"}
			for _, s := range a.Show {
				out = append(out, "  "+inWords(s))
			}
			return out
		},
		Look: func(*dag.Topology, Args) []string {
			return []string{"The names of those who approved, and for each database the most logs that may be lost, stand on this paper."}
		},
	})
}

// people names who is asked.
func people(a Args) string {
	n := max(a.Count, 1)
	if n == 1 {
		return "one " + a.Role
	}
	return fmt.Sprintf("%d %ss", n, a.Role)
}

// inWords says what a shown fact is.
func inWords(path string) string {
	switch {
	case strings.HasSuffix(path, "copy_queue"):
		return "the copy queue of each copy that will be mounted: how many logs are missing at the least"
	case strings.HasSuffix(path, "last_generated"), strings.HasSuffix(path, "last_inspected"):
		return "the last log that was generated, and the last that arrived (" + path + ")"
	}
	return path
}

func manualKind() Kind {
	return still(Kind{
		Name: "manual", Does: "asks a person to do something, and to attest that it is done",
		Parameters: []Parameter{
			{Name: "instructions", Type: Type{TypeString, false}, Required: true, Doc: "what to do"},
			{Name: "role", Type: Type{TypeString, false}, Doc: "who does it"},
			{Name: "evidence", Type: Type{TypeString, false}, Doc: "what they write down as proof"},
		},
		Timeout: 24 * time.Hour, Lands: time.Second, Span: span(time.Minute, 10*time.Minute, time.Hour),
		Summary: says("a person does it and attests", "attested"),
		ByHand:  func(_ *dag.Topology, a Args) []string { return []string{a.Instructions} },
		Look: func(_ *dag.Topology, a Args) []string {
			if a.Evidence == "" {
				return []string{"The person who did it says so."}
			}
			return []string{"Write down: " + a.Evidence}
		},
	})
}

func waitKind() Kind {
	return still(Kind{
		Name: "wait", Does: "waits until a condition holds, or a time has passed",
		Parameters: []Parameter{
			{Name: "until", Type: Type{TypeExpression, false}, Doc: "CEL over facts"},
			{Name: "for", Type: Type{TypeDuration, false}, Doc: "how long"},
		},
		Either:  []string{"until", "for"},
		Timeout: 30 * time.Minute, Lands: time.Second,
		Span: func(_ *dag.Topology, a Args) dag.Span {
			if a.For > 0 {
				return dag.Span{Min: a.For, Typical: a.For, Max: a.For}
			}
			return dag.Span{Typical: time.Minute, Max: 10 * time.Minute}
		},
		Summary: func(_ *dag.Topology, a Args) (string, string) {
			if a.For > 0 {
				return "waits " + short(a.For), "-"
			}
			return "waits until " + a.Until, a.Until
		},
		ByHand: func(_ *dag.Topology, a Args) []string {
			if a.For > 0 {
				return []string{"Wait " + short(a.For) + "."}
			}
			return []string{"Wait until: " + a.Until}
		},
		Look:    func(*dag.Topology, Args) []string { return []string{"The condition holds."} },
		Trouble: []int{8},
	})
}

func verifyKind() Kind {
	return still(Kind{
		Name: "verify", Does: "tries from end to end whether users are served",
		Parameters: []Parameter{{Name: "probes", Type: Type{TypeString, true}, Required: true,
			Values: []string{"outlook", "owa", "smtp-in", "smtp-out", "um-call"}, Doc: "what is tried"}},
		Timeout: 5 * time.Minute, Lands: 60 * time.Second, Span: span(5*time.Second, 30*time.Second, 120*time.Second),
		Summary: func(_ *dag.Topology, a Args) (string, string) {
			return "tries " + strings.Join(a.Probes, ", "), "users are served"
		},
		ByHand: verifyByHand,
		Look: func(*dag.Topology, Args) []string {
			return []string{"Each of them works, from a client and not only from a server."}
		},
		Trouble: []int{29, 31},
	})
}

func verifyByHand(t *dag.Topology, a Args) []string {
	var out []string
	for _, p := range a.Probes {
		switch p {
		case "outlook", "owa":
			for _, n := range t.Names {
				out = append(out, "From a client: ipconfig /flushdns, then open a mailbox through "+n.Name+" ("+p+").")
			}
		case "smtp-in":
			out = append(out, "Send a message from outside to a mailbox in each database and see it arrive.")
		case "smtp-out":
			out = append(out, "Send a message from a mailbox to the outside and see it arrive.")
		case "um-call":
			if len(t.Redirectors) > 0 {
				out = append(out, "Call the extension of a mailbox from a telephone and hear it answered by voice mail.")
			}
		}
	}
	return append(out, "Get-MailboxDatabase -Status | ft Name,Mounted,MountedOnServer")
}

// short is a duration as people say it: 90s, 5m, 1h30m.
func short(d time.Duration) string {
	s := d.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
