package names

import "net"

// Request is what a gate sees of a request before it is looked at.
type Request struct {
	From    net.Addr
	Network string // udp or tcp
	Update  bool
	Idle    bool     // an update that changes nothing: it adds only what it requires to be there, and deletes only what it requires not to be
	Zone    string   // of an update
	Names   []string // asked for, or in the update section; without the final dot
}

// Fault is what goes wrong with a request.
type Fault uint8

// The faults. Those that lose something come twice: before it took effect, and after.
const (
	None           Fault = iota
	DropRequest          // swallowed; nothing is applied
	DropAnswer           // applied, and the answer swallowed
	Lie                  // an update is answered NOERROR, signed, and not applied
	ServFail             // answered SERVFAIL, not applied
	ServFailAfter        // applied, and answered SERVFAIL
	UnsignedAnswer       // applied; the answer is not signed
	UnsignedRefuse       // not applied; answered REFUSED without a signature
	ForgedAnswer         // applied; the answer is signed with another key
	ForgedLie            // not applied; answered NOERROR, signed with another key
	Truncate             // a query by UDP is answered with the truncation bit and no records
)

// Action is what a gate does to a request.
type Action struct {
	Fault      Fault
	Hold       <-chan struct{} // nil: go on; else wait until it is closed before anything is done
	HoldAnswer <-chan struct{} // likewise between effect and answer
}

// applies says whether the fault lets an update take effect.
func (f Fault) applies() bool {
	switch f {
	case DropRequest, Lie, ServFail, UnsignedRefuse, ForgedLie:
		return false
	}
	return true
}
