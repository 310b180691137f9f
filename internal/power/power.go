// Package power drives out-of-band power controls: they answer although the server and its site are dead, so what they read
// back is the evidence that a member can do no harm.
package power

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"siteswap/dag"
)

const maxAnswer = 1 << 20

// Control is one out-of-band control for all servers, by HTTP.
type Control struct {
	Address string // host:port
	HTTP    *http.Client
}

// Request switches one server.
type Request struct {
	Power    dag.Power     `json:"power"`
	Run      string        `json:"run"`
	Step     string        `json:"step"`
	Attempt  int           `json:"attempt"`
	NotAfter time.Duration `json:"not_after"`
}

// Read is the power of every server, by name.
func (c *Control) Read(ctx context.Context) (map[string]dag.Power, error) {
	out := map[string]dag.Power{}
	return out, c.do(ctx, http.MethodGet, "/v1/power", nil, &out)
}

// Set switches a server and reads it back.
func (c *Control) Set(ctx context.Context, server string, r Request) (dag.Power, error) {
	var out struct {
		Power dag.Power `json:"power"`
	}
	err := c.do(ctx, http.MethodPut, "/v1/power/"+url.PathEscape(server), r, &out)
	return out.Power, err
}

func (c *Control) do(ctx context.Context, method, path string, body, into any) error {
	var send io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("power control: %w", err)
		}
		send = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+c.Address+path, send)
	if err != nil {
		return fmt.Errorf("power control: %w", err)
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("power control %s does not answer: %w", c.Address, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("power control %s does not answer: %w", c.Address, err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("power control %s refused: %s %s", c.Address, res.Status, bytes.TrimSpace(b))
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("power control %s: its answer cannot be read: %w", c.Address, err)
	}
	return nil
}
