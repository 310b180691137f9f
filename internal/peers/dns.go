package peers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Key is a TSIG key (RFC 8945).
type Key struct {
	Name      string
	Algorithm string // as hmac-sha256
	Secret    []byte
}

// NewKey makes a key of 256 bits for hmac-sha256.
func NewKey(name string) Key {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails (crypto/rand)
	return Key{Name: name, Algorithm: "hmac-sha256", Secret: secret}
}

func (k Key) base64() string { return base64.StdEncoding.EncodeToString(k.Secret) }

// Zone is a zone and what stands in it at first. SOA, NS (ns.ZONE) and the address of that are added.
type Zone struct {
	Name    string
	Records []string // as in a zone file, names relative to the zone: "mail 60 A 10.0.1.10"
	Servers []string // further names of servers, for the NS set
	Keys    []string // that may update it; nil: all
	Policy  string   // BIND only: its update-policy, instead of one made of Keys, as "grant upd. name mail.test.local. A;"
}

// DNSOptions is what [StartBIND] and [StartKnot] start. Views, internal and external names of one zone, are two servers.
type DNSOptions struct {
	Dir    string // an empty folder
	Listen []netip.AddrPort
	Keys   []Key
	Zones  []Zone
	Notify []netip.AddrPort // who is told of changes: Knot by TCP, BIND by UDP
	Skew   time.Duration    // how wrong the server's clock is; 0: right. Knot only
}

// DNS is a running DNS server.
type DNS struct {
	*Server
	Addrs []netip.AddrPort // where it answers, UDP and TCP
}

func (z Zone) file(addr netip.AddrPort) string {
	var b strings.Builder
	origin := dns.Fqdn(z.Name)
	kind := "A"
	if addr.Addr().Is6() {
		kind = "AAAA"
	}
	fmt.Fprintf(&b, "$ORIGIN %s\n@ 60 IN SOA ns.%s hostmaster.%s 1 3600 600 86400 60\n@ 60 IN NS ns.%s\nns 60 IN %s %s\n", origin, origin, origin, origin, kind, addr.Addr())
	for _, s := range z.Servers {
		fmt.Fprintf(&b, "@ 60 IN NS %s\n", dns.Fqdn(s))
	}
	for _, r := range z.Records {
		b.WriteString(r + "\n")
	}
	return b.String()
}

// updaters are the names of the keys that may update the zone.
func (z Zone) updaters(keys []Key) []string {
	if z.Keys != nil {
		return z.Keys
	}
	var out []string
	for _, k := range keys {
		out = append(out, k.Name)
	}
	return out
}

// answers waits for a server: it answers for the zone, with authority.
func answers(ctx context.Context, addr netip.AddrPort, zone string) error {
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(zone), dns.TypeSOA)
	c := &dns.Client{Net: "tcp", Timeout: time.Second}
	in, _, err := c.ExchangeContext(ctx, m, addr.String())
	if err != nil {
		return err
	}
	if in.Rcode != dns.RcodeSuccess || !in.Authoritative {
		return fmt.Errorf("%s answers for %s: %s", addr, zone, dns.RcodeToString[in.Rcode])
	}
	return nil
}

// faked is the environment of a server whose clock is wrong. It holds for C programs only.
func faked(skew time.Duration) ([]string, error) {
	if skew == 0 {
		return nil, nil
	}
	if err := Missing(Clock); err != nil {
		return nil, err
	}
	m, err := filepath.Glob(libfaketime)
	if err != nil || len(m) == 0 {
		return nil, fmt.Errorf("%s: not installed; `make deps` as root installs it", filepath.Base(libfaketime))
	}
	return []string{"LD_PRELOAD=" + m[0], fmt.Sprintf("FAKETIME=%+d", int(skew.Seconds())), "FAKETIME_DONT_FAKE_MONOTONIC=1"}, nil
}

// write puts a file into the server's folder. It may hold a key, so that only its owner reads it.
func write(dir, name, text string) error {
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		return fmt.Errorf("a server's files: %w", err)
	}
	return nil
}
