package cmdlets

import (
	"slices"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

func databaseActs() map[string]cmdlet {
	name := []string{"Identity"}
	return map[string]cmdlet{
		"Move-ActiveMailboxDatabase": {plan: planMove, objects: moveResult, needs: []string{"Identity", "ActivateOnServer"}, prompts: true,
			takes: []string{"Identity", "ActivateOnServer", "MountDialOverride", "MoveComment", "SkipHealthChecks", "SkipLagChecks",
				"SkipClientExperienceChecks", "SkipActiveCopyChecks", "SkipMaximumActiveDatabasesChecks"}},
		"Mount-Database":              {plan: planMount(dag.OpMount), takes: []string{"Identity", "Force"}, needs: name},
		"Dismount-Database":           {plan: planMount(dag.OpDismount), takes: name, needs: name, prompts: true},
		"Suspend-MailboxDatabaseCopy": {plan: planSuspend, takes: []string{"Identity", "ActivationOnly", "SuspendComment"}, needs: name, prompts: true},
		"Resume-MailboxDatabaseCopy":  {plan: planResume, takes: []string{"Identity", "ReplicationOnly"}, needs: name},
		"Update-MailboxDatabaseCopy": {plan: planUpdate, needs: name, prompts: true,
			takes: []string{"Identity", "BeginSeed", "DeleteExistingFiles", "SafeDeleteExistingFiles", "SourceServer", "DatabaseOnly", "CatalogOnly"}},
	}
}

// planMove: without an override the dial is Lossless, and None means the server's own (PS:Move).
func planMove(v *view, p args) ([]dag.Op, *wire.Record) {
	id, _ := p.text("Identity")
	d, problem := v.database(id)
	if problem != nil {
		return nil, problem
	}
	target, _ := p.text("ActivateOnServer")
	m, problem := v.member(target)
	if problem != nil {
		return nil, problem
	}
	op := dag.Op{Kind: dag.OpActivate, From: v.site, Database: d, Member: m, Dial: dag.Lossless,
		SkipHealth: p.on("SkipHealthChecks"), SkipLag: p.on("SkipLagChecks"), SkipCatalog: p.on("SkipClientExperienceChecks"),
		SkipActive: p.on("SkipActiveCopyChecks"), SkipMaxActive: p.on("SkipMaximumActiveDatabasesChecks")}
	if dial, ok := p.text("MountDialOverride"); ok {
		if !slices.Contains([]string{"None", string(dag.Lossless), string(dag.GoodAvailability), string(dag.BestAvailability), string(dag.BestEffort)}, dial) {
			return nil, badValue("MountDialOverride", dial)
		}
		op.Dial = dag.Dial(dial)
		if dial == "None" {
			op.Dial = ""
		}
	}
	return []dag.Op{op}, nil
}

func moveResult(_ *view, p args) []wire.Object {
	id, _ := p.text("Identity")
	target, _ := p.text("ActivateOnServer")
	return []wire.Object{{"Identity": id, "ActiveServerAtEnd": target, "Status": "Succeeded", "MountStatusAtMoveEnd": "Mounted"}}
}

func planMount(kind dag.OpKind) func(v *view, p args) ([]dag.Op, *wire.Record) {
	return func(v *view, p args) ([]dag.Op, *wire.Record) {
		id, _ := p.text("Identity")
		d, problem := v.database(id)
		if problem != nil {
			return nil, problem
		}
		return []dag.Op{{Kind: kind, From: v.site, Database: d}}, nil
	}
}

func planSuspend(v *view, p args) ([]dag.Op, *wire.Record) {
	d, m, problem := v.copyName(p)
	if problem != nil {
		return nil, problem
	}
	if !p.on("ActivationOnly") {
		return []dag.Op{{Kind: dag.OpSuspend, From: v.site, Database: d, Member: m}}, nil
	}
	return []dag.Op{{Kind: dag.OpBlock, From: v.site, Database: d, Member: m}}, nil
}

// planResume lifts an activation block and resumes replication; with -ReplicationOnly the block stays (MDBC). Replication
// that needs no resuming is left alone when there is a block to lift.
func planResume(v *view, p args) ([]dag.Op, *wire.Record) {
	d, m, problem := v.copyName(p)
	if problem != nil {
		return nil, problem
	}
	c := v.s.Copy(d, v.t.CopyOf(d, m))
	resume := dag.Op{Kind: dag.OpResume, From: v.site, Database: d, Member: m}
	unblock := dag.Op{Kind: dag.OpUnblock, From: v.site, Database: d, Member: m}
	idle := slices.Contains([]dag.CopyStatus{dag.CopySuspended, dag.CopyFailed, dag.CopyFailedAndSuspended}, c.Status)
	switch {
	case p.on("ReplicationOnly") || !c.Blocked:
		return []dag.Op{resume}, nil
	case idle:
		return []dag.Op{resume, unblock}, nil
	}
	return []dag.Op{unblock}, nil
}

func planUpdate(v *view, p args) ([]dag.Op, *wire.Record) {
	d, m, problem := v.copyName(p)
	if problem != nil {
		return nil, problem
	}
	if !p.on("BeginSeed") {
		return nil, &wire.Record{Message: "Parameter set cannot be resolved: a seed in the session would end with it, give -BeginSeed.", ID: "AmbiguousParameterSet"}
	}
	if source, ok := p.text("SourceServer"); ok {
		if _, problem := v.member(source); problem != nil {
			return nil, problem
		}
	}
	return []dag.Op{{Kind: dag.OpReseed, From: v.site, Database: d, Member: m, CatalogOnly: p.on("CatalogOnly")}}, nil
}
