package dag

// witnessesFromFacts: which servers the directory names as witnesses. One that the site file does not know cannot be used.
func (s *State) witnessesFromFacts(t *Topology, f *Facts) {
	for i, named := range [...]Fact[string]{f.Cluster.WitnessServer, f.Cluster.AlternateServer} {
		use := [...]WitnessUse{WitnessPrimary, WitnessAlternate}[i]
		if !named.Known {
			continue
		}
		s.Spare[i] = uint8(len(t.Spares) + 1)
		for n := len(t.Spares); n >= 0; n-- {
			if at, _ := t.WitnessAt(use, uint8(n)); at.Server == named.Value {
				s.Spare[i] = uint8(n)
			}
		}
	}
}

// configured is the witness of a member's cluster: one that the DAG names no more is a server that cannot be used.
func (s *State) configured(t *Topology, use WitnessUse) share {
	switch use {
	case WitnessPrimary, WitnessAlternate:
		return s.shareOf(use)
	case WitnessInvalid:
		return share{WitnessPrimary, uint8(len(t.Spares) + 2)}
	}
	return share{use: use}
}

// pausedFromFacts: that a node is paused is in the cluster database of all.
func (s *State) pausedFromFacts(f *Facts) {
	var paused Set
	for m := range f.Members {
		if f.Members[m].Paused.Value {
			paused = paused.Add(m)
		}
	}
	for m := range s.Nodes {
		if c := &s.Nodes[m].Conf; c.Tag == 1 {
			c.Paused = paused & c.Nodes
		}
	}
}
