package umredirect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// Certificates are the files of a TLS listener. They may be replaced while it runs: new connections get the new ones,
// connections that stand are not touched.
type Certificates struct {
	cert, key, clients string
	now                atomic.Pointer[tls.Config]
}

// NewCertificates reads a certificate with its key. Clients must show a certificate of the authorities in the file clients,
// where one is named.
func NewCertificates(cert, key, clients string) (*Certificates, error) {
	c := &Certificates{cert: cert, key: key, clients: clients}
	if err := c.Reload(); err != nil {
		return nil, err
	}
	return c, nil
}

// Reload reads the files again. When one of them is bad the old ones stay in force.
func (c *Certificates) Reload() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("certificate %s: %w; the one before stays in force", c.cert, err)
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if c.clients != "" {
		pem, err := os.ReadFile(c.clients)
		if err != nil {
			return fmt.Errorf("authorities of clients: %w", err)
		}
		conf.ClientCAs = x509.NewCertPool()
		if !conf.ClientCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("authorities of clients: %s holds no certificate", c.clients)
		}
		conf.ClientAuth = tls.RequireAndVerifyClientCert
	}
	c.now.Store(conf)
	return nil
}

// Watch reads the files again whenever one of them has changed, until the context ends.
func (c *Certificates) Watch(ctx context.Context, every time.Duration, log *slog.Logger) {
	seen, _ := c.print()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := c.print()
		if err == nil && now == seen {
			continue
		}
		if err = errors.Join(err, c.Reload()); err != nil {
			log.Error("certificates not read again", "error", err)
			continue // and tried at every tick, for the files may be half written
		}
		seen = now
		log.Info("certificates read again", "certificate", c.cert)
	}
}

// print changes whenever one of the files does.
func (c *Certificates) print() (string, error) {
	out := ""
	for _, name := range []string{c.cert, c.key, c.clients} {
		if name == "" {
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return "", err
		}
		out += fmt.Sprintf("%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
	}
	return out, nil
}

// Config is for a listener; each connection gets what is in force when it begins.
func (c *Certificates) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.now.Load(), nil }}
}
