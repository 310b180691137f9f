package dag_test

import (
	"testing"

	"siteswap/dag"
)

// TestParityModel is domain-exchange.md section 4 and 1.5.
func TestParityModel(t *testing.T) {
	rtm, sp1, se := dag.Version{Release: 2010, RTM: true}, dag.Version{Release: 2010, SP: 1}, dag.Version{Release: 2025}
	for _, c := range []struct {
		version dag.Version
		nodes   int
		use     dag.WitnessUse
		model   dag.QuorumModel
		witness dag.WitnessUse
	}{
		{rtm, 1, dag.WitnessAlternate, dag.NodeMajority, dag.WitnessNone},
		{sp1, 1, dag.WitnessAlternate, dag.NodeFileShareMajority, dag.WitnessAlternate},
		{se, 1, dag.WitnessPrimary, dag.NodeFileShareMajority, dag.WitnessPrimary},
		{rtm, 2, dag.WitnessPrimary, dag.NodeFileShareMajority, dag.WitnessPrimary},
		{sp1, 3, dag.WitnessAlternate, dag.NodeMajority, dag.WitnessNone},
		{se, 4, dag.WitnessPrimary, dag.NodeFileShareMajority, dag.WitnessPrimary},
		{se, 15, dag.WitnessPrimary, dag.NodeMajority, dag.WitnessNone},
		{se, 16, dag.WitnessAlternate, dag.NodeFileShareMajority, dag.WitnessAlternate},
	} {
		topo := &dag.Topology{Exchange: c.version}
		if model, witness := topo.ParityModel(c.nodes, c.use); model != c.model || witness != c.witness {
			t.Errorf("%v, %d nodes: %s %s, not %s %s", c.version, c.nodes, model, witness, c.model, c.witness)
		}
	}
}

// TestDials is domain-exchange.md 5.3.
func TestDials(t *testing.T) {
	for dial, most := range map[dag.Dial]int64{dag.Lossless: 0, dag.GoodAvailability: 6, dag.BestAvailability: 12, dag.BestEffort: dag.UnknownQueue, "": 6} {
		for _, missing := range []int64{0, 1, 6, 7, 12, 13, 1000} {
			topo := reference()
			s := dag.New(topo)
			s.Step(topo, dag.Event{Kind: dag.EvWrite, N: missing})
			s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 0})
			s.Step(topo, dag.Event{Kind: dag.EvRegroup})
			s, a := dag.Do(topo, s, dag.Op{Kind: dag.OpActivate, Member: 1, Dial: dial})
			if want := missing <= most; want != s.Copy(0, 1).Mounted || want != (a.Code == dag.OK) || dial != "" && most != min(dial.Logs(), dag.UnknownQueue) {
				t.Errorf("%q with %d missing: mounted %v, answer %q", dial, missing, s.Copy(0, 1).Mounted, a.Code)
			}
		}
	}
}

// TestStatusMayActivate is the list of domain-exchange.md 5.4; a word that nobody knows is unhealthy (5.1).
func TestStatusMayActivate(t *testing.T) {
	may := map[dag.CopyStatus]bool{dag.CopyHealthy: true, dag.CopyDisconnectedHealthy: true, dag.CopyDisconnectedResync: true, dag.CopySeedingSource: true}
	for _, s := range []dag.CopyStatus{dag.CopyMounted, dag.CopyDismounted, dag.CopyMounting, dag.CopyHealthy, dag.CopyInitializing, dag.CopyResynchronizing,
		dag.CopySuspended, dag.CopyFailed, dag.CopyFailedAndSuspended, dag.CopySeeding, dag.CopySeedingSource, dag.CopyServiceDown, dag.CopyDisconnectedHealthy,
		dag.CopyDisconnectedResync, dag.CopyStatusUnknown, dag.CopySinglePageRestore, dag.CopyDismounting, dag.CopyMisconfigured, dag.CopyNonExchangeReplicate, "Fine"} {
		if s.MayActivate() != may[s] {
			t.Errorf("%s: %v", s, s.MayActivate())
		}
	}
}

func TestSet(t *testing.T) {
	var s dag.Set
	if s.First() != -1 || s.Len() != 0 || s.Has(0) || s.Has(-1) {
		t.Error("the empty set has something")
	}
	s = s.Add(15).Add(3).Add(3)
	if s.First() != 3 || s.Len() != 2 || !s.Has(15) || s.Has(4) || s.Remove(3) != dag.Set(0).Add(15) || s.Remove(4) != s {
		t.Errorf("%b", s)
	}
}

// TestTopology looks names up, and puts names and copies in the order of the site file.
func TestTopology(t *testing.T) {
	topo := reference()
	if topo.SiteIndex("DR") != 1 || topo.SiteIndex("dr") != -1 || topo.MemberIndex("EX2") != 1 || topo.MemberIndex("EX2.test.local") != 1 ||
		topo.MemberIndex("EX9") != -1 || topo.DatabaseIndex("DB1") != 0 || topo.DatabaseIndex("DB2") != -1 {
		t.Error("a name is not found, or one that is none is")
	}
	if topo.MembersOf(0) != 3 || topo.MembersOf(2) != 0 || topo.AllMembers() != 7 || topo.HomeSite() != 0 || topo.CopyOf(0, 2) != 2 {
		t.Error("members, home or copies")
	}
	if names := topo.MemberNames(5); len(names) != 2 || names[0] != "EX1" || names[1] != "EX3" {
		t.Errorf("%v", names)
	}
}

// TestKeys: an event's key names it; what is not pending by itself has one too, for logs.
func TestKeys(t *testing.T) {
	for want, e := range map[string]dag.Event{
		"failover/1":    {Kind: dag.EvFailover, Database: 1},
		"ship/1/2":      {Kind: dag.EvShip, Database: 1, Member: 2},
		"replicate/1>0": {Kind: dag.EvReplicate, Other: 1},
		"step/3":        {Kind: dag.EvStep, N: 3},
		"join/2":        {Kind: dag.EvJoin, Member: 2},
		"site-boot/1":   {Kind: dag.EvSiteBoot, Site: 1},
		"regroup":       {Kind: dag.EvRegroup},
		"site":          {Kind: dag.EvSite},
	} {
		if e.Key() != want || e.Autonomous() == (want == "site") {
			t.Errorf("%s, autonomous %v, not %s", e.Key(), e.Autonomous(), want)
		}
	}
}
