// Package umredirect is the SIP redirect server of Unified Messaging.
//
// While Unified Messaging lives on two Exchange versions, a PBX calls the newest one only, and a call for a mailbox that is
// still on the old one must be sent on with a 302 whose Contact is the old server's FQDN; after a site switchover the
// newest one is somewhere else (domain-exchange.md, section 8). This server stands in that path. It never answers a call
// itself: it says where to go.
//
// The order of work, each step a function of its input:
//   - split reads the bytes of one request strictly; what it cannot read is a 400 and never guessed at.
//   - check says what RFC 3261, section 8.2, says before anybody asks where a call goes: version, method, URI, extensions.
//   - [Decide] says where a call goes: a table, the state of the site, who is called; no socket, no clock.
//   - the answer is written with a To tag that is a keyed hash of the request, so that it is stateless: the same request
//     gets the same bytes (RFC 3261, section 8.2.7), from every redirector that has the same key and table. A server that is
//     asked to be stateful remembers requests besides (section 17.2), within limits.
//
// sipgo is not used here: its transport and transactions keep memory for every source address, log whole datagrams and do
// not answer what does not parse, its reader takes what the grammar forbids (sip.md, traps 3 to 10).
//
// A stateless CANCEL is answered 200 whether or not its INVITE was seen: every INVITE is final at once, so there is nothing to cancel,
// and RFC 3261, section 8.3, asks a redirect server for a 2xx. ACK is swallowed. Max-Forwards 0 is answered as any other
// value, for a redirect server is not a proxy. Answers over UDP go to the address that the request came from, never to a
// maddr, so nobody can be flooded through here; who is no listed peer gets silence.
//
// What the server answers with changes in two ways: [Server.SetTable], and the site, through [Server.Control], kept in a
// file so that a redirector that starts while everything else is dead answers as before.
package umredirect
