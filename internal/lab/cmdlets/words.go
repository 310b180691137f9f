package cmdlets

import (
	"fmt"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

// record is the error record of an answer, or nil when it is none. What is quoted in domain-exchange.md section 9 is
// worded as the product words it; the rest says the same thing in other words.
func record(t *dag.Topology, a dag.Answer) *wire.Record {
	format, known := errorWords()[a.Code]
	switch {
	case a.Code == dag.OK:
		return nil
	case a.Code == dag.ErrNoDirectory:
		return noDirectory(a.Subject)
	case !known:
		return &wire.Record{Message: fmt.Sprintf("The task failed for '%s': %s.", a.Subject, a.Code), ID: "Task"}
	}
	return &wire.Record{Message: fmt.Sprintf(format.text, a.Subject, t.Name), ID: format.id}
}

type phrase struct{ text, id string }

// errorWords: %[1]s is the subject of the answer, %[2]s the DAG.
func errorWords() map[dag.Code]phrase {
	return map[dag.Code]phrase{
		dag.ErrNotDagOnly:     {"You can run this command on a database availability group (DAG) only when the DatacenterActivationMode parameter for the DAG is set to DagOnly. DAG: %[1]s.", "DagTaskNotInDacMode"},
		dag.ErrUnreachable:    {"A server-side administrative operation has failed on server '%[1]s'. Error 0x6ba (The RPC server is unavailable).", "RpcUnavailable"},
		dag.ErrNothingStopped: {"Restore can't run: no server of '%[1]s' is on the StoppedMailboxServers list. Run Stop-DatabaseAvailabilityGroup first.", "DagTaskNothingStopped"},
		dag.ErrOpenCluster:    {"Cluster API failed: \"OpenByNames('%[1]s') failed with 0x6d9. Error: There are no more endpoints available from the endpoint mapper\"", "ClusterApi"},
		dag.ErrEvict:          {"Cluster API failed: the eviction of node '%[1]s' failed with 0x46. Error: The remote server has been paused or is in the process of being started", "ClusterApi"},
		dag.ErrNoQuorum:       {"The cluster of database availability group '%[2]s' doesn't have quorum, or no member of it can be asked.", "NoQuorum"},
		dag.ErrInvalidNode:    {"Cluster API failed: adding node '%[1]s' failed with 0x13b3. Error: The cluster node is an invalid node", "ClusterApi"},
		dag.ErrConsensus:      {"An Active Manager operation encountered an error. To perform this operation, the server must be a member of a database availability group, and the database availability group must have quorum. Error: Automount consensus not reached. [Server: %[1]s]", "FE7E9C2B"},
		dag.ErrNoCopy:         {"The database has no copy on server '%[1]s'.", "NoCopy"},
		dag.ErrCopyUnhealthy:  {"The status '%[1]s' of the database copy doesn't allow it to be activated.", "CopyStatus"},
		dag.ErrTooManyLogs:    {"The copy on server '%[1]s' lacks more log files than its mount dial (AutoDatabaseMountDial or MountDialOverride) tolerates.", "MountDial"},
		dag.ErrMaxActive:      {"Server '%[1]s' has as many mounted databases as its MaximumActiveDatabases setting allows.", "MaximumActiveDatabases"},
		dag.ErrStillMounted:   {"The copy is mounted on server '%[1]s' and can't be seeded.", "StillMounted"},
		dag.ErrWitness:        {"Unable to access file shares on witness server '%[1]s'. Until this problem is corrected, the database availability group may be more vulnerable to failures. Error: The network path was not found.", "Witness"},
		dag.ErrNotReseedable:  {"There is no mounted copy to seed from for '%[1]s'.", "NoSeedingSource"},
		dag.ErrCatalog:        {"The database copy has content index catalog files in the following state: '%[1]s'.", "CatalogState"},
		dag.ErrSeedingSource:  {"The active copy of '%[1]s' is a seeding source; the seed would end.", "ActiveSeedingSource"},
		dag.ErrQueues:         {"The copy on server '%[1]s' has too long a replay queue, or is a lagged one.", "ReplayQueue"},
		dag.ErrDiskFull:       {"The log volume of server '%[1]s' is full: there is not enough space on the disk.", "DiskFull"},
		dag.ErrPaused:         {"The cluster group can't be moved: node '%[1]s' is paused.", "ClusterNodePaused"},
		dag.ErrNeedsReseed:    {"The copy on server '%[1]s' has diverged from the active copy and can't be resumed; a reseed is required.", "NeedsReseed"},
	}
}

func warnings(t *dag.Topology, a dag.Answer) []string {
	words := map[dag.Code]string{
		dag.WarnDirectory:       "An Active Directory provider error occurred: the change was not written to the directory of site '%[1]s', none of its domain controllers is available.",
		dag.WarnMemberOffline:   "Server '%[1]s' couldn't be contacted; it is marked as stopped only in Active Directory.",
		dag.WarnAlreadyThere:    "Nothing was changed for '%[1]s': it is already so.",
		dag.WarnNotEvicted:      "Server '%[1]s' was marked as stopped in database availability group '%[2]s' but couldn't be removed from the cluster. Error: 0x46.",
		dag.WarnWitnessNotReady: "The quorum model of '%[2]s' was left without a witness: witness server '%[1]s' can't be used.",
	}
	var out []string
	for _, w := range a.Warnings {
		text, known := words[w.Code]
		if !known {
			text = string(w.Code) + ": '%[1]s' ('%[2]s')"
		}
		out = append(out, fmt.Sprintf(text, w.Subject, t.Name))
	}
	return out
}

func noDirectory(site string) *wire.Record {
	return &wire.Record{Message: fmt.Sprintf("No domain controller can be contacted from Active Directory site '%s'.", site), ID: "NoSuitableServer"}
}

func noCluster(server string) wire.Record {
	return wire.Record{Message: fmt.Sprintf("The cluster service is not running on node '%s', or its cluster doesn't have quorum.", server), ID: "ClusterNotRunning"}
}

func rpcDown(server string) wire.Record {
	return wire.Record{Message: fmt.Sprintf("Error 0x6ba (The RPC server is unavailable) from cli_RpcsGetCopyStatusWithHealthState on server '%s'.", server), ID: "RpcUnavailable"}
}

func timedOut(call wire.Call) wire.Record {
	return wire.Record{Message: call.Cmdlet + ": the operation timed out on the server.", ID: "Timeout"}
}
