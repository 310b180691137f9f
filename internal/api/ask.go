package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// change goes from controller to controller until the leader has answered.
func (c *Client) change(ctx context.Context, path string, body any) (*Run, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	for {
		var heard []string
		queue := c.order()
		for i := 0; i < len(queue) && i < 2*len(c.Endpoints)+2; i++ {
			var r Run
			p, err := c.try(ctx, queue[i], http.MethodPost, path, data, &r, 0)
			switch {
			case err == nil:
				c.remember(queue[i])
				return &r, nil
			case p == nil, p.Code == CodeNoQuorum:
				heard = append(heard, queue[i]+": "+err.Error())
			case p.Code == CodeNotLeader:
				heard = append(heard, queue[i]+": "+err.Error())
				if p.Leader != "" && p.Leader != queue[i] {
					queue = slices.Insert(queue, i+1, p.Leader)
				}
			default:
				return nil, err
			}
		}
		if err := pause(ctx); err != nil {
			return nil, fmt.Errorf("%w: %w: %s", ErrNoQuorum, err, strings.Join(heard, "; "))
		}
	}
}

// read asks each controller once, until one answers that follows a leader. One that follows nobody may be cut off, and know
// nothing of what the others do: its answer is taken where there is no better one. What is not found is asked of all: a follower
// may be behind.
func (c *Client) read(ctx context.Context, path string, into any, extra time.Duration) error {
	var heard []string
	var missing error
	var alone json.RawMessage
	for _, endpoint := range c.order() {
		var raw json.RawMessage
		led, p, err := c.ask(ctx, endpoint, http.MethodGet, path, nil, &raw, extra)
		if err == nil && led {
			err = decode(raw, into)
		}
		switch {
		case err == nil && led:
			c.remember(endpoint)
			return nil
		case err == nil:
			alone = raw
		case p == nil, p.Code == CodeNoQuorum:
			heard = append(heard, endpoint+": "+err.Error())
		case p.Code == CodeNotFound:
			missing = err
		default:
			return err
		}
	}
	if alone != nil {
		return decode(alone, into)
	}
	if missing != nil {
		return missing
	}
	return fmt.Errorf("%w: none of %d answers: %s", ErrNoQuorum, len(c.Endpoints), strings.Join(heard, "; "))
}

// try is one request to one controller. A nil Problem with an error: no answer came that could be read.
func (c *Client) try(ctx context.Context, endpoint, method, path string, body []byte, into any, extra time.Duration) (*Problem, error) {
	_, p, err := c.ask(ctx, endpoint, method, path, body, into, extra)
	return p, err
}

// ask is try; led: who answers follows a leader, or leads.
func (c *Client) ask(ctx context.Context, endpoint, method, path string, body []byte, into any, extra time.Duration) (led bool, p *Problem, err error) {
	c.once.Do(c.setUp)
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = 3 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout+extra)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+endpoint+path, bytes.NewReader(body))
	if err != nil {
		return false, nil, fmt.Errorf("request to %s: %w", endpoint, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return false, nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return false, nil, fmt.Errorf("read the answer: %w", err)
	}
	if res.StatusCode/100 == 2 {
		return res.Header.Get(HeaderLeader) != NoLeader, nil, decode(data, into)
	}
	p = &Problem{}
	if err := json.Unmarshal(data, p); err != nil || p.Error == "" {
		return false, nil, fmt.Errorf("it answers %s, which is no controller's answer", res.Status)
	}
	return false, p, p.asError()
}

func decode(data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	return nil
}

func (p *Problem) asError() error {
	switch p.Code {
	case CodeRefused:
		e := &RefusedError{Text: p.Error}
		if p.Refusal != nil {
			e.Refusal = *p.Refusal
		}
		return e
	case CodeBusy:
		return fmt.Errorf("%w: %s", ErrBusy, p.Error)
	case CodeBadRequest:
		return fmt.Errorf("%w: %s", ErrBadRequest, p.Error)
	case CodeNotFound:
		return fmt.Errorf("%w: %s", ErrNotFound, p.Error)
	}
	return errors.New(p.Error)
}

func (c *Client) setUp() {
	dial := c.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	c.http = &http.Client{
		Transport:     &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close gives up idle connections.
func (c *Client) Close() {
	c.once.Do(c.setUp)
	c.http.CloseIdleConnections()
}

// order is the endpoints, the one that was good last time first.
func (c *Client) order() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.good == "" {
		return slices.Clone(c.Endpoints)
	}
	out := []string{c.good}
	for _, e := range c.Endpoints {
		if e != c.good {
			out = append(out, e)
		}
	}
	return out
}

func (c *Client) remember(endpoint string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.good = endpoint
}

func pause(ctx context.Context) error {
	t := time.NewTimer(retryPause)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
