package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"

	"siteswap/internal/config"
	"siteswap/umredirect"
	"siteswap/umredirect/health"
	"siteswap/umredirect/hep"
	"siteswap/umredirect/telemetry"
)

// operation is what runs beside a redirector: the book of its calls, the watch over its targets, copies for Homer, figures.
type operation struct {
	site  *config.Site
	me    *config.Redirector
	book  *telemetry.Book
	sink  *hep.Sink
	watch *health.Watcher
	log   *slog.Logger
	quit  chan os.Signal // Ctrl-C
	tasks sync.WaitGroup
}

// newOperation makes what the site file asks for, and has the redirector tell it of calls.
func newOperation(site *config.Site, me *config.Redirector, o *umredirect.Options, together func(func())) (*operation, error) {
	op := &operation{site: site, me: me, log: o.Logger, quit: make(chan os.Signal, 1)}
	signal.Notify(op.quit, os.Interrupt)
	var err error
	if op.sink, err = homer(site, me); err != nil {
		return nil, err
	}
	op.book = telemetry.New(telemetry.Options{Logger: o.Logger, PerSecond: site.UM.LogLines, Together: together, Mirror: op.sink, Local: op.listens})
	o.OnCall, o.Wanted = op.book.Note, op.book.Wanted
	op.watch, err = watcher(site, me)
	return op, err
}

// listens is where the redirector is reached over a transport.
func (op *operation) listens(transport string) netip.AddrPort {
	for _, l := range op.me.Listen {
		if l.Network == transport {
			return l.AddrPort
		}
	}
	return netip.AddrPort{}
}

// homer is where copies go; nil without one.
func homer(site *config.Site, me *config.Redirector) (*hep.Sink, error) {
	h := site.UM.Homer
	if h == nil {
		return nil, nil
	}
	key := ""
	switch {
	case h.KeyFile != "":
		b, err := os.ReadFile(site.Path(h.KeyFile))
		if err != nil {
			return nil, usage("um.homer: %v", err)
		}
		key = strings.TrimSpace(string(b))
	case h.Env != "":
		key = os.Getenv(h.Env)
	case len(h.Command) > 0:
		return nil, usage("um.homer.command: a command is not run by this build; write key_file or env")
	}
	c, err := net.Dial("udp", h.Address.String())
	if err != nil {
		return nil, usage("um.homer: %v", err)
	}
	return hep.NewSink(hep.SinkOptions{Conn: c, Node: uint32(h.Node), Key: key, Sample: uint64(h.Sample)}), nil
}

// watcher looks targets up as the PBX does, and probes them from the redirector's own address.
func watcher(site *config.Site, me *config.Redirector) (*health.Watcher, error) {
	w := config.UMWatch{}
	if site.UM.Watch != nil {
		w = *site.UM.Watch
	}
	s := scale(site)
	scaled := func(d, real, floor time.Duration) time.Duration {
		if d == 0 {
			d = real
		}
		return max(floor, time.Duration(float64(d)/s))
	}
	p := health.Prober{How: w.How, ID: rand.Text, Timeout: scaled(time.Duration(w.Timeout), 2*time.Second, 400*time.Millisecond)}
	if w.CAFile != "" {
		pem, err := os.ReadFile(site.Path(w.CAFile))
		if err != nil {
			return nil, usage("um.watch.ca_file: %v", err)
		}
		p.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
		if !p.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return nil, usage("um.watch.ca_file: %s holds no certificate; write PEM", w.CAFile)
		}
	}
	from := dialFrom(netip.Addr{})
	place := ""
	if me != nil && len(me.Listen) > 0 {
		from, place = dialFrom(me.Listen[0].Addr()), me.Site
	}
	p.Dial = from
	o := health.Options{Every: scaled(time.Duration(w.Every), 10*time.Second, 300*time.Millisecond), DownAfter: w.DownAfter, UpAfter: w.UpAfter, Self: redirectors(site)}
	return &health.Watcher{Options: o, Prober: p, Names: health.Resolver{Servers: site.ResolversOf(place), Dial: from, Timeout: p.Timeout}}, nil
}

// redirectors are the addresses that no target may lead to.
func redirectors(site *config.Site) (out []netip.AddrPort) {
	for _, r := range site.UM.Redirectors {
		for _, l := range r.Listen {
			out = append(out, l.AddrPort)
		}
	}
	return out
}

// begin starts everything; it ends with the context.
func (op *operation) begin(ctx context.Context, srv *umredirect.Server, ended chan<- error) error {
	op.tasks.Go(func() { op.book.Run(ctx) })
	if op.sink != nil {
		op.tasks.Go(func() { op.sink.Run(ctx) })
	}
	op.watch.OnReport = srv.SetHealth
	op.tasks.Go(func() { op.watch.Run(ctx) })
	op.tasks.Go(func() { op.follow(ctx, srv) })
	if !op.me.Metrics.IsValid() {
		return nil
	}
	h, err := telemetry.Metrics(op.book, telemetry.Source{Status: srv.Status, Traffic: func() telemetry.Traffic { return traffic(srv) }})
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", h)
	return op.listen(ctx, op.me.Metrics, "um.redirectors[].metrics", mux, ended)
}

// tableLook is how often the watched targets are taken from the table in force, which may be another one.
const tableLook = 5 * time.Second

func (op *operation) follow(ctx context.Context, srv *umredirect.Server) {
	t := time.NewTicker(tableLook)
	defer t.Stop()
	for {
		op.watch.SetTargets(srv.Watched())
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

func traffic(srv *umredirect.Server) telemetry.Traffic {
	t := srv.Traffic()
	out := telemetry.Traffic{Fast: t.Fast, ACKs: t.ACKs, Unsent: t.Unsent, Strangers: t.Silent.Strangers, Blocked: t.Silent.Blocked, Scanners: t.Silent.Scanners}
	for _, b := range t.Buffers {
		out.Dropped += b.Drops
	}
	return out
}

// listen serves HTTP at an address of the site file until the context ends.
func (op *operation) listen(ctx context.Context, at config.HostPort, field string, h http.Handler, ended chan<- error) error {
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		return usage("listen on %s: %v; end what holds it, or change %s", at, err, field)
	}
	web := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	context.AfterFunc(ctx, func() { web.Close() })
	go func() {
		if err := web.Serve(l); ctx.Err() == nil {
			ended <- err
		}
	}()
	return nil
}

// control is what controllers and operators ask.
func (op *operation) control(srv *umredirect.Server) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", srv.Control())
	mux.Handle("GET "+telemetry.PathCalls, op.book)
	return mux
}

// leave lets the PBX go to another redirector before this one is gone: OPTIONS is answered 503 for the drain time, calls as
// before. Ctrl-C ends it at once.
func (op *operation) leave(srv *umredirect.Server) {
	drain := time.Duration(op.site.UM.Drain)
	if drain == 0 {
		drain = 25 * time.Second
	}
	drain = max(100*time.Millisecond, time.Duration(float64(drain)/scale(op.site)))
	srv.Leave()
	t := time.NewTimer(drain)
	defer t.Stop()
	select {
	case <-op.quit:
		return
	default:
	}
	op.log.Info("leaving: OPTIONS is answered 503, calls go on being answered; Ctrl-C ends it at once", "for", drain)
	select {
	case <-t.C:
	case <-op.quit:
	}
}
