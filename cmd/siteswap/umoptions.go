package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"siteswap/internal/config"
	"siteswap/umredirect"
)

// redirectorOptions are those that the site file gives.
func redirectorOptions(site *config.Site, dir, key string, log *slog.Logger) (umredirect.Options, error) {
	o := umredirect.Options{StateFile: filepath.Join(dir, "state.json"), Logger: log,
		First: umredirect.Setting{Site: site.Sites[site.Topology().HomeSite()].Name, Generation: 1}}
	table, err := loadMailboxes(site, dir, o.Logger)
	if err != nil {
		return o, usage("um: %v", err)
	}
	o.Table, o.Stateful, o.Limits = table, site.UM.Stateful, limits(site.UM)
	if site.UM.BusyPoll != "off" {
		o.Look = lookFor
	}
	for _, p := range site.UM.Peers {
		o.Peers = append(o.Peers, netip.PrefixFrom(p.Addr, p.BitLen()))
	}
	o.TagKey, err = tagKey(key)
	return o, err
}

// lookFor is how long a redirector looks for the next datagram before it sleeps, while they come a sixteenth to half of it apart: at
// 5,000 to 40,000 calls a second with their ACKs. At any other rate it sleeps at once.
const lookFor = 200 * time.Microsecond

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
