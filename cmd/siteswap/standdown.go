package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"siteswap/dag"
	"siteswap/internal/config"
	"siteswap/internal/standdown"
)

func (a *app) standdownCommand() *cobra.Command {
	var local, keyFile, newKey string
	var yes bool
	c := &cobra.Command{Use: "standdown --local SITE", Short: "In a cut-off site: stop its own servers, and print the code that says so", Args: cobra.NoArgs,
		Example: "  siteswap standdown --local Prod\n  siteswap standdown --new-key standdown.key",
		Long: `In a site that is cut off, by its own operator: stop the DAG's servers of this site, and of no other. It takes service away and gives
none, needs no controller and no quorum, and prints a code of sixteen letters that is read over the telephone. Who runs the switchover
brings it to the run: ` + "`siteswap run attest RUN fence --code CODE --reason '...'`" + `.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if newKey != "" {
				return a.newKey(newKey)
			}
			return a.standDown(cmd, local, keyFile, yes)
		}}
	c.Flags().StringVar(&local, "local", "", "the site whose servers are stopped: the one where you are")
	c.Flags().StringVar(&keyFile, "key-file", "", "the key to sign with (default: standdown.key_file of the site file)")
	c.Flags().StringVar(&newKey, "new-key", "", "make a new key in this file, and nothing else")
	c.Flags().BoolVar(&yes, "yes", false, "stop them without asking")
	return c
}

func (a *app) standDown(cmd *cobra.Command, local, keyFile string, yes bool) error {
	site, err := a.site(cmd, false)
	if err != nil {
		return err
	}
	t := site.Topology()
	i := t.SiteIndex(local)
	if i < 0 || t.MembersOf(i) == 0 {
		return usage("--local %q: name the site where you are, one that has servers of %s", local, t.Name)
	}
	key, err := standdownKey(site, keyFile)
	if err != nil {
		return err
	}
	names := strings.Join(t.MemberNames(t.MembersOf(i)), ", ")
	if !yes && (a.json || !a.ask("Stop "+names+" of "+local+"? Nobody is served from here until the failback. Type yes: ")) {
		return &exit{exitUsage, "not stopped"}
	}
	world, err := drivers(site, dialFrom(localAddress(site, local)))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), 20*time.Minute)
	defer cancel()
	servers, evidence, err := world.StandDown(ctx, i)
	for _, line := range evidence {
		fmt.Fprintln(a.errs, line)
	}
	if err != nil {
		return &exit{exitFailed, "not all of " + local + " has stood down, so there is no code: " + err.Error()}
	}
	return a.sign(key, t, local, servers, evidence)
}

// sign prints the code of a site that has stood down.
func (a *app) sign(key []byte, t *dag.Topology, local string, servers, evidence []string) error {
	now := time.Now()
	code, err := standdown.Code(key, standdown.Evidence{DAG: t.Name, Site: local, Servers: servers, At: now})
	if err != nil {
		return usage("%v", err)
	}
	until := now.Add(standdown.Holds)
	if a.json {
		return a.printJSON(map[string]any{"site": local, "servers": servers, "evidence": evidence, "code": code, "holds_until": until})
	}
	_, err = fmt.Fprintf(a.out, "%s has stood down.  Read this over the telephone, it holds until %s:\n\n    %s\n\nThere: siteswap run attest RUN fence --code %s --reason 'read by ...'\n",
		local, until.Format("15:04"), code, code)
	return err
}

// localAddress is where the calls come from: the address of the site's controller, if there is one.
func localAddress(site *config.Site, local string) netip.Addr {
	for _, c := range site.Controllers {
		if c.Site == local {
			return c.Raft.Addr()
		}
	}
	return netip.Addr{}
}

func standdownKey(site *config.Site, file string) ([]byte, error) {
	if file == "" && site.StandDown != nil {
		file = site.Path(site.StandDown.KeyFile)
	}
	if file == "" {
		return nil, usage("there is no key to sign with: write standdown.key_file in the site file, or --key-file")
	}
	return readKey(file)
}

// readKey reads a key in hexadecimal.
func readKey(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("standdown key: %v", err)
	}
	key := make([]byte, hex.DecodedLen(len(bytes.TrimSpace(text))))
	if _, err := hex.Decode(key, bytes.TrimSpace(text)); err != nil || len(key) < standdown.MinKey {
		return nil, usage("standdown key %s: it holds no %d bytes in hexadecimal; make one with `siteswap standdown --new-key FILE`", file, standdown.MinKey)
	}
	return key, nil
}

func (a *app) newKey(file string) error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return usage("--new-key: %v", err)
	}
	_, err = fmt.Fprintln(f, hex.EncodeToString(key))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("write the key: %w", err)
	}
	fmt.Fprintf(a.errs, "a new key is in %s: copy it to every site, and write standdown: {key_file: ...} into the site file\n", file)
	return nil
}
