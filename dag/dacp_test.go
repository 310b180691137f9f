package dag_test

import (
	"testing"

	"siteswap/dag"
)

// TestBit is domain-exchange.md section 3, rule 3: a member that starts in a cluster with quorum gets its bit from any
// reachable Started member that has it, or when it talks to all Started members. EX1 has restarted.
func TestBit(t *testing.T) {
	for _, c := range []struct {
		name    string
		quorum  bool
		others  [2]string // EX2 and EX3: "1", "0", "away", "no service"
		started dag.Set
		mayRise bool
	}{
		{"another has it", true, [2]string{"1", "away"}, 0b111, true},
		{"all talk, none has it", true, [2]string{"0", "0"}, 0b111, true},
		{"one is away, none has it", true, [2]string{"0", "away"}, 0b111, false},
		{"one runs no replication service", true, [2]string{"0", "no service"}, 0b111, false},
		{"no quorum", false, [2]string{"away", "away"}, 0b111, false},
		{"the one that is away is stopped", true, [2]string{"0", "away"}, 0b011, true},
		{"a stopped member's bit counts for nothing", true, [2]string{"1", "away"}, 0b101, false},
		{"a stopped member hears from a started one", true, [2]string{"1", "away"}, 0b110, true},
		{"a stopped member, nobody has it", true, [2]string{"0", "0"}, 0b110, false},
	} {
		for _, mode := range []dag.ActivationMode{dag.DagOnly, dag.Off} {
			topo := reference()
			topo.Mode = mode
			s := dag.New(topo)
			s.Sites[0].Started, s.Sites[0].Stopped = c.started, 0b111&^c.started
			s.Nodes[0].Bit, s.Copy(0, 0).Mounted = false, false
			for i, other := range c.others {
				n := &s.Nodes[i+1]
				n.Bit = other == "1"
				switch other {
				case "away":
					n.Hung = true
				case "no service":
					n.Repl = false
				}
			}
			// With DAC Off the bit follows quorum, and nobody asks for it.
			rises, answer := c.mayRise, dag.ErrConsensus
			if mode == dag.Off && c.quorum {
				rises, answer = true, dag.OK
			}
			if got := pends(topo, &s, "bit/0"); got != rises {
				t.Errorf("%s, %s: the bit may rise %v", c.name, mode, got)
			}
			if _, a := dag.Do(topo, s, dag.Op{Kind: dag.OpActivate, Member: 0, SkipHealth: true}); a.Code != answer {
				t.Errorf("%s, %s: a move answers %q", c.name, mode, a.Code)
			}
		}
	}
}

func pends(topo *dag.Topology, s *dag.State, key string) bool {
	for _, e := range dag.Pending(topo, s) {
		if e.Key() == key {
			return true
		}
	}
	return false
}

// TestBootTimes is the truth table of rule 6: a sole Started member, and either of a DAG of two.
func TestBootTimes(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []dag.Event
		mounts bool
	}{
		{"neither rebooted", nil, true},
		{"the witness", []dag.Event{{Kind: dag.EvWitness, Site: 1}, {Kind: dag.EvWitness, Site: 1, On: true}}, true},
		{"the member", []dag.Event{{Kind: dag.EvServer, Member: 2}, {Kind: dag.EvServer, Member: 2, On: true}}, true},
		{"the member, while the witness is away", []dag.Event{{Kind: dag.EvWitness, Site: 1}, {Kind: dag.EvServer, Member: 2}, {Kind: dag.EvServer, Member: 2, On: true}}, false},
		{"the witness, then the member", []dag.Event{{Kind: dag.EvWitness, Site: 1}, {Kind: dag.EvWitness, Site: 1, On: true},
			{Kind: dag.EvServer, Member: 2}, {Kind: dag.EvServer, Member: 2, On: true}}, true},
		{"both at once", []dag.Event{{Kind: dag.EvServer, Member: 2}, {Kind: dag.EvWitness, Site: 1}, {Kind: dag.EvWitness, Site: 1, On: true}, {Kind: dag.EvServer, Member: 2, On: true}}, false},
		{"the site", []dag.Event{{Kind: dag.EvSite, Site: 1}, {Kind: dag.EvSite, Site: 1, On: true}}, false},
		{"its replication service", []dag.Event{{Kind: dag.EvService, Member: 2}, {Kind: dag.EvService, Member: 2, On: true}}, true},
		{"its replication service, and the witness meanwhile", []dag.Event{{Kind: dag.EvService, Member: 2}, {Kind: dag.EvWitness, Site: 1}, {Kind: dag.EvWitness, Site: 1, On: true},
			{Kind: dag.EvService, Member: 2, On: true}}, false},
	} {
		topo := reference()
		s := switchedOver(topo)
		for _, e := range c.events {
			s.Step(topo, e)
		}
		s, _ = dag.Settle(topo, s)
		if got := s.Copy(0, 2).Mounted; got != c.mounts {
			t.Errorf("%s rebooted: mounted %v", c.name, got)
		}
		_, a := dag.Do(topo, s, dag.Op{Kind: dag.OpMount, From: 1})
		if (a.Code == dag.OK) != c.mounts {
			t.Errorf("%s rebooted: Mount-Database answers %q", c.name, a.Code)
		}
		s.Step(topo, dag.Event{Kind: dag.EvWitness, Site: 1, On: true})
		s, a = dag.Do(topo, s, dag.Op{Kind: dag.OpRestore, From: 1, Site: 1})
		if s, _ = dag.Settle(topo, s); a.Code != dag.OK || !s.Copy(0, 2).Mounted {
			t.Errorf("%s rebooted: Restore is no cure, %q", c.name, a.Code)
		}
	}
}

// switchedOver is the reference design after an unplanned switchover.
func switchedOver(topo *dag.Topology) dag.State {
	s := dag.New(topo)
	s.Step(topo, dag.Event{Kind: dag.EvSite})
	s, _ = dag.Settle(topo, s)
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpStop, From: 1, Members: 3, ConfigurationOnly: true})
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpRestore, From: 1, Site: 1})
	s, _ = dag.Settle(topo, s)
	return s
}

// TestTwoMembers: in a DAG of two the bit is not enough; a member that starts alone with a witness that has not booted since
// may mount, one whose witness lost its power with it may not.
func TestTwoMembers(t *testing.T) {
	for _, witness := range []bool{false, true} {
		topo := topologies["two"]()
		s := dag.New(topo)
		s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 1})
		s, _ = dag.Settle(topo, s)
		s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 0})
		if witness {
			s.Step(topo, dag.Event{Kind: dag.EvWitness, Site: 2})
			s.Step(topo, dag.Event{Kind: dag.EvWitness, Site: 2, On: true})
		}
		s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 0, On: true})
		s, _ = dag.Settle(topo, s)
		if !s.HasQuorum(topo, 0) || s.Copy(0, 0).Mounted == witness {
			t.Errorf("witness rebooted %v: quorum %v, mounted %v", witness, s.HasQuorum(topo, 0), s.Copy(0, 0).Mounted)
		}
	}
}
