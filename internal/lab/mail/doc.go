// Package mail is how clients reach a mailbox database in the lab, as real ones do: name -> cache -> load balancer (VIP) ->
// a server's client-access front -> the store of whichever server mounts the database. Clients send numbered messages, and
// the Ledger knows what became of each: the promise that the loss figures of a drill check (architecture.md, "The lab on
// one machine").
//
// Everybody speaks one line protocol over TCP, one request at a time on a connection, fields separated by one space and
// query-escaped (a database may be called "Mailbox Database 1"), every line at most 4 KiB:
//
//	to a front    HELLO client                       -> OK
//	              HEALTH                             -> OK, or NO reason
//	              SEND database client number        -> ACK number, or NO reason
//	to a store    APPEND front database client number -> OK generation, AWAY reason, or NO reason
//
// An answer to SEND or APPEND comes only when the message is acknowledged (Ledger.Safe says when). A client that got none
// sends the same number again; the store knows it by client and number and does not log it twice.
//
// AWAY says that the server runs and does not mount the database, or not any more: the front asks Active Manager again and goes on
// to where the database is now, so that a move between the two is not felt by the client.
//
// A client that closes its connection withdraws its request: what is not acknowledged by then never will be on its behalf.
package mail
