package umredirect_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	bignum "math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"siteswap/umredirect"
)

// authority signs certificates.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
	n    int64
}

func newAuthority(t testing.TB) *authority {
	a := &authority{t: t, pool: x509.NewCertPool(), n: 1}
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	own := &x509.Certificate{SerialNumber: bignum.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	raw, err := x509.CreateCertificate(rand.Reader, own, own, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, _ = x509.ParseCertificate(raw)
	a.pool.AddCert(a.cert)
	return a
}

// issue writes a certificate and its key into files.
func (a *authority) issue(dir, name string) (cert, key string) {
	a.t.Helper()
	a.n++
	own, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{SerialNumber: bignum.NewInt(a.n), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.cert, &own.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	secret, _ := x509.MarshalPKCS8PrivateKey(own)
	cert, key = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	a.write(cert, "CERTIFICATE", raw)
	a.write(key, "PRIVATE KEY", secret)
	return cert, key
}

func (a *authority) write(file, kind string, raw []byte) {
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// secured starts a redirector that speaks TLS.
func secured(t *testing.T, c *umredirect.Certificates) string {
	t.Helper()
	r := start(t, umredirect.Options{First: inProd})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Server.ServeTLS(l, c) }()
	t.Cleanup(func() {
		r.Stop()
		<-ended
	})
	return l.Addr().String()
}

// overTLS asks over a connection of its own, and says who answered.
func overTLS(address string, conf *tls.Config, raw string) (answer, name string, err error) {
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", address, conf)
	if err != nil {
		return "", "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, raw); err != nil {
		return "", "", err
	}
	answer, err = bufio.NewReader(c).ReadString('\n')
	return answer, c.ConnectionState().PeerCertificates[0].Subject.CommonName, err
}

func TestTLSAndItsReload(t *testing.T) {
	a, dir := newAuthority(t), t.TempDir()
	cert, key := a.issue(dir, "um.test")
	certs, err := umredirect.NewCertificates(cert, key, "")
	if err != nil {
		t.Fatal(err)
	}
	address := secured(t, certs)
	invite := message("INVITE", "sips:1001@x", "Via: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bKt")
	trust := &tls.Config{RootCAs: a.pool}
	answer, name, err := overTLS(address, trust, invite)
	if err != nil || name != "um.test" || !strings.HasPrefix(answer, "SIP/2.0 480 ") {
		t.Fatalf("%q from %s, %v", answer, name, err)
	}
	newer, newerKey := a.issue(dir, "new.test")
	os.Rename(newer, cert)
	if err := certs.Reload(); err == nil || !strings.Contains(err.Error(), "stays in force") {
		t.Errorf("a certificate that does not fit its key: %v", err)
	}
	if _, name, err := overTLS(address, trust, invite); err != nil || name != "um.test" {
		t.Errorf("%s, %v", name, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go certs.Watch(ctx, time.Millisecond, slog.New(slog.DiscardHandler))
	os.Rename(newerKey, key)
	for name != "new.test" && t.Context().Err() == nil { // until the watch has seen it; the test's own time limit ends it
		if _, name, err = overTLS(address, trust, invite); err != nil {
			t.Fatal(err)
		}
		os.Chtimes(cert, time.Now(), time.Now())
	}
}

func TestClientCertificates(t *testing.T) {
	a, dir := newAuthority(t), t.TempDir()
	cert, key := a.issue(dir, "um.test")
	ca := filepath.Join(dir, "ca.pem")
	a.write(ca, "CERTIFICATE", a.cert.Raw)
	certs, err := umredirect.NewCertificates(cert, key, ca)
	if err != nil {
		t.Fatal(err)
	}
	address := secured(t, certs)
	options := message("OPTIONS", "sip:x")
	if answer, _, err := overTLS(address, &tls.Config{RootCAs: a.pool}, options); err == nil {
		t.Errorf("without a certificate: %q", answer)
	}
	own, err := tls.LoadX509KeyPair(a.issue(dir, "pbx.test"))
	if err != nil {
		t.Fatal(err)
	}
	if answer, _, err := overTLS(address, &tls.Config{RootCAs: a.pool, Certificates: []tls.Certificate{own}}, options); err != nil || !strings.HasPrefix(answer, "SIP/2.0 200 ") {
		t.Errorf("with a certificate: %q, %v", answer, err)
	}
	for _, bad := range []string{filepath.Join(dir, "gone"), key} {
		if _, err := umredirect.NewCertificates(cert, key, bad); err == nil || !strings.Contains(err.Error(), "authorities of clients") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestIPv6(t *testing.T) {
	p, err := net.ListenPacket("udp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here: ", err)
	}
	r := start(t, umredirect.Options{First: inProd, Peers: []netip.Prefix{netip.MustParsePrefix("::1/128")}})
	go r.Server.ServeUDP(p)
	conn := dialUDP(t, p.LocalAddr().(*net.UDPAddr).AddrPort())
	got := ask(t, conn, message("INVITE", "sip:1001@[::1]:5060", "Via: SIP/2.0/UDP [::1]:9;branch=z9hG4bKa;rport"))
	port := conn.LocalAddr().(*net.UDPAddr).Port
	if want := fmt.Sprintf("Via: SIP/2.0/UDP [::1]:9;branch=z9hG4bKa;rport=%d;received=::1\r\n", port); !strings.Contains(got, want) {
		t.Errorf("%q holds no %q", got, want)
	}
}

// What is longer than the limit is told so, and the connection ends.
func TestTooLong(t *testing.T) {
	r := start(t, umredirect.Options{First: inProd})
	for name, raw := range map[string]string{
		"body":    message("INVITE", "sip:1001@x", "Content-Length: 70000"),
		"headers": strings.TrimSuffix(message("INVITE", "sip:1001@x"), "\r\n") + strings.Repeat("X-Filler: y\r\n", 6000),
		"line":    strings.TrimSuffix(message("INVITE", "sip:1001@x"), "\r\n") + "X-Filler: " + strings.Repeat("y", 80000) + "\r\n\r\n",
	} {
		c, err := net.Dial("tcp", r.TCP.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		io.WriteString(c, raw)
		in := bufio.NewReader(c)
		if got := readAnswer(t, in); !strings.HasPrefix(got, "SIP/2.0 513 ") || !strings.Contains(got, "Call-ID: c1\r\n") {
			t.Errorf("%s: %q", name, got)
		}
		if _, err := in.ReadByte(); err != io.EOF {
			t.Errorf("%s: after that %v, want the end", name, err)
		}
	}
}
