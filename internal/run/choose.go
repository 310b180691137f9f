package run

import (
	"fmt"
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
		return chooseCopy(p, in)
	case "policy.freeze":
		c.Memory = freezeMemory(p, in)
	case "db.block":
		c.Memory = blockMemory(p, in)
	case "dns.repoint", "dns.ttl":
		c.Memory = dnsMemory(p, in)
	case "dag.set":
		c.Witness = dag.WitnessPrimary
	}
	return c, ""
}

// dials of db.activate's loss words (formats.md).
func dialOf(loss string) dag.Dial {
	switch loss {
	case "best":
		return dag.BestAvailability
	case "any":
		return dag.BestEffort
	case "lossless":
		return dag.Lossless
	}
	return dag.GoodAvailability
}

// chooseCopy takes, of the copies in the site (or on the server), the one that may be mounted with the fewest missing logs;
// ties go to activation preference.
func chooseCopy(p *runbooks.Step, in Input) (Choice, string) {
	t, f := in.Topology, in.Facts
	db := activated(t, p)
	if db < 0 {
		return Choice{}, "its database is not in the site file"
	}
	best, queue, why := -1, int64(0), ""
	for i := range t.Databases[db].Copies {
		m := t.Databases[db].Copies[i].Member
		if p.With.Server != "" && t.Members[m].Name != p.With.Server || p.With.Server == "" && t.Sites[t.Members[m].Site].Name != p.With.Site {
			continue
		}
		cf, mf := &f.Databases[db].Copies[i], &f.Members[m]
		switch {
		case !mf.Answers.Value:
			why = t.Members[m].Name + " does not answer"
		case !mf.MayMount.Value:
			why = "Active Manager on " + t.Members[m].Name + " may not mount yet"
		case !cf.Status.Known || !cf.Status.Value.MayActivate() && cf.Status.Value != dag.CopyMounted && cf.Status.Value != dag.CopyDismounted:
			why = fmt.Sprintf("the copy on %s is %s", t.Members[m].Name, cf.Status.Value)
		case best < 0 || cf.CopyQueue.Value < queue:
			best, queue = m, cf.CopyQueue.Value
		}
	}
	if best < 0 {
		return Choice{}, "no copy of " + t.Databases[db].Name + " can be activated: " + why
	}
	return Choice{Server: t.Members[best].Name, Database: t.Databases[db].Name, Dial: dialOf(p.With.Loss),
		Evidence: []string{fmt.Sprintf("%s lacks %d logs of %s that it knows of", t.Members[best].Name, queue, t.Databases[db].Name)}}, ""
}

// activated is the one database of an expanded step, or -1.
func activated(t *dag.Topology, p *runbooks.Step) int {
	if len(p.With.Databases) == 1 {
		return t.DatabaseIndex(p.With.Databases[0])
	}
	return -1
}

func freezeMemory(p *runbooks.Step, in Input) []Remembered {
	var out []Remembered
	for m := range in.Topology.Members {
		if inScope(in.Topology, p, m) && in.Facts.Members[m].Policy.Known {
			out = append(out, Remembered{Key: "policy/" + in.Topology.Members[m].Name, Value: string(in.Facts.Members[m].Policy.Value)})
		}
	}
	if pm := in.Facts.Cluster.PreferenceMoves; pm.Known && pm.Value {
		out = append(out, Remembered{Key: "preference", Value: "on"})
	}
	return out
}

// blockMemory names the copies that were not blocked before: those are to be unblocked again.
func blockMemory(p *runbooks.Step, in Input) []Remembered {
	var out []Remembered
	t := in.Topology
	for d := range t.Databases {
		for i, c := range t.Databases[d].Copies {
			if s := in.Facts.Databases[d].Copies[i].ActivationSuspended; inScope(t, p, c.Member) && s.Known && !s.Value {
				out = append(out, Remembered{Key: "block/" + t.Databases[d].Name + "/" + t.Members[c.Member].Name, Value: "unblocked"})
			}
		}
	}
	return out
}

func inScope(t *dag.Topology, p *runbooks.Step, m int) bool {
	if p.With.Server != "" {
		return t.Members[m].Name == p.With.Server
	}
	return t.Sites[t.Members[m].Site].Name == p.With.Site
}

// dnsMemory keeps the TTL of every name (dns.ttl puts it back), and for dns.settle the longest one that caches may hold now.
func dnsMemory(p *runbooks.Step, in Input) []Remembered {
	t := in.Topology
	longest := time.Duration(0)
	var out []Remembered
	for n := range t.Names {
		ttl := time.Duration(0)
		for srv := range t.DNSServers {
			if f := in.Facts.DNS[srv*len(t.Names)+n].TTL; f.Known {
				ttl = max(ttl, f.Value)
			}
		}
		longest = max(longest, ttl)
		if p.Kind == "dns.ttl" && !p.With.Restore && ttl > 0 {
			out = append(out, Remembered{Key: "ttl/" + t.Names[n].Name, Value: ttl.String()})
		}
	}
	return append(out, Remembered{Key: keyDNSTTL, Value: longest.String()})
}
