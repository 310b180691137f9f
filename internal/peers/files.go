package peers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Share is a folder that smbd serves.
type Share struct {
	Name     string
	Path     string   // made if it is not there
	ReadOnly bool     // nobody may write
	Users    []string // who may connect; nil: every user
	MiB      int      // a file system of its own, of this size; 0: that of Path
}

// FilesOptions is what [StartFiles] starts.
type FilesOptions struct {
	Dir    string            // an empty folder
	Listen netip.AddrPort    // a loopback address; with Host, that host's port 445
	Host   *Host             // nil: this machine
	Users  map[string]string // name: password
	Shares []Share
}

// FileServer is a running smbd.
type FileServer struct {
	*Server
	Addr netip.AddrPort
}

// keepalive makes smbd notice within about five seconds that a client's host is gone: it then gives up the handles that the
// client held. Without it that takes two hours. Keepalive alone is not enough: while an answer is not acknowledged Linux sends no
// probes but the answer, again and again for a quarter of an hour, unless TCP_USER_TIMEOUT (RFC 5482; milliseconds) ends it.
const keepalive = "TCP_NODELAY SO_KEEPALIVE TCP_KEEPIDLE=2 TCP_KEEPINTVL=1 TCP_KEEPCNT=3 TCP_USER_TIMEOUT=5000"

// StartFiles starts smbd with accounts of its own and waits until it answers. The accounts exist in its mount namespace only.
func StartFiles(ctx context.Context, o FilesOptions) (*FileServer, error) {
	if err := Missing(Files); err != nil {
		return nil, err
	}
	addr := o.Listen
	if o.Host != nil {
		addr = netip.AddrPortFrom(o.Host.Addr, 445)
	}
	if !addr.IsValid() {
		return nil, errors.New("smbd: no address to listen on; give Listen or Host")
	}
	for _, dir := range []string{"lib", "cache", "log", "etc"} {
		if err := os.MkdirAll(filepath.Join(o.Dir, dir), 0o755); err != nil {
			return nil, fmt.Errorf("smbd: %w", err)
		}
	}
	for _, sh := range o.Shares {
		if err := errors.Join(os.MkdirAll(sh.Path, 0o755)); err != nil {
			return nil, fmt.Errorf("smbd: %w", err)
		}
	}
	if err := errors.Join(write(filepath.Join(o.Dir, "etc"), "smb.conf", o.conf(addr)), o.passwd()); err != nil {
		return nil, err
	}
	for name, password := range o.Users {
		if _, err := run(ctx, password+"\n"+password+"\n", nil, o.enclosed("smbpasswd", "-L", "-s", "-a", name)...); err != nil {
			return nil, fmt.Errorf("smbd: account %s: %w", name, err)
		}
	}
	s := &Server{name: "smbd", spec: command{name: "smbd", dir: o.Dir, log: filepath.Join(o.Dir, "smbd.log"),
		argv: o.enclosed("smbd", "-F", "--no-process-group")}}
	s.ready = func(ctx context.Context) error {
		dial := (&net.Dialer{}).DialContext
		if o.Host != nil {
			dial = o.Host.Dial
		}
		c, err := dial(ctx, "tcp", addr.String())
		if err == nil {
			c.Close()
		}
		return err
	}
	return &FileServer{Server: s, Addr: addr}, s.Start(ctx)
}

// passwd is the machine's list of accounts with the server's users added; it is mounted over the machine's.
func (o FilesOptions) passwd() error {
	b, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return fmt.Errorf("smbd: %w", err)
	}
	text := string(b)
	id := 60100
	for name := range o.Users {
		text += fmt.Sprintf("%s:x:%d:65534::/nonexistent:/bin/false\n", name, id)
		id++
	}
	if err := os.WriteFile(filepath.Join(o.Dir, "etc", "passwd"), []byte(text), 0o644); err != nil {
		return fmt.Errorf("smbd: %w", err)
	}
	return nil
}

// enclosed runs a program with the server's folders mounted over the machine's. Samba's socket paths in /run/samba are
// compiled in, so that two servers could not run otherwise, and one would ask the other about accounts.
func (o FilesOptions) enclosed(argv ...string) []string {
	script := mounts(o.Dir) + "mount --bind \"$dir/etc/passwd\" /etc/passwd\n"
	for _, s := range o.Shares {
		if s.MiB > 0 {
			script += fmt.Sprintf("mount -t tmpfs -o size=%dm,mode=0777 none '%s'\n", s.MiB, s.Path)
		}
	}
	in := append([]string{"sh", "-c", script + "exec \"$@\"", "sh"}, argv...)
	if o.Host != nil {
		return o.Host.inside(in...)
	}
	return append([]string{"unshare", "--mount"}, in...)
}

// mounts is a shell script that puts a folder over all places that Samba reads and writes.
func mounts(dir string) string {
	return "set -e\ndir='" + dir + `'
mkdir -p /run/samba /var/lib/samba /var/cache/samba /var/log/samba /etc/samba
mount --bind "$dir/etc" /etc/samba
mount --bind "$dir/lib" /var/lib/samba
mount --bind "$dir/cache" /var/cache/samba
mount --bind "$dir/log" /var/log/samba
mount -t tmpfs none /run/samba
mkdir -p /var/lib/samba/private
`
}

func (o FilesOptions) conf(addr netip.AddrPort) string {
	var b strings.Builder
	lines := []string{"server role = standalone server", "workgroup = WITNESS", "netbios name = WITNESS", "passdb backend = tdbsam",
		"smb ports = " + strconv.Itoa(int(addr.Port())), "disable netbios = yes", "server min protocol = SMB2_10", "bind interfaces only = yes",
		"interfaces = " + addr.Addr().String() + "/8", "socket options = " + keepalive, "obey pam restrictions = no", "load printers = no",
		"disable spoolss = yes", "log file = /var/log/samba/smbd.log", "map to guest = never", "deadtime = 0", "kernel oplocks = no",
		"kernel share modes = no", "posix locking = no", "multicast dns register = no"}
	if o.Host != nil {
		lines = append(lines, "interfaces = lo eth0")
	}
	b.WriteString("[global]\n\t" + strings.Join(lines, "\n\t") + "\n")
	for _, s := range o.Shares {
		readonly := "no"
		if s.ReadOnly {
			readonly = "yes"
		}
		fmt.Fprintf(&b, "[%s]\n\tpath = %s\n\tread only = %s\n\tforce user = root\n", s.Name, s.Path, readonly)
		if s.Users != nil {
			fmt.Fprintf(&b, "\tvalid users = %s\n", strings.Join(s.Users, " "))
		}
	}
	return b.String()
}
