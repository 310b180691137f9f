package exchangetest

import (
	"context"
	"slices"
	"testing"

	"siteswap/dag"
	"siteswap/internal/exchange"
)

func databases(t *testing.T, c *exchange.Client) {
	ctx, at := t.Context(), exchange.At{Server: ex3, DomainController: dcDR}
	where := func(server string, mounted bool) {
		t.Helper()
		db, r := c.GetDatabase(ctx, at, "DB1")
		good(t, "Get-MailboxDatabase", r)
		if db.Server != server || db.Mounted != mounted {
			t.Fatalf("DB1 is %+v, want it on %s, mounted %v", db, server, mounted)
		}
	}
	good(t, "Move", c.MoveDatabase(ctx, at, authority(1), exchange.Move{Database: "DB1", Target: "EX3"}))
	where("EX3", true)
	again := c.MoveDatabase(ctx, at, authority(2), exchange.Move{Database: "DB1", Target: "EX3"})
	good(t, "Move to where it is", again)
	if !again.Warned(dag.WarnAlreadyThere) {
		t.Errorf("Move to where it is has no warning: %+v", again.Calls)
	}
	good(t, "Dismount", c.DismountDatabase(ctx, at, authority(3), "DB1"))
	where("EX3", false)
	good(t, "Mount", c.MountDatabase(ctx, at, authority(4), "DB1"))
	where("EX3", true)
	good(t, "Suspend", c.BlockActivation(ctx, at, authority(5), "DB1", "EX1"))
	suspended := func(want bool) {
		t.Helper()
		got, r := c.GetCopy(ctx, at, "DB1", "EX1")
		good(t, "Get-MailboxDatabaseCopyStatus", r)
		if got.ActivationSuspended != want {
			t.Fatalf("activation suspended is %v, want %v", got.ActivationSuspended, want)
		}
	}
	suspended(true)
	good(t, "Resume replication", c.ResumeCopy(ctx, at, authority(6), "DB1", "EX1", true))
	suspended(true)
	good(t, "Resume", c.ResumeCopy(ctx, at, authority(7), "DB1", "EX1", false))
	suspended(false)
	good(t, "Update", c.ReseedCopy(ctx, at, authority(8), "DB1", "EX2", "EX3"))
	bad(t, "Update of the mounted copy", c.ReseedCopy(ctx, at, authority(9), "DB1", "EX3", ""), dag.ErrStillMounted)
	good(t, "Move home", c.MoveDatabase(ctx, at, authority(10), exchange.Move{Database: "DB1", Target: "EX1", Dial: dag.GoodAvailability, Lag: true}))
	where("EX1", true)
}

func settings(t *testing.T, c *exchange.Client) {
	ctx, at := t.Context(), exchange.At{Server: ex1}
	good(t, "Set-MailboxServer", c.SetMailboxServer(ctx, at, authority(1), "EX3", dag.Blocked, dag.Lossless))
	server, r := c.GetMailboxServer(ctx, at, "EX3")
	good(t, "Get-MailboxServer", r)
	if server.Policy != dag.Blocked || server.Dial != dag.Lossless {
		t.Errorf("Get-MailboxServer: %+v", server)
	}
	bad(t, "Set-MailboxServer to nonsense", c.SetMailboxServer(ctx, at, authority(2), "EX3", "Sometimes", ""), exchange.CodeParameter)
	for _, frequency := range []string{exchange.Infinite, "01:00:00"} {
		good(t, "PreferenceMoveFrequency", c.SetPreferenceMoves(ctx, at, authority(3), "DAG1", frequency))
		group, r := c.GetDAG(ctx, at, "DAG1", false)
		good(t, "Get-DatabaseAvailabilityGroup", r)
		if group.PreferenceMoves != (frequency != exchange.Infinite) || group.PreferenceMoveFrequency != frequency {
			t.Errorf("PreferenceMoveFrequency is %s, want %s", group.PreferenceMoveFrequency, frequency)
		}
	}
	good(t, "Set-DatabaseAvailabilityGroup", c.SetDAG(ctx, at, authority(4), exchange.Set{DAG: "DAG1"}))
	bad(t, "Set with a witness that is not there", c.SetDAG(ctx, at, authority(5), exchange.Set{DAG: "DAG1", WitnessServer: "FS9.test.local"}), dag.ErrWitness)
}

// switchover stops Prod fully, restores DR, and takes Prod back.
func switchover(t *testing.T, c *exchange.Client) {
	ctx, at := t.Context(), exchange.At{Server: ex3, DomainController: dcDR}
	good(t, "Stop", c.StopDAG(ctx, at, authority(1), exchange.Stop{DAG: "DAG1", Site: "Prod", Members: []string{"EX1", "EX2"}}))
	group, r := c.GetDAG(ctx, at, "DAG1", false)
	good(t, "Get-DatabaseAvailabilityGroup", r)
	if !slices.Equal(group.Started, []string{ex3}) || !slices.Equal(group.Stopped, []string{ex1, ex2}) {
		t.Fatalf("lists after Stop: %v, %v", group.Started, group.Stopped)
	}
	service, r := c.GetService(ctx, exchange.At{Server: ex1}, exchange.ClusterService)
	good(t, "Get-Service", r)
	if service.State != dag.Stopped || service.StartType != dag.Disabled {
		t.Errorf("cluster service of EX1 after Stop: %+v", service)
	}
	good(t, "Stop-Service", c.StopCluster(ctx, at, authority(2)))
	_, r = c.GetClusterNodes(ctx, at)
	bad(t, "Get-ClusterNode without a cluster", r, dag.ErrNoQuorum)
	good(t, "Restore", c.RestoreDAG(ctx, at, authority(3), exchange.Restore{DAG: "DAG1", Site: "DR", AlternateServer: dcDR, AlternateDirectory: `C:\DAG1`}))
	nodes, r := c.GetClusterNodes(ctx, at)
	good(t, "Get-ClusterNode", r)
	if len(nodes) != 1 || nodes[0].Name != "EX3" || nodes[0].State != "Up" {
		t.Fatalf("nodes after Restore: %+v", nodes)
	}
	quorum, r := c.GetClusterQuorum(ctx, at)
	good(t, "Get-ClusterQuorum", r)
	if quorum.Model != dag.NodeFileShareMajority || quorum.Resource == "" {
		t.Errorf("quorum after Restore: %+v", quorum)
	}
	group, r = c.GetDAG(ctx, at, "DAG1", true)
	good(t, "Get-DatabaseAvailabilityGroup", r)
	if group.Status == nil || group.Status.WitnessShareInUse != dag.WitnessAlternate || group.Status.PrimaryActiveManager != "EX3" {
		t.Errorf("status after Restore: %+v", group.Status)
	}
	good(t, "Move", c.MoveDatabase(ctx, at, authority(4), exchange.Move{Database: "DB1", Target: "EX3", Dial: dag.BestAvailability}))
	learnt, r := c.EvictionLearnt(ctx, exchange.At{Server: ex2})
	good(t, "Get-WinEvent", r)
	if !learnt {
		t.Error("EX2 was stopped and does not know it")
	}
	good(t, "Start", c.StartDAG(ctx, at, authority(5), exchange.Start{DAG: "DAG1", Site: "Prod"}))
	good(t, "Set", c.SetDAG(ctx, at, authority(6), exchange.Set{DAG: "DAG1"}))
	group, r = c.GetDAG(ctx, at, "DAG1", true)
	good(t, "Get-DatabaseAvailabilityGroup", r)
	if len(group.Stopped) != 0 || group.Status == nil || len(group.Status.Operational) != 3 || group.Status.WitnessShareInUse != dag.WitnessNone {
		t.Errorf("after Start and Set: %+v, %+v", group, group.Status)
	}
}

// clusterTools are the Windows tools of the path with DAC off (domain-exchange.md 1.3).
func clusterTools(t *testing.T, c *exchange.Client) {
	ctx, at := t.Context(), exchange.At{Server: ex1}
	good(t, "Move-ClusterGroup", c.MoveClusterGroup(ctx, at, authority(1), "EX2"))
	owner, r := c.GetClusterOwner(ctx, at)
	good(t, "Get-ClusterGroup", r)
	if owner != "EX2" {
		t.Errorf("owner of the cluster group is %s", owner)
	}
	good(t, "Stop-Service", c.StopCluster(ctx, exchange.At{Server: ex3}, authority(2)))
	good(t, "Remove-ClusterNode", c.EvictNode(ctx, at, authority(3), "EX3"))
	bad(t, "Remove-ClusterNode again", c.EvictNode(ctx, at, authority(4), "EX3"), exchange.CodeNotFound)
	good(t, "Set-ClusterQuorum", c.SetClusterQuorum(ctx, at, authority(5), dag.NodeFileShareMajority, `\\`+dc+`\DAG1`))
	quorum, r := c.GetClusterQuorum(ctx, at)
	good(t, "Get-ClusterQuorum", r)
	if quorum.Model != dag.NodeFileShareMajority {
		t.Errorf("Get-ClusterQuorum: %+v", quorum)
	}
	good(t, "Clear-ClusterNode", c.CleanNode(ctx, exchange.At{Server: ex3}, authority(6)))
	learnt, r := c.EvictionLearnt(ctx, exchange.At{Server: ex3})
	good(t, "Get-WinEvent", r)
	if !learnt {
		t.Error("EX3 was cleaned and does not know it")
	}
	bad(t, "forced start of a cleaned node", c.ForceQuorum(ctx, exchange.At{Server: ex3}, authority(7)), dag.ErrOpenCluster)
	good(t, "Add-DatabaseAvailabilityGroupServer", c.AddServer(ctx, at, authority(8), "DAG1", "EX3"))
	good(t, "Set-ClusterQuorum", c.SetClusterQuorum(ctx, at, authority(9), dag.NodeMajority, ""))
	nodes, r := c.GetClusterNodes(ctx, at)
	good(t, "Get-ClusterNode", r)
	if len(nodes) != 3 {
		t.Errorf("Get-ClusterNode: %+v", nodes)
	}
	good(t, "Start-Service", c.StartCluster(ctx, exchange.At{Server: ex3}, authority(10)))
}

// faults: what a method says, and what is read afterwards. What was not done is done by the next attempt; what was done
// is not undone by being reported as failed.
func faults(t *testing.T, makeFarEnd New) {
	at := exchange.At{Server: ex3, DomainController: dcDR}
	tests := map[string]struct {
		act  func(ctx context.Context, c *exchange.Client, who exchange.Authority) exchange.Result
		done func(t *testing.T, c *exchange.Client) bool
	}{
		"Stop": {
			func(ctx context.Context, c *exchange.Client, who exchange.Authority) exchange.Result {
				return c.StopDAG(ctx, at, who, exchange.Stop{DAG: "DAG1", Server: "EX1", ConfigurationOnly: true, Members: []string{"EX1"}})
			},
			func(t *testing.T, c *exchange.Client) bool {
				group, r := c.GetDAG(t.Context(), at, "DAG1", false)
				good(t, "Get-DatabaseAvailabilityGroup", r)
				return slices.Equal(group.Stopped, []string{ex1})
			},
		},
		"Move": {
			func(ctx context.Context, c *exchange.Client, who exchange.Authority) exchange.Result {
				return c.MoveDatabase(ctx, at, who, exchange.Move{Database: "DB1", Target: "EX2"})
			},
			func(t *testing.T, c *exchange.Client) bool {
				db, r := c.GetDatabase(t.Context(), at, "DB1")
				good(t, "Get-MailboxDatabase", r)
				return db.Server == "EX2" && db.Mounted
			},
		},
		"Set-MailboxServer": {
			func(ctx context.Context, c *exchange.Client, who exchange.Authority) exchange.Result {
				return c.SetMailboxServer(ctx, at, who, "EX1", dag.Blocked, "")
			},
			func(t *testing.T, c *exchange.Client) bool {
				server, r := c.GetMailboxServer(t.Context(), at, "EX1")
				good(t, "Get-MailboxServer", r)
				return server.Policy == dag.Blocked
			},
		},
	}
	for name, tt := range tests {
		for what, fault := range Faults() {
			t.Run(name+" "+what, func(t *testing.T) {
				t.Parallel()
				c := start(t, makeFarEnd, fault)
				r := tt.act(short(t), c, authority(1))
				if r.State != fault.State() {
					t.Fatalf("the method says %s (%s), want %s", r.State, r.Error, fault.State())
				}
				if lost := r.Calls[0].Lost; lost != (fault.State() == exchange.Unknown) {
					t.Errorf("the trace says lost = %v", lost)
				}
				if got := tt.done(t, c); got != fault.Done() {
					t.Fatalf("done is %v, want %v", got, fault.Done())
				}
				good(t, "the next attempt", tt.act(t.Context(), c, authority(2)))
				if !tt.done(t, c) {
					t.Error("the next attempt did nothing")
				}
			})
		}
	}
}
