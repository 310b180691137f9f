package run

import (
	"strings"

	"siteswap/runbooks"
)

// noCoReboot: the last member that is up is not taken out of service. With DAC mode on it mounts again only while the witness has
// not restarted with it (domain-exchange.md section 3, rule 6, and section 9, row 3).
func noCoReboot(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	m := in.Topology.MemberIndex(p.With.Server)
	if m < 0 {
		return &Refusal{Rule: RuleNoCoReboot, Why: p.With.Server + " is no member", Evidence: "servers[] of the site file", Unblock: "name a member"}
	}
	up, name := in.Facts.Members[m].Up, in.Topology.Members[m].Name
	unblock := "bring another member up first, or fail back; never restart " + name + " together with the witness server"
	switch {
	case !up.Known:
		return unread(RuleNoCoReboot, "which members are up cannot be read from "+name, "Get-ClusterNode on "+name, up.Why, unblock)
	case len(up.Value) < 2:
		return &Refusal{Rule: RuleNoCoReboot, Why: name + " is the last member that is up", Evidence: "Get-ClusterNode on " + name + ": up: " + strings.Join(up.Value, ", "), Unblock: unblock}
	}
	return nil
}
