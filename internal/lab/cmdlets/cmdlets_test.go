package cmdlets_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/exchange/exchangetest"
	"siteswap/internal/exchange/wire"
	"siteswap/internal/lab/cmdlets"
)

type row struct {
	cmdlet string
	p      map[string]any
	server int // whose endpoint
	given  []dag.Event
	first  []dag.Op
	count  int               // objects
	fields map[string]string // of the last object
	warn   string            // part of the warnings
	err    string            // part of the errors
}

// prodLost: the whole of Prod loses power.
func prodLost() []dag.Event { return []dag.Event{{Kind: dag.EvSite, Site: 0}} }

// cut: the link between the sites is cut in both directions.
func cut() []dag.Event {
	return []dag.Event{{Kind: dag.EvLink, Site: 0, Other: 1}, {Kind: dag.EvLink, Site: 1, Other: 0}}
}

func configurationOnly() dag.Op {
	return dag.Op{Kind: dag.OpStop, From: 1, Members: 3, ConfigurationOnly: true}
}

type p = map[string]any

func groupRows() []row {
	stop := func(more p) p {
		out := p{"Identity": "DAG1", "ActiveDirectorySite": "Prod", "Confirm": false}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	return []row{
		{cmdlet: "Get-DatabaseAvailabilityGroup", count: 1, fields: map[string]string{"Name": "DAG1", "Servers": `["EX1","EX2","EX3"]`, "OperationalServers": "null"}},
		{cmdlet: "Get-DatabaseAvailabilityGroup", p: p{"Identity": "other"}, count: 1, fields: map[string]string{"Name": "DAG1"}},
		{cmdlet: "Get-DatabaseAvailabilityGroup", p: p{"Identity": "DAG1", "Status": true}, server: 2, given: prodLost(), count: 1, fields: map[string]string{"OperationalServers": "null"}, warn: "doesn't have quorum"},
		{cmdlet: "Get-DatabaseAvailabilityGroup", p: p{"DomainController": "DC.test.local"}, server: 2, given: cut(), err: "is not available"},
		{cmdlet: "Get-DatabaseAvailabilityGroup", p: p{"DomainController": "DC-DR"}, server: 2, given: cut(), first: []dag.Op{configurationOnly()}, count: 1, fields: map[string]string{"StoppedMailboxServers": `["EX1.test.local","EX2.test.local"]`}},
		{cmdlet: "Get-DatabaseAvailabilityGroup", p: p{"DomainController": "DC"}, given: cut(), first: []dag.Op{configurationOnly()}, count: 1, fields: map[string]string{"StoppedMailboxServers": `[]`}},
		{cmdlet: "Get-DatabaseAvailabilityGroup", server: 2, given: []dag.Event{{Kind: dag.EvDirectory, Site: 0}, {Kind: dag.EvDirectory, Site: 1}}, err: "No domain controller"},
		{cmdlet: "Get-MailboxServer", count: 3, fields: map[string]string{"Name": `"EX3"`}},
		{cmdlet: "Get-MailboxServer", p: p{"Identity": "ex1"}, server: 2, given: prodLost(), count: 1, fields: map[string]string{"DatabaseCopyAutoActivationPolicy": "Unrestricted"}},
		{cmdlet: "Test-ReplicationHealth", count: 6, fields: map[string]string{"Check": "DagMembersUp", "Result": "Passed"}},
		{cmdlet: "Test-ReplicationHealth", p: p{"Identity": "EX1"}, server: 2, given: prodLost(), err: "0x6ba"},
		{cmdlet: "Stop-DatabaseAvailabilityGroup", p: stop(p{"ConfigurationOnly": true}), server: 2, given: prodLost(), warn: "provider error"},
		{cmdlet: "Stop-DatabaseAvailabilityGroup", p: stop(nil), server: 2, given: prodLost(), err: "0x6ba"},
		{cmdlet: "Stop-DatabaseAvailabilityGroup", p: p{"Identity": "DAG1", "Confirm": false}, err: "Parameter set"},
		{cmdlet: "Stop-DatabaseAvailabilityGroup", p: p{"Identity": "DAG1", "ActiveDirectorySite": "Prod"}, err: "confirmation"},
		{cmdlet: "Stop-DatabaseAvailabilityGroup", p: p{"Identity": "DAG2", "ActiveDirectorySite": "Prod", "Confirm": false}, err: "couldn't be found"},
		{cmdlet: "Restore-DatabaseAvailabilityGroup", p: p{"Identity": "DAG1", "ActiveDirectorySite": "DR", "Confirm": false}, server: 2, given: prodLost(), first: []dag.Op{configurationOnly()}},
		{cmdlet: "Restore-DatabaseAvailabilityGroup", p: p{"Identity": "DAG1", "Confirm": false, "UsePrimaryWitnessServer": true}, server: 2, given: prodLost(), first: []dag.Op{configurationOnly()}, warn: "without a witness"},
		{cmdlet: "Restore-DatabaseAvailabilityGroup", p: p{"Identity": "DAG1", "Confirm": false, "AlternateWitnessServer": "FS9"}, err: "witness server 'FS9'"},
		{cmdlet: "Restore-DatabaseAvailabilityGroup", p: p{"Identity": "DAG1", "Confirm": false}, err: "StoppedMailboxServers"},
		{cmdlet: "Start-DatabaseAvailabilityGroup", p: p{"Identity": "DAG1", "MailboxServer": "EX1"}, warn: "already"},
		{cmdlet: "Start-DatabaseAvailabilityGroup", p: p{"Identity": "DAG1", "MailboxServer": "EX1"}, server: 2, given: prodLost(), err: "quorum"},
		{cmdlet: "Set-DatabaseAvailabilityGroup", p: p{"Identity": "DAG1", "WitnessServer": "DC-DR"}},
		{cmdlet: "Set-DatabaseAvailabilityGroup", p: p{"Identity": "DAG1", "PreferenceMoveFrequency": "-00:00:00.0010000"}},
		{cmdlet: "Add-DatabaseAvailabilityGroupServer", p: p{"Identity": "DAG1", "MailboxServer": "EX2"}, warn: "already"},
		{cmdlet: "Add-DatabaseAvailabilityGroupServer", p: p{"Identity": "DAG1"}, err: "missing or empty"},
		{cmdlet: "Set-MailboxServer", p: p{"Identity": "EX1", "AutoDatabaseMountDial": "BestEffort"}, err: "none of its values"},
		{cmdlet: "Set-MailboxServer", p: p{"Identity": "EX1", "AutoDatabaseMountDial": "Lossless"}},
	}
}

func databaseRows() []row {
	move := func(more p) p {
		out := p{"Identity": "DB1", "ActivateOnServer": "EX3", "Confirm": false}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	failed := []dag.Event{{Kind: dag.EvInvalidCopy, Database: 0, Member: 2}}
	return []row{
		{cmdlet: "Get-MailboxDatabase", p: p{"Status": true}, count: 1, fields: map[string]string{"Server": `"EX1"`, "Mounted": "true", "MountedOnServer": "EX1.test.local"}},
		{cmdlet: "Get-MailboxDatabase", p: p{"Identity": "DB1", "Status": true}, server: 2, given: prodLost(), count: 1, fields: map[string]string{"Server": "null", "Mounted": "false"}, warn: "Active Manager"},
		{cmdlet: "Get-MailboxDatabase", p: p{"Identity": "DB1", "Status": true}, server: 2, given: cut(), count: 1, fields: map[string]string{"Server": "null", "Mounted": "null"}, warn: "Active Manager"},
		{cmdlet: "Get-MailboxDatabase", p: p{"Server": "EX9"}, err: "couldn't be found"},
		{cmdlet: "Get-MailboxDatabaseCopyStatus", count: 1, fields: map[string]string{"Identity": `DB1\\EX1`, "Status": "Mounted", "ActiveCopy": "true"}},
		{cmdlet: "Get-MailboxDatabaseCopyStatus", p: p{"Server": "EX1"}, server: 2, given: cut(), err: "0x6ba"},
		{cmdlet: "Get-MailboxDatabaseCopyStatus", p: p{"Identity": "DB1"}, server: 2, given: cut(), count: 3, fields: map[string]string{"Status": "DisconnectedAndHealthy"}},
		{cmdlet: "Get-MailboxDatabaseCopyStatus", p: p{"Identity": `DB1\EX1`}, server: 2, given: cut(), count: 1, fields: map[string]string{"Status": "ServiceDown", "CopyQueueLength": "9223372036854775799"}},
		{cmdlet: "Get-MailboxDatabaseCopyStatus", p: p{"Identity": `DB1\EX9`}, err: "couldn't be found"},
		{cmdlet: "Get-MailboxDatabaseCopyStatus", p: p{"Server": "EX3"}, given: failed, count: 1, fields: map[string]string{"Status": "FailedAndSuspended", "ErrorMessage": `""`}},
		{cmdlet: "Move-ActiveMailboxDatabase", p: move(nil), count: 1, fields: map[string]string{"Status": "Succeeded", "ActiveServerAtEnd": "EX3"}},
		{cmdlet: "Move-ActiveMailboxDatabase", p: move(p{"MountDialOverride": "None", "MoveComment": "run-1", "SkipLagChecks": true}), count: 1},
		{cmdlet: "Move-ActiveMailboxDatabase", p: move(p{"MountDialOverride": "Most"}), err: "none of its values"},
		{cmdlet: "Move-ActiveMailboxDatabase", p: move(nil), given: failed, err: "FailedAndSuspended"},
		{cmdlet: "Move-ActiveMailboxDatabase", p: move(nil), server: 2, given: prodLost(), err: "Automount consensus not reached"},
		{cmdlet: "Move-ActiveMailboxDatabase", p: p{"Identity": "DB1", "Confirm": false}, err: "missing or empty"},
		{cmdlet: "Mount-Database", p: p{"Identity": "DB1"}, warn: "already"},
		{cmdlet: "Mount-Database", p: p{"Identity": "DB1"}, server: 2, given: prodLost(), err: "quorum"},
		{cmdlet: "Dismount-Database", p: p{"Identity": "DB1", "Confirm": false}},
		{cmdlet: "Dismount-Database", p: p{"Identity": "DB1"}, err: "confirmation"},
		{cmdlet: "Suspend-MailboxDatabaseCopy", p: p{"Identity": `DB1\EX3`, "ActivationOnly": true, "Confirm": false}},
		{cmdlet: "Suspend-MailboxDatabaseCopy", p: p{"Identity": `DB1\EX3`, "Confirm": false}},
		{cmdlet: "Resume-MailboxDatabaseCopy", p: p{"Identity": `DB1\EX3`}, given: failed, first: []dag.Op{{Kind: dag.OpBlock, From: 0, Member: 2}}},
		{cmdlet: "Resume-MailboxDatabaseCopy", p: p{"Identity": "DB1"}, err: "couldn't be found"},
		{cmdlet: "Update-MailboxDatabaseCopy", p: p{"Identity": `DB1\EX3`, "BeginSeed": true, "DeleteExistingFiles": true, "Confirm": false}, given: failed},
		{cmdlet: "Update-MailboxDatabaseCopy", p: p{"Identity": `DB1\EX3`, "Confirm": false}, err: "BeginSeed"},
		{cmdlet: "Update-MailboxDatabaseCopy", p: p{"Identity": `DB1\EX3`, "BeginSeed": true, "Confirm": false}, server: 2, given: prodLost(), err: "seed from"},
	}
}

func clusterRows() []row {
	return []row{
		{cmdlet: "Get-Service", p: p{"Name": "clussvc"}, count: 1, fields: map[string]string{"Status": "Running", "StartType": "Automatic"}},
		{cmdlet: "Get-Service", p: p{"Name": "ClusSvc"}, server: 2, given: prodLost(), count: 1, fields: map[string]string{"Status": "StartPending"}},
		{cmdlet: "Get-Service", p: p{"Name": "MSExchangeRepl"}, given: []dag.Event{{Kind: dag.EvService, Member: 0}}, count: 1, fields: map[string]string{"Status": "Stopped"}},
		{cmdlet: "Get-WinEvent", p: p{"LogName": "System"}, err: "No events were found"},
		{cmdlet: "Get-WinEvent", p: p{"LogName": "System", "FilterXPath": "*[System[EventID=4621]]"}, first: []dag.Op{{Kind: dag.OpStop, From: 1, Members: 3}}, count: 1, fields: map[string]string{"Id": "4621"}},
		{cmdlet: "Get-ClusterNode", count: 3, fields: map[string]string{"Name": "EX3", "State": "Up", "NodeWeight": "1"}},
		{cmdlet: "Get-ClusterNode", given: cut(), count: 3, fields: map[string]string{"Name": "EX3", "State": "Down"}},
		{cmdlet: "Get-ClusterNode", server: 2, given: cut(), err: "cluster service is not running"},
		{cmdlet: "Get-Cluster", count: 1, fields: map[string]string{"Name": "DAG1"}},
		{cmdlet: "Get-ClusterQuorum", count: 1, fields: map[string]string{"QuorumType": "NodeMajority", "QuorumResource": "null"}},
		{cmdlet: "Get-ClusterGroup", p: p{"Name": "Cluster Group"}, count: 1, fields: map[string]string{"Name": "Cluster Group"}},
		{cmdlet: "Get-ClusterGroup", p: p{"Name": "Other"}, err: "couldn't be found"},
		{cmdlet: "Stop-Service", p: p{"Name": "ClusSvc"}},
		{cmdlet: "Stop-Service", p: p{"Name": "W3SVC"}, err: "Cannot find any service"},
		{cmdlet: "Start-Service", p: p{"Name": "ClusSvc"}, first: []dag.Op{{Kind: dag.OpClusterStop, Members: 1}}},
		{cmdlet: "Start-ClusterNode", p: p{"Name": "EX3", "ForceQuorum": true}, server: 2, given: prodLost()},
		{cmdlet: "Start-ClusterNode", p: p{"Name": "EX3", "ForceQuorum": true}, err: "Access is denied"},
		{cmdlet: "Remove-ClusterNode", p: p{"Name": "EX3", "Force": true}},
		{cmdlet: "Remove-ClusterNode", p: p{"Name": "EX3"}, err: "confirmation"},
		{cmdlet: "Clear-ClusterNode", p: p{"Force": true}},
		{cmdlet: "Clear-ClusterNode", p: p{"Name": "EX2", "Force": true}, err: "Access is denied"},
		{cmdlet: "Set-ClusterQuorum", p: p{"NodeMajority": true}},
		{cmdlet: "Set-ClusterQuorum", p: p{"NodeAndFileShareMajority": `\\DC\DAG1`}},
		{cmdlet: "Set-ClusterQuorum", p: p{}, err: "one quorum model"},
		{cmdlet: "Set-ClusterQuorum", p: p{"NodeMajority": true}, server: 2, given: cut(), err: "cluster service is not running"},
		{cmdlet: "Move-ClusterGroup", p: p{"Name": "Cluster Group", "Node": "EX3"}},
		{cmdlet: "Suspend-ClusterNode", p: p{"Name": "EX2"}},
		{cmdlet: "Suspend-ClusterNode", p: p{"Name": "EX9"}, err: "couldn't be found"},
		{cmdlet: "Resume-ClusterNode", p: p{"Name": "EX2"}, first: []dag.Op{{Kind: dag.OpPause, Member: 1, On: true}}},
		{cmdlet: "Move-ClusterGroup", p: p{"Name": "Cluster Group", "Node": "EX2"}, first: []dag.Op{{Kind: dag.OpPause, Member: 1, On: true}}, err: "is paused"},
		{cmdlet: "Get-ServerComponentState", p: p{"Identity": "EX1"}, count: 2, fields: map[string]string{"Component": "ServerWideOffline", "State": "Active"}},
		{cmdlet: "Get-ServerComponentState", p: p{"Identity": "EX1", "Component": "HubTransport"}, count: 1, fields: map[string]string{"State": "Draining"},
			first: []dag.Op{{Kind: dag.OpComponent, Members: 1, Component: dag.HubTransport}}},
		{cmdlet: "Set-ServerComponentState", p: p{"Identity": "EX1", "Component": "HubTransport", "State": "Draining", "Requester": "Maintenance", "Confirm": false}},
		{cmdlet: "Set-ServerComponentState", p: p{"Identity": "EX1", "Component": "Nothing", "State": "Active", "Requester": "Maintenance"}, err: "none of its values"},
		{cmdlet: "Set-MailboxServer", p: p{"Identity": "EX1", "DatabaseCopyActivationDisabledAndMoveNow": true}},
		{cmdlet: "Format-Volume", err: "not recognized"},
		{cmdlet: "Get-Cluster", p: p{"Domain": "x"}, err: "parameter cannot be found"},
	}
}

func TestCmdlets(t *testing.T) {
	rows := slices.Concat(groupRows(), databaseRows(), clusterRows())
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r.cmdlet] = true
		call := wire.Call{Cmdlet: r.cmdlet, Parameters: r.p}
		if !strings.HasPrefix(r.cmdlet, "Get-") && !strings.HasPrefix(r.cmdlet, "Test-") {
			call.Run, call.Step, call.Attempt, call.NotAfter = "run-1", "step", 1, time.Minute
		}
		t.Run(call.Text(), func(t *testing.T) {
			w := newWorld(exchangetest.Reference())
			for _, e := range r.given {
				w.happen(e)
			}
			for _, op := range r.first {
				if a, _ := w.Do(t.Context(), op); a.Code != dag.OK {
					t.Fatalf("before the call: %s", a.Code)
				}
			}
			r.compare(t, w, call)
		})
	}
	for _, name := range cmdlets.Cmdlets() {
		if !seen[name] {
			t.Errorf("%s is not in the table", name)
		}
	}
}

func (r row) compare(t *testing.T, w *world, call wire.Call) {
	server := cmdlets.New(cmdlets.Options{Model: w, Member: r.server})
	reply, answered := server.Serve(t.Context(), call, time.Now())
	if !answered {
		t.Fatal("no answer")
	}
	text, err := json.Marshal(reply)
	if err != nil {
		t.Fatal(err)
	}
	if len(reply.Objects) != r.count {
		t.Errorf("%d objects, want %d: %s", len(reply.Objects), r.count, text)
	}
	for name, want := range r.fields {
		got, err := json.Marshal(reply.Objects[len(reply.Objects)-1][name])
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
	streams := map[string][]string{r.warn: reply.Warnings, r.err: nil}
	if r.warn == r.err {
		streams = map[string][]string{"": reply.Warnings}
	}
	for _, e := range reply.Errors {
		streams[r.err] = append(streams[r.err], e.Message)
	}
	for part, lines := range streams {
		if got := strings.Join(lines, "\n"); part == "" && got != "" || !strings.Contains(got, part) {
			t.Errorf("stream says %q, want %q in it", got, part)
		}
	}
}
