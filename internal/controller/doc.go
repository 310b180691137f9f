// Package controller is the shells around the pure package run: a raft node that replicates the log, the loop of the leader
// that carries decisions out, and the HTTP API. It decides nothing about Exchange; it acts only through the port [World].
//
// What it guarantees: an act begins only for a committed INTENT, with a Permit that was given after a barrier and a verified
// leadership; what is proposed has been applied on trial, to the very state that it will meet; an entry that cannot be
// applied stops the node.
package controller
