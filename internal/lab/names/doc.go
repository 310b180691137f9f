// Package names is the DNS of the emulated sites: an authoritative server per site that takes TSIG-signed RFC 2136 updates
// and replicates as a zone in Active Directory does, and the caching resolver that emulated clients ask.
//
// A [Server] keeps its zones in memory and serves them on sockets that the caller supplies, so that the emulated network
// can cut them. It can be stopped and started again with its data, as a process that dies on a living host. What it
// answers at any time is recorded ([Server.Changes]); faults are data, handed in by a gate that sees every request.
//
// Many masters: each server takes updates alone; [Replicate] copies what is newer, by version, then time, then origin
// (domain-exchange.md, section 7). An isolated server that wrote a name twice therefore wins over the single, later write
// of another.
package names
