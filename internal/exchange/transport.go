package exchange

import (
	"context"
	"errors"

	"siteswap/internal/exchange/wire"
)

// Transport carries one call to the management endpoint of a server and brings back its reply. The server is the host name
// of one member, never that of a load balancer: Kerberos breaks against a balanced name (DLC32).
//
// An error that wraps ErrAnswerLost means that the call may have run. Any other error means that it has not.
type Transport interface {
	Invoke(ctx context.Context, server string, call wire.Call) (wire.Reply, error)
}

// What a transport says when no reply came.
var (
	// ErrNotSent: the call did not reach anything that could run it, so it has had no effect and may be sent again.
	ErrNotSent = errors.New("not sent")
	// ErrAnswerLost: the call went out and no whole answer came back; its effect is unknown until it is observed.
	ErrAnswerLost = errors.New("the answer is lost, the call may have run")
)
