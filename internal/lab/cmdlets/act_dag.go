package cmdlets

import (
	"fmt"
	"slices"
	"strings"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

func groupActs() map[string]cmdlet {
	name := []string{"Identity"}
	return map[string]cmdlet{
		"Stop-DatabaseAvailabilityGroup": {plan: planStop, needs: name, prompts: true,
			takes: []string{"Identity", "ActiveDirectorySite", "MailboxServer", "ConfigurationOnly"}},
		"Restore-DatabaseAvailabilityGroup": {plan: planRestore, needs: name, prompts: true,
			takes: []string{"Identity", "ActiveDirectorySite", "AlternateWitnessServer", "AlternateWitnessDirectory", "UsePrimaryWitnessServer"}},
		"Start-DatabaseAvailabilityGroup": {plan: planStart, needs: name,
			takes: []string{"Identity", "ActiveDirectorySite", "MailboxServer", "ConfigurationOnly"}},
		"Set-DatabaseAvailabilityGroup": {plan: planSet, needs: name,
			takes: []string{"Identity", "WitnessServer", "WitnessDirectory", "AlternateWitnessServer", "AlternateWitnessDirectory", "PreferenceMoveFrequency"}},
		"Add-DatabaseAvailabilityGroupServer": {plan: planAdd, takes: []string{"Identity", "MailboxServer"}, needs: []string{"Identity", "MailboxServer"}},
		"Set-MailboxServer": {plan: planMailboxServer, needs: name,
			takes: []string{"Identity", "DatabaseCopyAutoActivationPolicy", "AutoDatabaseMountDial", "DatabaseCopyActivationDisabledAndMoveNow"}},
	}
}

// scope are the members that Stop and Start are for: those of a site, or one. The two parameters exclude each other and
// one of them is needed (PS:Stop).
func (v *view) scope(p args) (dag.Set, *wire.Record) {
	site, bySite := p.text("ActiveDirectorySite")
	server, byServer := p.text("MailboxServer")
	if bySite == byServer {
		return 0, &wire.Record{Message: "Parameter set cannot be resolved: give ActiveDirectorySite or MailboxServer, and not both.", ID: "AmbiguousParameterSet"}
	}
	if byServer {
		m, problem := v.member(server)
		if problem != nil {
			return 0, problem
		}
		return dag.Set(0).Add(m), nil
	}
	i, problem := v.siteIndex(site)
	if problem != nil {
		return 0, problem
	}
	if v.t.MembersOf(i) == 0 {
		return 0, notFound("member of the database availability group in site", site)
	}
	return v.t.MembersOf(i), nil
}

// known checks what every task does first: its directory answers, and the DAG is in it.
func (v *view) known(p args) *wire.Record {
	if _, problem := v.directory(p); problem != nil {
		return problem
	}
	return v.group(p)
}

func planStop(v *view, p args) ([]dag.Op, *wire.Record) {
	return v.planScoped(dag.OpStop, p)
}

func planStart(v *view, p args) ([]dag.Op, *wire.Record) {
	return v.planScoped(dag.OpStart, p)
}

func (v *view) planScoped(kind dag.OpKind, p args) ([]dag.Op, *wire.Record) {
	if problem := v.known(p); problem != nil {
		return nil, problem
	}
	members, problem := v.scope(p)
	if problem != nil {
		return nil, problem
	}
	return []dag.Op{{Kind: kind, From: v.site, Members: members, ConfigurationOnly: p.on("ConfigurationOnly")}}, nil
}

func planRestore(v *view, p args) ([]dag.Op, *wire.Record) {
	if problem := v.known(p); problem != nil {
		return nil, problem
	}
	op := dag.Op{Kind: dag.OpRestore, From: v.site, Site: v.site, Witness: dag.WitnessAlternate}
	if name, ok := p.text("ActiveDirectorySite"); ok {
		site, problem := v.siteIndex(name)
		if problem != nil {
			return nil, problem
		}
		op.Site = site
	}
	if problem := v.replaces(p, "AlternateWitnessServer", dag.WitnessAlternate, &op); problem != nil {
		return nil, problem
	}
	if p.on("UsePrimaryWitnessServer") {
		op.Witness = dag.WitnessPrimary
	}
	return []dag.Op{op}, nil
}

// replaces reads which witness server a parameter names: the one that the DAG has, or another of the site file.
func (v *view) replaces(p args, parameter string, use dag.WitnessUse, op *dag.Op) *wire.Record {
	server, given := p.text(parameter)
	if !given {
		return nil
	}
	for n := range len(v.t.Spares) + 1 {
		if at, _ := v.t.WitnessAt(use, uint8(n)); sameHost(server, at.Server) {
			if v.s.Spare[map[dag.WitnessUse]int{dag.WitnessPrimary: 0, dag.WitnessAlternate: 1}[use]] != uint8(n) {
				op.Replace, op.Spare = use, uint8(n)
			}
			return nil
		}
	}
	return witnessUnknown(server)
}

// witnessUnknown: the witness servers of the site file are all that the emulated sites have.
func witnessUnknown(server string) *wire.Record {
	return record(&dag.Topology{}, dag.Answer{Code: dag.ErrWitness, Subject: server})
}

func planSet(v *view, p args) ([]dag.Op, *wire.Record) {
	if problem := v.known(p); problem != nil {
		return nil, problem
	}
	if frequency, ok := p.text("PreferenceMoveFrequency"); ok {
		if !v.t.Exchange.MovesByPreference() {
			return nil, &wire.Record{Message: "A parameter cannot be found that matches parameter name 'PreferenceMoveFrequency'.", ID: "NamedParameterNotFound"}
		}
		return []dag.Op{{Kind: dag.OpPreference, From: v.site, On: !strings.HasPrefix(frequency, "-")}}, nil
	}
	op := dag.Op{Kind: dag.OpSet, From: v.site, Witness: dag.WitnessPrimary}
	if server, ok := p.text("WitnessServer"); ok && sameHost(server, v.t.Alternate.Server) {
		op.Witness = dag.WitnessAlternate
	} else if problem := v.replaces(p, "WitnessServer", dag.WitnessPrimary, &op); problem != nil {
		return nil, problem
	}
	second := op
	second.Replace = ""
	if problem := v.replaces(p, "AlternateWitnessServer", dag.WitnessAlternate, &second); problem != nil {
		return nil, problem
	}
	if op.Replace != "" && second.Replace != "" {
		return []dag.Op{op, second}, nil
	}
	if second.Replace != "" {
		op = second
	}
	return []dag.Op{op}, nil
}

func planAdd(v *view, p args) ([]dag.Op, *wire.Record) {
	if problem := v.known(p); problem != nil {
		return nil, problem
	}
	name, _ := p.text("MailboxServer")
	m, problem := v.member(name)
	if problem != nil {
		return nil, problem
	}
	return []dag.Op{{Kind: dag.OpAdd, From: v.site, Member: m}}, nil
}

func planMailboxServer(v *view, p args) ([]dag.Op, *wire.Record) {
	if _, problem := v.directory(p); problem != nil {
		return nil, problem
	}
	name, _ := p.text("Identity")
	m, problem := v.member(name)
	if problem != nil {
		return nil, problem
	}
	var ops []dag.Op
	if policy, ok := p.text("DatabaseCopyAutoActivationPolicy"); ok {
		if !slices.Contains([]string{string(dag.Unrestricted), string(dag.IntrasiteOnly), string(dag.Blocked)}, policy) {
			return nil, badValue("DatabaseCopyAutoActivationPolicy", policy)
		}
		ops = append(ops, dag.Op{Kind: dag.OpPolicy, From: v.site, Members: dag.Set(0).Add(m), Policy: dag.ActivationPolicy(policy)})
	}
	if dial, ok := p.text("AutoDatabaseMountDial"); ok {
		if !slices.Contains([]string{string(dag.Lossless), string(dag.GoodAvailability), string(dag.BestAvailability)}, dial) {
			return nil, badValue("AutoDatabaseMountDial", dial)
		}
		ops = append(ops, dag.Op{Kind: dag.OpDial, From: v.site, Members: dag.Set(0).Add(m), Dial: dag.Dial(dial)})
	}
	if now, ok := wire.Object(p).Bool("DatabaseCopyActivationDisabledAndMoveNow"); ok {
		if !v.t.Exchange.HasComponents() {
			return nil, &wire.Record{Message: "A parameter cannot be found that matches parameter name 'DatabaseCopyActivationDisabledAndMoveNow'.", ID: "NamedParameterNotFound"}
		}
		ops = append(ops, dag.Op{Kind: dag.OpMoveNow, From: v.site, Members: dag.Set(0).Add(m), On: now})
	}
	return ops, nil
}

func badValue(parameter, value string) *wire.Record {
	return &wire.Record{Message: fmt.Sprintf("Cannot bind parameter '%s': '%s' is none of its values.", parameter, value), ID: "CannotConvertArgument"}
}
