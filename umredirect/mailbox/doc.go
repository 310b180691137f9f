// Package mailbox keeps which server answers for which extension, for a million of them in little memory, and reads them
// from CSV line by line.
//
// A Go map of a million strings costs over 100 MB and a pointer for each that the garbage collector follows. Here the
// extensions lie one behind the other in blocks, and an open hash table holds where: 30 bytes for one of seven digits,
// two places of memory to look at for each look-up, nothing for the collector to follow.
package mailbox
