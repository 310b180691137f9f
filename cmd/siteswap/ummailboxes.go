package main

import (
	"context"
	"log/slog"
	"net/netip"
	"path/filepath"
	"runtime/debug"
	"time"

	"siteswap/internal/config"
	"siteswap/umredirect"
)

// mailboxLook is how often mailbox_file is looked at.
const mailboxLook = 2 * time.Second

// loadMailboxes makes the table. The mailboxes of the last good one are kept in the redirector's folder, and take the place of
// those that cannot be had.
func loadMailboxes(site *config.Site, dir string, log *slog.Logger) (*umredirect.Table, error) {
	if site.UM.LDAP != nil {
		return keptDirectory(site, filepath.Join(dir, "mailboxes.csv"), log)
	}
	began := time.Now()
	table, stale, err := umredirect.LoadTable(tableOptions(site), filepath.Join(dir, "mailboxes.csv"))
	debug.FreeOSMemory() // what reading a million lines has left behind
	if err != nil {
		return nil, err
	}
	if stale != nil {
		log.Error("mailboxes", "error", stale)
	}
	log.Info("mailboxes loaded", "count", table.Mailboxes(), "took", time.Since(began).Round(time.Millisecond))
	return table, nil
}

// followMailboxes loads mailbox_file again when it changes. A bad one is refused whole, and the table in force stays.
func followMailboxes(ctx context.Context, srv *umredirect.Server, site *config.Site, dir string, log *slog.Logger) {
	if site.UM.MailboxFile == "" {
		return
	}
	umredirect.WatchFile(ctx, site.Path(site.UM.MailboxFile), mailboxLook, func() {
		began := time.Now()
		table, err := umredirect.NewTable(tableOptions(site))
		debug.FreeOSMemory()
		if err != nil {
			log.Error("mailbox_file refused, the table in force stays", "error", err)
			return
		}
		srv.SetTable(table)
		log.Info("mailboxes loaded", "count", table.Mailboxes(), "took", time.Since(began).Round(time.Millisecond))
		if err := table.KeepMailboxes(filepath.Join(dir, "mailboxes.csv")); err != nil {
			log.Error("mailboxes are not kept for the next start", "error", err)
		}
	})
}

func limits(um *config.UM) umredirect.Limits {
	l := umredirect.Limits{PerSource: um.Limits.PerSource, Block: time.Duration(um.Limits.Block)}
	for _, a := range um.Limits.Allow {
		l.Allow = append(l.Allow, netip.PrefixFrom(a.Addr, a.BitLen()))
	}
	return l
}
