package controller

import (
	"github.com/hashicorp/raft"

	"siteswap/internal/run"
)

// yield hands leadership to a controller outside the site that a run leaves, once per run and before its first step: from within
// that site the target may be out of sight, and the leader may be about to lose its power. The target site's controller is
// asked first, then any other. Where nobody takes over, this one goes on. It says whether leadership is on its way.
func (s *session) yield(r *run.Run) bool {
	o := &s.n.o
	if o.Reach == nil || s.yielded == r.ID || begun(r) {
		return false
	}
	s.yielded = r.ID
	from := o.Topology.SiteIndex(r.Plan.Parameter("from"))
	vantage := run.Vantage(&r.Plan, o.Topology)
	if from < 0 || vantage == from || o.Topology.Sites[from].Name != o.Site {
		return false
	}
	for _, wanted := range []bool{true, false} {
		for _, p := range o.Peers {
			if p.ID == o.ID || p.Site == o.Site || (p.Site == o.Topology.Sites[vantage].Name) != wanted {
				continue
			}
			if !o.Reach(s.ctx, p) {
				continue
			}
			err := s.n.raft.LeadershipTransferToServer(raft.ServerID(p.ID), raft.ServerAddress(p.Raft)).Error()
			if err == nil {
				o.Logger.Info("leadership handed to "+p.ID+", outside "+o.Site, "run", r.ID)
				return true
			}
			o.Logger.Warn("leadership not taken by "+p.ID, "run", r.ID, "err", err)
		}
	}
	return false
}

// begun: some step of the run has been begun or decided.
func begun(r *run.Run) bool {
	for i := range r.Steps {
		if r.Steps[i].State != run.Todo {
			return true
		}
	}
	return false
}
