package act

import (
	"context"
	"errors"
	"time"

	"siteswap/dnsupdate"
	"siteswap/internal/exchange"
	"siteswap/internal/vip"
)

// The questions here are asked of what has been silent, beside an observation: does it answer again?

func (w *World) asksDNS(srv dnsupdate.Server, name int) bool {
	if len(w.o.Topology.Names) == 0 {
		return false
	}
	_, err := w.o.DNS.Query(context.Background(), srv, w.o.Topology.Names[name].Name)
	return !errors.Is(err, dnsupdate.ErrUnreachable)
}

func (w *World) asksRedirector(i int) bool {
	c, cancel := context.WithTimeout(context.Background(), w.patience(5*time.Second, 700*time.Millisecond))
	defer cancel()
	_, err := w.o.Redirectors[i].State(c)
	return err == nil
}

func (w *World) asksPool(p *vip.Pool) bool {
	c, cancel := context.WithTimeout(context.Background(), w.patience(5*time.Second, 700*time.Millisecond))
	defer cancel()
	_, err := p.Members(c)
	return !errors.Is(err, vip.ErrNoAnswer)
}

func (w *World) asksMember(m int) bool {
	c, cancel := context.WithTimeout(context.Background(), w.patience(5*time.Second, 700*time.Millisecond))
	defer cancel()
	_, r := w.o.Exchange.GetService(c, exchange.At{Server: w.o.Topology.Members[m].FQDN}, "ClusSvc")
	return r.State == exchange.Done
}
