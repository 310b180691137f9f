package lab

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"siteswap/dag"
	"siteswap/internal/lab/cmdlets"
	"siteswap/internal/lab/mail"
)

// startVIPs starts load balancers; of a site whose VIP is a server's own address, public addresses lead to its front.
func (l *Lab) startVIPs() error {
	for _, v := range l.o.VIPs {
		if v.Own != "" {
			l.vips = append(l.vips, nil)
			for _, p := range v.Public {
				if err := l.fabric.Forward(netip.AddrPortFrom(p, FrontPort), netip.AddrPortFrom(v.Address, FrontPort)); err != nil {
					return err
				}
			}
			continue
		}
		vip := mail.NewVIP(l.vipOptions(v))
		l.vips = append(l.vips, vip)
		var listeners []net.Listener
		for _, a := range append([]netip.Addr{v.Address}, v.Public...) {
			ln, err := l.fabric.Listen(netip.AddrPortFrom(a, FrontPort))
			if err != nil {
				return err
			}
			listeners = append(listeners, ln)
			l.closed = append(l.closed, func() { ln.Close() })
		}
		l.tasks.Go(func() {
			if err := vip.Serve(l.ctx, listeners...); err != nil && l.ctx.Err() == nil {
				l.record.note(l.o.Now(), "load balancer "+v.Address.String()+" ended: "+err.Error())
			}
		})
		if err := l.serveHTTP(v.Control, l.gated("vip", vip.Handler())); err != nil {
			return err
		}
	}
	return nil
}

func (l *Lab) vipOptions(v VIP) mail.VIPOptions {
	var backends []mail.Backend
	for _, name := range v.Pool {
		m := l.o.Topology.MemberIndex(name)
		backends = append(backends, mail.Backend{Server: name, Address: net.JoinHostPort(l.o.Servers[m].Address.String(), strconv.Itoa(FrontPort))})
	}
	return mail.VIPOptions{Backends: backends, Dial: func(ctx context.Context, address string) (net.Conn, error) {
		return dialer(v.Address)(ctx, "tcp", address)
	},
		HealthEvery: l.scaled(5*time.Second, 150*time.Millisecond), HealthTimeout: l.scaled(5*time.Second, 500*time.Millisecond), DrainTime: l.scaled(30*time.Second, 300*time.Millisecond),
		OnPool: func(server string, enabled bool, by mail.Change) {
			l.record.pool(l.o.Now(), l.o.Topology.Sites[v.Site].Name, server, enabled)
		}}
}

// gated lets the hooks decide about changing requests to a service: before and after their effect.
func (l *Lab) gated(what string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPut || l.o.Hooks.Service == nil {
			h.ServeHTTP(w, r)
			return
		}
		switch l.o.Hooks.Service(cmdlets.Received, what) {
		case cmdlets.Drop:
			<-r.Context().Done()
			return
		case cmdlets.Fail:
			http.Error(w, "the service failed", http.StatusInternalServerError)
			return
		}
		kept := &keep{header: http.Header{}}
		h.ServeHTTP(kept, r)
		switch l.o.Hooks.Service(cmdlets.Applied, what) {
		case cmdlets.Drop:
			<-r.Context().Done()
			return
		case cmdlets.Fail:
			http.Error(w, "the service failed", http.StatusInternalServerError)
			return
		}
		for k, v := range kept.header {
			w.Header()[k] = v
		}
		if kept.code != 0 {
			w.WriteHeader(kept.code)
		}
		if _, err := w.Write(kept.body); err != nil {
			return // the caller has gone
		}
	})
}

// keep holds an answer back until it may go out.
type keep struct {
	header http.Header
	code   int
	body   []byte
}

func (k *keep) Header() http.Header         { return k.header }
func (k *keep) WriteHeader(code int)        { k.code = code }
func (k *keep) Write(b []byte) (int, error) { k.body = append(k.body, b...); return len(b), nil }

// startPower serves the out-of-band power control: it stands outside and answers although sites are dead.
func (l *Lab) startPower() error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/power", func(w http.ResponseWriter, _ *http.Request) {
		out := map[string]dag.Power{}
		l.world.View(func(s *dag.State) {
			for m := range s.Nodes {
				out[l.o.Topology.Members[m].Name] = s.Nodes[m].Power
			}
		})
		answerJSON(w, out)
	})
	mux.HandleFunc("PUT /v1/power/{server}", l.switchPower)
	return l.serveHTTP(l.o.Power, l.gated("power", mux))
}

func (l *Lab) switchPower(w http.ResponseWriter, r *http.Request) {
	received := l.o.Now()
	var req struct {
		Power    dag.Power     `json:"power"`
		Run      string        `json:"run"`
		Step     string        `json:"step"`
		Attempt  int           `json:"attempt"`
		NotAfter time.Duration `json:"not_after"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&req); err != nil {
		http.Error(w, "the body must be a power request", http.StatusBadRequest)
		return
	}
	m := l.o.Topology.MemberIndex(r.PathValue("server"))
	if m < 0 {
		http.Error(w, "no such server", http.StatusNotFound)
		return
	}
	if req.NotAfter <= 0 || l.o.Now().Sub(received) > req.NotAfter {
		http.Error(w, "not started: too late", http.StatusGone)
		return
	}
	if _, err := l.world.Do(r.Context(), dag.Op{Kind: dag.OpPower, Members: dag.Set(0).Add(m), Power: req.Power}); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	l.record.applied(req.Run, req.Step, req.Attempt, "power "+string(req.Power), l.o.Topology.Members[m].Name)
	answerJSON(w, map[string]dag.Power{"power": req.Power})
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return // the caller has gone
	}
}

// startForwards leads what controllers and redirectors advertise to what they bind. A redirector's control passes the hooks.
func (l *Lab) startForwards() error {
	for _, f := range l.o.Forwards {
		if err := l.fabric.Forward(f.Advertised, f.Binding); err != nil {
			return err
		}
	}
	for _, r := range l.o.Redirectors {
		if err := l.fabric.Forward(r.TCP, r.TCPBind); err != nil {
			return err
		}
		if err := l.fabric.ForwardPacket(r.UDP, r.UDPBind); err != nil {
			return err
		}
		proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: r.CtlBind.String()})
		proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) {
			// The process is dead: its host resets, which a caller sees as no answer.
			if h, ok := w.(http.Hijacker); ok {
				if c, _, err := h.Hijack(); err == nil {
					c.Close()
					return
				}
			}
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
		if err := l.serveHTTP(r.Control, l.gated("um", proxy)); err != nil {
			return err
		}
	}
	return nil
}
