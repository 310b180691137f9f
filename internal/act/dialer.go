package act

import (
	"context"
	"net"
)

// dialer is a dial function as the interface that probes want.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// DialContext dials.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d(ctx, network, address)
}
