package peers

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
)

// Program starts a client on the host, which may be killed as a server may; it is ready when its output has the word.
func (h *Host) Program(ctx context.Context, dir, word string, argv ...string) (*Server, error) {
	s := &Server{name: argv[0], spec: command{name: argv[0], dir: dir, log: filepath.Join(dir, filepath.Base(argv[0])+".log"), argv: h.inside(argv...)}}
	s.ready = func(context.Context) error {
		if !strings.Contains(s.Log(), word) {
			return errors.New("it has not said " + word)
		}
		return nil
	}
	return s, s.Start(ctx)
}
