package dag

// WorldNames are the first words of the keys of what the world does by itself: "failover", "join", "ship".
func WorldNames() []string {
	var out []string
	for k := eventAutonomous + 1; int(k) < len(eventNames); k++ {
		if eventNames[k] != "" {
			out = append(out, eventNames[k])
		}
	}
	return out
}

// Half is the operation that does half of this one's work: for one of several members, and only so many of its micro-steps.
// Nothing of an operation that has one micro-step for one member can be halved: the half is nothing.
func (o Op) Half() (half Op, steps int) {
	if o.Members.Len() > 1 {
		o.Members = Set(0).Add(o.Members.First())
		return o, o.steps()
	}
	return o, o.steps() / 2
}

// Abandon ends a program where it stands, as when the process that ran it died or lied about its end. What it did stays.
func (s *State) Abandon(id uint8) {
	for i := range s.Progs {
		if s.Progs[i].ID == id {
			s.Progs = append(s.Progs[:i], s.Progs[i+1:]...)
			return
		}
	}
}
