package dag_test

import (
	"testing"

	"siteswap/dag"
)

// TestAnswers: what an operation answers, where one thing is not as it should be.
func TestAnswers(t *testing.T) {
	move := dag.Op{Kind: dag.OpActivate, Member: 1, Dial: dag.Lossless}
	far := dag.Op{Kind: dag.OpMount, From: 1}
	for _, c := range []struct {
		name    string
		change  func(*dag.Topology, *dag.State)
		op      dag.Op
		code    dag.Code
		subject string
	}{
		{"no copy there", func(t *dag.Topology, s *dag.State) {
			t.Databases[0].Copies = t.Databases[0].Copies[:1]
			*s = dag.New(t)
		}, move, dag.ErrNoCopy, "EX2"},
		{"target down", down(1), move, dag.ErrUnreachable, "EX2"},
		{"hard limit", func(t *dag.Topology, s *dag.State) { busy(t, s); t.Members[1].MaxActive = 1 }, move, dag.ErrMaxActive, "EX2"},
		{"hard limit cannot be skipped", func(t *dag.Topology, s *dag.State) { busy(t, s); t.Members[1].MaxActive = 1 }, skipping(move), dag.ErrMaxActive, "EX2"},
		{"soft limit", func(t *dag.Topology, s *dag.State) { busy(t, s); t.Members[1].MaxPreferred = 1 }, move, dag.ErrMaxActive, "EX2"},
		{"soft limit skipped", func(t *dag.Topology, s *dag.State) { busy(t, s); t.Members[1].MaxPreferred = 1 }, skipping(move), dag.OK, ""},
		{"replay queue of 50", func(_ *dag.Topology, s *dag.State) { s.Copy(0, 1).Replay = 50 }, move, dag.OK, ""},
		{"replay queue of 51", func(_ *dag.Topology, s *dag.State) { s.Copy(0, 1).Replay = 51 }, move, dag.ErrQueues, "EX2"},
		{"another database is seeded", func(t *dag.Topology, s *dag.State) { busy(t, s); s.Copy(1, 1).Status = dag.CopySeeding }, move, dag.OK, ""},
		{"the seed comes from nobody", func(_ *dag.Topology, s *dag.State) { s.Copy(0, 2).Status, s.Nodes[2].Repl = dag.CopySeeding, false }, move, dag.OK, ""},
		{"nobody is the source", func(t *dag.Topology, s *dag.State) { down(0)(t, s); s.Copy(0, 2).Status = dag.CopySeeding }, move, dag.OK, ""},
		{"the active copy is out of reach", func(_ *dag.Topology, s *dag.State) { s.Cuts[2], s.Copy(0, 0).Mounted = true, false },
			dag.Op{Kind: dag.OpMount, From: 2}, dag.ErrConsensus, "DB1"},
		{"nobody was active", func(_ *dag.Topology, s *dag.State) { s.Copy(0, 0).Mounted = false; active(s, -1) }, dag.Op{Kind: dag.OpMount}, dag.ErrConsensus, "DB1"},
		{"service without quorum", func(_ *dag.Topology, s *dag.State) { s.Nodes[1].Bit = false }, move, dag.ErrConsensus, "EX2"},
		{"dismount out of reach", func(_ *dag.Topology, s *dag.State) { s.Cuts[1] = true }, dag.Op{Kind: dag.OpDismount, From: 1}, dag.ErrUnreachable, "EX1"},
		{"mounted already", func(*dag.Topology, *dag.State) {}, far, dag.OK, ""},
		{"mount where the active copy is at its limit", func(t *dag.Topology, s *dag.State) {
			busy(t, s)
			t.Members[0].MaxActive = 1
			s.Copy(0, 0).Mounted, s.Copy(1, 0).Mounted, s.Copy(1, 1).Mounted = false, false, true
			t.Databases[1].Copies[1].Member = 0
		}, far, dag.ErrMaxActive, "EX1"},
		{"resume of what is mounted", func(*dag.Topology, *dag.State) {}, dag.Op{Kind: dag.OpResume}, dag.OK, ""},
		{"resume out of reach", down(1), dag.Op{Kind: dag.OpResume, Member: 1}, dag.ErrUnreachable, "EX2"},
		{"seed over the mounted copy", func(*dag.Topology, *dag.State) {}, dag.Op{Kind: dag.OpReseed}, dag.ErrStillMounted, "EX1"},
		{"seed from nobody", func(_ *dag.Topology, s *dag.State) { s.Copy(0, 0).Mounted = false }, dag.Op{Kind: dag.OpReseed, Member: 1}, dag.ErrNotReseedable, "DB1"},
		{"a group for a node that is down", down(1), dag.Op{Kind: dag.OpMoveGroup, Member: 1}, dag.ErrUnreachable, "EX2"},
		{"no directory", func(_ *dag.Topology, s *dag.State) { s.Sites[0].Directory, s.Sites[1].Directory = false, false },
			dag.Op{Kind: dag.OpPolicy, Members: 1, Policy: dag.Blocked}, dag.ErrNoDirectory, "Prod"},
	} {
		topo := reference()
		s := dag.New(topo)
		c.change(topo, &s)
		before := s.Clone()
		after, a := dag.Do(topo, s, c.op)
		if a.Code != c.code || a.Code != dag.OK && a.Subject != c.subject {
			t.Errorf("%s: %q %s, want %q %s", c.name, a.Code, a.Subject, c.code, c.subject)
		}
		if c.op.Kind == dag.OpResume && c.code == dag.OK && after.Hash() != before.Hash() {
			t.Errorf("%s: something has changed", c.name)
		}
	}
}

func down(m int) func(*dag.Topology, *dag.State) {
	return func(t *dag.Topology, s *dag.State) {
		s.Step(t, dag.Event{Kind: dag.EvServer, Member: m})
		s.Step(t, dag.Event{Kind: dag.EvRegroup})
	}
}

func skipping(op dag.Op) dag.Op {
	op.SkipMaxActive = true
	return op
}

// busy gives EX2 a second database that it mounts.
func busy(t *dag.Topology, s *dag.State) {
	t.Databases = append(t.Databases, dag.Database{Name: "DB2", Copies: []dag.Copy{{Member: 1, Preference: 1}, {Member: 2, Preference: 2}}})
	*s = dag.New(t)
}

// TestServerDialDecides: a move with the override None is judged by the dial of the server that mounts.
func TestServerDialDecides(t *testing.T) {
	for dial, want := range map[dag.Dial]dag.Code{dag.Lossless: dag.ErrTooManyLogs, dag.GoodAvailability: dag.ErrTooManyLogs, dag.BestAvailability: dag.OK} {
		topo := reference()
		s := dag.New(topo)
		s.Nodes[1].Dial = dial
		s.Step(topo, dag.Event{Kind: dag.EvWrite, N: 9})
		down(0)(topo, &s)
		if _, a := dag.Do(topo, s, dag.Op{Kind: dag.OpActivate, Member: 1}); a.Code != want {
			t.Errorf("%s: %q", dial, a.Code)
		}
	}
}
