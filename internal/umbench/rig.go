package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"siteswap/umredirect/batch"
)

//go:embed testdata/kamailio.cfg
var kamailioConfig string

//go:embed testdata/mailboxes.py
var mailboxesScript []byte

//go:embed testdata/echo.c
var echoSource []byte

// withRig makes a folder with what the servers need, and removes it.
func withRig(o options, do func(*rig) error) error {
	dir, err := os.MkdirTemp("", "umbench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r := &rig{siteswap: o.siteswap, site: o.site, dir: dir, kamailio: o.kamailio, modules: o.modules, cpu: o.serverCPU,
		cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
	if err := os.WriteFile(filepath.Join(dir, "mailboxes.py"), mailboxesScript, 0o600); err != nil {
		return err
	}
	if err := r.certificate(); err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	return do(r)
}

// certificate makes one that nobody looks at.
func (r *rig) certificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"bench"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(r.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600)
}

// floor starts a server that only sends datagrams back: in Go, this program once more.
func (r *rig) floor(ctx context.Context, name string, program string, args ...string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &server{name: name, mailboxes: 1, echo: true, udp: local(port)}
	return s, r.start(ctx, s, program, append(args, strconv.Itoa(int(port)))...)
}

// echoC compiles the floor in C.
func (r *rig) echoC(compiler string) (string, error) {
	source, out := filepath.Join(r.dir, "echo.c"), filepath.Join(r.dir, "echo")
	if err := os.WriteFile(source, echoSource, 0o600); err != nil {
		return "", err
	}
	if text, err := exec.Command(compiler, "-O2", "-o", out, source).CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile the floor in C: %w: %s", err, text)
	}
	return out, nil
}

// echoSize is how much of an INVITE is sent back: as much as a 302 has.
const echoSize = 450

// echo is the floor in Go: batched, and no look at what comes but for the first word.
func echo(port string) error {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return fmt.Errorf("port %q: %w", port, err)
	}
	p, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(local(uint16(n))))
	if err != nil {
		return err
	}
	defer p.Close()
	c, err := batch.New(p, batch.Options{})
	if err != nil {
		return err
	}
	for {
		n, err := c.Read()
		if err != nil {
			return err
		}
		for i := range n {
			if data, from, _ := c.Message(i); len(data) >= echoSize && string(data[:6]) == "INVITE" {
				c.Reply(i, from.Port(), append(c.Answer(), data[:echoSize]...))
			}
		}
		c.Flush() // what cannot be sent is a call lost, which the caller counts
	}
}
