package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
)

func TestTopologyOfReference(t *testing.T) {
	got := load(t, base(t)).Topology()
	member := func(name, fqdn string, site int) dag.Member {
		return dag.Member{Name: name, FQDN: fqdn, Site: site, Dial: dag.GoodAvailability, Policy: dag.Unrestricted, UM: true}
	}
	want := &dag.Topology{
		Name: "DAG1", Exchange: dag.Version{Release: 2010, SP: 1}, Windows: "2008 R2", Mode: dag.DagOnly, AccessPoint: true,
		Sites: []dag.Site{
			{Name: "Prod", DomainControllers: []string{"dc.test.local", "dc2.test.local"}, VIP: "10.0.1.10", Pool: []int{0, 1}},
			{Name: "DR", DomainControllers: []string{"dc-dr.test.local", "dc-dr2.test.local"}, VIP: "10.0.2.13"},
			{Name: "Branch"},
		},
		Members:   []dag.Member{member("EX2010-1", "ex2010-1.test.local", 0), member("EX2010-2", "ex2010-2.test.local", 0), member("EX2010-3", "ex2010-3.test.local", 1)},
		Witness:   dag.Witness{Server: "dc.test.local", Site: 0, Directory: `C:\DAGFileShareWitnesses\DAG1.test.local`},
		Alternate: dag.Witness{Server: "dc-dr.test.local", Site: 1, Directory: `C:\DAGFileShareWitnesses\DAG1.test.local`},
		Databases: []dag.Database{{Name: "DB1", Copies: []dag.Copy{{Member: 0, Preference: 1}, {Member: 1, Preference: 2}, {Member: 2, Preference: 3}}, Names: []int{0, 1}}},
		Names: []dag.Name{
			{Name: "internal.test.local", Zone: "test.local", TTL: 5 * time.Minute, Targets: [][]string{{"10.0.1.10"}, {"10.0.2.13"}, nil}},
			{Name: "external.test.local", Zone: "test.local", TTL: 5 * time.Minute, Targets: [][]string{{"203.0.113.10"}, {"198.51.100.13"}, nil}},
		},
		DNSServers:  []dag.DNSServer{{Site: 0, Address: "10.0.1.5:53"}, {Site: 1, Address: "10.0.2.5:53"}},
		Redirectors: []dag.Redirector{{Site: 0, Listen: "10.0.1.30:5060"}, {Site: 1, Listen: "10.0.2.30:5060"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTopologyLongForms(t *testing.T) {
	got := load(t, edit(t, base(t),
		"address: 10.0.1.11, roles: [cas, hub, mbx, um]", "address: 10.0.1.11, dial: Lossless, policy: IntrasiteOnly, max_active: 20, max_preferred: 15, log_space: 5000, roles: [mbx]",
		"{name: EX2010-2,", "{name: HUB1, fqdn: hub1.test.local, site: Prod, address: 10.0.1.14, roles: [hub]}\n  - {name: EX2010-2,",
		"vip: {address: 10.0.2.13}", "vip: {address: 10.0.2.14}",
		"pool: [EX2010-1, EX2010-2]", "pool: [HUB1, EX2010-2]",
		"copies: [EX2010-1, EX2010-2, EX2010-3]", "copies: [{server: EX2010-1, preference: 3}, EX2010-2, {server: EX2010-3, preference: 1, replay_lag: 7d, blocked: true}]",
		"'10.0.1.5:53',", "'10.0.1.5:53', zones: [test.local],",
		"people:", "assumptions: {last_man_standing: true, tie_spares_last: true, unread_boot_time_allows: true, moves_only_in_sync: true}\npeople:",
		"  activation_mode: DagOnly", "  spare_witnesses: [{server: fs3.test.local, site: DR, directory: 'C:\\W'}]\n  activation_mode: DagOnly",
		"  activation_mode: DagOnly", "  access_point: false\n  activation_mode: DagOnly",
	)).Topology()
	if m := got.Members[0]; m.Dial != dag.Lossless || m.Policy != dag.IntrasiteOnly || m.MaxActive != 20 || m.MaxPreferred != 15 || m.LogSpace != 5000 || m.UM {
		t.Errorf("%+v", m)
	}
	if len(got.Members) != 3 || got.Members[1].Name != "EX2010-2" {
		t.Errorf("a server without the role mbx is a member: %+v", got.Members)
	}
	if diff := cmp.Diff([][]int{{1}, {2}, nil}, [][]int{got.Sites[0].Pool, got.Sites[1].Pool, got.Sites[2].Pool}); diff != "" {
		t.Error(diff) // the VIP of DR has no pool and is nobody's address: all members of the site
	}
	copies := []dag.Copy{{Member: 2, Preference: 1, ReplayLag: 7 * 24 * time.Hour, Blocked: true}, {Member: 1, Preference: 2}, {Member: 0, Preference: 3}}
	if diff := cmp.Diff(copies, got.Databases[0].Copies); diff != "" {
		t.Error(diff)
	}
	if want := (dag.Assumptions{LastManStanding: true, TieSparesLast: true, UnreadBootTimeAllows: true, MovesOnlyInSync: true}); got.Assume != want {
		t.Errorf("%+v", got.Assume)
	}
	if diff := cmp.Diff([]dag.Witness{{Server: "fs3.test.local", Site: 1, Directory: `C:\W`}}, got.Spares); diff != "" {
		t.Error(diff)
	}
	if got.AccessPoint || !got.Assume.LastManStanding || got.Assume.SoleMemberNeedsNoWitness || len(got.DNSServers[0].Zones) != 1 {
		t.Errorf("%+v", got)
	}
}

// A server whose zones are kept in a directory follows it by replication and poll; one with TSIG is written, or owes it.
func TestTopologyFollows(t *testing.T) {
	gss := []string{"tsig: {name: siteswap., algorithm: hmac-sha256, key_file: dns-prod.key}", "gss: {realm: TEST.LOCAL, user: svc, keytab: svc.keytab}"}
	for name, c := range map[string]struct {
		edits []string
		want  time.Duration
	}{
		"unset": {gss, 3*time.Hour + 3*time.Minute},
		"set":   {append(gss, "dns:\n", "dns:\n  replication: 15m\n"), 18 * time.Minute},
		"tsig":  {nil, 0},
	} {
		if got := load(t, edit(t, base(t), c.edits...)).Topology().DNSServers; got[0].Follows != c.want || got[1].Follows != 0 {
			t.Errorf("%s: %s and %s, want %s and 0", name, got[0].Follows, got[1].Follows, c.want)
		}
	}
}

// Resolvers that clients ask are observed by a run: they are part of what it works on, in the order of the file.
func TestTopologyResolvers(t *testing.T) {
	got := load(t, edit(t, base(t), "dns:\n", "dns:\n  resolvers: ['10.0.9.53:53', '10.0.9.54:53']\n")).Topology().Resolvers
	if diff := cmp.Diff([]string{"10.0.9.53:53", "10.0.9.54:53"}, got); diff != "" {
		t.Error(diff)
	}
}
