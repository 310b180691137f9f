package umredirect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Setting is the word of the controllers on the active site, and which act it came with.
type Setting struct {
	Site       string `json:"site"`
	Generation uint64 `json:"generation"`
	Run        string `json:"run,omitempty"`
	Step       string `json:"step,omitempty"`
	Attempt    int    `json:"attempt,omitempty"`
}

// Reasons why a setting is refused.
var (
	ErrOlder       = errors.New("a newer generation is in force")
	ErrConflict    = errors.New("the same generation has set another site")
	ErrUnknownSite = errors.New("no dial plan has a server in that site")
)

// Set puts a setting in force, newest generation first: an older one is refused, the same one again changes nothing. It is
// on disk before the first call is answered by it.
func (s *Server) Set(next Setting) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.setting
	switch {
	case next.Generation < now.Generation:
		return fmt.Errorf("generation %d: %w: %d, site %s", next.Generation, ErrOlder, now.Generation, now.Site)
	case next.Generation == now.Generation && next.Site != now.Site:
		return fmt.Errorf("generation %d, site %s: %w: %s", next.Generation, next.Site, ErrConflict, now.Site)
	case next.Generation == now.Generation:
		return nil
	case !slices.Contains(s.view.Load().table.Sites(), next.Site):
		return fmt.Errorf("site %q: %w", next.Site, ErrUnknownSite)
	}
	if err := writeSetting(s.o.StateFile, next); err != nil {
		return err
	}
	s.setting = next
	s.publish()
	s.o.Logger.Info("site set", "site", next.Site, "generation", next.Generation, "run", next.Run, "step", next.Step, "attempt", next.Attempt)
	return nil
}

// readSetting reads the state file; without one the first setting is in force.
func readSetting(path string, first Setting) (Setting, error) {
	if path == "" {
		return first, nil
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return first, nil
	}
	if err != nil {
		return Setting{}, fmt.Errorf("read the state file: %w", err)
	}
	var kept Setting
	if err := json.Unmarshal(raw, &kept); err != nil {
		return Setting{}, fmt.Errorf("state file %s is damaged (%w): delete it to start with site %s of the site file, if that is right", path, err, first.Site)
	}
	if kept.Generation < first.Generation {
		return first, nil
	}
	return kept, nil
}

// writeSetting replaces the state file: after a crash at any point either the old or the new one is there, whole.
func writeSetting(path string, s Setting) error {
	if path == "" {
		return nil
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write the state file: %w", err)
	}
	return replaceFile(path, func(w io.Writer) error {
		_, err := w.Write(append(raw, '\n'))
		return err
	})
}

// replaceFile writes a file anew: after a crash at any point either the old or the new one is there, whole.
func replaceFile(path string, write func(io.Writer) error) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	err = write(tmp)
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return fmt.Errorf("write %s: %w", path, err)
	}
	return syncDir(dir)
}

// syncDir makes the rename last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}
