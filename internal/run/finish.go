package run

import (
	"slices"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/runbooks"
)

// owedMark is what a sentence ends with when something is owed.
const owedMark = "; owed: "

// finish fills a result of Done: its sentence, what a DNS change means for caches, what is owed and what is put back.
func finish(r *Run, s *Step, p *runbooks.Step, in Input, res *Result) {
	res.State, res.Agrees, res.Drift = Done, true, nil
	if k, ok := runbooks.KindOf(p.Kind); ok {
		step := Chosen(p, s.Intent.Choice)
		_, res.Text = k.Summary(in.Topology, step.With)
		res.After = at(in.Topology, in.Facts, k.Footprint(in.Topology, step.With))
	}
	res.Memory = append(res.Memory, changedNames(p, in)...)
	res.Memory = append(res.Memory, putBack(r, p, in.Topology)...)
	res.Memory = append(res.Memory, fencedOff(p, in)...)
	owed, paid := debts(p, s.Intent.Choice, in)
	res.Debts, res.Settled = append(res.Debts, owed...), append(res.Settled, paid...)
	if len(owed) > 0 {
		var what []string
		for _, d := range owed {
			what = append(what, d.Key)
		}
		res.Text += owedMark + strings.Join(what, ", ")
	}
}

// changedNames remembers when DNS servers may last have changed; also of an attempt that failed, since a part of it may be done.
func changedNames(p *runbooks.Step, in Input) []Remembered {
	// A TTL that is put back leaves the addresses as they are: no cache holds a wrong answer because of it.
	if p.Kind != "dns.repoint" && (p.Kind != "dns.ttl" || p.With.Restore) {
		return nil
	}
	return []Remembered{{Key: keyDNSChanged, Value: in.Now.UTC().Format(time.RFC3339Nano)}}
}

// putBack marks what a step put back: what the run remembers of the things that it works on.
func putBack(r *Run, p *runbooks.Step, t *dag.Topology) []Remembered {
	var out []Remembered
	for _, m := range r.Memory {
		if !m.Put && putsBack(p, t, m.Key) {
			out = append(out, Remembered{Key: m.Key, Value: m.Value, Put: true})
		}
	}
	return out
}

func putsBack(p *runbooks.Step, t *dag.Topology, key string) bool {
	kind, rest, _ := strings.Cut(key, "/")
	switch p.Kind + " " + kind {
	case "policy.restore preference":
		return true
	case "policy.restore policy", "policy.restore dial", "db.unblock dial", "server.resume policy", "server.resume drain":
		return inScope(t, p, t.MemberIndex(rest))
	case "db.unblock block":
		db, member, _ := strings.Cut(rest, "/")
		return inScope(t, p, t.MemberIndex(member)) && (len(p.With.Databases) == 0 || slices.Contains(p.With.Databases, db))
	case "dns.ttl ttl":
		return p.With.Restore && (len(p.With.Names) == 0 || slices.Contains(p.With.Names, rest))
	}
	return false
}

// predict is what the model says the facts are after the step. What is put back is what the run remembers, and not what the
// site file says.
func predict(r *Run, p *runbooks.Step, before *dag.Facts, in Input, c Choice) dag.Facts {
	step := Chosen(p, c)
	after, _ := runbooks.PredictStep(in.Topology, &step, *before, Vantage(&r.Plan, in.Topology))
	return recall(r, p, in.Topology, before, *whole(in.Topology, &after))
}

// Chosen is the step with the run's choices filled in: what is predicted of it, and what its acting half carries out.
func Chosen(p *runbooks.Step, c Choice) runbooks.Step {
	step := *p
	if c.Server != "" {
		step.With.Server, step.With.Site = c.Server, ""
	}
	switch {
	case p.Kind == "dag.set" && c.Witness == dag.WitnessAlternate:
		step.With.Witness = "alternate"
	case p.Kind == "dag.set" && c.Witness == dag.WitnessPrimary:
		step.With.Witness = "primary"
	case p.Kind == "db.activate" && c.Dial != "":
		step.With.Loss = lossOf(c.Dial)
	case p.Kind == "dns.repoint":
		step.With.Sites = c.Sites
	}
	return step
}

// lossOf is the word of db.activate for a dial.
func lossOf(d dag.Dial) string {
	for _, loss := range []string{"good", "best", "any"} {
		if dialOf(loss) == d {
			return loss
		}
	}
	return "lossless"
}

// recall corrects a prediction by what the run remembers.
func recall(r *Run, p *runbooks.Step, t *dag.Topology, before *dag.Facts, after dag.Facts) dag.Facts {
	values := map[string]string{}
	for _, m := range r.Memory {
		values[m.Key] = m.Value
	}
	switch {
	case p.Kind == "policy.restore":
		if _, ours := values["preference"]; !ours {
			after.Cluster.PreferenceMoves = before.Cluster.PreferenceMoves
		}
		for m := range t.Members {
			if !inScope(t, p, m) || !after.Members[m].Policy.Known {
				continue
			}
			after.Members[m].Policy.Value = before.Members[m].Policy.Value
			if v, ok := values["policy/"+t.Members[m].Name]; ok {
				after.Members[m].Policy.Value = dag.ActivationPolicy(v)
			}
		}
	case p.Kind == "server.resume":
		if m := t.MemberIndex(p.With.Server); m >= 0 && after.Members[m].Policy.Known && values["policy/"+p.With.Server] != "" {
			after.Members[m].Policy.Value = dag.ActivationPolicy(values["policy/"+p.With.Server])
		}
	case p.Kind == "db.unblock" && blocksByDial(t):
		for m := range t.Members {
			if v, ok := values["dial/"+t.Members[m].Name]; ok && inScope(t, p, m) && after.Members[m].Dial.Known {
				after.Members[m].Dial.Value = dag.Dial(v)
			}
		}
	case p.Kind == "db.unblock" && slices.ContainsFunc(r.Memory, func(m Remembered) bool { return strings.HasPrefix(m.Key, "block/") }):
		for d := range t.Databases {
			for i, c := range t.Databases[d].Copies {
				if _, ours := values["block/"+t.Databases[d].Name+"/"+t.Members[c.Member].Name]; !ours {
					after.Databases[d].Copies[i].ActivationSuspended = before.Databases[d].Copies[i].ActivationSuspended
				}
			}
		}
	case p.Kind == "dns.ttl" && p.With.Restore:
		for i := range after.DNS {
			if v, ok := values["ttl/"+t.Names[i%len(t.Names)].Name]; ok && after.DNS[i].TTL.Known {
				if ttl, err := time.ParseDuration(v); err == nil && putsBack(p, t, "ttl/"+t.Names[i%len(t.Names)].Name) {
					after.DNS[i].TTL.Value = ttl
				}
			}
		}
	}
	return after
}
