package run

// Route is the site that calls are sent to by the last um.reroute that was done, and its generation: the log index of that
// step's INTENT, which its settings carried. A redirector that was dead then learns it from any controller.
func (c *Cluster) Route() (site string, generation uint64) {
	for i := range c.Runs {
		r := &c.Runs[i]
		for k := range r.Steps {
			s := &r.Steps[k]
			if r.Plan.Steps[k].Kind == "um.reroute" && s.State == Done && s.Intent != nil && s.Intent.Index > generation {
				site, generation = r.Plan.Steps[k].With.To, s.Intent.Index
			}
		}
	}
	return site, generation
}
