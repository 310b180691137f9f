package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"siteswap/internal/api"
	"siteswap/internal/config"
	"siteswap/umredirect"
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
	o, err := a.redirectorOptions(site, dir, filepath.Join(data, "tag.key"))
	if err != nil {
		return err
	}
	op, err := newOperation(site, me, &o)
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

func (a *app) redirectorOptions(site *config.Site, dir, key string) (umredirect.Options, error) {
	o := umredirect.Options{StateFile: filepath.Join(dir, "state.json"), Logger: slog.New(slog.NewTextHandler(a.errs, nil)),
		First: umredirect.Setting{Site: site.Sites[site.Topology().HomeSite()].Name, Generation: 1}}
	table, err := loadMailboxes(site, dir, o.Logger)
	if err != nil {
		return o, usage("um: %v", err)
	}
	o.Table, o.Stateful, o.Limits = table, site.UM.Stateful, limits(site.UM)
	for _, p := range site.UM.Peers {
		o.Peers = append(o.Peers, netip.PrefixFrom(p.Addr, p.BitLen()))
	}
	o.TagKey, err = tagKey(key)
	return o, err
}

// tagKey is the secret of the To tags, which all redirectors of a folder share: made by the first that starts and kept, so that
// each answers a repeated call the same.
func tagKey(file string) ([]byte, error) {
	fresh := make([]byte, 32)
	if _, err := rand.Read(fresh); err != nil {
		return nil, fmt.Errorf("make a tag key: %w", err)
	}
	temp := fmt.Sprintf("%s.%d", file, os.Getpid())
	if err := os.WriteFile(temp, []byte(hex.EncodeToString(fresh)), 0o600); err != nil {
		return nil, usage("keep the tag key: %v", err)
	}
	defer os.Remove(temp)
	// A link appears whole or not at all: the first of several that start at once wins.
	if err := os.Link(temp, file); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, usage("keep the tag key: %v", err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("read the tag key: %v", err)
	}
	key, err := hex.DecodeString(string(b))
	if err != nil || len(key) < 16 {
		return nil, usage("%s holds no tag key: delete it, and a new one is made", file)
	}
	return key, nil
}
