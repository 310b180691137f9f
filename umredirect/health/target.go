package health

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Target is a server that calls are redirected to, as its Contact names it.
type Target struct {
	Host      string `json:"host"`
	Port      int    `json:"port,omitempty"` // 0: by SRV records, else the transport's own port (RFC 3263, section 4.2)
	Transport string `json:"transport"`      // udp, tcp or tls
	Legacy    bool   `json:"legacy,omitempty"`
}

// String is the target as people write it.
func (t Target) String() string {
	host := t.Host
	if t.Port != 0 {
		host = net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
	}
	return host + ";transport=" + t.Transport
}

// alarm is what an alarm about the target is called.
func (t Target) alarm() string {
	if t.Legacy {
		return LegacyUM
	}
	return CurrentUM
}

// standardPort is where SIP is spoken when nobody says otherwise (RFC 3261, section 19.1.2).
func standardPort(transport string) uint16 {
	if transport == "tls" {
		return 5061
	}
	return 5060
}

// Lookup is what became of the question for a target's addresses.
type Lookup struct {
	Addresses []netip.AddrPort
	// NoSuchName: a name server says that there is no such name, or no address for it. A PBX that asks the same server drops
	// the call. It is false where nobody answered: then nothing is known of the name.
	NoSuchName bool
	Why        string // empty when there are addresses
}

func (l Lookup) good() bool { return len(l.Addresses) > 0 }

// Names of alarms.
const (
	LegacyUM  = "legacy-um"  // an older UM server, which still holds mailboxes
	CurrentUM = "current-um" // one of the newest version
)

// Alarm is something that costs calls, or will.
type Alarm struct {
	Name   string `json:"name"`
	Target string `json:"target"`
	Text   string `json:"text"` // what is wrong, and what to do
}

// String is the alarm in one line.
func (a Alarm) String() string { return a.Name + ": " + a.Target + " " + a.Text }

// State is how a target or one of its addresses is.
type State string

// The states.
const (
	Unknown State = "unknown" // nobody has found out yet
	Up      State = "up"
	Probing State = "probing" // what it was is in doubt; it is asked more often
	Down    State = "down"
)

// cleanHost is a host as DNS compares it.
func cleanHost(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }
