package invite

// class is a set of classes of ASCII characters, a bit for each. They are narrower than the grammar: what is rare is left to the
// slow path.
type class uint16

const (
	digits class = 1 << iota
	hosts
	users
	names  // of parameters
	tokens // RFC 3261, section 25.1
	words  // of a Call-ID
	displays
	quoted // between quotation marks, without an escape
	texts
)

const (
	digitSet  = "0123456789"
	lowerSet  = "abcdefghijklmnopqrstuvwxyz"
	letterSet = lowerSet + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	hostSet   = digitSet + letterSet + ".-"
	tokenSet  = hostSet + "!%*+'_`~"
)

// classes has the classes of each byte.
var classes = newClasses()

func newClasses() (all [256]class) {
	for set, c := range map[string]class{digitSet: digits, hostSet: hosts, hostSet + "+_": users, digitSet + lowerSet + "-": names,
		tokenSet: tokens, tokenSet + ":/@": words, tokenSet + " ": displays} {
		for i := range len(set) {
			all[set[i]] |= c
		}
	}
	for b := ' '; b < 0x7f; b++ {
		all[b] |= texts
		if b != '"' && b != '\\' {
			all[b] |= quoted
		}
	}
	return all
}

// span is where the run of characters of the class ends that begins at.
func (c class) span(b []byte, at int) int {
	for at < len(b) && classes[b[at]]&c != 0 {
		at++
	}
	return at
}
