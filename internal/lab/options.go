package lab

import (
	"net/netip"
	"time"

	"siteswap/dag"
	"siteswap/internal/lab/cmdlets"
	"siteswap/internal/lab/mail"
	"siteswap/internal/lab/names"
	"siteswap/internal/lab/phone"
)

// Options describe the emulated sites. Every address stands in 127.Base.S.x, S being 1 + the site's index.
type Options struct {
	Topology *dag.Topology
	Base     byte
	Speed    float64
	Now      func() time.Time

	Servers     []Server // by member index, other servers after them
	Directories []Directory
	Witnesses   []Witness
	VIPs        []VIP
	Power       netip.AddrPort // out-of-band control
	Keys        []names.Key
	Zones       []string

	Forwards    []Forward    // raft and API of controllers
	Redirectors []Redirector // processes of their own
	PBX         []netip.Addr // addresses of the PBX
	Sipp        *phone.Sipp  // makes the PBX's calls; nil: the lab's own
	PBXNames    uint16       // port of its name server, at its first address; 0: none
	Extensions  []phone.Extension
	Legacy      []Legacy

	Clients     int           // mail clients
	MessageRate time.Duration // from one message of a client to its next
	CallRate    float64       // calls per second

	Hooks Hooks
}

// Hooks are called by the lab as things happen. Any may be nil.
type Hooks struct {
	Cmdlet  cmdlets.Gate                                  // at every point of every cmdlet
	Service func(point Point, what string) cmdlets.Action // at DNS updates, pool changes, redirector settings, power switches
	Name    func(name string, at time.Time, up bool)      // a name's clients are all served, or not any more
	Call    func(phone.Call)
	Joined  func(joined bool) // real domain controllers reach each other, or not any more
}

// Point is a moment of a request: see package cmdlets.
type Point = cmdlets.Point

// Server is an Exchange server.
type Server struct {
	Name, FQDN string
	Site       int
	Address    netip.Addr
	Exchange   uint16 // port of its management endpoint
	UM         bool
	UMPort     uint16
}

// Directory is a domain controller with its DNS server.
type Directory struct {
	FQDN  string
	Site  int
	Host  netip.Addr
	DNS   netip.AddrPort // zero: it serves no DNS
	Probe netip.AddrPort
	Real  netip.AddrPort // where a real DNS server listens that takes the place of the emulated one; zero: none
	KDC   Forward        // its Kerberos, where it is a real domain controller
}

// Witness is a witness server's share.
type Witness struct {
	Server string
	Site   int
	Share  netip.AddrPort
	Real   netip.AddrPort // a real file server; zero: none
}

// VIP is a load balancer. One without a pool is a server's own address: its public addresses lead to that server's front.
type VIP struct {
	Site    int
	Address netip.Addr
	Public  []netip.Addr // further addresses that lead to it
	Control netip.AddrPort
	Pool    []string
	Own     string // the server whose own address it is
}

// Forward leads an advertised address to the one that a process binds.
type Forward struct {
	Site                int
	Advertised, Binding netip.AddrPort
}

// Redirector is a UM redirector process.
type Redirector struct {
	Name             string
	Site             int
	UDP, UDPBind     netip.AddrPort
	TCP, TCPBind     netip.AddrPort
	Control, CtlBind netip.AddrPort
}

// Legacy is an older UM server.
type Legacy struct {
	FQDN    string
	Site    int
	Address netip.AddrPort
}

// Ports of the emulated servers that no site file names.
const (
	FrontPort = 10443 // client access, and load balancers
	storePort = 10475
)

// Audit is what became of a database's messages.
type Audit = mail.Audit
