package exchangetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
	"siteswap/internal/exchange"
)

func reads(t *testing.T, c *exchange.Client) {
	ctx, at := t.Context(), exchange.At{Server: ex3, DomainController: dcDR}
	group, r := c.GetDAG(ctx, at, "DAG1", true)
	good(t, "Get-DatabaseAvailabilityGroup", r)
	want := exchange.DAG{Name: "DAG1", Servers: []string{"EX1", "EX2", "EX3"}, Mode: dag.DagOnly, Started: []string{ex1, ex2, ex3}, Stopped: []string{},
		WitnessServer: dc, WitnessDirectory: `C:\DAG1`, AlternateServer: dcDR, AlternateDirectory: `C:\DAG1`, PreferenceMoveFrequency: "01:00:00", PreferenceMoves: true,
		Status: &exchange.DAGStatus{Operational: []string{"EX1", "EX2", "EX3"}, PrimaryActiveManager: group.Status.PrimaryActiveManager, WitnessShareInUse: dag.WitnessNone}}
	if diff := cmp.Diff(want, group); diff != "" {
		t.Errorf("Get-DatabaseAvailabilityGroup (-want +got):\n%s", diff)
	}
	if bare, _ := c.GetDAG(ctx, at, "DAG1", false); bare.Status != nil {
		t.Error("fields of -Status are filled in without it")
	}
	copies, r := c.GetCopies(ctx, at, "EX1")
	good(t, "Get-MailboxDatabaseCopyStatus", r)
	if len(copies) != 1 || copies[0].Database != "DB1" || copies[0].Server != "EX1" || copies[0].Status != dag.CopyMounted || copies[0].CopyQueue != 0 || !copies[0].Active {
		t.Errorf("copies on EX1: %+v", copies)
	}
	passive, r := c.GetCopy(ctx, at, "DB1", "EX3")
	good(t, "Get-MailboxDatabaseCopyStatus", r)
	if passive.Status != dag.CopyHealthy || passive.Active || passive.ActivationSuspended {
		t.Errorf("copy on EX3: %+v", passive)
	}
	db, r := c.GetDatabase(ctx, at, "DB1")
	good(t, "Get-MailboxDatabase", r)
	if diff := cmp.Diff(exchange.Database{Name: "DB1", Server: "EX1", ActiveKnown: true, Mounted: true, MountKnown: true}, db); diff != "" {
		t.Errorf("Get-MailboxDatabase (-want +got):\n%s", diff)
	}
	list, r := c.GetDatabases(ctx, at, "EX2")
	good(t, "Get-MailboxDatabase", r)
	if len(list) != 1 || list[0] != db {
		t.Errorf("databases on EX2: %+v", list)
	}
	server, r := c.GetMailboxServer(ctx, at, ex2)
	good(t, "Get-MailboxServer", r)
	if server.Policy != dag.Unrestricted || server.Dial != dag.GoodAvailability || server.MaxActive != 0 {
		t.Errorf("Get-MailboxServer: %+v", server)
	}
	readsOfCluster(t, c)
}

func readsOfCluster(t *testing.T, c *exchange.Client) {
	ctx, at := t.Context(), exchange.At{Server: ex3}
	for name, want := range map[string]exchange.Service{
		exchange.ClusterService:     {Name: exchange.ClusterService, State: dag.Running, StartType: dag.Automatic},
		exchange.ReplicationService: {Name: exchange.ReplicationService, State: dag.Running, StartType: dag.Automatic},
	} {
		got, r := c.GetService(ctx, at, name)
		good(t, "Get-Service", r)
		if got != want {
			t.Errorf("Get-Service %s: %+v", name, got)
		}
	}
	nodes, r := c.GetClusterNodes(ctx, at)
	good(t, "Get-ClusterNode", r)
	if len(nodes) != 3 || nodes[2].Name != "EX3" || nodes[2].State != "Up" || nodes[2].Weight != 1 || nodes[2].DynamicWeight != 1 {
		t.Errorf("Get-ClusterNode: %+v", nodes)
	}
	quorum, r := c.GetClusterQuorum(ctx, at)
	good(t, "Get-ClusterQuorum", r)
	if quorum.Model != dag.NodeMajority {
		t.Errorf("Get-ClusterQuorum: %+v", quorum)
	}
	dynamic, r := c.DynamicQuorum(ctx, at)
	good(t, "Get-Cluster", r)
	if dynamic {
		t.Error("Windows 2008 R2 has no dynamic quorum")
	}
	_, r = c.GetClusterOwner(ctx, at)
	good(t, "Get-ClusterGroup", r)
	learnt, r := c.EvictionLearnt(ctx, at)
	good(t, "Get-WinEvent", r)
	if learnt {
		t.Error("EX3 was never evicted")
	}
	checks, r := c.TestReplicationHealth(ctx, at, "EX3")
	good(t, "Test-ReplicationHealth", r)
	for _, name := range []string{"ClusterService", "ReplayService", "ActiveManager", "QuorumGroup"} {
		if !checks[name].Passed {
			t.Errorf("Test-ReplicationHealth: %s: %+v", name, checks[name])
		}
	}
}

func refusals(t *testing.T, c *exchange.Client) {
	ctx, at := t.Context(), exchange.At{Server: ex3, DomainController: dcDR}
	_, r := c.GetDAG(ctx, at, "DAG9", false)
	bad(t, "a DAG of another name", r, exchange.CodeNotOneObject)
	if _, r = c.GetDAG(ctx, at, "", false); r.State != exchange.Failed || len(r.Calls) != 0 {
		t.Errorf("an empty identity was sent: %+v", r)
	}
	_, r = c.GetDatabase(ctx, at, "DB9")
	bad(t, "a database that is not there", r, exchange.CodeNotFound)
	_, r = c.GetMailboxServer(ctx, at, "EX9")
	bad(t, "a server that is not there", r, exchange.CodeNotFound)
	_, r = c.GetService(ctx, at, "Nothing")
	bad(t, "a service that is not there", r, exchange.CodeNotFound)
	_, r = c.GetDAG(ctx, exchange.At{Server: ex3, DomainController: "DC9.test.local"}, "DAG1", false)
	bad(t, "a domain controller that is not there", r, dag.ErrNoDirectory)
	_, r = c.GetDAG(ctx, exchange.At{Server: "EX9.test.local"}, "DAG1", false)
	bad(t, "an endpoint that is not there", r, exchange.CodeNotSent)

	r = c.RestoreDAG(ctx, at, authority(1), exchange.Restore{DAG: "DAG1", Site: "DR"})
	bad(t, "Restore before Stop", r, dag.ErrNothingStopped)
	r = c.StopDAG(ctx, at, authority(1), exchange.Stop{DAG: "DAG1", Site: "Prod", Server: "EX1"})
	bad(t, "Stop with site and server", r, exchange.CodeParameter)
	r = c.StopDAG(ctx, at, authority(1), exchange.Stop{DAG: "DAG1", Site: "Nowhere"})
	bad(t, "Stop of a site that is not there", r, exchange.CodeNotFound)
	r = c.MoveDatabase(ctx, at, authority(1), exchange.Move{Database: "DB1", Target: "EX9"})
	bad(t, "Move to a server that is not there", r, exchange.CodeNotFound)

	if r = c.MountDatabase(ctx, at, exchange.Authority{}, "DB1"); r.State != exchange.Failed || len(r.Calls) != 0 {
		t.Errorf("a call without authority was sent: %+v", r)
	}
	late := authority(1)
	late.Left = func() time.Duration { return 0 }
	if r = c.MountDatabase(ctx, at, late, "DB1"); r.State != exchange.Failed || len(r.Calls) != 0 {
		t.Errorf("a call whose permit ran out was sent: %+v", r)
	}
	late.Left = func() time.Duration { return 1 }
	r = c.DismountDatabase(ctx, at, late, "DB1")
	bad(t, "a call that comes too late", r, exchange.CodeTooLate)
	if db, _ := c.GetDatabase(ctx, at, "DB1"); !db.Mounted {
		t.Error("the call that came too late was carried out")
	}
}
