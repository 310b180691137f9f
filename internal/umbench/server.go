package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"siteswap/internal/umload"
)

// server is something that is called.
type server struct {
	name      string
	mailboxes int
	echo      bool
	ready     time.Duration // from its start to its first answer
	udp       netip.AddrPort
	tls       netip.AddrPort
	cmd       *exec.Cmd
	log       string
	ended     chan error
	boxes     string // its mailbox file
	command   []string
}

// rig is where servers are made.
type rig struct {
	siteswap, site, dir string
	kamailio, modules   string
	cert, key           string
	cpu                 string // which processor the servers get; empty: any
}

// freePort is free for UDP and TCP, and lies below the ports that the system gives to those who call (ip_local_port_range): none of
// them takes it before the server does, or holds it for a minute after its end (TIME_WAIT).
func freePort() (uint16, error) {
	var last error
	for range 100 {
		at := local(uint16(20_000 + rand.IntN(12_000)))
		p, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		if err != nil {
			last = err
			continue
		}
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
		p.Close()
		if err != nil {
			last = err
			continue
		}
		l.Close()
		return at.Port(), nil
	}
	return 0, fmt.Errorf("no port is free for UDP and TCP: %w", last)
}

func local(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
}

// start runs a server on its processor until it answers.
func (r *rig) start(ctx context.Context, s *server, name string, args ...string) error {
	s.command = append([]string{name}, args...)
	if r.cpu != "" {
		name, args = "taskset", append([]string{"-c", r.cpu, name}, args...)
	}
	s.log = filepath.Join(r.dir, fmt.Sprintf("%s-%d.log", s.name, s.mailboxes))
	log, err := os.Create(s.log)
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.Command(name, args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.ended = make(chan error, 1)
	go func() { s.ended <- s.cmd.Wait() }()
	for deadline := began.Add(2 * time.Minute); ; {
		rep, err := umload.Run(ctx, umload.Options{Target: s.udp, InFlight: 1, Duration: 5 * time.Millisecond, Patience: 20 * time.Millisecond, Mailboxes: s.mailboxes, Echo: s.echo})
		if err == nil && rep.Answered > 0 && rep.Wrong == 0 {
			break
		}
		select {
		case err := <-s.ended:
			return fmt.Errorf("%s ended: %v; %s", s.name, err, tail(s.log))
		default:
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			s.stop()
			return fmt.Errorf("%s does not answer (%+v, %v); %s", s.name, rep, err, tail(s.log))
		}
	}
	s.ready = time.Since(began)
	return nil
}

// signal sends a signal to a server and what it has started; one that has ended hears nothing.
func (s *server) signal(sig syscall.Signal) { syscall.Kill(-s.cmd.Process.Pid, sig) }

// stop ends a server and what it has started.
func (s *server) stop() error {
	s.signal(syscall.SIGTERM)
	select {
	case err := <-s.ended:
		var code *exec.ExitError
		if errors.As(err, &code) && code.ExitCode() > 0 {
			return fmt.Errorf("%s ended with exit code %d: %s", s.name, code.ExitCode(), tail(s.log))
		}
		return nil
	case <-time.After(10 * time.Second):
		s.signal(syscall.SIGKILL)
		return fmt.Errorf("%s did not end within 10 s", s.name)
	}
}

func tail(file string) string {
	b, _ := os.ReadFile(file)
	return string(b[max(0, len(b)-1000):])
}

// csv writes the mailboxes of the bench.
func csv(path string, n int) error {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s,HQ,OLD%d\n", umload.Extension(i), i%2+1)
	}
	return os.WriteFile(path, []byte(b.String()), 0o600)
}

// redirector starts ours, with a site file that is the given one with another um part.
func (r *rig) redirector(ctx context.Context, n int) (*server, error) {
	s := &server{name: "siteswap", mailboxes: n}
	data := filepath.Join(r.dir, fmt.Sprintf("siteswap-%d", n))
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	site := filepath.Join(data, "site.yaml")
	s.boxes = filepath.Join(data, "um.csv")
	if err := csv(s.boxes, n); err != nil {
		return nil, err
	}
	reference, err := os.ReadFile(r.site)
	if err != nil {
		return nil, err
	}
	udp, err := freePort()
	if err != nil {
		return nil, err
	}
	tls, err := freePort()
	if err != nil {
		return nil, err
	}
	s.udp, s.tls = local(udp), local(tls)
	before, rest, _ := strings.Cut(string(reference), "\num:\n")
	_, after, found := strings.Cut(rest, "\ncontrollers:")
	if !found {
		return nil, fmt.Errorf("%s has no um part before its controllers", r.site)
	}
	um := fmt.Sprintf(umPart, udp, udp, tls, r.cert, r.key, umload.Host(0), umload.Host(1), s.boxes)
	if err := os.WriteFile(site, []byte(before+um+"\ncontrollers:"+after), 0o600); err != nil {
		return nil, err
	}
	return s, r.start(ctx, s, r.siteswap, "um", "serve", "--config", site, "--site", "Prod", "--data", data)
}

// umPart is the um part of the site file. Nobody resolves the names of the legacy servers here, and they are handed out all the same.
const umPart = `
um:
  redirectors:
    - {site: Prod, listen: ['udp://127.0.0.1:%d', 'tcp://127.0.0.1:%d', 'tls://127.0.0.1:%d'], tls: {certificate: '%s', key_file: '%s'}}
  peers: [127.0.0.1]
  limits: {allow: [127.0.0.1]}
  drain: 2s
  dial_plans:
    - {name: HQ, extension_digits: 7, current: {Prod: [{target: 'ex2010-1.test.local:5060;transport=tcp'}]}}
  legacy:
    - {name: OLD1, fqdn: %s, address: 10.0.2.40, port: 5060, transport: tcp, site: DR, when_down: redirect-anyway}
    - {name: OLD2, fqdn: %s, address: 10.0.2.41, port: 5060, transport: tcp, site: DR, when_down: redirect-anyway}
  mailbox_file: %s
`

// kamailioServer starts Kamailio, tuned.
func (r *rig) kamailioServer(ctx context.Context, n int) (*server, error) {
	s := &server{name: "kamailio", mailboxes: n}
	dir := filepath.Join(r.dir, fmt.Sprintf("kamailio-%d", n))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	db, file := filepath.Join(dir, "um.db"), filepath.Join(dir, "kamailio.cfg")
	if out, err := exec.Command("python3", filepath.Join(r.dir, "mailboxes.py"), db, strconv.Itoa(n)).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the table of Kamailio: %w: %s", err, out)
	}
	udp, err := freePort()
	if err != nil {
		return nil, err
	}
	tls, err := freePort()
	if err != nil {
		return nil, err
	}
	s.udp = local(udp)
	bits := 8
	for bits < 20 && 1<<bits < n {
		bits++
	}
	pairs := []string{"@PORT@", strconv.Itoa(int(udp)), "@TLSPORT@", strconv.Itoa(int(tls)), "@MODULES@", r.modules, "@CERT@", r.cert, "@KEY@", r.key, "@DB@", db, "@SIZE@", strconv.Itoa(bits)}
	if err := os.WriteFile(file, []byte(strings.NewReplacer(pairs...).Replace(kamailioConfig)), 0o600); err != nil {
		return nil, err
	}
	args := []string{"-f", file, "-DD", "-E", "-x", "fm", "-X", "fm", "-m", strconv.Itoa(64 + n/600), "-M", strconv.Itoa(32 + n/600), "-Y", dir, "-P", filepath.Join(dir, "pid")}
	if _, err := os.Stat(filepath.Join(r.modules, "tls.so")); err == nil {
		s.tls, args = local(tls), append(args, "-A", "WITH_TLS")
	}
	return s, r.start(ctx, s, r.kamailio, args...)
}
