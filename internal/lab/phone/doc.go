// Package phone is the telephony of the lab on real sockets: a PBX that stands outside, and UM servers of either version.
//
// The PBX does what one does: it pings every redirector with OPTIONS, calls through the first that answers 200, follows a
// 302 to the name in its Contact with the same Call-ID and the next CSeq (RFC 3261, section 8.1.3.4), tries the Contacts in
// order of q, acknowledges, and hangs up. It keeps a record of every call, which is what the drill's promise about calls is
// checked against. A UM server answers calls for its extensions, or, as a UM listener does, sends them on to its worker.
//
// Messages are read and written with sipgo's parser and types; transactions are the few lines that this needs, because
// every socket has to come from an injected dialer with the caller's own address.
package phone
