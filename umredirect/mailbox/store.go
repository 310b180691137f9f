package mailbox

import (
	"encoding/binary"
	"hash/maphash"
	"iter"
	"math/bits"
	"strings"
)

// Limits of a store. Longer extensions and more plans or homes must be refused before.
const (
	MaxExtension = 255
	MaxNumber    = 1 << 16 // of plans, and of homes
)

const (
	blockSize = 1 << 20
	header    = 5 // plan, home, length
)

// Store maps a plan and an extension to a home, all of which are numbers that its owner gives. Extensions are not case
// sensitive. While nobody adds, any number of goroutines may look up.
type Store struct {
	seed   maphash.Seed
	slots  []uint64 // upper half of the hash, then where the entry is, plus one; 0 is free
	blocks [][]byte
	used   int
}

// Entry is one mailbox.
type Entry struct {
	Plan      int
	Extension string // in lower case
	Home      int
}

// NewStore makes an empty store with room for as many as are expected.
func NewStore(expect int) *Store {
	return &Store{seed: maphash.MakeSeed(), slots: make([]uint64, 1<<bits.Len(uint(max(16, expect*3/2))))}
}

// Len is how many mailboxes there are.
func (s *Store) Len() int { return s.used }

// Find is the home of an extension. It allocates nothing for extensions without capital letters.
func (s *Store) Find(plan int, extension string) (home int, ok bool) {
	at, found := s.slot(plan, strings.ToLower(extension))
	if !found {
		return 0, false
	}
	return s.homeAt(at), true
}

// Add puts an extension in. If it is there already nothing changes, and the home that it has is returned with false.
func (s *Store) Add(plan int, extension string, home int) (has int, added bool) {
	if (s.used+1)*3 > len(s.slots)*2 {
		s.grow()
	}
	extension = strings.ToLower(extension)
	at, found := s.slot(plan, extension)
	if found {
		return s.homeAt(at), false
	}
	s.slots[at] = s.hash(plan, extension)>>32<<32 | uint64(s.write(plan, extension, home)+1)
	s.used++
	return home, true
}

// All visits the mailboxes in the order in which they were added.
func (s *Store) All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, b := range s.blocks {
			for len(b) > 0 {
				n := header + int(b[4])
				e := Entry{int(binary.LittleEndian.Uint16(b)), string(b[header:n]), int(binary.LittleEndian.Uint16(b[2:]))}
				if !yield(e) {
					return
				}
				b = b[n:]
			}
		}
	}
}

func (s *Store) hash(plan int, extension string) uint64 {
	return (maphash.String(s.seed, extension) + uint64(plan)) * 0x9e3779b97f4a7c15
}

// slot is where the extension is, or where it would be put.
func (s *Store) slot(plan int, extension string) (at int, found bool) {
	h := s.hash(plan, extension)
	mask := len(s.slots) - 1
	for at = int(h>>20) & mask; s.slots[at] != 0; at = (at + 1) & mask {
		if s.slots[at]>>32 == h>>32 && s.is(s.entry(at), plan, extension) {
			return at, true
		}
	}
	return at, false
}

func (s *Store) is(e []byte, plan int, extension string) bool {
	return int(e[4]) == len(extension) && int(binary.LittleEndian.Uint16(e)) == plan && string(e[header:header+len(extension)]) == extension
}

// entry is what a slot that is not free points to.
func (s *Store) entry(slot int) []byte {
	at := uint32(s.slots[slot]) - 1
	return s.blocks[at/blockSize][at%blockSize:]
}

func (s *Store) homeAt(slot int) int { return int(binary.LittleEndian.Uint16(s.entry(slot)[2:])) }

// write puts an entry behind the last one.
func (s *Store) write(plan int, extension string, home int) uint32 {
	last := len(s.blocks) - 1
	if last < 0 || len(s.blocks[last])+header+len(extension) > blockSize {
		size := blockSize
		if last < 0 {
			size = min(size, len(s.slots)*(header+3)) // a small table needs no whole block
		}
		s.blocks = append(s.blocks, make([]byte, 0, size))
		last++
	}
	b := s.blocks[last]
	at := last*blockSize + len(b)
	b = binary.LittleEndian.AppendUint16(b, uint16(plan))
	b = binary.LittleEndian.AppendUint16(b, uint16(home))
	b = append(b, byte(len(extension)))
	s.blocks[last] = append(b, extension...)
	return uint32(at)
}

// grow doubles the slots.
func (s *Store) grow() {
	s.slots = make([]uint64, 2*len(s.slots))
	mask := len(s.slots) - 1
	for i, b := range s.blocks {
		for at := 0; at < len(b); {
			e := b[at:]
			extension := string(e[header : header+int(e[4])])
			h := s.hash(int(binary.LittleEndian.Uint16(e)), extension)
			slot := int(h>>20) & mask
			for ; s.slots[slot] != 0; slot = (slot + 1) & mask {
			}
			s.slots[slot] = h>>32<<32 | uint64(i*blockSize+at+1)
			at += header + len(extension)
		}
	}
}
