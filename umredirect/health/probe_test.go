package health_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"siteswap/umredirect/health"
)

// answerer is a server that gives the words to every OPTIONS; @@ in them stands for the request's own.
func answerer(t *testing.T, network, words string, config *tls.Config) netip.AddrPort {
	t.Helper()
	give := func(request string) string {
		_, id, _ := strings.Cut(request, "Call-ID: ")
		id, _, _ = strings.Cut(id, "\r\n")
		return strings.ReplaceAll(words, "@@", id)
	}
	if network == "udp" {
		p, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		go func() {
			buf := make([]byte, 4096)
			for n := 0; ; n++ {
				k, from, err := p.ReadFrom(buf)
				if err != nil {
					return
				}
				if n > 0 { // the first is lost
					p.WriteTo([]byte(give(string(buf[:k]))), from)
				}
			}
		}()
		return p.LocalAddr().(*net.UDPAddr).AddrPort()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if config != nil {
				c = tls.Server(c, config)
			}
			go func() {
				defer c.Close()
				r, request := bufio.NewReader(c), ""
				for !strings.HasSuffix(request, "\r\n\r\n") {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					request += line
				}
				c.Write([]byte(give(request)))
				r.ReadByte() // until the prober has had enough
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// certificate is one for a host, and the roots that trust it.
func certificate(t *testing.T, host string) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

const yes = "SIP/2.0 200 OK\r\nCall-ID: @@\r\nContent-Length: 0\r\n\r\n"

func TestProbe(t *testing.T) {
	served, roots := certificate(t, "ex1.test.local")
	other, _ := certificate(t, "other.test.local")
	for _, c := range []struct {
		name, transport, words, how string
		tls                         *tls.Config
		want                        string // in the error; empty: it answers
	}{
		{"tcp", "tcp", yes, "", nil, ""},
		{"udp, the first datagram lost", "udp", yes, "", nil, ""},
		{"tls", "tls", yes, "", served, ""},
		{"a certificate for another host", "tls", yes, "", other, "TLS: "},
		{"no TLS there", "tls", yes, "", nil, "TLS: "},
		{"404 is a sign of life", "tcp", strings.Replace(yes, "200 OK", "404 Not Found", 1), "", nil, ""},
		{"503", "tcp", strings.Replace(yes, "200 OK", "503 Service Unavailable", 1), "", nil, "answers 503"},
		{"a provisional answer first", "tcp", strings.Replace(yes, "200 OK", "100 Trying", 1) + yes, "", nil, ""},
		{"a provisional answer only", "tcp", strings.Replace(yes, "200 OK", "100 Trying", 1), "", nil, "no answer in"},
		{"somebody else's answer", "tcp", strings.Replace(yes, "@@", "other", 1), "", nil, "no answer in"},
		{"silence", "tcp", "", "", nil, "no answer in"},
		{"silence, and only connected", "tcp", "", health.ByConnect, nil, ""},
		{"silence over udp", "udp", "", health.ByConnect, nil, "no answer in"},
		{"another protocol", "tcp", "220 mail.test.local ESMTP\r\n", "", nil, "does not speak SIP"},
		{"no end", "tcp", "SIP/2.0 200 OK\r\nX: " + strings.Repeat("x", 70<<10), "", nil, "does not speak SIP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := health.Prober{Timeout: 400 * time.Millisecond, How: c.how, ID: rand.Text, TLS: &tls.Config{RootCAs: roots}}
			if c.want == "" {
				p.Timeout = 10 * time.Second
			}
			err := p.Probe(t.Context(), health.Probe{Target: health.Target{Host: "ex1.test.local", Transport: c.transport}, Address: answerer(t, c.transport, c.words, c.tls)})
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	at := answerer(t, "tcp", yes, nil)
	p := health.Prober{Timeout: time.Second, ID: rand.Text}
	if err := p.Probe(t.Context(), health.Probe{Target: health.Target{Host: "x", Transport: "tcp"}, Address: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.77"), at.Port())}); err == nil {
		t.Error("nobody listens there, and it answered")
	}
}

// FuzzAnswer: whatever stands there, the prober takes only an answer with its own identifier, and ends.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{yes, "SIP/2.0 200", "SIP/2.0 999 x\r\nID\r\n\r\n", "\r\n\r\n" + yes, "OPTIONS x SIP/2.0\r\nCall-ID: ID\r\n\r\n", "SIP/2.0 20x\r\nID"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, words string, datagram bool) {
		here, there := net.Pipe()
		transport := "tcp"
		if datagram {
			transport = "udp"
		}
		go func() {
			defer there.Close()
			there.Read(make([]byte, 4096))
			there.Write([]byte(words))
		}()
		p := health.Prober{Timeout: 50 * time.Millisecond, ID: func() string { return "0123456789abcdef" },
			Dial: func(context.Context, string, string) (net.Conn, error) { return here, nil }}
		err := p.Probe(t.Context(), health.Probe{Target: health.Target{Host: "x", Transport: transport}})
		if err == nil && (!strings.Contains(words, "0123456789abcdef") || !strings.Contains(words, "SIP/2.")) {
			t.Errorf("%q was taken for an answer", words)
		}
	})
}
