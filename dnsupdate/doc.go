// Package dnsupdate repoints DNS names with signed RFC 2136 updates, as a compare-and-swap.
//
// The order of work is: [Plan] turns changes into one atomic update per zone; [Client.Apply] reads what a server answers
// now, sends only what is missing, and reads back; [Client.Repoint] does that at the surviving site's server first and
// then at every other listed one, because zones kept in Active Directory have many masters and agree only after a while;
// [Client.Verify] says at any time which servers agree. A server that cannot be reached is owed the change.
//
// What an answer proves is decided by [Judge], without a socket. NOERROR under a signature that verifies is the only good
// answer, and even that is read back: some servers acknowledge and do not apply. No answer, an unsigned one or a wrongly
// signed one proves nothing, so the server is read. A name that holds neither the old value nor the new one is a
// [Conflict]: somebody edited it by hand, and it is never overwritten.
//
// An update that got no answer may still be applied later, but not after [Fudge]: then its signature is too old.
package dnsupdate
