package peers

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// recipe is what a kept domain is made from; another recipe is another folder. Version rises when provisioning changes.
type recipe struct {
	Version     int
	Samba       string
	Realm       string
	Zones       []string
	Controllers []string
	Accounts    []string
}

// provisioning bounds how long making a domain may take.
const provisioning = 3 * time.Minute

// cacheEnvironment names the folder of kept domains.
const cacheEnvironment = "SITESWAP_PEERS_CACHE"

// kept is the folder of the provisioned domain. It is made beside its place and renamed, so that it is whole or not there;
// two runs that make it at once both do the work, and one wins.
func (o DomainOptions) kept(ctx context.Context) (string, error) {
	root := o.Cache
	if root == "" {
		root = os.Getenv(cacheEnvironment)
	}
	if root == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("a folder to keep the domain in: %w; set %s", err, cacheEnvironment)
		}
		root = filepath.Join(dir, "siteswap", "peers")
	}
	version, err := run(ctx, "", nil, "samba", "--version")
	if err != nil {
		return "", err
	}
	r := recipe{Version: 3, Samba: strings.TrimSpace(version), Realm: strings.ToUpper(o.Realm), Zones: o.Zones, Accounts: o.Accounts}
	for _, c := range o.Controllers {
		r.Controllers = append(r.Controllers, c.Name)
	}
	b, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("the domain's recipe: %w", err)
	}
	sum := sha256.Sum256(b)
	place := filepath.Join(root, strings.ToLower(o.Realm)+"-"+hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(place); err == nil {
		return place, nil
	}
	if o.Progress != nil {
		o.Progress("Samba: provisioning " + r.Realm + " once, about 20 s per domain controller, into " + place)
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return "", fmt.Errorf("a folder to keep the domain in: %w", err)
	}
	making, err := os.MkdirTemp(root, "making-")
	if err != nil {
		return "", fmt.Errorf("a folder to keep the domain in: %w", err)
	}
	defer os.RemoveAll(making)
	ctx, cancel := context.WithTimeout(ctx, provisioning)
	defer cancel()
	if err := provision(ctx, o, making); err != nil {
		return "", err
	}
	if err := os.Rename(making, place); err != nil {
		if _, made := os.Stat(place); made == nil {
			return place, nil // another run was faster
		}
		return "", fmt.Errorf("keep the domain: %w", err)
	}
	return place, nil
}

// secrets are the passwords of a kept domain, by account. They are random, and good for nothing else.
type secrets map[string]string

// administrator may do everything in the domain.
const administrator = "Administrator"

// NewPassword is a random password that keeps to the usual rules.
func NewPassword() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return "Aa1." + hex.EncodeToString(b)
}

func newSecrets(accounts []string) secrets {
	s := secrets{}
	for _, a := range append([]string{administrator}, accounts...) {
		s[a] = NewPassword()
	}
	return s
}

func readSecrets(dir string) (secrets, error) {
	var s secrets
	b, err := os.ReadFile(filepath.Join(dir, "secrets.json"))
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err != nil {
		return nil, fmt.Errorf("the kept domain: %w; remove its folder and start again", err)
	}
	return s, nil
}

// provision makes the domain in dir: one folder per controller, the keytabs, the passwords.
func provision(ctx context.Context, o DomainOptions, dir string) (err error) {
	o.Dir, o.Shares = dir, nil
	d := &Domain{realm: strings.ToUpper(o.Realm), dir: dir, secrets: newSecrets(o.Accounts)}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.hosts(ctx, o); err != nil {
		return err
	}
	for i, dc := range d.DCs {
		for _, sub := range []string{"etc", "lib", "cache", "log"} {
			if err := os.MkdirAll(filepath.Join(dc.dir, sub), 0o755); err != nil {
				return fmt.Errorf("%s: %w", dc.Name, err)
			}
		}
		if err := d.make(ctx, o, i); err != nil {
			return err
		}
	}
	if err := d.knit(ctx); err != nil {
		return err
	}
	b, err := json.Marshal(d.secrets)
	if err != nil {
		return fmt.Errorf("the domain's passwords: %w", err)
	}
	return write(dir, "secrets.json", string(b))
}

// make provisions the first controller, or joins another one to the first, which runs meanwhile.
func (d *Domain) make(ctx context.Context, o DomainOptions, i int) error {
	dc, realm := d.DCs[i], d.realm
	common := []string{"--dns-backend=BIND9_DLZ", "--option=interfaces=lo eth0", "--option=bind interfaces only=yes", "--option=netbios name=" + dc.Name}
	if i > 0 {
		argv := append([]string{"samba-tool", "domain", "join", realm, "DC", "--server=" + d.DCs[0].FQDN, "-U" + administrator}, common...)
		if _, err := run(ctx, d.secrets[administrator]+"\n", d.kerberos(), dc.enclosed(argv...)...); err != nil {
			return err
		}
		return d.first(ctx, dc)
	}
	workgroup, _, _ := strings.Cut(realm, ".")
	argv := append([]string{"samba-tool", "domain", "provision", "--realm=" + realm, "--domain=" + workgroup, "--server-role=dc",
		"--adminpass=" + d.secrets[administrator], "--host-name=" + dc.Name, "--host-ip=" + dc.Host.Addr.String()}, common[:3]...)
	if _, err := run(ctx, "", nil, dc.enclosed(argv...)...); err != nil {
		return err
	}
	if err := d.accounts(ctx, o); err != nil {
		return err
	}
	if err := d.first(ctx, dc); err != nil {
		return err
	}
	for _, z := range o.Zones {
		argv := []string{"samba-tool", "dns", "zonecreate", dc.FQDN, z, "-U" + administrator}
		if _, err := run(ctx, d.secrets[administrator]+"\n", nil, dc.enclosed(argv...)...); err != nil {
			return err
		}
	}
	return nil
}

// first starts a controller for the first time, with its long work: it makes the key of its certificate.
func (d *Domain) first(ctx context.Context, dc *DC) error {
	if err := errors.Join(dc.samba(Controller{}, nil), dc.named()); err != nil {
		return err
	}
	d.closers = append(d.closers, dc.Samba.Close, dc.Named.Close)
	if err := dc.Start(ctx); err != nil {
		return err
	}
	return dc.certified(ctx)
}

// accounts makes the users, whose passwords never run out, and exports their keytabs.
func (d *Domain) accounts(ctx context.Context, o DomainOptions) error {
	dc := d.DCs[0]
	lines := [][]string{{"domain", "passwordsettings", "set", "--max-pwd-age=0", "--min-pwd-age=0"}}
	for _, a := range o.Accounts {
		lines = append(lines, []string{"user", "create", a, d.secrets[a]}, []string{"user", "setexpiry", a, "--noexpiry"})
	}
	lines = append(lines, []string{"user", "setexpiry", administrator, "--noexpiry"})
	for _, a := range append([]string{administrator}, o.Accounts...) {
		lines = append(lines, []string{"domain", "exportkeytab", d.Keytab(a), "--principal=" + a})
	}
	for _, l := range lines {
		if _, err := run(ctx, "", nil, dc.enclosed(append([]string{"samba-tool"}, l...)...)...); err != nil {
			return fmt.Errorf("samba-tool %s: %w", l[1], err)
		}
	}
	return nil
}
