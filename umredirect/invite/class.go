package invite

// class is a set of ASCII characters, as bits.
type class struct{ low, high uint64 } // below 64, and from 64

const (
	digitBits  = (1<<10 - 1) << '0'
	letterBits = (1<<26-1)<<('a'-64) | (1<<26-1)<<('A'-64)
	lowerBits  = (1<<26 - 1) << ('a' - 64)
)

// The classes of the recogniser are narrower than the grammar: what is rare is left to the slow path.
func digitClass() class { return class{low: digitBits} }
func hostClass() class  { return class{digitBits | 1<<'.' | 1<<'-', letterBits} }
func userClass() class {
	return class{digitBits | 1<<'.' | 1<<'-' | 1<<'+', letterBits | 1<<('_'-64)}
}
func nameClass() class { return class{digitBits | 1<<'-', lowerBits} }
func tokenClass() class {
	return class{digitBits | 1<<'-' | 1<<'.' | 1<<'!' | 1<<'%' | 1<<'*' | 1<<'+' | 1<<'\'', letterBits | 1<<('_'-64) | 1<<('`'-64) | 1<<('~'-64)}
}
func wordClass() class { // of a Call-ID
	t := tokenClass()
	return class{t.low | 1<<':' | 1<<'/', t.high | 1<<('@'-64)}
}
func displayClass() class {
	t := tokenClass()
	return class{t.low | 1<<' ', t.high}
}
func quotedClass() class {
	t := textClass()
	return class{t.low &^ (1 << '"'), t.high &^ (1 << ('\\' - 64))}
}
func textClass() class { return class{^uint64(1<<' ' - 1), ^uint64(1 << 63)} }

func (c class) has(b byte) bool {
	if b < 64 {
		return c.low>>b&1 != 0
	}
	return b < 128 && c.high>>(b-64)&1 != 0
}

// span is where the run of characters of the class ends that begins at.
func (c class) span(b []byte, at int) int {
	for at < len(b) && c.has(b[at]) {
		at++
	}
	return at
}
