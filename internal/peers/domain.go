package peers

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Controller is a domain controller that [StartDomain] starts.
type Controller struct {
	Name   string
	Listen netip.Addr    // a loopback address of this machine under which it is reached; zero: a free one
	Skew   time.Duration // how wrong its clock is
}

// DomainOptions is what [StartDomain] starts.
type DomainOptions struct {
	Dir         string // an empty folder
	Cache       string // where provisioned domains are kept; "": SITESWAP_PEERS_CACHE, or siteswap/peers in the user's cache folder
	Realm       string // as TEST.LOCAL; the zone test.local comes with it
	Zones       []string
	Controllers []Controller // the second and later ones are joined, and replicate
	Accounts    []string     // users with a password and a keytab
	Shares      []Share      // of the first controller, for Kerberos at a file server
	Progress    func(text string)
}

// Domain is a running Active Directory domain with secure DNS.
type Domain struct {
	Network *Network
	DCs     []*DC
	realm   string
	dir     string // of this run
	secrets secrets
	closers []func() error
}

// DC is one domain controller: Samba, and named with Samba's plug-in.
type DC struct {
	Name   string
	FQDN   string
	Listen netip.Addr // 53 (UDP, TCP), 88 (UDP, TCP), 389, 445, 636 are relayed from here
	Host   *Host
	Samba  *Server
	Named  *Server
	dir    string
}

// Address is where the controller answers DNS.
func (d *DC) Address() netip.AddrPort { return netip.AddrPortFrom(d.Listen, 53) }

// Kill ends the controller at once, as a loss of power does.
func (d *DC) Kill() {
	d.Named.Kill()
	d.Samba.Kill()
}

// Start starts it again, with the data that it has.
func (d *DC) Start(ctx context.Context) error {
	if err := d.Samba.Start(ctx); err != nil {
		return err
	}
	return d.Named.Start(ctx)
}

// StartDomain starts a domain from its kept folder; the first time, it provisions it there (about 20 s per controller).
func StartDomain(ctx context.Context, o DomainOptions) (*Domain, error) {
	if err := Missing(Directory, Spaces); err != nil {
		return nil, err
	}
	if len(o.Controllers) == 0 {
		return nil, errors.New("a domain needs at least one controller")
	}
	if err := o.addresses(); err != nil {
		return nil, err
	}
	kept, err := o.kept(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := run(ctx, "", nil, "cp", "-a", kept+"/.", o.Dir); err != nil {
		return nil, fmt.Errorf("copy the kept domain: %w", err)
	}
	d := &Domain{realm: strings.ToUpper(o.Realm), dir: o.Dir}
	if d.secrets, err = readSecrets(o.Dir); err != nil {
		return nil, err
	}
	if err := d.start(ctx, o); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Domain) start(ctx context.Context, o DomainOptions) error {
	if err := d.hosts(ctx, o); err != nil {
		return err
	}
	for i, c := range o.Controllers {
		dc := d.DCs[i]
		if err := errors.Join(dc.samba(c, shares(i, o)), dc.named()); err != nil {
			return err
		}
		d.closers = append(d.closers, dc.Samba.Close, dc.Named.Close)
		relays, err := relay(dc.Host, c.Listen, dc.Host.Addr)
		if err != nil {
			return err
		}
		d.closers = append(d.closers, relays)
		dc.Listen = c.Listen
	}
	started := make(chan error, len(d.DCs))
	for _, dc := range d.DCs {
		go func() { started <- dc.Start(ctx) }()
	}
	var errs []error
	for range d.DCs {
		errs = append(errs, <-started)
	}
	return errors.Join(errs...)
}

// hosts makes the network and one machine per controller; each knows the others by name.
func (d *Domain) hosts(ctx context.Context, o DomainOptions) error {
	var err error
	if d.Network, err = NewNetwork(ctx); err != nil {
		return err
	}
	d.closers = append(d.closers, d.Network.Close)
	var lines []string
	addr := netip.MustParseAddr(first)
	for _, c := range o.Controllers {
		lines = append(lines, fmt.Sprintf("%s %s %s", addr, o.fqdn(c), c.Name))
		addr = addr.Next()
	}
	for _, c := range o.Controllers {
		h, err := d.Network.Host(ctx, lines...)
		if err != nil {
			return err
		}
		d.DCs = append(d.DCs, &DC{Name: c.Name, FQDN: o.fqdn(c), Host: h, dir: filepath.Join(o.Dir, c.Name)})
	}
	return nil
}

func shares(i int, o DomainOptions) []Share {
	if i == 0 {
		return o.Shares
	}
	return nil
}

func (o DomainOptions) fqdn(c Controller) string {
	return strings.ToLower(c.Name + "." + o.Realm)
}

// addresses fills in the loopback addresses that were left out.
func (o *DomainOptions) addresses() error {
	o.Controllers = append([]Controller(nil), o.Controllers...)
	free, err := Loopback(len(o.Controllers), 53)
	if err != nil {
		return err
	}
	for i := range o.Controllers {
		if !o.Controllers[i].Listen.IsValid() {
			o.Controllers[i].Listen = free[i].Addr()
		}
	}
	return nil
}

// Close ends the domain and takes its network away. It may be called again.
func (d *Domain) Close() error {
	err := closeAll(d.closers)
	d.closers = nil
	return err
}

// settings adds lines to the section [global] of a controller's smb.conf, and shares behind it.
func (d *DC) settings(shares []Share) error {
	path := filepath.Join(d.dir, "etc", "smb.conf")
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%s: %w", d.Name, err)
	}
	text := strings.Replace(string(b), "[global]\n", "[global]\n\tldap server require strong auth = allow_sasl_over_tls\n\tsocket options = "+keepalive+
		"\n\tobey pam restrictions = no\n\tdreplsrv:notify_interval = 1\n\tdns update command = /bin/true\n", 1)
	for _, s := range shares {
		if err := os.MkdirAll(s.Path, 0o777); err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
		text += fmt.Sprintf("\n[%s]\n\tpath = %s\n\tread only = no\n\tforce user = root\n", s.Name, s.Path)
	}
	return write(filepath.Join(d.dir, "etc"), "smb.conf", text)
}
