package config_test

import "testing"

const (
	planLine   = "      extension_digits: 4\n"
	legacyLine = "when_down: decline}"
	boxLines   = "  mailboxes:                                                     # or mailbox_file: um.csv, or ldap: {...}\n    - {extension: \"1001\", dial_plan: HQ, home: EX2007-UM}\n    - {extension: \"1002\", dial_plan: HQ, home: current}\n"
	directory  = "  ldap: {url: 'ldaps://dc.test.local', base: 'DC=test,DC=local', account: svc, env: LDAP}\n"
)

func TestUMGood(t *testing.T) {
	check(t, []rule{
		{"everything of a dial plan", []string{planLine, planLine + "      uri_type: telextn\n      patterns: ['+4989XXXX', 1XXX]\n      version: 2010\n      when_down: redirect-anyway\n      pilots: ['7000', {number: '7001', home: EX2007-UM}]\n      unknown: decline\n"}, ""},
		{"everything of a legacy server", []string{legacyLine, "when_down: operator, operator: '0@pbx.test.local', version: 2007, also: ['ex2007-2.test.local', {target: 'ex2007-3.test.local:5061;transport=tls', q: 0.5, weight: 3}], mailbox_servers: [EX2007-MBX]}"}, ""},
		{"decline with 503", []string{legacyLine, "when_down: decline, decline: 503}"}, ""},
		{"which entry counts", []string{"um:\n", "um:\n  diversion: latest\n  history_info: ignore\n  unknown: EX2007-UM\n  stateful: true\n"}, ""},
		{"a listener with TLS", []string{"'tcp://10.0.2.30:5060']", "'tls://10.0.2.30:5061'], tls: {certificate: um.pem, key_file: um.key, client_ca: ca.pem}"}, ""},
		{"a directory", []string{boxLines, "  ldap: {url: 'ldap://dc.test.local:389', start_tls: true, ca: ca.pem, base: 'DC=test,DC=local', filter: '(&(a=b)(c=*))', page: 500, changes: search, every: 5m, account: svc, key_file: p}\n", legacyLine, "when_down: decline, mailbox_servers: [OLD1]}"}, ""},
	})
}

func TestCallRules(t *testing.T) {
	check(t, []rule{
		{"no digits", []string{planLine, ""}, "s.yaml:42: um.dial_plans[0].extension_digits: missing; write how many digits an extension has"},
		{"pattern", []string{planLine, planLine + "      patterns: [+49-89]\n"}, `s.yaml:44: um.dial_plans[0].patterns[0]: "+49-89" is no pattern; write digits, X for any digit, and * at the end for any more, as in +4989XXXX`},
		{"worker port", []string{"'ex2010-3.test.local:5060;transport=tcp'", "'ex2010-3.test.local:5065;transport=tcp'"}, "s.yaml:46: um.dial_plans[0].current.DR[0].target: port 5065 belongs to a worker process; write the port that answers calls, 5060, or 5061 with tls"},
		{"service port", []string{planLine, planLine + "      version: 2016\n", "'ex2010-3.test.local:5060;transport=tcp'", "'ex2010-3.test.local:5062;transport=tcp'"}, "s.yaml:47: um.dial_plans[0].current.DR[0].target: port 5062 belongs to the UM service of one server; write the port that answers calls, 5060, or 5061 with tls"},
		{"secured without TLS", []string{planLine, planLine + "      security: secured\n", "        Prod: [{target: 'ex2010-1.test.local:5060;transport=tcp', q: 1.0}, {target: 'ex2010-2.test.local:5060;transport=tcp', q: 0.5}]\n", ""}, "s.yaml:46: um.dial_plans[0].current.DR[0].target: a secured dial plan, and a target without TLS; write ;transport=tls, or security: unsecured"},
		{"unknown home", []string{planLine, planLine + "      unknown: EX2007\n"}, "s.yaml:44: um.dial_plans[0].unknown: \"EX2007\" is no legacy server of this file; did you mean `EX2007-UM`?"},
		{"pilot", []string{planLine, planLine + "      pilots: [seven]\n"}, `s.yaml:44: um.dial_plans[0].pilots[0].number: "seven" is no number; write its digits, in quotes`},
		{"decline", []string{legacyLine, "decline: 404}"}, "s.yaml:48: um.legacy[0].decline: 404 is no answer that a PBX goes on from; write 480 or 503"},
		{"decline and redirect", []string{legacyLine, "when_down: current, decline: 503}"}, "s.yaml:48: um.legacy[0].decline: decline has no meaning with when_down: current; leave one of them out"},
		{"no operator", []string{legacyLine, "when_down: operator}"}, "s.yaml:48: um.legacy[0].when_down: nobody is named as operator; write operator: 0@pbx.test.local:5060;transport=tcp"},
		{"an operator for nothing", []string{legacyLine, "operator: '0@pbx.test.local'}"}, "s.yaml:48: um.legacy[0].operator: no call ever gets there; write when_down: operator, or leave it out"},
		{"operator", []string{legacyLine, "when_down: operator, operator: 'desk@pbx.test.local'}"}, "s.yaml:48: um.legacy[0].operator: \"desk@pbx.test.local\" is no operator; write number and host, as in 0@pbx.test.local:5060;transport=tcp"},
		{"operator is us", []string{legacyLine, "when_down: operator, operator: '0@10.0.1.30'}"}, "s.yaml:48: um.legacy[0].operator: the redirect to 10.0.1.30 leads back to our own listener udp://10.0.1.30:5060; write the address of a UM server"},
		{"legacy named decline", []string{"name: EX2007-UM", "name: decline", "home: EX2007-UM", "home: decline"}, "s.yaml:48: um.legacy[0].name: decline means that nobody takes the call; give the legacy server another name"},
		{"TLS without a certificate", []string{"'tcp://10.0.2.30:5060'", "'tls://10.0.2.30:5061'"}, "s.yaml:39: um.redirectors[1].listen[1]: a tls listener, and no certificate; write tls: {certificate: FILE, key_file: FILE}"},
		{"which entry", []string{"um:\n", "um:\n  history_info: first\n"}, `s.yaml:37: um.history_info: "first" is no known value; write one of original, latest, ignore`},
	})
}

func TestLDAPRules(t *testing.T) {
	with := func(was, now string) []string {
		return []string{boxLines, directory, legacyLine, "when_down: decline, mailbox_servers: [OLD1]}", was, now}
	}
	check(t, []rule{
		{"in clear", with("ldaps:", "ldap:"), "s.yaml:49: um.ldap.url: the password would cross the network in clear; write ldaps://, or start_tls: true"},
		{"secured twice", with("base:", "start_tls: true, base:"), "s.yaml:49: um.ldap.start_tls: ldaps:// is secured from the start; leave start_tls out, or write ldap://"},
		{"another scheme", with("ldaps://dc.test.local", "https://dc.test.local"), `s.yaml:49: um.ldap.url: "https://dc.test.local" is no LDAP server; write scheme and host, as in ldaps://dc.test.local`},
		{"filter", with("account:", "filter: 'a=b', account:"), `s.yaml:49: um.ldap.filter: "a=b" is no LDAP filter; write it in brackets, as in (proxyAddresses=EUM:*)`},
		{"too often", with("account:", "every: 100ms, account:"), "s.yaml:49: um.ldap.every: 100ms is too often; write 1s or more"},
		{"no secret", with(", env: LDAP", ""), "s.yaml:49: um.ldap: nothing says where the secret is; write one of key_file, env, command"},
		{"page", with("account:", "page: 0, account:"), "s.yaml:49: um.ldap.page: 0 is out of bounds; write a number from 1 to 100000"},
		{"nobody is legacy", []string{boxLines, directory}, "s.yaml:49: warning: um.ldap: no legacy server lists mailbox_servers, so every mailbox counts as current; write at um.legacy[] which mailbox servers it answers for"},
	})
}
