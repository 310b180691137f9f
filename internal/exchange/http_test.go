package exchange_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"siteswap/internal/exchange"
	"siteswap/internal/exchange/wire"
)

func fixed(address string) func(string) string { return func(string) string { return address } }

func TestHTTPTransport(t *testing.T) {
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	silent := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		want    error
	}{
		"answer":    {status(http.StatusOK, `{"warnings":["w"]}`), nil},
		"no path":   {status(http.StatusNotFound, ""), exchange.ErrNotSent},
		"broken":    {status(http.StatusInternalServerError, ""), exchange.ErrAnswerLost},
		"redirect":  {status(http.StatusTemporaryRedirect, ""), exchange.ErrAnswerLost},
		"garbage":   {status(http.StatusOK, `{"warnings":`), exchange.ErrAnswerLost},
		"closed":    {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, exchange.ErrAnswerLost},
		"no answer": {silent, exchange.ErrAnswerLost},
		"cut in two": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			_, _ = io.WriteString(w, `{}`)
		}, exchange.ErrAnswerLost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen.Add(1)
				tt.handler(w, r)
			}))
			defer server.Close()
			patience := 20 * time.Second // a busy machine is no silent server
			if name == "no answer" {
				patience = time.Second
			}
			transport := exchange.NewHTTPTransport(exchange.HTTPOptions{Address: fixed(server.Listener.Addr().String()), Read: patience})
			reply, err := transport.Invoke(t.Context(), "EX1", wire.Call{Cmdlet: "Get-Cluster"})
			if !errors.Is(err, tt.want) || tt.want == nil && (err != nil || len(reply.Warnings) != 1) {
				t.Errorf("%+v, %v", reply, err)
			}
			if seen.Load() != 1 {
				t.Errorf("sent %d times", seen.Load())
			}
		})
	}
}

func TestHTTPTransportNotSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for name, o := range map[string]exchange.HTTPOptions{
		"unknown server": {Address: fixed("")},
		"refused":        {Address: fixed(closed)},
		"swallowed":      {Address: fixed(closed), Dial: hang, Connect: 50 * time.Millisecond},
		"caller gone":    {Address: fixed(closed), Dial: hang, Act: 50 * time.Millisecond},
		"bad address":    {Address: fixed("bad\x7faddress")},
	} {
		_, err := exchange.NewHTTPTransport(o).Invoke(t.Context(), "EX1", wire.Call{Cmdlet: "Mount-Database", Run: "run-1"})
		if !errors.Is(err, exchange.ErrNotSent) || errors.Is(err, exchange.ErrAnswerLost) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHTTPTransportCarriesAll: what is sent is what arrives.
func TestHTTPTransportCarriesAll(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call, err := wire.DecodeCall(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(wire.Reply{Verbose: []string{call.Text(), call.Run, call.NotAfter.String()}})
	}))
	defer server.Close()
	transport := exchange.NewHTTPTransport(exchange.HTTPOptions{Address: fixed(server.Listener.Addr().String())})
	call := wire.Call{Cmdlet: "X", Parameters: map[string]any{"Identity": "it's", "Confirm": false, "List": []string{"a", "b"}, "N": int64(7)}, Run: "r", NotAfter: 1500 * time.Millisecond}
	reply, err := transport.Invoke(t.Context(), "EX1", call)
	if err != nil {
		t.Fatal(err)
	}
	if reply.Verbose[0] != call.Text() || reply.Verbose[1] != "r" || reply.Verbose[2] != "1.5s" {
		t.Errorf("%q", reply.Verbose)
	}
}
