package runbooks

import (
	"fmt"

	"siteswap/dag"
)

// siteChecks are about copies and about the services around the DAG.
func siteChecks() []ReadinessCheck {
	status := command("Get-MailboxDatabaseCopyStatus * | ft Name,Status,CopyQueueLength,ActivationSuspended")
	witness := func(w func(*dag.Topology) dag.Witness) func(checkInput) string {
		return func(in checkInput) string {
			return "on " + w(in.t).Server + ": the directory " + w(in.t).Directory + " is there and shared, and the disk has room"
		}
	}
	return []ReadinessCheck{
		{ID: "copies-healthy", What: "the target has a usable copy of every database", Planned: Fails, Unplanned: Warns, Row: 21, evaluate: checkCopiesHealthy, byHand: status},
		{ID: "copy-loss", What: "at the last look no copy of the target missed more logs than its server tolerates", Planned: Warns, Unplanned: Warns, Row: 19, Rule: "loss-acknowledged", evaluate: checkLoss, byHand: status},
		{ID: "copies-blocked", What: "which copies of the target are blocked is known", Planned: Warns, Unplanned: Warns, Row: 17, evaluate: checkBlocked, byHand: status},
		{ID: "max-active", What: "the target's servers may mount all databases that come", Planned: Fails, Unplanned: Warns, Row: 18, evaluate: checkMaxActive,
			byHand: command("Get-MailboxServer | ft Name,MaximumActiveDatabases")},
		{ID: "witness", What: "the witness can be used", Planned: Warns, Unplanned: Warns, Row: 10, evaluate: checkWitness, byHand: witness(func(t *dag.Topology) dag.Witness { return t.Witness })},
		{ID: "alternate-witness", What: "the alternate witness can be used", Planned: Warns, Unplanned: Fails, Row: 10, evaluate: checkAlternate, byHand: witness(func(t *dag.Topology) dag.Witness { return t.Alternate })},
		{ID: "dns-servers", What: "a DNS server takes the change of every name", Planned: Fails, Unplanned: Fails, Row: 23, evaluate: checkDNS,
			byHand: func(in checkInput) string {
				var at []string
				for _, d := range in.t.DNSServers {
					at = append(at, hostOf(d))
				}
				return "nslookup of each name at " + list(at)
			}},
		{ID: "dns-rights", What: "the account may change every name at a DNS server of the target", Planned: Fails, Unplanned: Warns, Row: 23, evaluate: checkRights,
			byHand: func(in checkInput) string { return "siteswap dns plan --to " + in.siteName(in.to) + " --rights" }},
		{ID: "redirectors", What: "a redirector answers", Planned: Fails, Unplanned: Warns, evaluate: checkRedirectors,
			byHand: func(in checkInput) string {
				if len(in.t.Redirectors) == 0 {
					return "there are none"
				}
				return "a test call"
			}},
		{ID: "power-control", What: "the power of the servers of the site that is left can be read", Planned: Warns, Unplanned: Warns, Row: 14, evaluate: checkPower,
			byHand: func(in checkInput) string { return "log on to the management boards of " + in.hosts(in.from) }},
	}
}

// perDatabase collects, for every database that has a copy in the target, what is wrong with its best copy there.
func (in checkInput) perDatabase(f func(db int, copies []int) (problem string, known bool)) (wrong, unknown []string) {
	for d := range in.t.Databases {
		var there []int
		for i, c := range in.t.Databases[d].Copies {
			if in.members(in.to).Has(c.Member) {
				there = append(there, i)
			}
		}
		if len(there) == 0 {
			continue
		}
		problem, known := f(d, there)
		switch {
		case !known:
			unknown = append(unknown, in.t.Databases[d].Name)
		case problem != "":
			wrong = append(wrong, problem)
		}
	}
	return wrong, unknown
}

// summarise is the finding for a set of databases.
func summarise(ok string, wrong, unknown []string) finding {
	switch {
	case len(wrong) > 0:
		return bad(list(wrong), "Get-MailboxDatabaseCopyStatus")
	case len(unknown) > 0:
		return unseen("the copies of "+list(unknown)+" cannot be seen", "no server that holds them answers")
	}
	return good(ok, "Get-MailboxDatabaseCopyStatus")
}

func checkCopiesHealthy(in checkInput) finding {
	wrong, unknown := in.perDatabase(func(d int, there []int) (string, bool) {
		known, worst := false, ""
		for _, i := range there {
			s := at(at(in.f.Databases, d).Copies, i).Status
			if !s.Known {
				continue
			}
			known = true
			if s.Value.MayActivate() || s.Value == dag.CopyMounted || s.Value == dag.CopyDismounted {
				return "", true
			}
			worst = fmt.Sprintf("%s\\%s is %s", in.t.Databases[d].Name, in.t.Members[in.t.Databases[d].Copies[i].Member].Name, s.Value)
		}
		return worst, known
	})
	return summarise("a usable copy of every database in "+in.siteName(in.to), wrong, unknown)
}

func checkLoss(in checkInput) finding {
	wrong, unknown := in.perDatabase(func(d int, there []int) (string, bool) {
		known, worst := false, ""
		for _, i := range there {
			q := at(at(in.f.Databases, d).Copies, i).CopyQueue
			if !q.Known {
				continue
			}
			known = true
			m := in.t.Members[in.t.Databases[d].Copies[i].Member]
			if q.Value <= m.Dial.Logs() {
				return "", true
			}
			worst = fmt.Sprintf("%s\\%s misses %s or more, %s tolerates %d", in.t.Databases[d].Name, m.Name, plural(q.Value, "log"), m.Name, m.Dial.Logs())
		}
		return worst, known
	})
	return summarise("no copy missed more than its server tolerates; after the loss of a site this is a lower bound", wrong, unknown)
}

func checkBlocked(in checkInput) finding {
	var blocked []string
	in.each(in.members(in.to), func(_ int, name string, m dag.MemberFacts) {
		if m.Policy.Known && m.Policy.Value == dag.Blocked {
			blocked = append(blocked, "policy of "+name)
		}
	})
	wrong, unknown := in.perDatabase(func(d int, there []int) (string, bool) {
		known := false
		for _, i := range there {
			s := at(at(in.f.Databases, d).Copies, i).ActivationSuspended
			known = known || s.Known
			if s.Value {
				return in.t.Databases[d].Name + "\\" + in.t.Members[in.t.Databases[d].Copies[i].Member].Name, true
			}
		}
		return "", known
	})
	if everyPolicyBlocked(in) && in.t.Exchange.BlockedStopsLocator() {
		return bad("the policy of every member is Blocked: before 2013 CU7 clients then reach no database, mounted by name or not; set one to Unrestricted", "Get-MailboxServer")
	}
	if blocked = append(blocked, wrong...); len(blocked) > 0 {
		return bad("blocked, so mounted only by name: "+list(blocked), "Get-MailboxDatabaseCopyStatus, Get-MailboxServer")
	}
	return summarise("no copy of "+in.siteName(in.to)+" is blocked", nil, unknown)
}

func everyPolicyBlocked(in checkInput) bool {
	for m := range in.t.Members {
		if p := at(in.f.Members, m).Policy; !p.Known || p.Value != dag.Blocked {
			return false
		}
	}
	return true
}

func checkMaxActive(in checkInput) finding {
	room, need := 0, 0
	for i, m := range in.t.Members {
		if !in.members(in.to).Has(i) {
			continue
		}
		if m.MaxActive == 0 {
			return good(m.Name+" has no limit of active databases", "site file")
		}
		room += m.MaxActive
	}
	for _, d := range in.t.Databases {
		for _, c := range d.Copies {
			if in.members(in.to).Has(c.Member) {
				need++
				break
			}
		}
	}
	if need > room {
		return bad(fmt.Sprintf("%d databases, but the servers of %s may mount %d", need, in.siteName(in.to), room), "site file")
	}
	return good(fmt.Sprintf("%d databases, room for %d", need, room), "site file")
}

func (in checkInput) witnessAt(w dag.Witness) finding {
	s := at(in.f.Sites, w.Site).Witness
	var found finding
	switch {
	case w.Server == "":
		return bad("there is none", "site file")
	case !s.Known:
		found = unseen(w.Server+" cannot be seen", s.Why)
	case !s.Value:
		text := w.Server + " does not answer, or its share cannot be used"
		if s.Why != "" { // what the probe saw, in Exchange's words, and what to do
			text += ": " + s.Why
		}
		found = bad(text, s.From)
	default:
		return good(w.Server+" can be used", s.From)
	}
	found.lost = w.Site == in.from
	return found
}

func checkWitness(in checkInput) finding { return in.witnessAt(in.t.Witness) }

// checkAlternate: a target with an odd number of members, three or more, needs no witness (domain-exchange.md section 4).
func checkAlternate(in checkInput) finding {
	found := in.witnessAt(in.t.Alternate)
	_, use := in.t.ParityModel(in.members(in.to).Len(), dag.WitnessAlternate)
	if found.level != Passes && use == dag.WitnessNone {
		return good("not needed: an odd number of members. "+found.text, found.evidence)
	}
	return found
}

// partly is the finding when some answer and some do not: those that do not will owe the change.
func partly(quiet []string, evidence string) finding {
	verb := " do not answer and will owe the change"
	if len(quiet) == 1 {
		verb = " does not answer and will owe the change"
	}
	return finding{level: Warns, text: list(quiet) + verb, evidence: evidence}
}

func checkRedirectors(in checkInput) finding {
	var quiet []string
	for i, r := range in.t.Redirectors {
		if !at(in.f.Redirector, i).Answers.Value {
			quiet = append(quiet, r.Listen)
		}
	}
	switch {
	case len(in.t.Redirectors) == 0:
		return good("the site file has none", "site file")
	case len(quiet) == len(in.t.Redirectors):
		return bad("no redirector answers: "+list(quiet), "OPTIONS")
	case len(quiet) > 0:
		return partly(quiet, "OPTIONS")
	}
	return good("every redirector answers", "OPTIONS")
}

func checkPower(in checkInput) finding {
	var dark, read []string
	in.each(in.members(in.from), func(_ int, name string, m dag.MemberFacts) {
		if m.Power.Known {
			read = append(read, name+" "+string(m.Power.Value))
		} else {
			dark = append(dark, name)
		}
	})
	if len(dark) > 0 {
		return unseen("the power of "+list(dark)+" cannot be read: the fence will need the cluster service's word, or two people's", "power controls")
	}
	return good(list(read), "power controls")
}
