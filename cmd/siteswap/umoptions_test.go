package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"siteswap/internal/config"
	"siteswap/internal/document"
)

// A redirector looks for the next datagram before it sleeps unless the site file says that it must not.
func TestBusyPoll(t *testing.T) {
	name, data := config.Reference()
	with := func(text string) (*config.Site, document.Problems) {
		return config.Parse(name, []byte(strings.Replace(string(data), "\num:\n", "\num:\n"+text, 1)))
	}
	for text, want := range map[string]bool{"": true, "  busy_poll: auto\n": true, "  busy_poll: off\n": false} {
		site, problems := with(text)
		if site == nil || site.UM == nil {
			t.Fatal(problems)
		}
		dir := t.TempDir()
		o, err := redirectorOptions(site, dir, filepath.Join(dir, "tag.key"), slog.New(slog.DiscardHandler))
		if err != nil || (o.Look > 0) != want {
			t.Errorf("%q: looks for %v, %v; want %v", text, o.Look, err, want)
		}
	}
	if _, problems := with("  busy_poll: always\n"); !strings.Contains(fmt.Sprint(problems), `um.busy_poll: "always" is no known value`) {
		t.Errorf("always: %v", problems)
	}
}
