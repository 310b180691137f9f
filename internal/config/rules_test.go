package config_test

import (
	"fmt"
	"strings"
	"testing"
)

const (
	ex3Line   = "  - {name: EX2010-3, fqdn: ex2010-3.test.local, site: DR,   address: 10.0.2.13, roles: [cas, hub, mbx, um]}\n"
	ctlBranch = "  - {id: ctl-branch, site: Branch, raft: '10.0.3.20:8300', api: '10.0.3.20:8443'}\n"
)

func TestNoProblem(t *testing.T) {
	check(t, []rule{
		{"base", nil, ""},
		{"numbers where text stands", []string{`"2010 SP1"`, "2019", `"2008 R2"`, "2019", `"1001"`, "1001"}, ""},
		{"long copies", []string{"[EX2010-1, EX2010-2, EX2010-3]", "[EX2010-1, EX2010-2, {server: EX2010-3, preference: 3, replay_lag: 7d, blocked: true}]"}, ""},
		{"servers", []string{"address: 10.0.2.13, roles", "address: 10.0.2.13, dial: BestAvailability, policy: Blocked, max_active: 20, power: {redfish: {url: 'https://10.0.9.3', account: a, env: BMC}}, roles"}, ""},
		{"names", []string{"DR: [10.0.2.13]}}\n", "DR: [10.0.2.13]}, policy: all-healthy-sites, view: internal, servers: ['10.0.1.5:53']}\n"}, ""},
		{"gss with a keytab", []string{"tsig: {name: siteswap., algorithm: hmac-sha256, key_file: dns-prod.key}", "gss: {realm: TEST.LOCAL, user: svc, keytab: svc.keytab}"}, ""},
		{"gss with the tickets of whoever runs it", []string{"tsig: {name: siteswap., algorithm: hmac-sha256, key_file: dns-prod.key}", "host: dc.test.local, gss: {}"}, ""},
		{"a CNAME", []string{"targets: {Prod: [10.0.1.10],    DR: [10.0.2.13]}", "aliases: {Prod: a.test.local, DR: b.test.local}"}, ""},
		{"one name in two views", []string{"{name: external.test.local, zone", "{name: internal.test.local, view: external, zone", ", external.test.local]", "]"}, ""},
		{"vip driver", []string{"vip: {address: 10.0.1.10,", "vip: {driver: haproxy, control: '10.0.1.10:9999', key_file: vip.key, address: 10.0.1.10,"}, ""},
		{"people", []string{"people: {two_person: required}", "people: {two_person: break_glass}\napprovers: [Ann, {name: Bob, role: director, contact: '+43 1'}]\nnotify: [{name: ops, mail: ops@test.local}, {name: hook, program: [page, now]}]\npaper_to: [/srv/paper]\nassumptions: {sole_member_needs_no_witness: true, last_man_standing: true}"}, ""},
		{"lab", []string{"people: {two_person: required}", "people: {two_person: required}\ncluster: {lab: true, time_scale: 60}\npower: {driver: lab, address: '127.77.0.2:9000'}"}, ""},
		{"mailbox file", []string{"  mailboxes: ", "  mailbox_file: um.csv\n  #", `    - {extension: "1001", dial_plan: HQ, home: EX2007-UM}`, "", `    - {extension: "1002", dial_plan: HQ, home: current}`, ""}, ""},
		{"DAC off with one member", []string{"activation_mode: DagOnly", "activation_mode: Off"}, ""},
		{"name at the top of its zone", []string{"zone: test.local, ttl: 5m, targets: {Prod: [10.0.1.10]", "zone: Internal.Test.Local., ttl: 5m, targets: {Prod: [10.0.1.10]"}, ""},
	})
}

func TestFieldRules(t *testing.T) {
	check(t, []rule{
		{"unknown field", []string{"  witness:  ", "  witnes:  "}, "s.yaml:3: dag.witness: missing; describe the witness: server, site, directory\ns.yaml:8: dag.witnes: unknown field; did you mean `witness`?"},
		{"unknown assumption", []string{"people:", "assumptions: {sole_member: true}\npeople:"}, "s.yaml:59: assumptions.sole_member: unknown field; did you mean `sole_member_needs_no_witness`?"},
		{"a secret in the file", []string{"key_file: dns-prod.key", "key: c2VjcmV0"}, "s.yaml:30: dns.servers[0].tsig.key: unknown field; did you mean `key_file`?\ns.yaml:30: dns.servers[0].tsig: nothing says where the secret is; write one of key_file, env, command"},
		{"exchange release", []string{`"2010 SP1"`, `"2011"`}, `s.yaml:5: dag.exchange: "2011" is no Exchange release; one of 2010, 2013, 2016, 2019, SE`},
		{"exchange update", []string{`"2010 SP1"`, `"2010 Update1"`}, `s.yaml:5: dag.exchange: "Update1" is no service pack or update; write SPn, RUn, CUn or RTM`},
		{"windows", []string{`"2008 R2"`, `"2008"`}, `s.yaml:6: dag.windows: "2008" is no known value; did you mean ` + "`2008 R2`? Known: 2008 R2, 2012, 2012 R2, 2016, 2019, 2022, 2025"},
		{"activation mode", []string{"activation_mode: DagOnly", "activation_mode: dagonly"}, `s.yaml:7: dag.activation_mode: "dagonly" is no known value; did you mean ` + "`DagOnly`? Known: Off, DagOnly"},
		{"role", []string{"roles: [cas, hub, mbx, um]", "roles: [cas, hub, mbx, voice]"}, `s.yaml:21: servers[0].roles[3]: "voice" is no known value; write one of cas, hub, mbx, um, edge`},
		{"dial", []string{"address: 10.0.2.13, roles", "dial: BestEffort, address: 10.0.2.13, roles"}, `s.yaml:23: servers[2].dial: "BestEffort" is no known value; write one of Lossless, GoodAvailability, BestAvailability`},
		{"policy", []string{"DR: [10.0.2.13]}}\n", "DR: [10.0.2.13]}, policy: all}\n"}, `s.yaml:33: dns.names[0].policy: "all" is no known value; did you mean ` + "`all-healthy-sites`? Known: one-site, all-healthy-sites"},
		{"vip driver", []string{"vip: {address: 10.0.1.10,", "vip: {driver: bigip, address: 10.0.1.10,"}, `s.yaml:14: sites[0].vip.driver: "bigip" is no known value; write one of haproxy, f5, kemp, netscaler, manual, lab`},
		{"two_person", []string{"two_person: required", "two_person: maybe"}, `s.yaml:59: people.two_person: "maybe" is no known value; write one of required, break_glass`},
		{"address", []string{"address: 10.0.2.13, roles", "address: 10.0.2.256, roles"}, `s.yaml:23: servers[2].address: "10.0.2.256" is no IP address; write it as in 10.0.1.11`},
		{"address with a port", []string{"'10.0.2.5:53'", "'10.0.2.5'"}, `s.yaml:31: dns.servers[1].address: "10.0.2.5" is no IP address with a port; write it as in 10.0.1.5:53`},
		{"listener", []string{"'tcp://10.0.2.30:5060'", "'sip:10.0.2.30'"}, `s.yaml:39: um.redirectors[1].listen[1]: "sip:10.0.2.30" is no listener; write transport, address and port, as in udp://10.0.1.30:5060`},
		{"target", []string{"'ex2010-3.test.local:5060;transport=tcp'", "'ex2010-3.test.local:5060;transport=sctp'"}, `s.yaml:46: um.dial_plans[0].current.DR[0].target: "ex2010-3.test.local:5060;transport=sctp" is no SIP target; write host, port and transport, as in ex1.test.local:5060;transport=tcp`},
		{"q", []string{"q: 0.5", "q: 1.5"}, "s.yaml:45: um.dial_plans[0].current.Prod[1].q: 1.5 is out of bounds; write a number from 0 to 1"},
		{"duration", []string{"ttl: 5m", "ttl: 300"}, `s.yaml:33: dns.names[0].ttl: "300" is no duration; write a number with its unit, as in 90s, 5m, 1h30m or 7d`},
		{"TTL of nothing", []string{"ttl: 5m", "ttl: 0s"}, "s.yaml:33: dns.names[0].ttl: a TTL of 0s; write whole seconds, at least 1s"},
		{"TTL of half a second", []string{"ttl: 5m", "ttl: 1500ms"}, "s.yaml:33: dns.names[0].ttl: a TTL of 1s500ms; write whole seconds, at least 1s"},
		{"missing", []string{"zone: test.local, ttl: 5m, ", "ttl: 5m, "}, "s.yaml:33: dns.names[0].zone: missing; write the zone that holds the name"},
		{"FQDN", []string{"fqdn: ex2010-3.test.local", "fqdn: ex2010 3.test.local"}, `s.yaml:23: servers[2].fqdn: "ex2010 3.test.local" is no DNS name; write letters, digits and dashes between dots, as in ex1.test.local`},
		{"gss without a secret", []string{"tsig: {name: siteswap., algorithm: hmac-sha256, key_file: dns-prod.key}", "gss: {realm: T, user: svc}"}, "s.yaml:30: dns.servers[0].gss: nothing says where the secret is; write one of key_file, env, command"},
		{"gss without a realm", []string{"tsig: {name: siteswap., algorithm: hmac-sha256, key_file: dns-prod.key}", "gss: {user: svc, keytab: k}"}, "s.yaml:30: dns.servers[0].gss: a user without a realm; write realm, as in TEST.LOCAL"},
		{"gss without a user", []string{"tsig: {name: siteswap., algorithm: hmac-sha256, key_file: dns-prod.key}", "gss: {keytab: k}"}, "s.yaml:30: dns.servers[0].gss: a secret without a user; write user, or no secret: then the tickets of whoever runs the program sign"},
		{"gss beside tsig", []string{"key_file: dns-prod.key}", "key_file: dns-prod.key}, gss: {}"}, "s.yaml:30: dns.servers[0].gss: the server has tsig and gss; keep gss where the zone takes secure updates only, else tsig"},
		{"targets beside aliases", []string{"targets: {Prod: [10.0.1.10],", "aliases: {Prod: a.test.local, DR: b.test.local}, targets: {Prod: [10.0.1.10],"}, "s.yaml:33: dns.names[0].aliases: internal.test.local has targets and aliases; keep targets for addresses, or aliases for a CNAME"},
		{"no alias in a site", []string{"targets: {Prod: [10.0.1.10],    DR: [10.0.2.13]}", "aliases: {Prod: a.test.local}"}, "s.yaml:33: dns.names[0].aliases: internal.test.local has no alias in DR, which has members; add the name that its clients reach in DR"},
		{"no targets", []string{", targets: {Prod: [10.0.1.10],    DR: [10.0.2.13]}", ""}, "s.yaml:33: dns.names[0].targets: missing; list its addresses by site, as in {Prod: [10.0.1.10], DR: [10.0.2.13]}"},
		{"no secret", []string{", key_file: dns-prod.key", ""}, "s.yaml:30: dns.servers[0].tsig: nothing says where the secret is; write one of key_file, env, command"},
		{"two secrets", []string{", key_file: dns-prod.key", ", key_file: dns-prod.key,\n env: KEY"}, "s.yaml:31: dns.servers[0].tsig.env: the secret is in two places; keep one of key_file, env, command"},
		{"ways to tell", []string{"people:", "notify:\n  - {name: ops}\npeople:"}, "s.yaml:60: notify[0]: no ways to tell ops; write one of mail, url, program"},
	})
}

func TestUnique(t *testing.T) {
	check(t, []rule{
		{"server", []string{"name: EX2010-3, fqdn", "name: ex2010-2, fqdn", ", EX2010-3], names", "], names"}, `s.yaml:23: servers[2].name: "ex2010-2" names two servers, the first in line 22; give each its own name`},
		{"server FQDN", []string{"fqdn: ex2010-3.test.local", "fqdn: EX2010-2.test.local."}, `s.yaml:23: servers[2].fqdn: "ex2010-2.test.local" names two servers, the first in line 22; give each its own name`},
		{"server address", []string{"address: 10.0.2.13, roles", "address: 10.0.1.12, roles"}, `s.yaml:23: servers[2].address: "10.0.1.12" is the address of two servers, the first in line 22; give each its own address`},
		{"site", []string{"- name: Branch ", "- name: DR ", "site: Branch", "site: DR"}, `s.yaml:18: sites[2].name: "DR" names two sites, the first in line 15; give each its own name
s.yaml:56: warning: controllers[2].site: two of three controllers in DR: with that site their majority is lost too, and recovery must be forced; put one of them in a third place`},
		{"domain controller", []string{"dc-dr2.test.local, address: 10.0.2.6", "dc.test.local, address: 10.0.2.6"}, `s.yaml:16: sites[1].domain_controllers[1].fqdn: "dc.test.local" names two domain controllers, the first in line 13; give each its own name`},
		{"database", []string{"databases:\n", "databases:\n  - {name: db1, copies: [EX2010-1]}\n"}, `s.yaml:27: databases[1].name: "DB1" names two databases, the first in line 26; give each its own name`},
		{"DNS name", []string{"{name: external.test.local, zone", "{name: Internal.test.local., zone", ", external.test.local]", "]"}, `s.yaml:34: dns.names[1].name: "internal.test.local" is listed twice, the first in line 33; list each name once, or once in each view`},
		{"DNS server", []string{"'10.0.2.5:53'", "'10.0.1.5:53'"}, `s.yaml:31: dns.servers[1].address: "10.0.1.5:53" is the address of two DNS servers, the first in line 30; list each DNS server once`},
		{"controller", []string{"id: ctl-branch", "id: ctl-dr"}, `s.yaml:56: controllers[2].id: "ctl-dr" names two controllers, the first in line 55; give each its own id`},
		{"controller address", []string{"api: '10.0.3.20:8443'", "api: '10.0.3.20:8300'"}, `s.yaml:56: controllers[2].api: "10.0.3.20:8300" is used twice by controllers, the first in line 56; give each its own address or port`},
		{"listener", []string{"'tcp://10.0.2.30:5060'", "'udp://10.0.2.30:5060'"}, `s.yaml:39: um.redirectors[1].listen[1]: "udp://10.0.2.30:5060" is listened to twice, the first in line 39; give each listener its own address or port`},
		{"dial plan", []string{"    - name: HQ\n", "    - {name: hq, extension_digits: 4}\n    - name: HQ\n"}, `s.yaml:43: um.dial_plans[1].name: "HQ" names two dial plans, the first in line 42; give each its own name`},
		{"extension", []string{`"1002"`, `"1001"`}, `s.yaml:51: um.mailboxes[1].extension: "1001 of HQ" is the extension of two mailboxes, the first in line 50; give each its own extension`},
		{"legacy named current", []string{"name: EX2007-UM", "name: current", "home: EX2007-UM", "home: current"}, "s.yaml:48: um.legacy[0].name: current means the current UM servers; give the legacy server another name"},
		{"duplicate key", []string{"  windows: \"2008 R2\" ", "  name: DAG2\n  windows: \"2008 R2\" "}, "s.yaml:6: dag.name: given twice, first in line 4; remove one of the two"},
		{"approver", []string{"people:", "approvers: [Ann, ann]\npeople:"}, `s.yaml:59: approvers[1].name: "ann" names two approvers, the first in line 59; list each person once`},
	})
}

func TestDAGRules(t *testing.T) {
	only := func(names ...string) []string { // databases and pools without the servers that go
		return append([]string{"copies: [EX2010-1, EX2010-2, EX2010-3]", "copies: [EX2010-1]"}, names...)
	}
	check(t, []rule{
		{"DagOnly with one member", only(", pool: [EX2010-1, EX2010-2]", "", "roles: [cas, hub, mbx, um]}", "roles: [cas, hub, mbx]}", "roles: [cas, hub, mbx, um]}", "roles: [cas]}", "roles: [cas, hub, mbx, um]}", "roles: [cas]}"),
			"s.yaml:7: dag.activation_mode: DagOnly needs two members, and here is one; write Off, or add a member"},
		{"DagOnly on 2010 RTM with two members", only(`"2010 SP1"`, `"2010 RTM"`, "address: 10.0.1.12, roles: [cas, hub, mbx, um]", "address: 10.0.1.12, roles: [cas]"),
			"s.yaml:7: dag.activation_mode: DagOnly on Exchange 2010 RTM needs three members over two sites, and here are 2 over 2; write Off, install 2010 SP1, or add members"},
		{"DagOnly on 2010 RTM in one site", []string{`"2010 SP1"`, `"2010"`, "site: DR,   address: 10.0.2.13", "site: Prod, address: 10.0.2.13"},
			"s.yaml:7: dag.activation_mode: DagOnly on Exchange 2010 RTM needs three members over two sites, and here are 3 over 1; write Off, install 2010 SP1, or add members"},
		{"no member", []string{"copies: [EX2010-1, EX2010-2, EX2010-3]", "copies: [EX2010-1]", "[cas, hub, mbx, um]", "[cas]", "[cas, hub, mbx, um]", "[cas]", "[cas, hub, mbx, um]", "[cas]"},
			"s.yaml:20: servers: 0 servers have the role mbx; a DAG has 1 to 16 members: give the role mbx to its members, and to no other server\ns.yaml:26: databases[0].copies[0]: \"EX2010-1\" is no member (server with the role mbx) of this file; this file describes none; describe it first"},
		{"17 members", []string{ex3Line, ex3Line + moreServers(14)}, "s.yaml:20: servers: 17 servers have the role mbx; a DAG has 1 to 16 members: give the role mbx to its members, and to no other server"},
		{"16 members", []string{ex3Line, ex3Line + moreServers(13)}, ""},
		{"spare witness is a member", []string{"  activation_mode:", "  spare_witnesses: [{server: EX2010-1, site: Prod, directory: 'C:\\W'}]\n  activation_mode:"}, `s.yaml:7: dag.spare_witnesses[0].server: "EX2010-1" is a member of the DAG, and a member cannot witness for itself; name a server outside the DAG`},
		{"witness is a member", []string{"{server: dc.test.local, ", "{server: EX2010-1.test.local, "}, `s.yaml:8: dag.witness.server: "EX2010-1.test.local" is a member of the DAG, and a member cannot witness for itself; name a server outside the DAG`},
		{"alternate is a member", []string{"{server: dc-dr.test.local, ", "{server: ex2010-3, "}, `s.yaml:9: dag.alternate_witness.server: "ex2010-3" is a member of the DAG, and a member cannot witness for itself; name a server outside the DAG`},
		{"witness and alternate in one site", []string{"dc-dr.test.local, site: DR, ", "dc-dr.test.local, site: Prod, "}, "s.yaml:9: dag.alternate_witness.site: the witness and the alternate witness are both in Prod, and would be lost together; put the alternate witness in another site"},
		{"the same, the other way round", []string{"  witness:           {server: dc.test.local,    site: Prod, directory: 'C:\\DAGFileShareWitnesses\\DAG1.test.local'}\n", "",
			"directory: 'C:\\DAGFileShareWitnesses\\DAG1.test.local'}\n", "directory: 'C:\\W'}\n  witness: {server: dc.test.local, site: DR, directory: 'C:\\W'}\n"},
			"s.yaml:9: dag.witness.site: the witness and the alternate witness are both in DR, and would be lost together; put the alternate witness in another site"},
		{"witness site", []string{"dc.test.local,    site: Prod", "dc.test.local,    site: Pord"}, "s.yaml:8: dag.witness.site: \"Pord\" is no site of this file; did you mean `Prod`?"},
		{"server site", []string{"site: DR,   address: 10.0.2.13", "site: London, address: 10.0.2.13"}, `s.yaml:23: servers[2].site: "London" is no site of this file; describe it, or write one of Prod, DR, Branch`},
		{"six sites", []string{"  - name: Branch ", "  - {name: A}\n  - {name: B}\n  - {name: C}\n  - name: Branch "}, "s.yaml:11: sites: 6 sites; list 2 to 5 sites"},
		{"pool", []string{"pool: [EX2010-1, EX2010-2]", "pool: [EX2010-1, EX2010-3]"}, "s.yaml:14: sites[0].vip.pool[1]: \"EX2010-3\" is no server in Prod of this file; did you mean `EX2010-1`?"},
		{"pool twice", []string{"pool: [EX2010-1, EX2010-2]", "pool: [EX2010-1, EX2010-1]"}, `s.yaml:14: sites[0].vip.pool[1]: "EX2010-1" stands in the pool twice, the first in line 14; list each server once`},
		{"copy on nobody", []string{"copies: [EX2010-1, EX2010-2, EX2010-3]", "copies: [EX2010-1, EX2010-2, EX3]"}, `s.yaml:26: databases[0].copies[2]: "EX3" is no member (server with the role mbx) of this file; describe it, or write one of EX2010-1, EX2010-2, EX2010-3`},
		{"two copies on one member", []string{"copies: [EX2010-1, EX2010-2, EX2010-3]", "copies: [EX2010-1, EX2010-2,\n {server: EX2010-1}]"}, `s.yaml:27: databases[0].copies[2].server: "EX2010-1" holds two copies of DB1, the first in line 26; a member holds one copy of a database: name another member`},
		{"preference twice", []string{"copies: [EX2010-1, EX2010-2, EX2010-3]", "copies: [EX2010-1, EX2010-2, {server: EX2010-3, preference: 1}]"}, `s.yaml:26: databases[0].copies[2].preference: "preference 1" is given to two copies, the first in line 26; number the copies 1 to n, or leave preference out everywhere`},
		{"database name", []string{"names: [internal.test.local, external.test.local]", "names: [internal.test.local, outside.test.local]"}, "s.yaml:26: databases[0].names[1]: \"outside.test.local\" is no name (dns.names) of this file; did you mean `internal.test.local`?"},
	})
}

func TestDNSRules(t *testing.T) {
	check(t, []rule{
		{"outside its zone", []string{"zone: test.local, ttl", "zone: corp.local, ttl"}, "s.yaml:33: dns.names[0].name: internal.test.local does not lie in the zone corp.local; write the zone that holds the name"},
		{"a suffix is no zone", []string{"zone: test.local, ttl", "zone: ernal.test.local, ttl"}, "s.yaml:33: dns.names[0].name: internal.test.local does not lie in the zone ernal.test.local; write the zone that holds the name"},
		{"outside its zone, zone in a later line", []string{"zone: test.local, ttl", "\n       zone: corp.local, ttl"}, "s.yaml:34: dns.names[0].zone: internal.test.local does not lie in the zone corp.local; write the zone that holds the name"},
		{"no server for the zone", []string{"'10.0.1.5:53',", "'10.0.1.5:53', zones: [corp.local],", "'10.0.2.5:53',", "'10.0.2.5:53', zones: [corp.local],"},
			"s.yaml:33: dns.names[0].zone: no DNS server of this file holds the zone test.local; add it to the zones of a server in dns.servers\ns.yaml:34: dns.names[1].zone: no DNS server of this file holds the zone test.local; add it to the zones of a server in dns.servers"},
		{"no target in a site", []string{"targets: {Prod: [10.0.1.10],    DR: [10.0.2.13]}", "targets: {Prod: [10.0.1.10]}"}, "s.yaml:33: dns.names[0].targets: internal.test.local has no target in DR, which has members; add the address that its clients reach in DR"},
		{"empty target", []string{"DR: [10.0.2.13]}", "DR: []}"}, "s.yaml:33: dns.names[0].targets: internal.test.local has no target in DR, which has members; add the address that its clients reach in DR"},
		{"target in no site", []string{"DR: [10.0.2.13]}", "DR: [10.0.2.13], Brunch: [10.0.3.3]}"}, "s.yaml:33: dns.names[0].targets.Brunch: \"Brunch\" is no site of this file; did you mean `Branch`?"},
		{"unknown server", []string{"DR: [10.0.2.13]}}", "DR: [10.0.2.13]}, servers: ['10.0.9.9:53']}"}, "s.yaml:33: dns.names[0].servers[0]: \"10.0.9.9:53\" is no DNS server of this file; did you mean `10.0.1.5:53`?"},
		{"server without the zone", []string{"'10.0.2.5:53',", "'10.0.2.5:53', zones: [corp.local],", "DR: [10.0.2.13]}}", "DR: [10.0.2.13]}, servers: ['10.0.2.5:53']}"}, "s.yaml:33: dns.names[0].servers[0]: this DNS server does not hold test.local; add the zone to its zones, or name another server"},
		{"DNS server site", []string{"{site: DR,   address: '10.0.2.5:53'", "{site: dr,   address: '10.0.2.5:53'"}, "s.yaml:31: dns.servers[1].site: \"dr\" is no site of this file; did you mean `DR`?"},
	})
}

func TestUMRules(t *testing.T) {
	check(t, []rule{
		{"extension too long", []string{`"1002"`, `"10020"`}, `s.yaml:51: um.mailboxes[1].extension: extension "10020" does not fit the dial plan HQ; write 4 digits, in quotes`},
		{"extension with a letter", []string{`"1002"`, `"100a"`}, `s.yaml:51: um.mailboxes[1].extension: extension "100a" does not fit the dial plan HQ; write 4 digits, in quotes`},
		{"dial plan", []string{`"1002", dial_plan: HQ`, `"1002", dial_plan: Berlin`}, `s.yaml:51: um.mailboxes[1].dial_plan: "Berlin" is no dial plan of this file; describe it, or write one of HQ`},
		{"home", []string{"home: EX2007-UM", "home: EX2007"}, "s.yaml:50: um.mailboxes[0].home: \"EX2007\" is no legacy server of this file; did you mean `EX2007-UM`?"},
		{"redirect to a listener by address", []string{"'ex2010-3.test.local:5060;transport=tcp'", "'10.0.2.30:5060'"}, "s.yaml:46: um.dial_plans[0].current.DR[0].target: the redirect to 10.0.2.30 leads back to our own listener udp://10.0.2.30:5060; write the address of a UM server"},
		{"redirect to a listener by name", []string{"udp://10.0.2.30:5060", "udp://10.0.2.13:5060"}, "s.yaml:46: um.dial_plans[0].current.DR[0].target: the redirect to ex2010-3.test.local leads back to our own listener udp://10.0.2.13:5060; write the address of a UM server"},
		{"redirect to a listener by DNS name", []string{"udp://10.0.2.30:5060", "udp://198.51.100.13:5061", "'ex2010-3.test.local:5060;transport=tcp'", "'external.test.local:5061;transport=tls'"}, "s.yaml:46: um.dial_plans[0].current.DR[0].target: the redirect to external.test.local leads back to our own listener udp://198.51.100.13:5061; write the address of a UM server"},
		{"legacy is a listener", []string{"address: 10.0.2.40", "address: 10.0.2.30"}, "s.yaml:48: um.legacy[0].address: the redirect to 10.0.2.30 leads back to our own listener udp://10.0.2.30:5060; write the address of a UM server"},
		{"another port is no listener", []string{"'ex2010-3.test.local:5060;transport=tcp'", "'10.0.2.30:5070'"}, ""},
		{"bind", []string{"listen: ['udp://10.0.1.30:5060', 'tcp://10.0.1.30:5060']", "listen: ['udp://10.0.1.30:5060', 'tcp://10.0.1.30:5060'], bind: ['udp://10.0.1.31:5060']"}, "s.yaml:38: um.redirectors[0].bind: 1 addresses to bind for 2 to listen; write one for each of listen, in the same order"},
		{"two sources of mailboxes", []string{"  mailboxes: ", "  mailbox_file: um.csv\n  mailboxes: "}, "s.yaml:50: um.mailboxes: mailboxes come from um.mailboxes and um.mailbox_file; keep one of them"},
		{"current in no site", []string{"        DR:   [{target", "        Dr:   [{target"}, "s.yaml:46: um.dial_plans[0].current.Dr: \"Dr\" is no site of this file; did you mean `DR`?"},
		{"redirector site", []string{"{site: DR,   listen", "{site: D,   listen"}, "s.yaml:39: um.redirectors[1].site: \"D\" is no site of this file; did you mean `DR`?"},
	})
}

func TestWarnings(t *testing.T) {
	check(t, []rule{
		{"even number of controllers", []string{ctlBranch, ""}, "s.yaml:53: warning: controllers: two controllers: an even number bears no more losses than one less, and two halves cannot decide; have 1 or 3"},
		{"two of three in a DAG site", []string{"id: ctl-branch, site: Branch", "id: ctl-dr-2, site: DR"}, "s.yaml:56: warning: controllers[2].site: two of three controllers in DR: with that site their majority is lost too, and recovery must be forced; put one of them in a third place"},
		{"two of three in a third place", []string{"id: ctl-dr,     site: DR", "id: ctl-b2,     site: Branch"}, ""},
		{"long TTL", []string{"ttl: 5m", "ttl: 1h"}, "s.yaml:33: warning: dns.names[0].ttl: with a TTL of 1h clients go to the old address for up to 1h after a switchover; write 5m or less"},
		{"one domain controller", []string{", {fqdn: dc-dr2.test.local, address: 10.0.2.6}", ""}, "s.yaml:16: warning: sites[1].domain_controllers: one domain controller in DR: Exchange there stops with it, and nothing there can be read or written while it is down; give the site a second one"},
		{"controller site", []string{"id: ctl-branch, site: Branch", "id: ctl-branch, site: Brunch"}, "s.yaml:56: controllers[2].site: \"Brunch\" is no site of this file; did you mean `Branch`?"},
	})
}

// moreServers are further members in DR.
func moreServers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  - {name: X%d, fqdn: x%d.test.local, site: DR, address: 10.0.2.%d, roles: [mbx]}\n", i, i, 100+i)
	}
	return b.String()
}
