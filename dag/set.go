package dag

import "math/bits"

// Set is a set of members (indexes of Topology.Members, at most 16) or of sites.
type Set uint16

// Has says whether i is in the set.
func (s Set) Has(i int) bool { return i >= 0 && s&(1<<i) != 0 }

// Add is the set with i.
func (s Set) Add(i int) Set { return s | 1<<i }

// Remove is the set without i.
func (s Set) Remove(i int) Set { return s &^ (1 << i) }

// Len is the number of elements.
func (s Set) Len() int { return bits.OnesCount16(uint16(s)) }

// Last is the largest element, or -1.
func (s Set) Last() int { return bits.Len16(uint16(s)) - 1 }

// First is the smallest element, or -1.
func (s Set) First() int {
	if s == 0 {
		return -1
	}
	return bits.TrailingZeros16(uint16(s))
}
