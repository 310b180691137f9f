package peers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Need is something that must be installed or allowed.
type Need uint8

// What a test or a drill may need. [Domain] and [Files] need root: they mount folders of their own.
const (
	BIND      Need = iota // named
	Knot                  // knotd
	Files                 // smbd, and root
	Directory             // samba with BIND's plug-in, and root
	Clock                 // libfaketime
	Spaces                // network namespaces, and root
	NSUpdate              // nsupdate, the yardstick
)

// environment switches tests against real servers on.
const environment = "SITESWAP_PEERS"

type need struct {
	programs []string
	globs    []string
	root     bool
}

func (n Need) parts() need {
	switch n {
	case BIND:
		return need{programs: []string{"named"}}
	case Knot:
		return need{programs: []string{"knotd"}}
	case Files:
		return need{programs: []string{"smbd", "smbpasswd", "unshare", "mount"}, root: true}
	case Directory:
		return need{programs: []string{"samba", "samba-tool", "named", "nsupdate", "kinit", "ip", "mount"}, globs: []string{plugin}, root: true}
	case Clock:
		return need{globs: []string{libfaketime}}
	case Spaces:
		return need{programs: []string{"ip"}, root: true}
	}
	return need{programs: []string{"nsupdate"}}
}

const (
	plugin      = "/usr/lib/*/samba/bind9/dlz_bind9_18.so"
	libfaketime = "/usr/lib/*/faketime/libfaketimeMT.so.1"
)

// Missing says what is not there for these needs, and the command that mends it; nil when all is there.
func Missing(needs ...Need) error {
	if len(needs) > 0 && runtime.GOOS != "linux" {
		return fmt.Errorf("real servers run on Linux only; this is %s", runtime.GOOS)
	}
	var lacks []string
	root := false
	for _, n := range needs {
		p := n.parts()
		root = root || p.root
		for _, name := range p.programs {
			if _, err := program(name); err != nil {
				lacks = append(lacks, name)
			}
		}
		for _, g := range p.globs {
			if m, _ := filepath.Glob(g); len(m) == 0 {
				lacks = append(lacks, filepath.Base(g))
			}
		}
	}
	if len(lacks) > 0 {
		return fmt.Errorf("%s: not installed; `make deps` as root (Debian 12) installs the real servers", strings.Join(lacks, ", "))
	}
	if root && os.Geteuid() != 0 {
		return fmt.Errorf("real servers in namespaces of their own need root; run the same command with sudo, after `make deps`")
	}
	return nil
}

// program finds a server where Debian puts it, although /usr/sbin may not be in the path of a user.
func program(name string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/bin"} {
		if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("%s: not installed; `make deps` as root installs it", name)
}

// Test is what [Skip] needs of a *testing.T.
type Test interface {
	Helper()
	Skip(args ...any)
	Fatal(args ...any)
}

// Skip leaves a test out unless SITESWAP_PEERS=1, and fails it when real servers are wanted and something is missing.
func Skip(t Test, needs ...Need) {
	t.Helper()
	if os.Getenv(environment) != "1" {
		t.Skip("real servers run only with " + environment + "=1 (make test sets it)")
	}
	if err := Missing(needs...); err != nil {
		t.Fatal(err)
	}
}
