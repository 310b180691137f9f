package run

import (
	"slices"
	"strings"

	"siteswap/dag"
	"siteswap/runbooks"
)

// promised is what must hold after the step besides its footprint: what its kind promises, and its expect. With False or
// Unknown comes why.
func promised(r *Run, s *Step, p *runbooks.Step, in Input, x *runbooks.Expressions) (runbooks.Truth, string) {
	if holds, why := kindPromise(r, s, p, in); holds != runbooks.True {
		return holds, why
	}
	if p.Expect == "" {
		return runbooks.True, ""
	}
	truth, unknown, err := x.Eval(p.Expect, env(r, p, in))
	switch {
	case err != nil:
		return runbooks.Unknown, p.Expect + ": " + err.Error()
	case truth == runbooks.Unknown:
		return truth, p.Expect + " cannot be seen: " + strings.Join(unknown, ", ")
	case truth == runbooks.False:
		return truth, p.Expect + " does not hold"
	}
	return runbooks.True, ""
}

// kindPromise: where the model cannot do a step, it predicts that nothing changes; so a kind of which that would look like
// success says itself what success is.
func kindPromise(r *Run, s *Step, p *runbooks.Step, in Input) (runbooks.Truth, string) {
	switch p.Kind {
	case "fence":
		return fencePromise(r, p, in)
	case "db.activate":
		return activatePromise(s, p, in)
	case "server.drain":
		return drainPromise(p, in)
	case "db.resync":
		return resyncPromise(p, in)
	case "dag.restore":
		return restorePromise(p, in)
	}
	return runbooks.True, ""
}

// fencePromise: every member of the step is shown harmless, or people answer for it.
func fencePromise(r *Run, p *runbooks.Step, in Input) (runbooks.Truth, string) {
	ref := fenceShows(r, p, Choice{}, in)
	if ref == nil || r.overridden(ref.seal(), p.ID, in.Now) {
		return runbooks.True, ""
	}
	return runbooks.False, ref.Evidence
}

func activatePromise(s *Step, p *runbooks.Step, in Input) (runbooks.Truth, string) {
	db := in.Topology.DatabaseIndex(s.Intent.Choice.Database)
	if db < 0 {
		db = activated(in.Topology, p)
	}
	if db < 0 {
		return runbooks.False, "its database is not in the site file"
	}
	name, on := in.Topology.Databases[db].Name, in.Facts.Databases[db].MountedOn
	switch {
	case !on.Known:
		return runbooks.Unknown, "where " + name + " is mounted cannot be seen"
	case on.Value == "":
		return runbooks.False, name + " is not mounted"
	case s.Intent.Choice.Server != "" && on.Value != s.Intent.Choice.Server:
		return runbooks.False, name + " is mounted on " + on.Value
	}
	return runbooks.True, ""
}

// resyncPromise: every copy of the step is in use or healthy; with until: resyncing it is enough that none is out of action.
func resyncPromise(p *runbooks.Step, in Input) (runbooks.Truth, string) {
	t := in.Topology
	for d := range t.Databases {
		if len(p.With.Databases) > 0 && !slices.Contains(p.With.Databases, t.Databases[d].Name) {
			continue
		}
		for i, c := range t.Databases[d].Copies {
			if !inScope(t, p, c.Member) {
				continue
			}
			name, st := t.Databases[d].Name+`\`+t.Members[c.Member].Name, in.Facts.Databases[d].Copies[i].Status
			out := st.Value == dag.CopySuspended || st.Value == dag.CopyFailedAndSuspended || st.Value == dag.CopyFailed
			switch {
			case !st.Known:
				return runbooks.Unknown, "the state of " + name + " cannot be seen"
			case out, p.With.Until != "resyncing" && st.Value != dag.CopyHealthy && st.Value != dag.CopyMounted && st.Value != dag.CopyDismounted:
				return runbooks.False, name + " is " + string(st.Value)
			}
		}
	}
	return runbooks.True, ""
}

// drainPromise: the server mounts nothing any more.
func drainPromise(p *runbooks.Step, in Input) (runbooks.Truth, string) {
	m := in.Topology.MemberIndex(p.With.Server)
	if m < 0 {
		return runbooks.False, p.With.Server + " is no member"
	}
	mounts := in.Facts.Members[m].MountsHere
	switch {
	case !mounts.Known:
		return runbooks.Unknown, "what " + p.With.Server + " mounts cannot be seen"
	case len(mounts.Value) > 0:
		return runbooks.False, p.With.Server + " still mounts " + strings.Join(mounts.Value, ", ")
	}
	return runbooks.True, ""
}

// restorePromise: a member of the site holds quorum.
func restorePromise(p *runbooks.Step, in Input) (runbooks.Truth, string) {
	known, site := true, recoverySite(p, in.Topology)
	for m := range in.Topology.Members {
		if in.Topology.Members[m].Site != site {
			continue
		}
		q := in.Facts.Members[m].Quorum
		if q.Value {
			return runbooks.True, ""
		}
		known = known && q.Known
	}
	if !known {
		return runbooks.Unknown, "whether " + p.With.Site + " holds quorum cannot be seen"
	}
	return runbooks.False, "no member of " + p.With.Site + " holds quorum"
}
