// Package arch holds no code: its tests are the rules of the house, each with its reason. Who may import whom, which packages
// stay pure, who may make a permit, how long a function may be, that every package says what it is for, and that each kind
// of step has both its halves. A rule that only people watch is broken within a month; one that fails a test is not.
//
// Each rule is also run over a small module with a planted breach of it (planted_test.go), because a rule that cannot fail
// proves nothing.
package arch
