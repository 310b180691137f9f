package run

import (
	"fmt"
	"slices"
	"strings"

	"siteswap/dag"
	"siteswap/runbooks"
)

// activationFenced: a copy whose active server is unreachable is activated only when nobody elsewhere can still have the
// database mounted (fence-before-force).
func activationFenced(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	if graceful(p, in) {
		return nil
	}
	t, db := in.Topology, activated(in.Topology, p)
	if db < 0 {
		return &Refusal{Rule: RuleFenceBeforeForce, Why: "which database is to be activated cannot be told", Evidence: "step " + p.ID, Unblock: "name one database of the site file"}
	}
	for _, cp := range t.Databases[db].Copies {
		shown, what := runbooks.Harmless(t, *in.Facts, cp.Member)
		if in.Facts.Members[cp.Member].Answers.Value || shown || r.wordFor(t, cp.Member) || r.wasOff(in, cp.Member) {
			continue
		}
		return &Refusal{Rule: RuleFenceBeforeForce, Why: t.Members[cp.Member].Name + " could still have " + t.Databases[db].Name + " mounted", Evidence: what,
			Unblock: "power it off and let that be read back; else the word of two people"}
	}
	return nil
}

// graceful: the database is seen mounted on, or cleanly dismounted at, a member that answers, so that no log is lost.
func graceful(p *runbooks.Step, in Input) bool {
	db := activated(in.Topology, p)
	if db < 0 {
		return false
	}
	df := &in.Facts.Databases[db]
	active := df.MountedOn.Value
	if active == "" {
		active = df.Active.Value
	}
	m := in.Topology.MemberIndex(active)
	return m >= 0 && in.Facts.Members[m].Answers.Value
}

// lossAcknowledged: without the source, what is lost is at least the copy queue. A person has approved a ceiling in logs per
// database; the queue is read again just before the mount. Above the ceiling, or unread: refused.
func lossAcknowledged(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	if graceful(p, in) {
		return nil
	}
	t := in.Topology
	db, m := t.DatabaseIndex(c.Database), t.MemberIndex(c.Server)
	if db < 0 || t.CopyOf(db, m) < 0 {
		return nil
	}
	q := in.Facts.Databases[db].Copies[t.CopyOf(db, m)].CopyQueue
	read := q.Known && q.Value < dag.UnknownQueue
	ceiling, unknown, approved := r.ceiling(c.Database)
	from := "Get-MailboxDatabaseCopyStatus on " + c.Server
	unblock := fmt.Sprintf("approve what may be lost in a new run: `siteswap run approve RUN STEP --ceiling %s=LOGS`", c.Database)
	switch {
	case unknown:
		return nil
	case !approved:
		return &Refusal{Rule: RuleLossAcknowledged, Why: "nobody has approved a loss of " + c.Database + ", whose source is dead: its copy queue is a lower bound", Evidence: from, Unblock: unblock}
	case !read:
		return unread(RuleLossAcknowledged, "how many logs "+c.Server+" lacks of "+c.Database+" cannot be read, and the approval names a ceiling", from, q.Why, unblock)
	case q.Value > ceiling:
		return &Refusal{Rule: RuleLossAcknowledged, Why: fmt.Sprintf("%s lacks %d logs of %s, %d were approved", c.Server, q.Value, c.Database, ceiling), Evidence: from, Unblock: unblock}
	}
	return nil
}

// ceiling is what people approved for a database: the highest, or explicitly unknown.
func (r *Run) ceiling(db string) (logs int64, unknown, approved bool) {
	for _, a := range r.Approvals {
		if a.Unknown {
			unknown, approved = true, true
		}
		for _, key := range []string{db, "*"} {
			if n, ok := a.Ceiling[key]; ok {
				logs, approved = max(logs, n), true
			}
		}
	}
	return logs, unknown, approved
}

// ttlBeforeMove: up to 2010 a database moves home only when every DNS server that can answer points there, and the old TTL
// has run out since the last of them changed (DCS, I8).
func ttlBeforeMove(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	t := in.Topology
	m := t.MemberIndex(c.Server)
	if !t.Exchange.NamesMustMove() || !graceful(p, in) || m < 0 || c.Dial != dag.Lossless {
		return nil
	}
	site := t.Sites[t.Members[m].Site].Name
	for i := range in.Facts.DNS {
		df, srv := &in.Facts.DNS[i], t.DNSServers[i/len(t.Names)]
		if name := t.Names[i%len(t.Names)].Name; df.Sites.Known && !df.LeadTo(site) && len(t.Names[i%len(t.Names)].Targets[t.Members[m].Site]) > 0 {
			return &Refusal{Rule: RuleTTLBeforeMove, Why: srv.Address + " does not answer " + name + " with " + site + " yet", Evidence: "asked " + srv.Address,
				Unblock: "repoint the names and wait until the old TTL has run out (dns.repoint, dns.settle)"}
		}
	}
	if at, ttl, known := r.lastDNSChange(); known && in.Now.Before(at.Add(in.served(ttl))) {
		return &Refusal{Rule: RuleTTLBeforeMove, Why: "caches may hold the old address for a while yet", Evidence: "what was served before the last change of a DNS server has not run out",
			Unblock: "wait until " + at.Add(in.served(ttl)).Format("15:04:05") + ": a dns.settle step before " + p.ID}
	}
	return nil
}

// keepTheDivergent: a copy that was active when its database was mounted elsewhere with loss holds mail that exists nowhere
// else. It is not reseeded until a person attests that its files were saved, or waives it.
func keepTheDivergent(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	t := in.Topology
	var names []string
	for d := range t.Databases {
		for i, cp := range t.Databases[d].Copies {
			if in.Facts.Databases[d].Copies[i].Diverged.Value && inScope(t, p, cp.Member) {
				names = append(names, t.Databases[d].Name+`\`+t.Members[cp.Member].Name)
			}
		}
	}
	if len(names) == 0 || p.With.Reseed == "never" || r.savedByPerson(p.ID) {
		return nil
	}
	return &Refusal{Rule: RuleKeepTheDivergent, Why: strings.Join(names, ", ") + " hold logs that were lost when their database was mounted elsewhere", Evidence: "Get-MailboxDatabaseCopyStatus: FailedAndSuspended, diverged",
		Unblock: "save their database and log files, start again, and attest to it: `siteswap run approve RUN " + p.ID + "`"}
}

// savedByPerson: somebody has attested that the files were saved, or waived it: on the step itself, or on a manual step before it.
func (r *Run) savedByPerson(step string) bool {
	return len(r.approvers(step)) > 0 || slices.ContainsFunc(r.Steps, func(s Step) bool {
		p := r.Plan.Step(s.ID)
		return p != nil && p.Kind == "manual" && s.State == Done && len(r.approvers(s.ID)) > 0
	})
}
