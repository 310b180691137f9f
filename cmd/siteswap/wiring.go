package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"siteswap/dnsupdate"
	"siteswap/internal/act"
	"siteswap/internal/config"
	"siteswap/internal/exchange"
	"siteswap/internal/power"
	"siteswap/internal/vip"
	"siteswap/umredirect"
)

// dial is a way to open connections, TCP and UDP.
type dial func(ctx context.Context, network, address string) (net.Conn, error)

// dialFrom dials from an address of this machine, so that whoever stands between knows where the caller stands.
func dialFrom(local netip.Addr) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		d := &net.Dialer{}
		if local.IsValid() {
			d.LocalAddr = &net.TCPAddr{IP: local.AsSlice()}
			if strings.HasPrefix(network, "udp") {
				d.LocalAddr = &net.UDPAddr{IP: local.AsSlice()}
			}
		}
		return d.DialContext(ctx, network, address)
	}
}

// scale is how many times faster than real time a lab runs.
func scale(site *config.Site) float64 {
	if site.Cluster == nil || !site.Cluster.Lab || site.Cluster.TimeScale < 1 {
		return 1
	}
	return site.Cluster.TimeScale
}

// drivers makes a world of drivers for a site file. Only the emulated sites have a driver for Exchange yet.
func drivers(site *config.Site, from dial) (*act.World, error) {
	if site.ExchangeAccess == nil || site.ExchangeAccess.Transport != "lab" {
		return nil, usage("exchange_access.transport: this build has no driver for a live Exchange yet; rehearse with `siteswap drill` or `siteswap lab up`")
	}
	t, s := site.Topology(), scale(site)
	patience := func(real, floor time.Duration) time.Duration {
		return max(floor, time.Duration(float64(real)/s))
	}
	web := &http.Client{Transport: &http.Transport{DialContext: from, DisableKeepAlives: true}}
	floor := 700 * time.Millisecond
	if slices.ContainsFunc(site.DNS.Servers, func(s config.DNSServer) bool { return s.GSS != nil }) {
		floor = 2 * time.Second // a ticket and a security context come before the first update
	}
	converge := time.Duration(0)
	if manyMasters(site) {
		converge = patience(dnsConverge, 2*floor)
	}
	dns, err := dnsClient(site, from, patience(5*time.Second, floor), converge)
	if err != nil {
		return nil, err
	}
	ports := map[string]string{}
	for _, v := range site.Servers {
		ports[v.FQDN] = net.JoinHostPort(v.Address.String(), strconv.Itoa(site.ExchangeAccess.Port))
	}
	o := act.Options{Topology: t, DNS: dns, Scale: s, Dial: from, FrontPort: strconv.Itoa(labFrontPort),
		Exchange: &exchange.Client{Transport: exchange.NewHTTPTransport(exchange.HTTPOptions{Address: func(server string) string { return ports[server] },
			Dial: from, Connect: patience(5*time.Second, 700*time.Millisecond), Read: patience(30*time.Second, 2*time.Second), Act: patience(30*time.Minute, 5*time.Second)})},
		Pools: make([]*vip.Pool, len(site.Sites)), Directories: make([][]string, len(site.Sites)),
		Fronts: make([]string, len(t.Members)), UM: make([]string, len(t.Members))}
	if site.Power != nil {
		o.Power = &power.Control{Address: site.Power.Address.String(), HTTP: web}
	}
	for i, p := range site.Sites {
		if p.VIP != nil && p.VIP.Control.IsValid() && len(t.Sites[i].Pool) > 0 {
			o.Pools[i] = &vip.Pool{Control: p.VIP.Control.String(), HTTP: web}
		}
		for _, d := range p.DomainControllers {
			o.Directories[i] = append(o.Directories[i], net.JoinHostPort(d.Address.String(), strconv.Itoa(labDirectoryPort)))
		}
	}
	for _, v := range site.Servers {
		if m := t.MemberIndex(v.Name); m >= 0 {
			o.Fronts[m] = net.JoinHostPort(v.Address.String(), strconv.Itoa(labFrontPort))
		}
	}
	if o.Witnesses, err = witnessProbes(site); err != nil {
		return nil, err
	}
	if site.UM != nil {
		for _, r := range site.UM.Redirectors {
			o.Redirectors = append(o.Redirectors, &umredirect.Remote{URL: "http://" + r.Control.String(), HTTP: web})
		}
	}
	return act.New(o), nil
}

// Ports of the emulated servers that the site file does not name.
const (
	labFrontPort     = 10443
	labDirectoryPort = 10389
)

// dnsConverge is how long a run waits for servers that were all written and yet differ: two masters of a zone can each
// take one writer's value, and one loses when they replicate, within a site in 15 s (domain-exchange.md, section 7). It is
// shorter than dns.repoint may take.
const dnsConverge = 45 * time.Second

// manyMasters: several servers take changes of the same name, so they can come to differ.
func manyMasters(site *config.Site) bool {
	return slices.ContainsFunc(site.DNS.Names, func(n config.Name) bool { return len(site.DNS.ServersOf(n)) > 1 })
}

func dnsClient(site *config.Site, from dial, timeout, converge time.Duration) (*dnsupdate.Client, error) {
	o, err := dnsOptions(site, from, timeout, true)
	if err != nil {
		return nil, err
	}
	o.Converge = converge
	c, err := dnsupdate.NewClient(o)
	if err != nil {
		return nil, usage("%v", err)
	}
	return c, nil
}

// tsig reads a key from where the site file says. Its text is never printed.
func tsig(site *config.Site, k *config.TSIG) (dnsupdate.TSIG, error) {
	text, err := secretText(site, k.KeyFile, k.Env, k.Command)
	if err != nil {
		return dnsupdate.TSIG{}, err
	}
	if text == nil {
		return dnsupdate.TSIG{}, fmt.Errorf("tsig says nowhere where the secret is; write key_file, env or command")
	}
	key, err := dnsupdate.ParseKey(text)
	if err != nil {
		return key, err
	}
	if key.Name == "" {
		key.Name = k.Name
	}
	if key.Algorithm == "" {
		key.Algorithm = k.Algorithm
	}
	return key, nil
}
