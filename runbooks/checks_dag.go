package runbooks

import (
	"fmt"
	"slices"

	"siteswap/dag"
)

// groupChecks are about the DAG as a whole and about who takes it over.
func groupChecks() []ReadinessCheck {
	ask := func(fields string) func(checkInput) string {
		return func(in checkInput) string {
			return "Get-DatabaseAvailabilityGroup " + in.t.Name + " -Status | fl " + fields
		}
	}
	return []ReadinessCheck{
		{ID: "dac-mode", What: "DatacenterActivationMode can be read: with DagOnly Stop and Restore are taken, with Off Windows' own tools", Planned: Fails, Unplanned: Fails, Row: 6, Rule: "dac-required", evaluate: checkMode, byHand: ask("DatacenterActivationMode")},
		{ID: "lists-agree", What: "the Started and Stopped lists name every member once, alike in every directory that answers", Planned: Fails, Unplanned: Fails, Row: 13, Rule: "lists-agree",
			evaluate: checkLists, byHand: ask("StartedMailboxServers,StoppedMailboxServers")},
		{ID: "target-differs", What: "the target is another site, and does not mount everything already", Planned: Fails, Unplanned: Fails, Rule: "target-differs",
			evaluate: checkDiffers, byHand: command("Get-MailboxDatabase -Status | ft Name,MountedOnServer")},
		{ID: "target-has-copies", What: "the target has a copy of every database that leaves", Planned: Fails, Unplanned: Fails, Rule: "target-has-copies",
			evaluate: checkCopiesExist, byHand: command("Get-MailboxDatabase | fl Name,DatabaseCopies")},
		{ID: "target-alive", What: "a server of the target answers", Planned: Fails, Unplanned: Fails, Row: 27, Rule: "target-alive",
			evaluate: checkAlive, byHand: func(in checkInput) string { return "Test-ServiceHealth -Server, for each of " + in.hosts(in.to) }},
		{ID: "target-members", What: "every server of the target answers", Planned: Warns, Unplanned: Warns, Row: 27,
			evaluate: checkMembers, byHand: func(in checkInput) string { return "Test-ReplicationHealth, for each of " + in.hosts(in.to) }},
		{ID: "target-directory", What: "a domain controller of the target answers", Planned: Fails, Unplanned: Fails, Row: 13,
			evaluate: checkDirectory, byHand: func(in checkInput) string {
				if in.to < 0 {
					return "ping of its domain controllers"
				}
				return "Get-DomainController, and ping of " + list(in.t.Sites[in.to].DomainControllers)
			}},
		{ID: "source-lost", What: "no server of the site that is left answers and holds quorum", Planned: Fails, Unplanned: Fails, Row: 14, Rule: "fence-before-force",
			evaluate: checkLost, byHand: func(in checkInput) string {
				return "Get-ClusterNode -Cluster, for each of " + in.hosts(in.from) + ": no answer"
			}},
		{ID: "dag-whole", What: "planned: every server of the site that is left answers, and the DAG holds quorum over both sites", Planned: Fails, Unplanned: Passes, Row: 24,
			evaluate: checkWhole, byHand: ask("OperationalServers,PrimaryActiveManager")},
		{ID: "source-quorum", What: "the site where it runs holds quorum", Planned: Fails, Unplanned: Warns, Row: 5,
			evaluate: checkQuorum, byHand: ask("OperationalServers,PrimaryActiveManager")},
	}
}

func checkMode(in checkInput) finding {
	switch {
	case !in.f.Mode.Known:
		return unseen("DatacenterActivationMode cannot be read", in.f.Mode.Why)
	case in.f.Mode.Value != dag.DagOnly:
		return good("DatacenterActivationMode is "+string(in.f.Mode.Value)+": Stop, Restore and Start are refused, so Windows' own tools are taken", in.f.Mode.From)
	}
	return good("DatacenterActivationMode is DagOnly", in.f.Mode.From)
}

// checkLists reads the lists from every directory that answers (row 13). That the lost site's differ is no wonder.
func checkLists(in checkInput) finding {
	var all []string
	for _, m := range in.t.Members {
		all = append(all, m.Name)
	}
	slices.Sort(all)
	first := -1
	var odd *finding
	for i := range in.t.Sites {
		s := at(in.f.Sites, i)
		if !s.Started.Known || !s.Stopped.Known {
			continue
		}
		both := slices.Sorted(slices.Values(slices.Concat(s.Started.Value, s.Stopped.Value)))
		text := ""
		switch {
		case !slices.Equal(both, all):
			text = fmt.Sprintf("%s: Started (%s) and Stopped (%s) do not name every member once", in.siteName(i), list(s.Started.Value), list(s.Stopped.Value))
		case first >= 0 && !slices.Equal(at(in.f.Sites, first).Stopped.Value, s.Stopped.Value):
			text = fmt.Sprintf("the directories of %s and %s differ: Stopped is (%s) and (%s)", in.siteName(first), in.siteName(i), list(at(in.f.Sites, first).Stopped.Value), list(s.Stopped.Value))
		}
		if text != "" && (odd == nil || odd.lost) {
			found := bad(text, s.Stopped.From)
			found.lost = i == in.from || first == in.from && first >= 0
			odd = &found
		}
		if first < 0 || first == in.from {
			first = i
		}
	}
	switch {
	case odd != nil:
		return *odd
	case first < 0:
		return unseen("no directory says which members are Started", at(in.f.Sites, max(in.to, 0)).Started.Why)
	}
	s := at(in.f.Sites, first)
	return good(fmt.Sprintf("Started: %s; Stopped: %s", list(s.Started.Value), list(s.Stopped.Value)), s.Started.From)
}

func checkDiffers(in checkInput) finding {
	if in.to < 0 || in.from == in.to {
		return bad("the target "+in.siteName(in.to)+" is the site that is left", "parameters of the run")
	}
	for d := range in.t.Databases {
		m := at(in.f.Databases, d).MountedOn
		i := in.t.MemberIndex(m.Value)
		if !m.Known || i < 0 || in.t.Members[i].Site != in.to {
			return good(in.siteName(in.to)+" does not mount everything", m.From)
		}
	}
	// A DAG that failed over by itself still needs its names moved (look.md, the refusal's way out).
	for i, d := range in.f.DNS {
		if d.Sites.Known && (!d.LeadTo(in.siteName(in.to)) || d.LeadTo(in.siteName(in.from))) {
			return good(in.siteName(in.to)+" mounts everything, but "+in.t.Names[i%len(in.t.Names)].Name+" does not lead there alone", d.Sites.From)
		}
	}
	if len(in.t.Databases) == 0 {
		return good("there are no databases", "site file")
	}
	return bad(in.siteName(in.to)+" mounts every database already, and the names lead there", at(in.f.Databases, 0).MountedOn.From)
}

func checkCopiesExist(in checkInput) finding {
	var without []string
	for _, d := range in.t.Databases {
		leaves, has := false, false
		for _, c := range d.Copies {
			leaves = leaves || in.members(in.from).Has(c.Member)
			has = has || in.members(in.to).Has(c.Member)
		}
		if leaves && !has {
			without = append(without, d.Name)
		}
	}
	if len(without) > 0 {
		return bad(in.siteName(in.to)+" has no copy of "+list(without), "site file")
	}
	return good("copies of all databases that leave", "site file")
}

// answering divides the members of the set.
func (in checkInput) answering(s dag.Set) (yes, no []string) {
	in.each(s, func(_ int, name string, m dag.MemberFacts) {
		if m.Answers.Value {
			yes = append(yes, name)
		} else {
			no = append(no, name)
		}
	})
	return yes, no
}

func checkAlive(in checkInput) finding {
	yes, no := in.answering(in.members(in.to))
	if len(yes) == 0 {
		return bad("no server of "+in.siteName(in.to)+" answers: "+list(no), "management endpoints")
	}
	return good(in.answers(yes, true), "management endpoints")
}

func checkMembers(in checkInput) finding {
	yes, no := in.answering(in.members(in.to))
	if len(no) > 0 {
		return bad(in.answers(no, false)+" in "+in.siteName(in.to), "management endpoints")
	}
	return good("all of "+list(yes)+" answer", "management endpoints")
}

func checkDirectory(in checkInput) finding {
	s := at(in.f.Sites, in.to).Directory
	switch {
	case in.to < 0 || len(in.t.Sites[in.to].DomainControllers) == 0:
		return bad(in.siteName(in.to)+" has no domain controller", "site file")
	case !s.Known:
		return unseen("the domain controllers of "+in.siteName(in.to)+" cannot be seen", s.Why)
	case !s.Value:
		return bad("no domain controller of "+in.siteName(in.to)+" answers: "+list(in.t.Sites[in.to].DomainControllers), s.From)
	}
	return good("a domain controller of "+in.siteName(in.to)+" answers", s.From)
}

// checkLost: a site whose servers hold quorum is not lost; forcing the other one would make two of everything.
func checkLost(in checkInput) finding {
	if in.planned {
		return good("planned: "+in.siteName(in.from)+" works, and is left in good order", "parameters of the run")
	}
	var alive, dark []string
	in.each(in.members(in.from), func(_ int, name string, m dag.MemberFacts) {
		switch {
		case m.Answers.Value && m.Quorum.Value:
			alive = append(alive, name)
		case !m.Answers.Value:
			dark = append(dark, name)
		}
	})
	if len(alive) > 0 {
		return bad(in.siteName(in.from)+" is not lost: "+in.answers(alive, true)+" and "+holds(alive), "Get-ClusterNode on "+alive[0])
	}
	if len(dark) > 0 {
		return good("no answer from "+list(dark)+"; the fence shows whether they can do harm", "management endpoints")
	}
	return good("no server of "+in.siteName(in.from)+" holds quorum", "Get-ClusterNode")
}

// checkWhole: a planned switchover moves without loss only while the DAG is whole.
func checkWhole(in checkInput) finding {
	if !in.planned {
		return good("unplanned: the DAG is not whole", "parameters of the run")
	}
	if Mode(in.t, in.f, map[string]string{"from": in.siteName(in.from), "to": in.siteName(in.to)}) == "planned" {
		return good("the DAG is whole: every server of "+in.siteName(in.from)+" answers, and quorum reaches to "+in.siteName(in.to), "Get-ClusterNode")
	}
	_, no := in.answering(in.members(in.from))
	if len(no) > 0 {
		return bad("not planned any more: "+in.answers(no, false)+" in "+in.siteName(in.from), "management endpoints")
	}
	return bad("not planned any more: no cluster with quorum reaches from "+in.siteName(in.from)+" to "+in.siteName(in.to), "Get-ClusterNode")
}

// answers says of some servers that they answer, or do not: "EX1 answers", "EX1, EX2 do not answer".
func (in checkInput) answers(names []string, yes bool) string {
	verb := map[bool][2]string{true: {" answers", " answer"}, false: {" does not answer", " do not answer"}}[yes]
	if len(names) == 1 {
		return names[0] + verb[0]
	}
	return list(names) + verb[1]
}

func checkQuorum(in checkInput) finding {
	having, unknown := []string{}, []string{}
	in.each(in.members(in.from), func(_ int, name string, m dag.MemberFacts) {
		if m.Quorum.Value {
			having = append(having, name)
		}
		if !m.Quorum.Known {
			unknown = append(unknown, name)
		}
	})
	switch {
	case len(having) > 0:
		return good(list(having)+" of "+in.siteName(in.from)+" "+holds(having), "Get-ClusterNode on "+having[0])
	case len(unknown) > 0:
		return unseen("whether "+in.siteName(in.from)+" holds quorum cannot be seen", in.answers(unknown, false))
	}
	return bad("no server of "+in.siteName(in.from)+" holds quorum", "Get-ClusterNode")
}

// holds is the verb for that many servers.
func holds(names []string) string {
	if len(names) == 1 {
		return "holds quorum"
	}
	return "hold quorum"
}
