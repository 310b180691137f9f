// Package dnsupdatetest is what package dnsupdate expects of a server, as tests: the emulated server of the lab and real
// ones (BIND, Knot, Active Directory) are held to the same suite. A server that can be made to fail runs the table of
// faults too, each before and after the update took effect.
package dnsupdatetest

import (
	"testing"

	"siteswap/dnsupdate"
)

// Fault is what a server does wrong with the next updates.
type Fault uint8

// The faults. They act on updates, but Truncate, which acts on queries by UDP.
const (
	None           Fault = iota
	DropRequest          // not applied, no answer
	DropAnswer           // applied, no answer
	Lie                  // not applied, answered NOERROR with a good signature
	ServFail             // not applied, answered SERVFAIL with a good signature
	ServFailAfter        // applied, answered SERVFAIL with a good signature
	UnsignedRefuse       // not applied, answered REFUSED without a signature
	UnsignedAnswer       // applied, answered NOERROR without a signature
	ForgedLie            // not applied, answered NOERROR with a wrong signature
	ForgedAnswer         // applied, answered NOERROR with a wrong signature
	Truncate             // queries by UDP are answered truncated and empty
)

// Server is a running server under test. Each test gets its own, or one that the tests may share: names differ by test.
type Server struct {
	Address string         // host:port, UDP and TCP
	Zone    string         // that Key may update
	Foreign string         // a zone that the server does not hold; empty: not tested
	Key     dnsupdate.TSIG // good there
	Inject  func(Fault)    // nil: the server cannot be made to fail
}

// Run holds a server to the contract.
func Run(t *testing.T, newServer func(t *testing.T) Server) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, *bench)
	}{
		{"CreateSwapDelete", createSwapDelete},
		{"Types", types},
		{"AliasAndBack", aliasAndBack},
		{"SwapIsCompared", swapIsCompared},
		{"HandEditIsAConflict", handEdit},
		{"NameInUse", nameInUse},
		{"AtomicOverNames", atomicOverNames},
		{"ReplayIsIdempotent", replay},
		{"TTL", ttlChange},
		{"ManyNames", manyNames},
		{"PutBack", putBack},
		{"BadKey", badKey},
		{"BadTime", badTime},
		{"Unsigned", unsigned},
		{"NotZone", notZone},
		{"NotHeld", notHeld},
		{"Facts", facts},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, newBench(t, newServer(t))) })
	}
	t.Run("Faults", func(t *testing.T) { runFaults(t, newServer) })
}

// Key is a key for [Server].
func Key(name, algorithm string, secret []byte) dnsupdate.TSIG {
	return dnsupdate.TSIG{Name: name, Algorithm: algorithm, Secret: dnsupdate.NewSecret(secret)}
}
