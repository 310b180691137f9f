package drill

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"siteswap/internal/lab"
	"siteswap/internal/lab/phone"
)

// Sipp is the value of Options.PBX that has SIPp make the calls.
const Sipp = "sipp"

// sipp makes SIPp the PBX. It looks names up as the system says, so each call runs in a mount namespace of its own whose
// /etc/hosts names the emulated servers.
func sipp(dir string, o *lab.Options) error {
	program, err := exec.LookPath("sipp")
	if err != nil {
		return fmt.Errorf("--pbx sipp: SIPp is not installed: `apt-get install sip-tester` (or `make deps`), then start the drill again")
	}
	enter := []string{"unshare", "-m"}
	if os.Geteuid() != 0 {
		enter = []string{"unshare", "-r", "-m"}
	}
	if out, err := exec.Command(enter[0], append(enter[1:], "true")...).CombinedOutput(); err != nil {
		return fmt.Errorf("--pbx sipp: no mount namespace can be made here (%s: %v): start the drill as root, on Linux: `sudo siteswap drill --pbx sipp`", strings.TrimSpace(string(out)), err)
	}
	if len(o.PBX) == 0 {
		return fmt.Errorf("--pbx sipp: the site file has no PBX: list its address in um.peers")
	}
	var hosts strings.Builder
	hosts.WriteString("127.0.0.1 localhost\n")
	name := func(fqdn string, at netip.Addr) { fmt.Fprintf(&hosts, "%s %s\n", at, fqdn) }
	for _, s := range o.Servers {
		name(s.FQDN, s.Address)
	}
	for _, l := range o.Legacy {
		name(l.FQDN, l.Address.Addr())
	}
	file, calls := filepath.Join(dir, "hosts"), filepath.Join(dir, "sipp")
	if err := os.WriteFile(file, []byte(hosts.String()), 0o644); err != nil {
		return fmt.Errorf("--pbx sipp: %w", err)
	}
	if err := os.MkdirAll(calls, 0o700); err != nil {
		return fmt.Errorf("--pbx sipp: %w", err)
	}
	enter = append(enter, "--propagation", "private", "sh", "-c", `mount --bind "$0" /etc/hosts && exec "$@"`, file)
	o.Sipp = &phone.Sipp{Program: program, Enter: enter, Dir: calls, Local: o.PBX[0]}
	return nil
}
