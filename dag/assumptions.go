package dag

// Assumptions switch the rules that domain-exchange.md marks [INF] or [MEM]. The zero value is the pessimistic reading
// of each; where one decides, the plan prints it.
type Assumptions struct {
	// SoleMemberNeedsNoWitness: a one-node cluster keeps quorum although its file share witness is gone (TM2). The
	// pessimistic reading (false) counts the witness as the parity formula does (domain-exchange.md section 3, rule 6).
	SoleMemberNeedsNoWitness bool `json:"sole_member_needs_no_witness,omitempty"`
	// LastManStanding: with dynamic quorum (Windows 2012 and later) the last node of a graceful sequence survives.
	LastManStanding bool `json:"last_man_standing,omitempty"`
	// TieSparesLast: where dynamic quorum takes one vote away to make their number odd, it takes the first node's and not the
	// last one's (LowerQuorumPriorityNodeID, [MEM], domain-exchange.md section 4).
	TieSparesLast bool `json:"tie_spares_last,omitempty"`
	// UnreadBootTimeAllows: a sole member whose witness cannot be asked for its boot time mounts all the same ([INF],
	// domain-exchange.md section 3, rule 6).
	UnreadBootTimeAllows bool `json:"unread_boot_time_allows,omitempty"`
	// MovesOnlyInSync: PreferenceMoveFrequency moves a database home only when its preferred copy is within the default mount
	// dial ([INF], PS:Set says lossless and no more).
	MovesOnlyInSync bool `json:"moves_only_in_sync,omitempty"`
}

// Assumption is one reading as it is shown to people.
type Assumption struct {
	Name    string // as the site file spells it
	On      bool   // switched away from the pessimistic reading
	Reading string // what is taken to be so
}

// Assumptions are the readings that can decide for this DAG, each in one line: those of another release of Windows or
// Exchange, or of another size, are left out.
func (t *Topology) Assumptions() []Assumption {
	a, dynamic := t.Assume, t.Windows.DynamicQuorum()
	var list []Assumption
	add := func(decides bool, name string, on bool, pessimistic, switched string) {
		if !decides {
			return
		}
		reading := pessimistic
		if on {
			reading = switched
		}
		list = append(list, Assumption{name, on, reading})
	}
	add(true, "sole_member_needs_no_witness", a.SoleMemberNeedsNoWitness, "a sole member needs its witness", "a sole member keeps quorum without its witness")
	add(dynamic, "last_man_standing", a.LastManStanding, "the last node of a graceful sequence loses quorum", "the last node of a graceful sequence survives")
	add(dynamic, "tie_spares_last", a.TieSparesLast, "of an even number of nodes the last one loses its vote", "of an even number of nodes the first one loses its vote")
	add(t.Mode == DagOnly, "unread_boot_time_allows", a.UnreadBootTimeAllows, "a sole member that cannot read its witness's boot time mounts nothing",
		"a sole member that cannot read its witness's boot time mounts")
	add(t.Exchange.MovesByPreference(), "moves_only_in_sync", a.MovesOnlyInSync, "databases move home by preference whatever their copy queue", "databases move home by preference only when nearly in sync")
	return list
}
