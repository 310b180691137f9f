package run

import (
	"fmt"
	"slices"
	"time"

	"siteswap/dag"
	"siteswap/runbooks"
)

// choose decides what the plan left open, from facts. A text says why nothing can be chosen yet: the step waits.
func choose(r *Run, p *runbooks.Step, in Input) (Choice, string) {
	t, f := in.Topology, in.Facts
	c := Choice{}
	switch p.Kind {
	case "dag.stop":
		full, only := runbooks.StopForm(t, p.With, *f)
		c.Servers, c.ConfigurationOnly = t.MemberNames(full|only), full == 0
	case "db.activate":
		return chooseCopy(r, p, in)
	case "cluster.start":
		return chooseForced(r, p, in)
	case "policy.freeze":
		c.Memory = freezeMemory(r, p, in)
	case "server.drain":
		c.Memory = drainMemory(p, in)
	case "db.block":
		c.Memory = blockMemory(p, in)
	case "dns.repoint":
		c.Sites = t.SiteNames(runbooks.Held(t, p.With, f))
		c.Memory = dnsMemory(r, p, in)
	case "dns.ttl":
		c.Memory = dnsMemory(r, p, in)
	case "dag.set":
		c.Witness = runbooks.WitnessFor(t, p.With, *f)
	}
	return c, ""
}

// chooseForced names the one node that is force-started: the one that this run forced before, else the first that answers.
func chooseForced(r *Run, p *runbooks.Step, in Input) (Choice, string) {
	if !p.With.ForceQuorum || p.With.Server != "" {
		return Choice{}, ""
	}
	for i := range r.Steps {
		if it, q := r.Steps[i].Intent, &r.Plan.Steps[i]; it != nil && q.Kind == p.Kind && q.With.ForceQuorum && r.acted(q.ID) && it.Choice.Server != "" {
			return Choice{Server: it.Choice.Server}, ""
		}
	}
	m := runbooks.ForceNode(in.Topology, p.With, *in.Facts)
	if m < 0 {
		return Choice{}, "no server of " + p.With.Site + " answers, so none can form the cluster"
	}
	return Choice{Server: in.Topology.Members[m].Name}, ""
}

// mode is what the run's mode parameter means: as its first INTENT has it, else as it is now. Every INTENT carries it on, so that
// it is never decided anew in the middle.
func (r *Run) mode(in Input) string {
	for i := range r.Steps {
		if it := r.Steps[i].Intent; it != nil && it.Choice.Mode != "" {
			return it.Choice.Mode
		}
	}
	params := parameters(&r.Plan)
	if params["mode"] == "" {
		return "" // a runbook without a mode
	}
	return runbooks.Mode(in.Topology, *in.Facts, params)
}

// dials of db.activate's loss words (formats.md).
func dialOf(loss string) dag.Dial {
	switch loss {
	case "best":
		return dag.BestAvailability
	case "any":
		return dag.BestEffort
	case "good":
		return dag.GoodAvailability
	}
	return dag.Lossless
}

// chooseCopy takes, of the copies in the site (or on the server), the one that may be mounted with the fewest missing logs;
// ties go to activation preference.
func chooseCopy(r *Run, p *runbooks.Step, in Input) (Choice, string) {
	t, f := in.Topology, in.Facts
	db := activated(t, p)
	if db < 0 {
		return Choice{}, "its database is not in the site file"
	}
	best, queue, why := -1, int64(0), "none is there"
	copies := slices.Clone(t.Databases[db].Copies)
	slices.SortStableFunc(copies, func(a, b dag.Copy) int { return a.Preference - b.Preference })
	for _, cp := range copies {
		m, name := cp.Member, t.Members[cp.Member].Name
		if !inScope(t, p, m) {
			continue
		}
		cf, mf := &f.Databases[db].Copies[t.CopyOf(db, m)], &f.Members[m]
		missing := cf.CopyQueue.Value
		if !cf.CopyQueue.Known {
			missing = dag.UnknownQueue // not known is not none
		}
		switch {
		case !mf.Answers.Value:
			why = name + " does not answer"
		case !mf.MayMount.Value:
			why = "Active Manager on " + name + " may not mount yet"
		case !cf.Status.Known:
			why = "the copy on " + name + " cannot be seen"
		case !usable(cf.Status.Value) && !slices.Contains(p.With.Skip, "health"):
			why = fmt.Sprintf("the copy on %s is %s", name, cf.Status.Value)
		case best < 0 || missing < queue:
			best, queue = m, missing
		}
	}
	if best < 0 {
		return Choice{}, "no copy of " + t.Databases[db].Name + " can be activated: " + why
	}
	seen := fmt.Sprintf("%s lacks %d logs of %s that it knows of", t.Members[best].Name, queue, t.Databases[db].Name)
	if queue >= dag.UnknownQueue {
		seen = fmt.Sprintf("how many logs %s lacks of %s is not known", t.Members[best].Name, t.Databases[db].Name)
	}
	c := Choice{Server: t.Members[best].Name, Database: t.Databases[db].Name, Dial: dialOf(p.With.Loss), Evidence: []string{seen}}
	if !graceful(p, in) {
		c.Dial = r.escalated(c.Dial, c.Database, queue)
	}
	return c, ""
}

// escalated is the mount dial that a loss needs and people have approved: Good, then Best, then BestEffort (domain-exchange.md
// 5.3). What lies beyond the approval keeps the step's dial, and loss-acknowledged refuses it.
func (r *Run) escalated(dial dag.Dial, db string, missing int64) dag.Dial {
	ceiling, unknown, approved := r.ceiling(db)
	if !approved || !unknown && missing > ceiling {
		return dial
	}
	for _, d := range []dag.Dial{dag.GoodAvailability, dag.BestAvailability, dag.BestEffort} {
		if dial.Logs() >= missing {
			break
		}
		if d.Logs() > dial.Logs() {
			dial = d
		}
	}
	return dial
}

// usable: the copy may be activated, or is the active one.
func usable(s dag.CopyStatus) bool {
	return s.MayActivate() || s == dag.CopyMounted || s == dag.CopyDismounted
}

// activated is the one database of an expanded step, or -1.
func activated(t *dag.Topology, p *runbooks.Step) int {
	if len(p.With.Databases) == 1 {
		return t.DatabaseIndex(p.With.Databases[0])
	}
	return -1
}

// freezeMemory is what policy.freeze is about to change. With keep nothing is to be put back by this run; what an earlier run
// kept so is put back by this one, which is why it counts as on.
func freezeMemory(r *Run, p *runbooks.Step, in Input) []Remembered {
	if p.With.Keep {
		return nil
	}
	var out []Remembered
	for m := range in.Topology.Members {
		if inScope(in.Topology, p, m) && in.Facts.Members[m].Policy.Known {
			out = append(out, Remembered{Key: "policy/" + in.Topology.Members[m].Name, Value: string(in.Facts.Members[m].Policy.Value)})
		}
	}
	if pm := in.Facts.Cluster.PreferenceMoves; in.Topology.Exchange.MovesByPreference() && pm.Known && (pm.Value || r.owesMoves()) {
		out = append(out, Remembered{Key: "preference", Value: "on"})
	}
	return out
}

// drainMemory: the policy is put back as it was; that the server is in maintenance is remembered as one thing.
func drainMemory(p *runbooks.Step, in Input) []Remembered {
	out := []Remembered{{Key: "drain/" + p.With.Server, Value: "in service"}}
	if m := in.Topology.MemberIndex(p.With.Server); m >= 0 && in.Facts.Members[m].Policy.Known {
		out = append(out, Remembered{Key: "policy/" + in.Topology.Members[m].Name, Value: string(in.Facts.Members[m].Policy.Value)})
	}
	return out
}

// blockMemory names the copies that were not blocked before: those are to be unblocked again. On 2013 before CU7 the step sets
// mount dials instead (domain-exchange.md 5.5).
func blockMemory(p *runbooks.Step, in Input) []Remembered {
	var out []Remembered
	t := in.Topology
	if blocksByDial(t) {
		for m := range t.Members {
			if d := in.Facts.Members[m].Dial; inScope(t, p, m) && d.Known {
				out = append(out, Remembered{Key: "dial/" + t.Members[m].Name, Value: string(d.Value)})
			}
		}
		return out
	}
	for d := range t.Databases {
		if len(p.With.Databases) > 0 && !slices.Contains(p.With.Databases, t.Databases[d].Name) {
			continue
		}
		for i, c := range t.Databases[d].Copies {
			if s := in.Facts.Databases[d].Copies[i].ActivationSuspended; inScope(t, p, c.Member) && s.Known && !s.Value {
				out = append(out, Remembered{Key: "block/" + t.Databases[d].Name + "/" + t.Members[c.Member].Name, Value: "unblocked"})
			}
		}
	}
	return out
}

func blocksByDial(t *dag.Topology) bool { return t.Exchange.Release == 2013 && t.Exchange.CU < 7 }

// inScope: the member is one that the step's site or server names.
func inScope(t *dag.Topology, p *runbooks.Step, m int) bool {
	switch {
	case m < 0:
		return false
	case p.With.Server != "":
		return m == t.MemberIndex(p.With.Server)
	}
	return t.Sites[t.Members[m].Site].Name == p.With.Site
}

// dnsMemory keeps the TTL of every name (dns.ttl puts it back), and for dns.settle how long caches may hold what is served now
// or was served before an earlier change. Where no server answers it is the site file's TTL.
func dnsMemory(r *Run, p *runbooks.Step, in Input) []Remembered {
	t := in.Topology
	longest := time.Duration(0)
	var out []Remembered
	for n := range t.Names {
		if len(p.With.Names) > 0 && !slices.Contains(p.With.Names, t.Names[n].Name) {
			continue
		}
		ttl := time.Duration(0)
		for srv := range t.DNSServers {
			if f := in.Facts.DNS[srv*len(t.Names)+n].TTL; f.Known {
				ttl = max(ttl, f.Value)
			}
		}
		if p.Kind == "dns.ttl" && !p.With.Restore && ttl > 0 {
			out = append(out, Remembered{Key: "ttl/" + t.Names[n].Name, Value: ttl.String()})
		}
		if ttl == 0 {
			ttl = t.Names[n].TTL
		}
		longest = max(longest, ttl)
	}
	if at, ttl, known := r.lastDNSChange(); known {
		rest := at.Add(in.served(ttl)).Sub(in.Now)
		longest = max(longest, time.Duration(float64(rest)*max(1, in.Scale)))
	}
	return append(out, Remembered{Key: keyDNSTTL, Value: longest.String()})
}
