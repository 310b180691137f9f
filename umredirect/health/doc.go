// Package health watches the servers that calls are redirected to, so that a dead one, or a name that a PBX cannot resolve, is an
// alarm before it is a lost call (domain-exchange.md, section 8.1: a PBX that cannot resolve the Contact drops the call).
//
// [Machine] decides: it is told what was looked up and what was probed, and at what time, and says what is due next and how
// each target is. It has no clock, no socket and no randomness. [Watcher] acts: it looks names up with the resolver that the PBX
// uses, sends an OPTIONS to every address over the target's transport (RFC 3261, section 11; RFC 3263 for SRV), and tells
// the machine.
//
// Nothing here stands in the path of a call. Answers are made from the last report; a target of which nothing is known yet
// counts as alive, because the table must serve while DNS is down.
package health
