package mail

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Directory says where a database is mounted, as Active Manager tells a client-access front.
type Directory interface {
	MountedOn(db string) (server string, ok bool)
}

// Store is the stores of all servers.
type Store interface {
	// Append logs m, which came through the front server, in the database that server mounts, and returns the log
	// generation; ErrNotMounted when it does not mount it. A message that is there already keeps its generation.
	Append(ctx context.Context, server, front, db string, m Message) (gen int64, err error)
	// Acknowledged returns nil when m is acknowledged, ErrNotMounted when server does not mount db any more, and an error when
	// ctx ends before.
	Acknowledged(ctx context.Context, server, db string, gen int64, m Message) error
}

// ErrNotMounted: the database is not mounted on the server that was asked.
var ErrNotMounted = errors.New("database is not mounted here")

// StoreOptions are what LedgerStore needs to know of the model.
type StoreOptions struct {
	Ledger *Ledger
	// Write makes the mounted copy of db on server generate one log, and calls record with its generation before anything
	// else may happen to the database: a copy of the log must not be told to the ledger before the log itself. It returns
	// ErrNotMounted when server does not mount db, and record's error.
	Write func(server, db string, record func(gen int64) error) error
	// Mounted says whether server has power and mounts db: otherwise nothing is acknowledged there.
	Mounted func(server, db string) bool
	// Away says whether server runs and can say that it does not mount db. One without power or that hangs says nothing.
	Away func(server, db string) bool
	// Alone says whether the directory of server's site lists no reachable member in another site.
	Alone func(server string) bool
	// Dumpsters are the hub servers whose dumpsters hold a message that came through front and was logged on server; see
	// Dumpsters of this package.
	Dumpsters func(server, front string) []string
}

// LedgerStore is a Store over a model and a ledger.
type LedgerStore struct {
	o  StoreOptions
	mu sync.Mutex // one message at a time, so that a repeated one is seen to be there
}

// NewStore makes a LedgerStore.
func NewStore(o StoreOptions) *LedgerStore { return &LedgerStore{o: o} }

// Append implements Store.
func (s *LedgerStore) Append(ctx context.Context, server, front, db string, m Message) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if !s.o.Mounted(server, db) {
		return 0, fmt.Errorf("%s on %s: %w", db, server, ErrNotMounted)
	}
	hubs := s.o.Dumpsters(server, front)
	if gen, ok := s.o.Ledger.Generation(db, server, m); ok {
		// It went through transport once more: after a move its first dumpster may be out of reach, and this one counts.
		s.o.Ledger.Held(db, m, hubs...)
		return gen, nil
	}
	return s.write(server, db, m, hubs)
}

func (s *LedgerStore) write(server, db string, m Message, hubs []string) (int64, error) {
	var logged int64
	err := s.o.Write(server, db, func(gen int64) error {
		logged = gen
		return s.o.Ledger.Appended(db, server, gen, m)
	})
	if err != nil {
		return 0, fmt.Errorf("log %v in %s on %s: %w", m, db, server, err)
	}
	s.o.Ledger.Held(db, m, hubs...)
	return logged, nil
}

// Acknowledged implements Store.
func (s *LedgerStore) Acknowledged(ctx context.Context, server, db string, _ int64, m Message) error {
	return s.o.Ledger.AwaitAcknowledged(ctx, db, server, m, func() (may, alone bool, err error) {
		if s.o.Away(server, db) {
			return false, false, fmt.Errorf("%s on %s: %w", db, server, ErrNotMounted)
		}
		return s.o.Mounted(server, db), s.o.Alone(server), nil
	})
}

// Resubmit delivers again, to the copy mounted on a server, what reachable dumpsters hold and the copy lacks, and returns
// how many messages that were. It is due after a lossy activation, and when a dumpster comes back. The caller
// must not hold a lock that StoreOptions.Write takes.
func (s *LedgerStore) Resubmit(db, on string, reachable func(hub string) bool) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	missing := s.o.Ledger.Missing(db, on, reachable)
	for i, m := range missing {
		if _, err := s.write(on, db, m, nil); err != nil {
			return i, err
		}
	}
	return len(missing), nil
}

// DumpsterOptions are what Dumpsters chooses by.
type DumpsterOptions struct {
	SafetyNet bool // Exchange 2013 and later
	Mounted   string
	Front     string
	Servers   []string // all hub servers, in a fixed order
	Site      func(server string) int
	Reachable func(from, to string) bool
}

// Dumpsters chooses the hub servers that hold a message for a database mounted on one server. 2010: the transport dumpster
// of a hub in that server's site, another server than the mailbox server itself where there is one, because a dumpster
// that dies with the database is worth nothing [MEM: the submission service prefers other hubs in the site]. 2013 and
// later: the primary Safety Net on the server that delivers, and a shadow, in another site if one can be reached
// (ShadowMessagePreferenceSetting PreferRemote [MEM]), else on another server of its own site. A message that came through
// a front in another site is held there too only if that is the shadow: client submission goes to the mailbox server first.
func Dumpsters(o DumpsterOptions) []string {
	home := o.Site(o.Mounted)
	local, remote := "", ""
	for _, s := range o.Servers {
		if s == o.Mounted || !o.Reachable(o.Mounted, s) {
			continue
		}
		if o.Site(s) == home {
			if local == "" || s == o.Front {
				local = s
			}
		} else if remote == "" || s == o.Front {
			remote = s
		}
	}
	if !o.SafetyNet {
		if local == "" {
			local = o.Mounted
		}
		return []string{local}
	}
	for _, shadow := range []string{remote, local} {
		if shadow != "" {
			return []string{o.Mounted, shadow}
		}
	}
	return []string{o.Mounted}
}
