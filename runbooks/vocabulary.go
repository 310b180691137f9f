package runbooks

import (
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"siteswap/dag"
)

// Word is a word of the expressions in `when`, `expect` and `until`.
type Word struct {
	Name     string        `json:"name"` // "dag.stopped", or "members(site)" for a function
	Type     string        `json:"type"`
	Doc      string        `json:"doc"`
	Source   string        `json:"source"`    // the cmdlet or protocol that it is read with
	SeenFrom string        `json:"seen_from"` // who must be able to see it
	MaxAge   time.Duration `json:"max_age"`   // how old it may be when an expression is decided; 0: it does not change

	celType *cel.Type
	value   func(w *world) ref.Val              // of a variable
	call    func(w *world, site string) ref.Val // of a function of a site
}

// Vocabulary are the words that every expression may use. Besides them there are the parameters of the runbook by their
// names, and `item` in a step with for_each.
func Vocabulary() []Word {
	return slices.Concat(runWords(), groupWords(), quorumWords(), serviceWords(), siteFunctions())
}

const (
	vantageDirectory = "a domain controller of the site that keeps or takes service"
	vantageMembers   = "the members of the site that keeps or takes service"
	everywhere       = "each server by itself"
	siteFile         = "site file"
)

func listOfStrings() *cel.Type { return cel.ListType(cel.StringType) }

// runWords are about the run itself: what was decided once and must not be decided anew in the middle.
func runWords() []Word {
	const log = "the run's own log"
	return []Word{
		{Name: "run.mode", Type: "string", Doc: `"planned" or "unplanned": what mode: auto was decided to mean at the first step`, Source: log, SeenFrom: "the controllers", MaxAge: 24 * time.Hour, celType: cel.StringType,
			value: func(w *world) ref.Val { return types.String(w.mode()) }},
		{Name: "run.forced", Type: "bool", Doc: "this run has formed quorum by force", Source: log, SeenFrom: "the controllers", MaxAge: 24 * time.Hour, celType: cel.BoolType,
			value: func(w *world) ref.Val { return types.Bool(w.Forced) }},
	}
}

func groupWords() []Word {
	const get = "Get-DatabaseAvailabilityGroup"
	age := 10 * time.Second
	return []Word{
		{Name: "dag.mode", Type: "string", Doc: `DatacenterActivationMode: "Off" or "DagOnly"`, Source: get, SeenFrom: vantageDirectory, MaxAge: age, celType: cel.StringType,
			value: func(w *world) ref.Val { return fact(w.Facts.Mode, "dag.mode", text[dag.ActivationMode]) }},
		{Name: "dag.release", Type: "int", Doc: "the release of Exchange: 2010, 2013, 2016, 2019, 2025 for SE", Source: siteFile, celType: cel.IntType,
			value: func(w *world) ref.Val { return types.Int(w.Topology.Exchange.Release) }},
		{Name: "dag.started", Type: "list(string)", Doc: "StartedMailboxServers", Source: get, SeenFrom: vantageDirectory, MaxAge: age, celType: listOfStrings(),
			value: func(w *world) ref.Val {
				return w.lists("dag.started", func(s dag.SiteFacts) dag.Fact[[]string] { return s.Started })
			}},
		{Name: "dag.stopped", Type: "list(string)", Doc: "StoppedMailboxServers", Source: get, SeenFrom: vantageDirectory, MaxAge: age, celType: listOfStrings(),
			value: func(w *world) ref.Val {
				return w.lists("dag.stopped", func(s dag.SiteFacts) dag.Fact[[]string] { return s.Stopped })
			}},
		{Name: "dag.evicted", Type: "list(string)", Doc: "members shown evicted: events 7040 and 4621, or cleaned", Source: "Get-WinEvent, Get-Service ClusSvc", SeenFrom: everywhere, MaxAge: age, celType: listOfStrings(),
			value: func(w *world) ref.Val {
				return w.membersThat("dag.evicted", w.Topology.AllMembers(), func(m dag.MemberFacts) (bool, bool) { return m.Evicted.Value, m.Evicted.Known })
			}},
		{Name: "dag.preference_moves", Type: "bool", Doc: "PreferenceMoveFrequency is finite: databases go home by themselves", Source: get, SeenFrom: vantageDirectory, MaxAge: age, celType: cel.BoolType,
			value: func(w *world) ref.Val {
				return fact(w.Facts.Cluster.PreferenceMoves, "dag.preference_moves", func(b bool) ref.Val { return types.Bool(b) })
			}},
	}
}

func quorumWords() []Word {
	const node = "Get-ClusterNode"
	age := 10 * time.Second
	strs := func(name, doc string, get func(dag.MemberFacts) dag.Fact[[]string]) Word {
		return Word{Name: name, Type: "list(string)", Doc: doc, Source: node, SeenFrom: vantageMembers, MaxAge: age, celType: listOfStrings(),
			value: func(w *world) ref.Val { return w.quorumList(name, get) }}
	}
	return []Word{
		{Name: "dag.quorum", Type: "bool", Doc: "a member of the site that keeps or takes service holds quorum", Source: node, SeenFrom: vantageMembers, MaxAge: age, celType: cel.BoolType,
			value: func(w *world) ref.Val { return w.quorum() }},
		strs("dag.operational", "OperationalServers: the members that are Up in the cluster with quorum", func(m dag.MemberFacts) dag.Fact[[]string] { return m.Up }),
		strs("dag.nodes", "the nodes of the cluster with quorum, up or not", func(m dag.MemberFacts) dag.Fact[[]string] { return m.Nodes }),
		{Name: "dag.witness_in_use", Type: "string", Doc: `WitnessShareInUse: "None", "Primary" or "Alternate"`, Source: "Get-DatabaseAvailabilityGroup -Status", SeenFrom: vantageMembers, MaxAge: age, celType: cel.StringType,
			value: func(w *world) ref.Val {
				return w.ofQuorum("dag.witness_in_use", func(m dag.MemberFacts) ref.Val { return fact(m.Witness, "dag.witness_in_use", text[dag.WitnessUse]) })
			}},
		{Name: "dag.pam", Type: "string", Doc: "the Primary Active Manager", Source: "Get-DatabaseAvailabilityGroup -Status", SeenFrom: vantageMembers, MaxAge: age, celType: cel.StringType,
			value: func(w *world) ref.Val {
				return w.ofQuorum("dag.pam", func(m dag.MemberFacts) ref.Val { return fact(m.PAM, "dag.pam", text[string]) })
			}},
	}
}

func serviceWords() []Word {
	return []Word{
		{Name: "servers.answering", Type: "list(string)", Doc: "members whose management endpoint answers", Source: "WinRM, port 80", SeenFrom: "the controller", MaxAge: 10 * time.Second, celType: listOfStrings(),
			value: func(w *world) ref.Val {
				return w.membersThat("servers.answering", w.Topology.AllMembers(), func(m dag.MemberFacts) (bool, bool) { return m.Answers.Value, m.Answers.Known })
			}},
		{Name: "servers.off", Type: "list(string)", Doc: "members whose power was read back off or held off", Source: "power control", SeenFrom: "the controller", MaxAge: 10 * time.Second, celType: listOfStrings(),
			value: func(w *world) ref.Val {
				return w.membersThat("servers.off", w.Topology.AllMembers(), func(m dag.MemberFacts) (bool, bool) {
					return m.Power.Value == dag.PowerOff || m.Power.Value == dag.HeldOff, m.Power.Known
				})
			}},
		{Name: "um.redirectors", Type: "int", Doc: "how many UM redirectors the site file has", Source: siteFile, celType: cel.IntType,
			value: func(w *world) ref.Val { return types.Int(len(w.Topology.Redirectors)) }},
	}
}

func siteFunctions() []Word {
	const status = "Get-MailboxDatabaseCopyStatus"
	return []Word{
		{Name: "members(site)", Type: "list(string)", Doc: "the members in a site", Source: siteFile, call: func(w *world, site string) ref.Val {
			return w.inSite(site, func(i int) ref.Val { return stringList(w.Topology.MemberNames(w.Topology.MembersOf(i))) })
		}},
		{Name: "copies(site)", Type: "list(string)", Doc: "the databases that have a copy in a site", Source: siteFile, call: func(w *world, site string) ref.Val {
			return w.inSite(site, func(i int) ref.Val {
				return w.databasesThat("copies", i, func(_, _ int) (bool, bool) { return true, true })
			})
		}},
		{Name: "healthy(site)", Type: "list(string)", Doc: "the databases that have a Healthy or Mounted copy in a site", Source: status, SeenFrom: everywhere, MaxAge: 10 * time.Second, call: func(w *world, site string) ref.Val {
			return w.inSite(site, func(i int) ref.Val {
				return w.databasesThat("healthy("+site+")", i, func(d, c int) (bool, bool) {
					s := at(at(w.Facts.Databases, d).Copies, c).Status
					return s.Value == dag.CopyHealthy || s.Value == dag.CopyMounted, s.Known
				})
			})
		}},
		{Name: "diverged(site)", Type: "list(string)", Doc: "the databases that have a copy in a site whose logs are not the active copy's", Source: status, SeenFrom: everywhere, MaxAge: 10 * time.Second, call: func(w *world, site string) ref.Val {
			return w.inSite(site, func(i int) ref.Val {
				return w.databasesThat("diverged("+site+")", i, func(d, c int) (bool, bool) {
					f := at(at(w.Facts.Databases, d).Copies, c).Diverged
					return f.Value, f.Known
				})
			})
		}},
		{Name: "settling(site)", Type: "list(string)", Doc: "the databases that have a copy in a site whose status passes by itself: Initializing, Resynchronizing, Disconnected", Source: status, SeenFrom: everywhere, MaxAge: 10 * time.Second, call: func(w *world, site string) ref.Val {
			return w.inSite(site, func(i int) ref.Val {
				return w.databasesThat("settling("+site+")", i, func(d, c int) (bool, bool) {
					s := at(at(w.Facts.Databases, d).Copies, c).Status
					return underWay("status", string(s.Value)), s.Known
				})
			})
		}},
		{Name: "mounted(site)", Type: "list(string)", Doc: "the databases mounted in a site", Source: "Get-MailboxDatabase -Status", SeenFrom: everywhere, MaxAge: 5 * time.Second, call: func(w *world, site string) ref.Val {
			return w.inSite(site, func(i int) ref.Val { return w.mounted(i) })
		}},
	}
}
