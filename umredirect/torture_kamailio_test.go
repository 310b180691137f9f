package umredirect_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

const kamailioScript = `#!KAMAILIO
debug=-3
log_stderror=yes
fork=yes
children=1
disable_tcp=yes
dns=no
rev_dns=no
auto_aliases=no
listen=udp:%s
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "sanity.so"
loadmodule "rr.so"
request_route {
  force_rport();
  if (!sanity_check("17895", "7")) { exit; }
  if (is_method("ACK")) { exit; }
  if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
  if (has_totag()) { sl_send_reply("481", "Call/Transaction Does Not Exist"); exit; }
  if (!is_method("INVITE")) { append_to_reply("Allow: INVITE, ACK, OPTIONS\r\n"); sl_send_reply("405", "Method Not Allowed"); exit; }
  $rd = "legacy.test.local";
  sl_send_reply("302", "Moved Temporarily");
  exit;
}
`

// startKamailio runs a Kamailio on an address of this test until it ends.
func startKamailio(t *testing.T, addr netip.Addr) netip.AddrPort {
	t.Helper()
	at := netip.AddrPortFrom(addr, freePort(t, addr))
	dir := t.TempDir()
	script := filepath.Join(dir, "kamailio.cfg")
	if err := os.WriteFile(script, fmt.Appendf(nil, kamailioScript, at), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command("kamailio", "-DD", "-f", script, "-Y", dir, "-m", "32", "-M", "4")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	conn, err := net.Dial("udp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	buf := make([]byte, 4096)
	for end := time.Now().Add(patience); time.Now().Before(end); {
		conn.Write([]byte(message("OPTIONS", "sip:x")))
		conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err := conn.Read(buf); err == nil {
			return at
		}
	}
	said, _ := os.ReadFile(log.Name())
	t.Fatalf("Kamailio does not answer: %s", said)
	return at
}
