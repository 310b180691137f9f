package umredirect

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Target is a UM server that a call is redirected to. Its name goes into the Contact as it stands and is never looked up
// here: a call is answered although the DNS is down.
type Target struct {
	Host      string // FQDN
	Port      int    // 0: left out, so that the PBX may use SRV records (RFC 3263, section 4.2)
	Transport string // tcp, tls or udp; Exchange UM takes no udp
	Q         float64
	Weight    int // share of the calls among targets of the same Q; 0 for all of them: in the order written
}

// ID names a target in [State].Dead: host:port;transport in lower case. Preferences do not belong to it.
func (t Target) ID() string {
	return strings.ToLower(net.JoinHostPort(t.Host, strconv.Itoa(t.Port)) + ";" + t.Transport)
}

// address is host and port for people; without a port when it is left to SRV records.
func (t Target) address() string {
	if t.Port == 0 {
		return t.Host
	}
	return net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
}

// Version is a release of Exchange with Unified Messaging; it decides which ports a call may be sent to.
type Version string

// The versions. An empty one is checked for worker ports only.
const (
	Version2007 Version = "2007"
	Version2010 Version = "2010"
	Version2013 Version = "2013"
	Version2016 Version = "2016"
)

// Port is where a version listens for calls: the UM service of 2007 and 2010, the call router of 2013 and 2016
// (domain-exchange.md, section 8.2, UMPORT).
func (v Version) Port(transport string) int {
	if transport == "tls" {
		return 5061
	}
	return 5060
}

// known says whether it is one of the versions, or left open.
func (v Version) known() bool {
	switch v {
	case "", Version2007, Version2010, Version2013, Version2016:
		return true
	}
	return false
}

// checkPort refuses ports at which a call is right today and lost next week: a worker process is recycled about weekly and
// alternates between its ports, and the UM service of 2013 and later is reached through the call router, which knows where
// the active database is (domain-exchange.md, section 8.2).
func (v Version) checkPort(t Target) error {
	switch {
	case t.Port >= 5065 && t.Port <= 5068:
		return fmt.Errorf("target %s: port %d belongs to a worker process, which changes it when it is recycled: write the listener's, %d", t.Host, t.Port, v.Port(t.Transport))
	case (v == Version2013 || v == Version2016) && (t.Port == 5062 || t.Port == 5063):
		return fmt.Errorf("target %s: port %d belongs to the UM service of one mailbox server: write the call router's, %d", t.Host, t.Port, v.Port(t.Transport))
	}
	return nil
}

// settle fills what is left out and checks what goes into a Contact: a name that holds anything but letters, digits, dots
// and hyphens could write headers of its own.
func (t *Target) settle(self selves, v Version) error {
	if t.Transport == "" {
		t.Transport = "tcp"
	}
	t.Transport = strings.ToLower(t.Transport)
	switch {
	case !isHost(t.Host):
		return fmt.Errorf("target %q: write a host name", t.Host)
	case t.Port < 0 || t.Port > 65535:
		return fmt.Errorf("target %s: port %d: write 1 to 65535", t.Host, t.Port)
	case t.Transport != "tcp" && t.Transport != "tls" && t.Transport != "udp":
		return fmt.Errorf("target %s: transport %q: write tcp, tls or udp", t.Host, t.Transport)
	case !(t.Q >= 0 && t.Q <= 1):
		return fmt.Errorf("target %s: q %v: write 0 to 1", t.Host, t.Q)
	case t.Weight < 0 || t.Weight > 1000:
		return fmt.Errorf("target %s: weight %d: write 0 to 1000", t.Host, t.Weight)
	case self.holds(*t):
		return fmt.Errorf("target %s is this redirector: calls would go round in circles", strings.ToLower(t.address()))
	}
	return v.checkPort(*t)
}

// selves are the addresses of every redirector.
type selves map[string]bool

func newSelves(addresses []string) selves {
	s := selves{}
	for _, a := range addresses {
		a = strings.ToLower(a)
		s[a] = true
		if host, _, err := net.SplitHostPort(a); err == nil {
			s[host] = true
		}
	}
	return s
}

// holds says whether a call to the target would come back here. A target without a port can be any of the host's.
func (s selves) holds(t Target) bool {
	host := strings.ToLower(t.Host)
	if t.Port == 0 {
		return s[host]
	}
	return s[net.JoinHostPort(host, strconv.Itoa(t.Port))]
}
