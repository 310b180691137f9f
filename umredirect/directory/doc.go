// Package directory reads the mailboxes of Unified Messaging from Active Directory: which extension belongs to which dial
// plan, and which server it is on.
//
// A mailbox is an EUM address of a user, as in EUM:1001;phone-context=HQ.test.local; the user's mailbox server says whether
// an older UM server answers for it. [Reader.Refresh] reads all of them the first time and then what has changed, by DirSync
// or by another search in pages; when the server stops in the middle, or anything of what it says cannot be read, what was
// known stays as it was. Reading is apart from understanding: copy.go and address.go know no connection.
package directory
