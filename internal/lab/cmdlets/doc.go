// Package cmdlets is the management endpoint of one emulated Exchange server: it answers the cmdlets of Exchange, of the
// failover cluster and of Windows services from the shared model, with the product's object shapes and error texts.
//
// Reads are what the server can see from its site; acting cmdlets are operations of the model, begun once and never undone
// because a caller went away: a client's timeout is not when Exchange stops working.
package cmdlets
