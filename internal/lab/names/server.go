package names

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Key is a TSIG key that may update every zone of the server.
type Key struct {
	Name      string
	Algorithm string // hmac-sha256, hmac-sha384 or hmac-sha512
	Secret    []byte
}

// Options are what a Server needs.
type Options struct {
	Origin   string // the server's FQDN; it stands in the SOA and in stamps
	Zones    []Zone
	Keys     []Key
	Now      func() time.Time                  // for stamps and history; nil: time.Now
	OnUpdate func(zone string, names []string) // after an update or hand edit changed something; without locks held
	Gate     func(Request) Action              // nil: everything passes; may also be set later
	Skew     func() time.Duration              // how wrong the server's clock is, for TSIG; nil: right
}

// Server is an authoritative DNS server with its zones in memory.
type Server struct {
	origin   string
	keys     map[string]Key
	now      func() time.Time
	onUpdate func(string, []string)
	skew     func() time.Duration

	mu      sync.Mutex
	zones   map[string]*zone
	history []Change
	gate    func(Request) Action
}

// New reads the zones.
func New(o Options) (*Server, error) {
	s := &Server{origin: o.Origin, keys: make(map[string]Key), now: o.Now, onUpdate: o.OnUpdate, skew: o.Skew, gate: o.Gate, zones: make(map[string]*zone)}
	if s.now == nil {
		s.now = time.Now
	}
	if s.skew == nil {
		s.skew = func() time.Duration { return 0 }
	}
	for _, k := range o.Keys {
		if k.digestName() == "" || len(k.Secret) == 0 {
			return nil, fmt.Errorf("key %s: give a secret and one of hmac-sha256, hmac-sha384, hmac-sha512", k.Name)
		}
		s.keys[dns.CanonicalName(k.Name)] = k
	}
	for _, zn := range o.Zones {
		z, err := newZone(zn, o.Origin)
		if err != nil {
			return nil, err
		}
		s.zones[z.name] = z
		s.begin(z)
	}
	return s, nil
}

func (k Key) digestName() string {
	name := dns.CanonicalName(k.Algorithm)
	if slices.Contains([]string{dns.HmacSHA256, dns.HmacSHA384, dns.HmacSHA512}, name) {
		return name
	}
	return ""
}

// begin opens the history of a zone, in the order of its names.
func (s *Server) begin(z *zone) {
	var list []string
	for name := range z.nodes {
		list = append(list, name)
	}
	slices.Sort(list)
	for _, name := range list {
		s.record(z, name, &node{}, "start", s.now())
	}
}

// SetGate replaces the gate; nil lets everything pass.
func (s *Server) SetGate(gate func(Request) Action) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate = gate
}

// Put sets a record set by hand, as an administrator does in the console of the server; no values deletes it. It counts as
// a write: it gets a stamp and replicates.
func (s *Server) Put(r Record) error {
	rrs, err := r.parse()
	if err != nil {
		return err
	}
	kind, ok := dns.StringToType[strings.ToUpper(r.Type)]
	if !ok {
		return fmt.Errorf("%s: no type %q", r.Name, r.Type)
	}
	name := dns.CanonicalName(r.Name)
	s.mu.Lock()
	z := s.zoneOf(name)
	if z == nil {
		s.mu.Unlock()
		return fmt.Errorf("%s is in no zone of %s", r.Name, s.origin)
	}
	serial, before := z.soa.Serial, z.snapshot([]string{name})
	delete(z.at(name).sets, kind)
	for _, rr := range rrs {
		z.add(rr)
	}
	changed := s.commit(z, before, serial, "hand")
	s.mu.Unlock()
	s.tell(z.name, changed)
	return nil
}

func (s *Server) tell(zone string, changed []string) {
	if s.onUpdate != nil && len(changed) > 0 {
		s.onUpdate(plain(zone), changed)
	}
}

// Values is what the server holds of one type at a name, sorted, and its TTL.
func (s *Server) Values(name, kind string) ([]string, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	canon := dns.CanonicalName(name)
	z := s.zoneOf(canon)
	if z == nil {
		return nil, 0
	}
	return texts(z.lookup(canon, dns.StringToType[kind]))
}

// Stamp is the stamp of a name's last write; zero where the name was never held.
func (s *Server) Stamp(name string) Stamp {
	s.mu.Lock()
	defer s.mu.Unlock()
	canon := dns.CanonicalName(name)
	if z := s.zoneOf(canon); z != nil && z.nodes[canon] != nil {
		return z.nodes[canon].stamp
	}
	return Stamp{}
}

// Serial is the zone's serial number; 0 where the zone is not held.
func (s *Server) Serial(zone string) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if z := s.zones[dns.CanonicalName(zone)]; z != nil {
		return z.soa.Serial
	}
	return 0
}

// zoneOf is the closest zone that holds the name.
func (s *Server) zoneOf(name string) *zone {
	for at := name; ; {
		if z := s.zones[at]; z != nil {
			return z
		}
		_, rest, more := strings.Cut(at, ".")
		if !more || at == "." {
			return nil
		}
		at = dns.Fqdn(rest)
	}
}
