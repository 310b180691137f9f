package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"siteswap/internal/exchange/wire"
)

// HTTPOptions are what an HTTPTransport needs.
type HTTPOptions struct {
	Address func(server string) string                                           // host:port of a server's management endpoint; "" is an unknown server
	Dial    func(ctx context.Context, network, address string) (net.Conn, error) // nil: an ordinary dialer
	Connect time.Duration                                                        // longest wait for a connection; 0: 5 s
	Read    time.Duration                                                        // longest wait for the answer of a call that only reads; 0: 3 min (domain-exchange.md 10.3)
	Act     time.Duration                                                        // of a call that acts; 0: 30 min, the longest there
}

// HTTPTransport sends calls as JSON over HTTP to the endpoints of the emulated sites.
type HTTPTransport struct {
	o      HTTPOptions
	client *http.Client
}

// NewHTTPTransport makes a transport. Each call has a connection of its own: with a kept one, net/http may send a request
// again by itself, and nothing may run twice.
func NewHTTPTransport(o HTTPOptions) *HTTPTransport {
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	o.Connect, o.Read, o.Act = or(o.Connect, 5*time.Second), or(o.Read, 3*time.Minute), or(o.Act, 30*time.Minute)
	t := &HTTPTransport{o: o}
	t.client = &http.Client{
		Transport:     &http.Transport{DialContext: t.dial, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return t
}

func or(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

func (t *HTTPTransport) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, t.o.Connect)
	defer cancel()
	return t.o.Dial(ctx, network, address)
}

// Invoke posts the call and waits for its reply. From the moment that there is a connection, bytes may be on their way, so
// everything that fails from then on leaves the effect unknown.
func (t *HTTPTransport) Invoke(ctx context.Context, server string, call wire.Call) (wire.Reply, error) {
	address := t.o.Address(server)
	if address == "" {
		return wire.Reply{}, fmt.Errorf("%w: no management endpoint is known for %s", ErrNotSent, server)
	}
	body, err := json.Marshal(call)
	if err != nil {
		return wire.Reply{}, fmt.Errorf("%w: %s: %w", ErrNotSent, call.Cmdlet, err)
	}
	limit := t.o.Read
	if call.Run != "" {
		limit = t.o.Act
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+wire.Path, bytes.NewReader(body))
	if err != nil {
		return wire.Reply{}, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := t.client.Do(request)
	if err != nil {
		if connected.Load() {
			return wire.Reply{}, fmt.Errorf("%s: %w: %w", server, ErrAnswerLost, err)
		}
		return wire.Reply{}, fmt.Errorf("%s: %w: %w", server, ErrNotSent, err)
	}
	defer func() { _ = response.Body.Close() }()
	return answer(server, response)
}

// answer reads the reply. A status of 400 to 499 is said before the call is run; any other but 200 says nothing about it.
func answer(server string, response *http.Response) (wire.Reply, error) {
	switch {
	case response.StatusCode >= 400 && response.StatusCode < 500:
		return wire.Reply{}, fmt.Errorf("%s: %w: the endpoint refused the request with %s", server, ErrNotSent, response.Status)
	case response.StatusCode != http.StatusOK:
		return wire.Reply{}, fmt.Errorf("%s: %w: the endpoint answered %s", server, ErrAnswerLost, response.Status)
	}
	reply, err := wire.DecodeReply(response.Body)
	if err != nil {
		return wire.Reply{}, fmt.Errorf("%s: %w: %w", server, ErrAnswerLost, err)
	}
	return reply, nil
}
