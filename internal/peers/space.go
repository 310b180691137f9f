package peers

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

// prefix begins the name of every namespace of ours; this process's id follows.
const prefix = "siteswap-peers-"

// Network is a switch with hosts on it, each a network namespace. Nothing of it is seen by the rest of the machine, so that
// two runs at once may use the same addresses.
type Network struct {
	hub   string
	hosts []*Host
}

// Host is a machine on a [Network].
type Host struct {
	Addr netip.Addr
	name string // of its namespace
	port string // its end at the switch
	hub  string
}

// NewNetwork makes an empty switch. Namespaces that a run left behind that was killed are taken away first.
func NewNetwork(ctx context.Context) (*Network, error) {
	if err := Missing(Spaces); err != nil {
		return nil, err
	}
	sweep(ctx)
	tag := make([]byte, 3)
	if _, err := rand.Read(tag); err != nil {
		return nil, fmt.Errorf("name a network: %w", err)
	}
	n := &Network{hub: prefix + strconv.Itoa(os.Getpid()) + "-" + hex.EncodeToString(tag)}
	err := ip(ctx, "netns add "+n.hub,
		"-n "+n.hub+" link set lo up",
		"-n "+n.hub+" link add switch type bridge",
		"-n "+n.hub+" addr add "+gateway+" dev switch",
		"-n "+n.hub+" link set switch up")
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// The addresses of a network; the switch itself has the first.
const (
	gateway = "10.77.0.1/24"
	first   = "10.77.0.2"
)

// Host adds a machine. Its resolver, should a program in it look names up, is the machine itself; hosts are further lines
// of its hosts file.
func (n *Network) Host(ctx context.Context, hosts ...string) (*Host, error) {
	addr := netip.MustParseAddr(first)
	for range n.hosts {
		addr = addr.Next()
	}
	h := &Host{Addr: addr, hub: n.hub, port: fmt.Sprintf("port%d", len(n.hosts)), name: fmt.Sprintf("%s-%d", n.hub, len(n.hosts))}
	n.hosts = append(n.hosts, h)
	etc := "/etc/netns/" + h.name
	if err := os.MkdirAll(etc, 0o755); err != nil {
		return nil, fmt.Errorf("a host's files: %w", err)
	}
	lines := append([]string{"127.0.0.1 localhost"}, hosts...)
	if err := errors.Join(os.WriteFile(etc+"/hosts", []byte(strings.Join(lines, "\n")+"\n"), 0o644),
		os.WriteFile(etc+"/resolv.conf", []byte("nameserver "+addr.String()+"\n"), 0o644)); err != nil {
		return nil, fmt.Errorf("a host's files: %w", err)
	}
	return h, ip(ctx, "netns add "+h.name,
		"-n "+h.name+" link set lo up",
		"-n "+n.hub+" link add "+h.port+" type veth peer name eth0 netns "+h.name,
		"-n "+n.hub+" link set "+h.port+" master switch",
		"-n "+n.hub+" link set "+h.port+" up",
		"-n "+h.name+" addr add "+addr.String()+"/24 dev eth0",
		"-n "+h.name+" link set eth0 up")
}

// Dial connects from the switch, as a client in the same network does. The address is a literal.
func (n *Network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return dialIn(ctx, n.hub, &net.Dialer{}, network, address)
}

// Dial connects from inside the host. The address is a literal.
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return dialIn(ctx, h.name, &net.Dialer{}, network, address)
}

// fromSwitch connects to the host as another machine of the network does.
func (h *Host) fromSwitch(ctx context.Context, network, address string) (net.Conn, error) {
	return dialIn(ctx, h.hub, &net.Dialer{}, network, address)
}

// Unplug takes the host's cable out: packets vanish in both directions, processes go on.
func (h *Host) Unplug() error { return h.link("down") }

// Plug puts the cable back.
func (h *Host) Plug() error { return h.link("up") }

func (h *Host) link(state string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return ip(ctx, "-n "+h.hub+" link set "+h.port+" "+state)
}

// inside is how a program is run on the host: with a mount namespace of its own, in which the host's resolv.conf and hosts
// lie over the machine's.
func (h *Host) inside(argv ...string) []string {
	return append([]string{"ip", "netns", "exec", h.name}, argv...)
}

// Isolate keeps the hosts from each other; the switch itself, and so whoever comes through a relay, still reaches all.
func (n *Network) Isolate(apart bool) error {
	state := "off"
	if apart {
		state = "on"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var lines []string
	for _, h := range n.hosts {
		lines = append(lines, "-n "+n.hub+" link set "+h.port+" type bridge_slave isolated "+state)
	}
	return ip(ctx, lines...)
}

// Close takes the network away. Its servers must have been closed.
func (n *Network) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var errs []error
	for _, h := range n.hosts {
		errs = append(errs, remove(ctx, h.name))
	}
	n.hosts = nil
	return errors.Join(append(errs, remove(ctx, n.hub))...)
}

func remove(ctx context.Context, name string) error {
	err := os.RemoveAll("/etc/netns/" + name)
	if _, gone := os.Stat("/var/run/netns/" + name); os.IsNotExist(gone) {
		return err
	}
	return errors.Join(err, ip(ctx, "netns del "+name))
}

// sweep removes the namespaces of runs whose process has ended. Their servers died with it.
func sweep(ctx context.Context) {
	for _, dir := range []string{"/var/run/netns", "/etc/netns"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // none was ever made
		}
		for _, e := range entries {
			rest, ours := strings.CutPrefix(e.Name(), prefix)
			digits, _, _ := strings.Cut(rest, "-")
			if pid, err := strconv.Atoi(digits); ours && err == nil && !alive(pid) {
				_ = remove(ctx, e.Name()) // another run may sweep it at this moment
			}
		}
	}
}

// ip carries out lines of the ip command, in order.
func ip(ctx context.Context, lines ...string) error {
	for _, line := range lines {
		if _, err := run(ctx, "", nil, append([]string{"ip"}, strings.Fields(line)...)...); err != nil {
			return fmt.Errorf("ip %s: %w", line, err)
		}
	}
	return nil
}
