package dag_test

import (
	"testing"

	"siteswap/dag"
)

// TestQuorumTable is the table of domain-exchange.md section 4 for the reference design, with static and with dynamic quorum:
// who holds quorum when what is lost has been noticed.
func TestQuorumTable(t *testing.T) {
	off := func(members ...int) []dag.Event { // one after the other
		var events []dag.Event
		for _, m := range members {
			events = append(events, dag.Event{Kind: dag.EvServer, Member: m}, dag.Event{Kind: dag.EvRegroup})
		}
		return events
	}
	wan := []dag.Event{{Kind: dag.EvLink, Site: 0, Other: 1}, {Kind: dag.EvRegroup}}
	site := []dag.Event{{Kind: dag.EvSite}, {Kind: dag.EvRegroup}}
	witness := []dag.Event{{Kind: dag.EvWitness}, {Kind: dag.EvRegroup}}
	for _, c := range []struct {
		lost            string
		events          []dag.Event
		static, dynamic dag.Set
	}{
		{"nothing", nil, 0b111, 0b111},
		{"EX3", off(2), 0b011, 0b011},
		{"the WAN", wan, 0b011, 0b011},
		{"EX1", off(0), 0b110, 0b110},
		{"Prod at once", site, 0, 0},
		{"EX1, then EX2", off(0, 1), 0, 0},     // the vote that is taken away is EX3's
		{"EX1, then EX3", off(0, 2), 0, 0b010}, // one vote was left, and it is EX2's
		{"EX2, then EX3", off(1, 2), 0, 0b001}, // likewise
		{"EX3, then EX1", off(2, 0), 0, 0},     // EX2 lost its vote when EX3 went
		{"EX3, then the WAN", append(off(2), wan...), 0b011, 0b011},
		{"EX1, then the WAN", append(off(0), wan...), 0, 0b010},
		{"the witness", witness, 0b111, 0b111},
		{"the witness, then EX1", append(witness, off(0)...), 0b110, 0b110},
	} {
		for windows, want := range map[dag.Windows]dag.Set{"2008 R2": c.static, "2012": c.dynamic, "2012 R2": c.dynamic} {
			topo := reference()
			topo.Windows = windows
			s := dag.New(topo)
			for _, e := range c.events {
				s.Step(topo, e)
			}
			if got := holders(topo, &s); got != want {
				t.Errorf("%s lost, %s: %03b holds quorum, not %03b", c.lost, windows, got, want)
			}
		}
	}
}

func holders(topo *dag.Topology, s *dag.State) dag.Set {
	var set dag.Set
	for m := range s.Nodes {
		if s.HasQuorum(topo, m) {
			set = set.Add(m)
		}
	}
	return set
}

// TestMajority: with all votes static, a group holds quorum with floor(votes/2)+1 of them.
func TestMajority(t *testing.T) {
	for members := 1; members <= 16; members++ {
		for lost := 0; lost <= members; lost++ {
			for _, share := range []bool{true, false} {
				topo := members16(members)
				s := dag.New(topo)
				s.Step(topo, dag.Event{Kind: dag.EvShare, Site: 0, On: share})
				for m := range lost {
					s.Step(topo, dag.Event{Kind: dag.EvServer, Member: members - 1 - m})
				}
				model, _ := topo.ParityModel(members, dag.WitnessPrimary)
				votes, present := members, members-lost
				if model == dag.NodeFileShareMajority {
					votes++
					if share {
						present++
					}
				}
				want := lost < members && present >= votes/2+1
				if got := holders(topo, &s).Len() == members-lost && lost < members; got != want {
					t.Errorf("%d of %d members lost, share %v: %v", lost, members, share, got)
				}
			}
		}
	}
}

func members16(n int) *dag.Topology {
	return members("DAG", []int{n, 0}, "2008 R2", 0)
}

// TestDynamicVotes: votes follow the nodes that are up, those of nodes without a witness are kept odd, and the witness's
// counts only beside an even number of them from 2012 R2 on (WSQ).
func TestDynamicVotes(t *testing.T) {
	for _, c := range []struct {
		windows dag.Windows
		members int
		lost    []int
		share   bool
		want    dag.Set
	}{
		{"2012", 4, []int{3}, false, 0b0111},       // 3 votes of 4: the witness counts
		{"2012", 4, []int{3, 2}, false, 0},         // 2 of 4: it is missed
		{"2012 R2", 4, []int{3, 2}, false, 0b0011}, // 3 nodes up: it does not count, 2 of 3
		{"2012 R2", 4, []int{3, 2, 1}, false, 0},   // 2 nodes up: it counts, 1 of 3
		{"2012 R2", 4, []int{3, 2, 1}, true, 0b0001},
		{"2012 R2", 5, []int{4, 3, 2, 1}, true, 0b00001}, // odd, node majority: one vote after the other is taken away
		{"2008 R2", 5, []int{4, 3}, true, 0b00111},
		{"2008 R2", 5, []int{4, 3, 2}, true, 0},
	} {
		topo := members16(c.members)
		topo.Windows = c.windows
		s := dag.New(topo)
		s.Step(topo, dag.Event{Kind: dag.EvShare, Site: 0, On: c.share})
		for _, m := range c.lost {
			s.Step(topo, dag.Event{Kind: dag.EvServer, Member: m})
			s.Step(topo, dag.Event{Kind: dag.EvRegroup})
		}
		if got := holders(topo, &s); got != c.want {
			t.Errorf("%s, %d members, lost %v, share %v: %b holds quorum, not %b", c.windows, c.members, c.lost, c.share, got, c.want)
		}
	}
}

// TestSoleMember: whether a one-node cluster needs its witness is an assumption while votes are static.
func TestSoleMember(t *testing.T) {
	for _, c := range []struct {
		windows   dag.Windows
		noWitness bool
		want      bool
	}{{"2008 R2", false, false}, {"2008 R2", true, true}, {"2012", false, false}, {"2012 R2", false, true}} {
		topo := members16(1)
		topo.Windows, topo.Assume.SoleMemberNeedsNoWitness = c.windows, c.noWitness
		s := dag.New(topo)
		s.Step(topo, dag.Event{Kind: dag.EvWitness, Site: 0})
		if got := s.HasQuorum(topo, 0); got != c.want {
			t.Errorf("%s, needs no witness %v: %v", c.windows, c.noWitness, got)
		}
	}
}
