package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"siteswap/internal/config"
	"siteswap/umredirect"
	"siteswap/umredirect/directory"
)

// directoryEvery is how often a directory is asked for changes unless the site file says otherwise.
const directoryEvery = time.Minute

// directoryTime is how long one reading may take.
const directoryTime = 10 * time.Minute

// followDirectory puts a new table in force whenever the directory says something else. When it stops in the middle, says
// what cannot be right, or is not there, the table in force stays.
func followDirectory(ctx context.Context, srv *umredirect.Server, site *config.Site, dir string, log *slog.Logger) {
	if site.UM.LDAP == nil {
		return
	}
	o, err := directoryOptions(site)
	if err != nil {
		log.Error("directory", "error", err)
		return
	}
	every := time.Duration(site.UM.LDAP.Every)
	if every == 0 {
		every = directoryEvery
	}
	reader := directory.New(o)
	look := func() {
		c, cancel := context.WithTimeout(ctx, directoryTime)
		defer cancel()
		m, changed, err := reader.Refresh(c)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			log.Error("directory not read, the table in force stays", "error", err)
		case changed:
			takeDirectory(srv, site, m, filepath.Join(dir, "mailboxes.csv"), log)
		}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for look(); ; look() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// takeDirectory puts what the directory says in force, if it is right, and keeps it for the next start.
func takeDirectory(srv *umredirect.Server, site *config.Site, m directory.Mailboxes, kept string, log *slog.Logger) {
	o := tableOptions(site)
	o.More = found{site.UM.LDAP.URL, m}
	table, err := umredirect.NewTable(o)
	if err != nil {
		log.Error("directory refused, the table in force stays", "error", err)
		return
	}
	srv.SetTable(table)
	log.Info("mailboxes read from the directory", "count", table.Mailboxes(), "of other dial plans", m.Skipped, "as", m.Example)
	if err := table.KeepMailboxes(kept); err != nil {
		log.Error("mailboxes are not kept for the next start", "error", err)
	}
}

// readOnce reads the directory, where there is one, and says what is wrong with what it says before a redirector hears it.
func readOnce(ctx context.Context, site *config.Site) error {
	if site.UM.LDAP == nil {
		return nil
	}
	o, err := directoryOptions(site)
	if err != nil {
		return usage("%v", err)
	}
	c, cancel := context.WithTimeout(ctx, directoryTime)
	defer cancel()
	m, _, err := directory.New(o).Refresh(c)
	if err != nil {
		return &exit{exitFailed, err.Error()}
	}
	to := tableOptions(site)
	to.More = found{site.UM.LDAP.URL, m}
	if _, err := umredirect.NewTable(to); err != nil {
		return usage("um: %v", err)
	}
	return nil
}

// found is what a directory said, as a source of mailboxes.
type found struct {
	url string
	m   directory.Mailboxes
}

// Name implements umredirect.Source.
func (f found) Name() string { return f.url }

// Each implements umredirect.Source.
func (f found) Each(take func(m umredirect.Mailbox, line int) bool) error {
	for _, r := range f.m.Rows {
		if !take(umredirect.Mailbox{Extension: r.Extension, DialPlan: r.DialPlan, Home: r.Home}, 0) {
			break
		}
	}
	return nil
}

// directoryOptions is what the site file says of the directory.
func directoryOptions(site *config.Site) (directory.Options, error) {
	l := site.UM.LDAP
	o := directory.Options{URL: l.URL, StartTLS: l.StartTLS, Base: l.Base, Filter: l.Filter, Search: l.Changes == "search", Page: l.Page,
		Addresses: l.Addresses, Server: l.Server, Account: l.Account, Homes: map[string][]string{},
		Password: func() (string, error) {
			secret, err := secretText(site, l.KeyFile, l.Env, l.Command)
			return string(secret), err
		}}
	if l.CA != "" {
		pem, err := os.ReadFile(site.Path(l.CA))
		if err != nil {
			return o, fmt.Errorf("um.ldap.ca: %w", err)
		}
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
		if !o.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return o, errors.New("um.ldap.ca: " + l.CA + " holds no certificate")
		}
	}
	for _, p := range site.UM.DialPlans {
		o.Plans = append(o.Plans, p.Name)
	}
	for _, s := range site.UM.Legacy {
		o.Homes[s.Name] = s.MailboxServers
	}
	return o, nil
}

// keptDirectory makes the first table of a redirector whose mailboxes come from the directory: from what was kept at the
// last reading, so that it answers before the directory does, or without it.
func keptDirectory(site *config.Site, kept string, log *slog.Logger) (*umredirect.Table, error) {
	o := tableOptions(site)
	if _, err := os.Stat(kept); err == nil {
		o.More = umredirect.CSVFile(kept)
		table, err := umredirect.NewTable(o)
		if err == nil {
			return table, nil
		}
		log.Error("the kept mailboxes cannot be used", "file", kept, "error", err)
		o.More = nil
	}
	return umredirect.NewTable(o)
}
