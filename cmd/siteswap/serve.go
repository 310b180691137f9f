package main

import (
	"context"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"siteswap/internal/act"
	"siteswap/internal/api"
	"siteswap/internal/config"
	"siteswap/internal/controller"
)

func (a *app) serveCommand() *cobra.Command {
	var node, data, level string
	var timeScale float64
	c := &cobra.Command{
		Use: "serve", Short: "Run a controller of the site file", Args: cobra.NoArgs,
		Example: "  siteswap serve --config siteswap.yaml --node ctl-dr --data /var/lib/siteswap",
		RunE: func(cmd *cobra.Command, _ []string) error {
			site, err := a.site(cmd, false)
			if err != nil {
				return err
			}
			if timeScale > 0 {
				if site.Cluster == nil || !site.Cluster.Lab {
					return usage("--time-scale works only in a cluster created as a lab (`siteswap lab up`)")
				}
				site.Cluster.TimeScale = timeScale
			}
			o, err := a.nodeOptions(site, node, data, level)
			if err != nil {
				return err
			}
			n, err := controller.New(o)
			if err != nil {
				return usage("start controller %s: %v", node, err)
			}
			defer n.Close()
			if w, ok := o.World.(*act.World); ok {
				go w.Keep(cmd.Context())
			}
			if err := n.Run(cmd.Context()); err != nil && cmd.Context().Err() == nil {
				return &exit{exitFailed, "controller " + node + " ended: " + err.Error()}
			}
			return nil
		},
	}
	c.Flags().StringVar(&node, "node", "", "id of this controller in the site file")
	c.Flags().StringVar(&data, "data", "siteswap-data", "folder for its log and state")
	c.Flags().StringVar(&level, "log-level", "info", "debug, info, warn or error")
	c.Flags().Float64Var(&timeScale, "time-scale", 0, "how many times faster than real time; only in a cluster created as a lab")
	return c
}

func (a *app) nodeOptions(site *config.Site, node, data, level string) (controller.Options, error) {
	var me *config.Controller
	var ids []string
	o := controller.Options{ID: node, DataDir: filepath.Join(data, node), ClusterID: site.DAG.Name, Topology: site.Topology(), TimeScale: scale(site)}
	for i := range site.Controllers {
		c := &site.Controllers[i]
		ids = append(ids, c.ID)
		if c.ID == node {
			me = c
		}
		o.Peers = append(o.Peers, controller.Peer{ID: c.ID, Site: c.Site, Raft: c.Raft.String(), API: c.API.String()})
	}
	if me == nil {
		if len(ids) == 0 {
			return o, usage("%s: controllers: none; list them", site.File)
		}
		return o, usage("--node %q is no controller of the site file; it has %s", node, strings.Join(ids, ", "))
	}
	o.Site, o.Lab = me.Site, site.Cluster != nil && site.Cluster.Lab
	o.RaftAdvertise, o.APIAdvertise = me.Raft.String(), me.API.String()
	if me.RaftBind.IsValid() {
		o.RaftBind = me.RaftBind.String()
	}
	if me.APIBind.IsValid() {
		o.APIBind = me.APIBind.String()
	}
	if !o.Lab && !loopback(me.Raft.AddrPort.Addr()) {
		return o, usage("controllers[%s]: %s is no loopback address, and this build has no certificates between controllers yet: it runs only in a lab", node, me.Raft)
	}
	var lv slog.Level
	if err := lv.UnmarshalText([]byte(level)); err != nil {
		return o, usage("--log-level %s: write debug, info, warn or error", level)
	}
	o.Logger = slog.New(slog.NewTextHandler(a.errs, &slog.HandlerOptions{Level: lv}))
	from := dialFrom(me.Raft.Addr())
	o.Dial = from
	o.Reach = func(ctx context.Context, p controller.Peer) bool {
		c := &api.Client{Endpoints: []string{p.API}, Dial: from, Timeout: 700 * time.Millisecond}
		defer c.Close()
		_, err := c.Route(ctx)
		return err == nil
	}
	world, err := drivers(site, from)
	if err != nil {
		return o, err
	}
	o.World = world
	if site.StandDown != nil {
		if o.StandDownKey, err = readKey(site.Path(site.StandDown.KeyFile)); err != nil {
			return o, err
		}
	}
	if err := os.MkdirAll(o.DataDir, 0o700); err != nil {
		return o, usage("--data: %v", err)
	}
	return o, nil
}

func loopback(a netip.Addr) bool { return a.IsLoopback() }
