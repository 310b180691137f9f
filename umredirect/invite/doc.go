// Package invite reads the INVITE that nearly all calls begin with, in one pass over the datagram, and writes the 302 that
// answers it, into a buffer that is there already. It allocates nothing.
//
// It is narrower than the grammar on purpose: every header on one line, no quoting beyond a display name, nothing twice,
// nothing that asks for more than a redirect, no header that it does not know. It takes nothing that it is not sure of; what
// it does not take goes to the slow path, which is right about everything. For whatever it takes both write the same bytes
// (umredirect.FuzzFastIsSlow), and it takes none of the messages that RFC 4475 calls invalid.
package invite
