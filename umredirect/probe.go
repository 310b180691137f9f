package umredirect

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Probe is how legacy servers are watched. It sees them from where the redirector stands, which is not where the PBX
// stands: use it where both share a path, else a cut between two sites looks like a dead server.
type Probe struct {
	Every   time.Duration // 10 s
	Timeout time.Duration // 2 s
	Fails   int           // in a row before a server counts as down; 3. One answer makes it count as up.
	Servers map[string]Probed
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
}

// Probed is where a legacy server is asked; no name is looked up.
type Probed struct {
	Address   netip.AddrPort
	Transport string // udp or tcp; of tls only the connection is tried
}

// Watch asks every legacy server again and again until the context ends.
func (s *Server) Watch(ctx context.Context, p Probe) {
	if p.Every == 0 {
		p.Every = 10 * time.Second
	}
	if p.Timeout == 0 {
		p.Timeout = 2 * time.Second
	}
	if p.Fails == 0 {
		p.Fails = 3
	}
	done := make(chan struct{})
	for name, server := range p.Servers {
		go func() {
			s.watchOne(ctx, p, name, server)
			done <- struct{}{}
		}()
	}
	for range p.Servers {
		<-done
	}
}

func (s *Server) watchOne(ctx context.Context, p Probe, name string, server Probed) {
	tick := time.NewTicker(p.Every)
	defer tick.Stop()
	for failed, n := 0, uint64(0); ; n++ {
		if err := p.ask(ctx, name, server, n); err == nil {
			failed = 0
			s.SetLegacyDown(name, false)
		} else if ctx.Err() == nil {
			if failed++; failed >= p.Fails {
				s.SetLegacyDown(name, true)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// ask sends an OPTIONS. Any answer below 500 is a sign of life.
func (p Probe) ask(ctx context.Context, name string, server Probed, n uint64) error {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	network := "tcp"
	if server.Transport == "udp" {
		network = "udp"
	}
	c, err := p.Dial(ctx, network, server.Address.String())
	if err != nil {
		return fmt.Errorf("probe %s: %w", name, err)
	}
	defer c.Close()
	if server.Transport == "tls" {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := c.Write(optionsRequest(c.LocalAddr(), server, network, n)); err != nil {
		return fmt.Errorf("probe %s: %w", name, err)
	}
	raw := make([]byte, datagram)
	if network == "udp" {
		var size int
		size, err = c.Read(raw)
		raw = raw[:size]
	} else {
		raw, _, err = readMessage(bufio.NewReader(c))
	}
	if err != nil {
		return fmt.Errorf("probe %s: %w", name, err)
	}
	words := strings.SplitN(string(raw), " ", 3)
	status, err := strconv.Atoi(words[min(1, len(words)-1)])
	if err != nil || status < 200 || status >= 500 {
		return fmt.Errorf("probe %s: answered %q", name, strings.Join(words[:min(2, len(words))], " "))
	}
	return nil
}

func optionsRequest(local net.Addr, server Probed, network string, n uint64) []byte {
	sum := sha256.Sum256([]byte(local.String() + server.Address.String() + strconv.FormatUint(n, 10)))
	id := hex.EncodeToString(sum[:8])
	return fmt.Appendf(nil, "OPTIONS sip:%s;transport=%s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:probe@%s>;tag=%s\r\nTo: <sip:%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		server.Address, network, strings.ToUpper(network), local, id, local, id, server.Address, id)
}
