// Package vip drives load-balancer pools: who stands in a pool, whether their health checks pass, drain and enable. A load
// balancer cannot check how old a request is, so its kinds are declared so; every change is observed first and read back.
package vip

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// maxAnswer is the largest answer that is read.
const maxAnswer = 1 << 20

// ErrNoAnswer: the request may have been taken, its answer is lost. Look again.
var ErrNoAnswer = errors.New("no answer")

// Member is a server's place in a pool.
type Member struct {
	Server      string `json:"server"`
	Enabled     bool   `json:"enabled"` // not drained by an administrator
	Healthy     bool   `json:"healthy"` // its health check passes
	Connections int    `json:"connections"`
}

// By says who changes a pool and for what.
type By struct {
	Run     string `json:"run"`
	Step    string `json:"step"`
	Attempt int    `json:"attempt"`
}

// Pool is one load balancer by its HTTP control.
type Pool struct {
	Control string // host:port
	HTTP    *http.Client
}

// Members are the servers of the pool.
func (p *Pool) Members(ctx context.Context) ([]Member, error) {
	var out []Member
	err := p.do(ctx, http.MethodGet, "/v1/pool", nil, &out)
	return out, err
}

// Set drains (enabled false) or enables a server.
func (p *Pool) Set(ctx context.Context, server string, enabled bool, by By) (Member, error) {
	body := struct {
		Enabled bool `json:"enabled"`
		By
	}{enabled, by}
	var out Member
	err := p.do(ctx, http.MethodPut, "/v1/pool/"+url.PathEscape(server), body, &out)
	return out, err
}

func (p *Pool) do(ctx context.Context, method, path string, body, into any) error {
	var send io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("pool %s: %w", p.Control, err)
		}
		send = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+p.Control+path, send)
	if err != nil {
		return fmt.Errorf("pool %s: %w", p.Control, err)
	}
	res, err := p.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("pool %s: %w (%v)", p.Control, ErrNoAnswer, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("pool %s: %w (%v)", p.Control, ErrNoAnswer, err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("pool %s refused: %s %s", p.Control, res.Status, bytes.TrimSpace(b))
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("pool %s: its answer cannot be read: %w", p.Control, err)
	}
	return nil
}
