package cmdlets

import (
	"math"
	"strings"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

func databaseReads() map[string]cmdlet {
	return map[string]cmdlet{
		"Get-MailboxDatabase":           {read: getDatabase, takes: []string{"Identity", "Server", "Status"}},
		"Get-MailboxDatabaseCopyStatus": {read: getCopies, takes: []string{"Identity", "Server"}},
	}
}

func getDatabase(v *view, p args) wire.Reply {
	if _, problem := v.directory(p); problem != nil {
		return failed(*problem)
	}
	only, on := -1, -1
	if name, ok := p.text("Identity"); ok {
		d, problem := v.database(name)
		if problem != nil {
			return failed(*problem)
		}
		only = d
	}
	if name, ok := p.text("Server"); ok {
		m, problem := v.member(name)
		if problem != nil {
			return failed(*problem)
		}
		on = m
	}
	var reply wire.Reply
	for d := range v.t.Databases {
		if only >= 0 && d != only || on >= 0 && v.t.CopyOf(d, on) < 0 {
			continue
		}
		reply.Objects = append(reply.Objects, v.databaseObject(d, p.on("Status"), &reply))
	}
	return reply
}

func (v *view) databaseObject(d int, status bool, reply *wire.Reply) wire.Object {
	db, f := &v.t.Databases[d], &v.f.Databases[d]
	servers := []string{}
	for _, c := range db.Copies {
		servers = append(servers, v.t.Members[c.Member].Name)
	}
	o := wire.Object{"Name": db.Name, "Identity": db.Name, "MasterServerOrAvailabilityGroup": v.t.Name, "Servers": servers,
		"Server": nil, "Mounted": nil, "MountedOnServer": nil}
	if f.Active.Known {
		o["Server"] = f.Active.Value
	}
	if !status {
		return o
	}
	if !f.Active.Known {
		reply.Warnings = append(reply.Warnings, "Exchange can't tell which copy of database '"+db.Name+"' is active: no Active Manager can be asked, its cluster doesn't have quorum.")
	}
	if f.MountedOn.Known {
		o["Mounted"] = f.MountedOn.Value != ""
		if m := v.t.MemberIndex(f.MountedOn.Value); m >= 0 {
			o["MountedOnServer"] = v.fqdn(m)
		}
	}
	return o
}

// getCopies: with -Server the replication service of that server is asked, so the question fails when it is not reached;
// with -Identity every copy has an object, those that cannot be asked with ServiceDown.
func getCopies(v *view, p args) wire.Reply {
	if p.has("DomainController") {
		if _, problem := v.directory(p); problem != nil {
			return failed(*problem)
		}
	}
	only, on := -1, -1
	var problem *wire.Record
	if id, ok := p.text("Identity"); ok {
		database, _, both := strings.Cut(id, `\`)
		if both {
			only, on, problem = v.copyName(p)
		} else {
			only, problem = v.database(database)
		}
	} else if name, ok := p.text("Server"); ok {
		if on, problem = v.member(name); problem == nil && !v.reaches(on) {
			return failed(rpcDown(v.t.Members[on].Name))
		}
	} else {
		on = v.me
	}
	if problem != nil {
		return failed(*problem)
	}
	var reply wire.Reply
	for d := range v.t.Databases {
		for i, c := range v.t.Databases[d].Copies {
			if (only < 0 || d == only) && (on < 0 || c.Member == on) {
				reply.Objects = append(reply.Objects, v.copyObject(d, i))
			}
		}
	}
	return reply
}

func (v *view) copyObject(d, i int) wire.Object {
	db, f := &v.t.Databases[d], &v.f.Databases[d].Copies[i]
	server := v.t.Members[db.Copies[i].Member].Name
	name := db.Name + `\` + server
	o := wire.Object{"Identity": name, "Name": name, "DatabaseName": db.Name, "MailboxServer": server, "ActivationPreference": db.Copies[i].Preference,
		"ActiveDatabaseCopy": nil, "ContentIndexState": nil, "ErrorMessage": ""}
	if active := v.f.Databases[d].Active; active.Known && active.Value != "" {
		o["ActiveDatabaseCopy"] = active.Value
	}
	o["ActiveCopy"] = o["ActiveDatabaseCopy"] == server
	if !f.Status.Known {
		// A queue nearly as long as a 64-bit integer goes is what the product shows for one that it cannot know.
		o["Status"], o["CopyQueueLength"], o["ReplayQueueLength"] = string(dag.CopyServiceDown), int64(math.MaxInt64-8), int64(0)
		o["ErrorMessage"], o["ActivationSuspended"] = rpcDown(server).Message, false
		return o
	}
	o["ContentIndexState"], o["DiskFreeSpacePercent"] = string(f.Index.Value), int64(40)
	if !v.f.Members[db.Copies[i].Member].Disk.Value {
		o["DiskFreeSpacePercent"] = int64(0)
	}
	o["Status"], o["ActivationSuspended"] = string(f.Status.Value), f.ActivationSuspended.Value
	o["CopyQueueLength"], o["ReplayQueueLength"] = f.CopyQueue.Value, f.ReplayQueue.Value
	o["LastLogGenerated"], o["LastLogCopyNotified"] = f.LastGenerated.Value, f.LastGenerated.Value
	o["LastLogCopied"], o["LastLogInspected"] = f.LastInspected.Value, f.LastInspected.Value
	o["LastLogReplayed"] = f.LastInspected.Value - f.ReplayQueue.Value
	if f.Diverged.Value {
		o["ErrorMessage"] = "The log files of this copy have diverged from those of the active copy; a reseed is required."
	}
	return o
}
