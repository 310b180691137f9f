package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"siteswap/internal/api"
	"siteswap/internal/config"
	"siteswap/umredirect"
	"siteswap/umredirect/telemetry"
)

func (a *app) umCommand() *cobra.Command {
	c := &cobra.Command{Use: "um", Short: "The SIP redirector of Unified Messaging: run it, check it, ask it",
		Example: "  siteswap um serve --site Prod --data /var/lib/siteswap\n  siteswap um route 1001\n  siteswap um status"}
	var site, data string
	c.AddCommand(a.umCheckCommand(), a.umRouteCommand(), a.umStatusCommand(), a.umTraceCommand())
	serve := &cobra.Command{Use: "serve", Short: "Answer the PBX: 302 to the UM server that has the mailbox", Args: cobra.NoArgs,
		Example: "  siteswap um serve --config siteswap.yaml --site Prod --data /var/lib/siteswap",
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.site(cmd, false)
			if err != nil {
				return err
			}
			return a.serveUM(cmd, s, site, data)
		}}
	serve.Flags().StringVar(&site, "site", "", "site of the redirector in the site file")
	serve.Flags().StringVar(&data, "data", "siteswap-data", "folder for its state")
	c.AddCommand(serve)
	return c
}

func (a *app) serveUM(cmd *cobra.Command, site *config.Site, name, data string) error {
	var me *config.Redirector
	if site.UM != nil {
		for i := range site.UM.Redirectors {
			if site.UM.Redirectors[i].Site == name {
				me = &site.UM.Redirectors[i]
			}
		}
	}
	if me == nil {
		return usage("--site %q has no redirector in the site file (um.redirectors)", name)
	}
	dir := filepath.Join(data, "um-"+name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return usage("--data: %v", err)
	}
	lines := telemetry.NewLines(a.errs)
	o, err := redirectorOptions(site, dir, filepath.Join(data, "tag.key"), slog.New(slog.NewTextHandler(lines, nil)))
	if err != nil {
		return err
	}
	op, err := newOperation(site, me, &o, lines.Together)
	if err != nil {
		return err
	}
	srv, err := umredirect.New(o)
	if err != nil {
		return usage("redirector of %s: %v", name, err)
	}
	defer srv.Close()
	go followMailboxes(cmd.Context(), srv, site, dir, o.Logger)
	go followDirectory(cmd.Context(), srv, site, dir, o.Logger)
	a.followRoute(cmd.Context(), srv, site, me)
	ctx, cancel := context.WithCancel(context.WithoutCancel(cmd.Context())) // while it leaves, everything beside it goes on
	defer op.tasks.Wait()
	defer cancel()
	ended := make(chan error, 8)
	if err := op.begin(ctx, srv, ended); err != nil {
		return err
	}
	return op.serveSockets(cmd, srv, site, me, ended)
}

// firstLook is how long a redirector that starts waits for a controller. With all of them dead it must answer within a second of
// its start, and a controller that lives answers sooner, or is heard a moment later.
const firstLook = 400 * time.Millisecond

// followRoute asks the controllers where calls go, once before the first call is answered and then for ever: a redirector that was
// dead during a um.reroute must not send calls to the site that was left. With no controller in reach it answers as before.
func (a *app) followRoute(ctx context.Context, srv *umredirect.Server, site *config.Site, me *config.Redirector) {
	client := &api.Client{Dial: dialFrom(me.Listen[0].Addr()), Timeout: time.Second}
	for _, c := range site.Controllers {
		client.Endpoints = append(client.Endpoints, c.API.String())
	}
	latest := func() uint64 { return srv.Status().Generation }
	set := func(r api.Route) {
		err := srv.Set(umredirect.Setting{Site: r.Site, Generation: r.Generation})
		if err != nil && !errors.Is(err, umredirect.ErrOlder) { // two controllers told it at the same time
			fmt.Fprintln(a.errs, "redirector of "+me.Site+":", err)
		}
	}
	first, cancel := context.WithTimeout(ctx, firstLook)
	if r, err := client.Route(first); err == nil && r.Generation > latest() {
		set(r)
	}
	cancel()
	wait := max(time.Second, time.Duration(float64(30*time.Second)/scale(site)))
	go client.FollowRoute(ctx, wait, latest, set)
}

// serveSockets binds what the site file says and serves until the command ends.
func (op *operation) serveSockets(cmd *cobra.Command, srv *umredirect.Server, site *config.Site, me *config.Redirector, ended chan error) error {
	bind := me.Bind
	if len(bind) == 0 {
		bind = me.Listen
	}
	for _, b := range bind {
		switch b.Network {
		case "udp":
			pc, err := net.ListenPacket("udp", b.AddrPort.String())
			if err != nil {
				return usage("listen on %s: %v; end what holds it, or change um.redirectors[].bind", b, err)
			}
			defer pc.Close()
			go func() { ended <- srv.ServeUDP(pc) }()
		case "tcp":
			l, err := net.Listen("tcp", b.AddrPort.String())
			if err != nil {
				return usage("listen on %s: %v; end what holds it, or change um.redirectors[].bind", b, err)
			}
			defer l.Close()
			go func() { ended <- srv.ServeTCP(l) }()
		case "tls":
			if err := serveTLS(cmd, srv, site, me, b, ended); err != nil {
				return err
			}
		}
	}
	control := me.ControlBind
	if !control.IsValid() {
		control = me.Control
	}
	if control.IsValid() {
		if err := op.listen(context.WithoutCancel(cmd.Context()), control, "um.redirectors[].control", op.control(srv), ended); err != nil {
			return err
		}
	}
	select {
	case <-cmd.Context().Done():
		op.leave(srv)
		return nil
	case err := <-ended:
		return &exit{exitFailed, "redirector ended: " + errors.Join(err).Error()}
	}
}
