package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"siteswap/internal/umload"
)

// start starts the redirector and Kamailio with so many mailboxes each.
func (b *running) start(ctx context.Context, o options, r *rig, mailboxes int) error {
	if err := b.add(r.redirector(ctx, mailboxes)); err != nil || o.kamailio == "" {
		return err
	}
	return b.add(r.kamailioServer(ctx, mailboxes))
}

// floors starts the servers that only send datagrams back.
func (b *running) floors(ctx context.Context, o options, r *rig) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := b.add(r.floor(ctx, "echo, Go", self, "echo")); err != nil || o.gcc == "" {
		return err
	}
	program, err := r.echoC(o.gcc)
	if err != nil {
		return err
	}
	return b.add(r.floor(ctx, "echo, C", program))
}

// running are the servers that run.
type running struct{ rows []*row }

func (b *running) add(s *server, err error) error {
	if err == nil {
		b.rows = append(b.rows, &row{server: s, arrived: new(umload.Histogram)})
		fmt.Fprintf(os.Stderr, "umbench: %s with %d mailboxes answers after %.2f s\n", s.name, s.mailboxes, s.ready.Seconds())
	}
	return err
}

func (b *running) stop() {
	for _, r := range b.rows {
		r.stop()
	}
}

// numbers reads numbers of mailboxes.
func numbers(list string) (out []int, err error) {
	for field := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(field)
		if err != nil {
			return nil, fmt.Errorf("-sizes: %w", err)
		}
		out = append(out, n)
	}
	return out, nil
}
