package umredirect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// Result is what is known of a setting that was sent.
type Result uint8

// The results. A lost answer proves nothing: the setting may be in force, or may still come into force.
const (
	Unknown Result = iota
	Done
	Failed
)

// String implements fmt.Stringer.
func (r Result) String() string {
	switch r {
	case Done:
		return "done"
	case Failed:
		return "failed"
	}
	return "unknown"
}

// Remote is a redirector seen from a controller.
type Remote struct {
	URL  string       // http://address:port
	HTTP *http.Client // whose dialer says where the controller stands
}

// State asks what is in force.
func (r Remote) State(ctx context.Context) (Status, error) {
	code, st, err := r.do(ctx, http.MethodGet, nil)
	if err == nil && code != http.StatusOK {
		err = fmt.Errorf("ask redirector %s: HTTP status %d", r.URL, code)
	}
	return st, err
}

// SetState sends a setting and says what became of it, and why. When the answer is lost it reads back: Done when the
// setting is in force, Failed when a newer one is; else it stays Unknown, for the request may still be under way.
func (r Remote) SetState(ctx context.Context, next Setting) (Result, string) {
	code, st, err := r.do(ctx, http.MethodPut, &next)
	if err == nil {
		switch {
		case code == http.StatusOK && st.Generation == next.Generation && st.Site == next.Site:
			return Done, fmt.Sprintf("site %s, generation %d", st.Site, st.Generation)
		case code >= 400 && code < 500:
			return Failed, st.Error
		}
		err = fmt.Errorf("redirector %s: HTTP status %d %s", r.URL, code, st.Error)
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return Failed, err.Error() // nothing was sent
	}
	back, backErr := r.State(ctx)
	switch {
	case backErr != nil:
		return Unknown, err.Error()
	case back.Generation == next.Generation && back.Site == next.Site:
		return Done, fmt.Sprintf("site %s, generation %d, as read back", back.Site, back.Generation)
	case back.Generation >= next.Generation:
		return Failed, fmt.Sprintf("generation %d is in force, site %s", back.Generation, back.Site)
	}
	return Unknown, err.Error()
}

func (r Remote) do(ctx context.Context, method string, body *Setting) (int, Status, error) {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, Status{}, fmt.Errorf("redirector %s: %w", r.URL, err)
		}
		content = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.URL, "/")+"/v1/state", content)
	if err != nil {
		return 0, Status{}, fmt.Errorf("redirector %s: %w", r.URL, err)
	}
	client := r.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, Status{}, fmt.Errorf("redirector %s: %w", r.URL, err)
	}
	defer res.Body.Close()
	var st Status
	if err := json.NewDecoder(io.LimitReader(res.Body, maxSetting)).Decode(&st); err != nil {
		return 0, Status{}, fmt.Errorf("redirector %s: HTTP status %d, and an answer that cannot be read: %w", r.URL, res.StatusCode, err)
	}
	return res.StatusCode, st, nil
}
