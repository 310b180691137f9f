package act

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"siteswap/internal/run"
)

// verify tries from end to end whether users are served: every name is asked of a DNS server that answers, and the address
// is connected to as a client would; a redirector must be able to route calls.
func (w *World) verify(ctx context.Context, a *task) run.Effect {
	var bad []string
	deadline := time.Now().Add(w.patience(120*time.Second, 5*time.Second))
	for {
		bad = bad[:0]
		for _, probe := range a.step.With.Probes {
			switch probe {
			case "outlook", "owa", "smtp-in":
				bad = append(bad, w.tryNames(ctx, probe)...)
			case "um-call":
				bad = append(bad, w.tryCalls(ctx)...)
			}
		}
		if len(bad) == 0 {
			return run.Effect{State: run.Done, Text: "served: " + strings.Join(a.step.With.Probes, ", ")}
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return run.Effect{State: run.Failed, Error: strings.Join(bad, "; ")}
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (w *World) tryNames(ctx context.Context, probe string) []string {
	var bad []string
	for n := range w.o.Topology.Names {
		name := w.o.Topology.Names[n].Name
		served, why := false, "no DNS server answers"
		for i, srv := range w.o.DNS.Servers() {
			if w.silence.quiet("dns "+srv.Address) || !w.o.Topology.DNSServers[i].Holds(&w.o.Topology.Names[n]) {
				continue
			}
			ans, err := w.o.DNS.Query(ctx, srv, name)
			w.noteDNS("dns "+srv.Address, err)
			if err != nil {
				continue
			}
			hosts := ans.Addresses
			if len(hosts) == 0 && len(ans.Alias) > 0 {
				hosts = ans.Alias[len(ans.Alias)-1:] // it leads out of what this server holds
			}
			why = "no address of " + strings.Join(hosts, ", ") + " serves"
			for _, ip := range hosts {
				served = served || w.answersHealth(ctx, net.JoinHostPort(ip, w.o.FrontPort))
			}
			break
		}
		if !served {
			bad = append(bad, fmt.Sprintf("%s %s: %s", probe, name, why))
		}
	}
	return bad
}

func (w *World) tryCalls(ctx context.Context) []string {
	var why []string
	if len(w.o.Redirectors) == 0 {
		return nil
	}
	for i, r := range w.o.Redirectors {
		c, cancel := context.WithTimeout(ctx, w.patience(5*time.Second, 700*time.Millisecond))
		st, err := r.State(c)
		cancel()
		switch {
		case err != nil:
			why = append(why, w.o.Topology.Redirectors[i].Listen+": "+err.Error())
		case st.CanRoute:
			return nil
		default:
			why = append(why, w.o.Topology.Redirectors[i].Listen+" cannot route")
		}
	}
	return why
}
