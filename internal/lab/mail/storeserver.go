package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// StoreServer is the store of one server on the network.
type StoreServer struct {
	server  string
	store   Store
	timeout time.Duration
	s       server
}

// NewStoreServer makes the store of a server; timeout bounds how long one message may wait for its acknowledgment.
func NewStoreServer(server string, store Store, timeout time.Duration) *StoreServer {
	return &StoreServer{server: server, store: store, timeout: timeout}
}

// Serve serves until ctx ends.
func (s *StoreServer) Serve(ctx context.Context, l net.Listener) error {
	return s.s.run(ctx, l, func(ctx context.Context, c net.Conn) { serveLines(ctx, c, s.answer) })
}

// Cut resets every connection: the store's process died.
func (s *StoreServer) Cut() { s.s.cut() }

func (s *StoreServer) answer(ctx context.Context, verb string, fields []string) string {
	if verb != "APPEND" || len(fields) != 4 {
		return FormatLine("NO", "unknown request "+verb)
	}
	front, db := fields[0], fields[1]
	m, err := parseMessage(fields[2], fields[3])
	if err != nil {
		return no(err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	gen, err := s.store.Append(ctx, s.server, front, db, m)
	if err == nil {
		if err = s.store.Acknowledged(ctx, s.server, db, gen, m); err != nil {
			err = fmt.Errorf("logged, but not acknowledged: %w", err)
		}
	}
	switch {
	case errors.Is(err, ErrNotMounted):
		return refusal(away, err)
	case err != nil:
		return refusal("NO", err)
	}
	return FormatLine("OK", strconv.FormatInt(gen, 10))
}
