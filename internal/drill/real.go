package drill

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"siteswap/internal/config"
	"siteswap/internal/lab"
	"siteswap/internal/lab/names"
	"siteswap/internal/peers"
)

// real is the servers that take the place of emulated ones in a drill.
type real struct {
	dns     []netip.AddrPort // by config DNS server
	kdc     []lab.Forward    // likewise, of a domain
	witness []netip.AddrPort // by lab.Options.Witnesses
	joined  func(bool)
	closers []func() error
	said    []string // what the report says of them
}

// starters are the names that --dns takes, with what they start.
func (r *real) starters() map[string]func(context.Context, Options, *config.Site, []names.Key, func(string)) error {
	return map[string]func(context.Context, Options, *config.Site, []names.Key, func(string)) error{
		"": nil, "lab": nil, "bind": r.bind, "knot": r.knot, "samba": r.samba}
}

// start starts what the options ask for and changes the site file, so that controllers find it.
func (r *real) start(ctx context.Context, o Options, site *config.Site, keys []names.Key, say func(string)) error {
	start, known := r.starters()[o.DNS]
	if !known {
		return fmt.Errorf("--dns %s: one of lab, bind, knot, samba", o.DNS)
	}
	var needs []peers.Need
	switch o.Witness {
	case "", "lab":
	case "smb":
		needs = append(needs, peers.Files)
	default:
		return fmt.Errorf("--witness %s: one of lab, smb", o.Witness)
	}
	needs = append(needs, map[string][]peers.Need{"bind": {peers.BIND}, "knot": {peers.Knot}, "samba": {peers.Directory, peers.Spaces}}[o.DNS]...)
	if err := peers.Missing(needs...); err != nil {
		return err
	}
	if start != nil {
		if err := start(ctx, o, site, keys, say); err != nil {
			r.close()
			return err
		}
	}
	if o.Witness == "smb" {
		if err := r.files(ctx, o, site); err != nil {
			r.close()
			return err
		}
	}
	return nil
}

func (r *real) close() {
	for _, c := range slices.Backward(r.closers) {
		_ = c() // at the end of a drill there is nobody left to tell
	}
	r.closers = nil
}

// place tells the emulated sites where the real servers are.
func (r *real) place(o *lab.Options) {
	for i := range r.dns {
		o.Directories[i].Real = r.dns[i]
		if i < len(r.kdc) {
			o.Directories[i].KDC = r.kdc[i]
		}
	}
	for i := range r.witness {
		o.Witnesses[i].Real = r.witness[i]
	}
}

// folder makes an empty folder for a server.
func folder(o Options, name string) (string, error) {
	dir := filepath.Join(o.Dir, "peers", name)
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("a folder for %s: %w", name, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("a folder for %s: %w", name, err)
	}
	return dir, nil
}

func (r *real) bind(ctx context.Context, o Options, site *config.Site, keys []names.Key, _ func(string)) error {
	return r.keyed(ctx, o, site, keys, "BIND", peers.StartBIND)
}

func (r *real) knot(ctx context.Context, o Options, site *config.Site, keys []names.Key, _ func(string)) error {
	return r.keyed(ctx, o, site, keys, "Knot", peers.StartKnot)
}

// keyed starts one server with TSIG per listed server, each with the zones that the site file gives it.
func (r *real) keyed(ctx context.Context, o Options, site *config.Site, keys []names.Key, what string, start func(context.Context, peers.DNSOptions) (*peers.DNS, error)) error {
	at, err := peers.Ports(len(site.DNS.Servers))
	if err != nil {
		return err
	}
	for i, srv := range site.DNS.Servers {
		dir, err := folder(o, fmt.Sprintf("dns-%d", i))
		if err != nil {
			return err
		}
		po := peers.DNSOptions{Dir: dir, Listen: at[i : i+1]}
		for _, k := range keys {
			if k.Name == srv.TSIG.Name {
				po.Keys = append(po.Keys, peers.Key{Name: strings.TrimSuffix(k.Name, "."), Algorithm: k.Algorithm, Secret: k.Secret})
			}
		}
		for _, z := range zonesOf(site, srv) {
			po.Zones = append(po.Zones, peers.Zone{Name: z, Records: records(site, z, o.Speed)})
		}
		s, err := start(ctx, po)
		if err != nil {
			return err
		}
		r.closers = append(r.closers, s.Close)
		r.dns = append(r.dns, at[i])
	}
	r.said = append(r.said, what+" as DNS servers")
	return nil
}

func zonesOf(site *config.Site, srv config.DNSServer) []string {
	var out []string
	for _, n := range site.DNS.Names {
		if srv.Holds(n.Zone) && !slices.Contains(out, n.Zone) {
			out = append(out, n.Zone)
		}
	}
	return out
}

// records are the names of a zone at the home site (and by their policy at the others), as lines of a zone file, with TTLs divided by the speed.
func records(site *config.Site, zone string, speed float64) []string {
	t := site.Topology()
	home := t.HomeSite()
	var out []string
	for _, n := range t.Names {
		if n.Zone != zone {
			continue
		}
		for _, v := range n.At(n.Start(home)) {
			kind := "A"
			if a, err := netip.ParseAddr(v); err == nil && a.Is6() {
				kind = "AAAA"
			}
			out = append(out, fmt.Sprintf("%s. %d %s %s", n.Name, int(lab.ServedTTL(n.TTL, speed).Seconds()), kind, v))
		}
	}
	return out
}

// files starts a file server per witness, and gives the controllers an account there.
func (r *real) files(ctx context.Context, o Options, site *config.Site) error {
	all := []*config.Witness{&site.DAG.Witness}
	if site.DAG.AlternateWitness != nil {
		all = append(all, site.DAG.AlternateWitness)
	}
	at, err := peers.Ports(len(all))
	if err != nil {
		return err
	}
	for i, w := range all {
		dir, err := folder(o, fmt.Sprintf("witness-%d", i))
		if err != nil {
			return err
		}
		password := peers.NewPassword()
		file := filepath.Join(o.Dir, fmt.Sprintf("witness-%d.key", i))
		if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
			return fmt.Errorf("write a witness's password: %w", err)
		}
		s, err := peers.StartFiles(ctx, peers.FilesOptions{Dir: dir, Listen: at[i], Users: map[string]string{"svc-siteswap": password},
			Shares: []peers.Share{{Name: w.ShareName(), Path: filepath.Join(dir, "share")}}})
		if err != nil {
			return err
		}
		r.closers = append(r.closers, s.Close)
		r.witness = append(r.witness, at[i])
		w.SMB = &config.SMB{User: "svc-siteswap", KeyFile: file}
	}
	r.said = append(r.said, "smbd as witnesses")
	return nil
}

// emulatedServers are those that no real server took the place of, for the report.
func (s *stage) emulatedServers() string {
	text := "PBX and UM servers, power control, the network between the sites"
	if len(s.real.witness) == 0 {
		text = "witness shares, " + text
	}
	if len(s.real.dns) == 0 {
		text = "DNS servers, " + text
	}
	return text
}
