package drill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// controlSocket is where a lab that is up takes events of its operator from: a file in its folder, so that whoever may not read
// the folder may not break the lab.
const controlSocket = "lab.sock"

// maxSocketPath is how long the path of a socket may be (unix(7)).
const maxSocketPath = 107

// control takes events from a second terminal until ctx ends. One that comes before the sites are up happens when they are.
func (s *stage) control(ctx context.Context, up <-chan struct{}) error {
	path := filepath.Join(s.o.Dir, controlSocket)
	if len(path) > maxSocketPath {
		return &UsageError{fmt.Errorf("the folder's path is too long for a socket: %s; take one of at most %d bytes", s.o.Dir, maxSocketPath-len(controlSocket)-1)}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return &UsageError{fmt.Errorf("listen for events of a second terminal: %w", err)}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return &UsageError{err}
	}
	srv := &http.Server{Handler: whenUp(up, s.byHand), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { srv.Close() })
	go func() {
		if err := srv.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.say("no more events from a second terminal: %v", err)
		}
	}()
	return nil
}

// whenUp holds requests until the sites are up.
func whenUp(up <-chan struct{}, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-up:
			next(w, r)
		case <-r.Context().Done(): // whoever asked has gone
		}
	})
}

// byHand lets one event happen that stands in the body, as a scenario has it and without its time.
func (s *stage) byHand(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err != nil || r.Method != http.MethodPost {
		http.Error(w, "post an event", http.StatusBadRequest)
		return
	}
	e, err := s.readByHand(body)
	if err == nil {
		err = s.happen(r.Context(), e)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// readByHand reads an event and looks up everything that it names.
func (s *stage) readByHand(body []byte) (*Event, error) {
	text := "name: by-hand\nevents:\n  - " + strings.ReplaceAll(strings.TrimSpace(string(body)), "\n", " ") + "\n"
	sc, ps := ParseScenario("the event", []byte(text))
	if err := ps.Err(); err != nil {
		return nil, err
	}
	if len(sc.Events) != 1 {
		return nil, errors.New("one event at a time")
	}
	if e := &sc.Events[0]; e.Run != "" || e.Plant != "" || e.After != nil {
		return nil, errors.New("only what breaks and mends: ask for runs with `siteswap switchover`, and let things happen at once")
	}
	return &sc.Events[0], s.refer(sc)
}

// Happen lets an event happen in a lab that is up in another terminal: text is the event as a scenario has it, with `at: start`.
func Happen(ctx context.Context, dir, text string) error {
	path := filepath.Join(dir, controlSocket)
	if _, err := os.Stat(path); err != nil {
		return &UsageError{fmt.Errorf("no lab is up in %s; start one with `siteswap lab up --dir %s`", dir, dir)}
	}
	var d net.Dialer
	c := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", path) }}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://lab/v1/events", bytes.NewReader([]byte(text)))
	if err != nil {
		return fmt.Errorf("ask the lab: %w", err)
	}
	res, err := c.Do(req)
	if err != nil {
		return &UsageError{fmt.Errorf("the lab in %s does not answer: %w; is it still up?", dir, err)}
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNoContent {
		return nil
	}
	why, err := io.ReadAll(io.LimitReader(res.Body, 1<<14))
	if err != nil {
		return fmt.Errorf("the lab's answer: %w", err)
	}
	return &UsageError{errors.New(strings.TrimSpace(string(why)))}
}

// Fresh says whether a folder can be used for a lab or a drill: it is empty, or is not there yet. The logs of an earlier one
// would be taken for those of this one's controllers.
func Fresh(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w; name another folder", err)
	}
	return fmt.Errorf("%s is not empty: its controllers would go on from the log of an earlier one; remove it (rm -r %s), or name another folder", dir, dir)
}
