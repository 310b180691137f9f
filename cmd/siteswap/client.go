package main

import (
	"errors"
	"fmt"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"siteswap/internal/api"
	"siteswap/internal/config"
	"siteswap/internal/console"
)

// client asks the controllers of the site file, or those that --api names.
func (a *app) client(cmd *cobra.Command) (*api.Client, *config.Site, error) {
	s, err := a.settings(cmd)
	if err != nil {
		return nil, nil, err
	}
	c := &api.Client{Endpoints: s.API}
	site, err := a.site(cmd, false)
	if err != nil {
		return nil, nil, err
	}
	if len(c.Endpoints) == 0 {
		for _, ctl := range site.Controllers {
			c.Endpoints = append(c.Endpoints, ctl.API.String())
		}
	}
	if len(c.Endpoints) == 0 {
		return nil, nil, usage("%s: controllers: none; list them, or name their addresses with --api", site.File)
	}
	return c, site, nil
}

// apiError is what a controller said, with the exit code that it means.
func (a *app) apiError(err error, color bool) error {
	var ref *api.RefusedError
	switch {
	case errors.As(err, &ref):
		if a.json {
			if err := a.printJSON(ref.Refusal); err != nil {
				return err
			}
		} else {
			fmt.Fprint(a.errs, console.Style{Color: color, ASCII: a.ascii}.Refusal(ref.Refusal))
		}
		return &exit{exitRefused, ""}
	case errors.Is(err, api.ErrBusy):
		ref := api.Refusal{Rule: "one-run-per-dag", Why: err.Error(), Evidence: "the replicated log", Unblock: "wait for that run, or end it: `siteswap run abort RUN`"}
		if a.json {
			if err := a.printJSON(ref); err != nil {
				return err
			}
		} else {
			fmt.Fprint(a.errs, console.Style{Color: color, ASCII: a.ascii}.Refusal(ref))
		}
		return &exit{exitRefused, ""}
	case errors.Is(err, api.ErrNoQuorum):
		return &exit{exitNoAuthority, err.Error() + "\n  start the controllers (`siteswap serve`), or look at each: `siteswap status --api HOST:PORT`"}
	case errors.Is(err, api.ErrNotFound), errors.Is(err, api.ErrBadRequest):
		return &exit{exitUsage, err.Error()}
	}
	return &exit{exitFailed, err.Error()}
}

// me is who asks, as far as this build can know.
func me() string {
	u, err := user.Current()
	if err != nil || u.Username == "" {
		return "operator"
	}
	return u.Username
}

const askTimeout = 20 * time.Second
