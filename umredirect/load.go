package umredirect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// LoadTable is NewTable for mailboxes that come from elsewhere: a good set of them is kept in a file, and when there is none to
// be had, or a bad one, the kept one answers as before. Why is told in stale; err is that there is no table at all.
func LoadTable(o TableOptions, kept string) (t *Table, stale, err error) {
	if t, err = NewTable(o); o.More == nil || kept == "" {
		return t, nil, err
	}
	if err == nil {
		if err := t.KeepMailboxes(kept); err != nil {
			stale = fmt.Errorf("the mailboxes are not kept for the next start: %w", err)
		}
		return t, stale, nil
	}
	why := err
	o.More = CSVFile(kept)
	if t, err = NewTable(o); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, why
	} else if err != nil {
		return nil, nil, errors.Join(why, err)
	}
	return t, fmt.Errorf("the mailboxes of the last good load are in force, from %s: %w", kept, why), nil
}

// WatchFile calls changed each time when the file is another one than before, until the context ends. It looks that often.
func WatchFile(ctx context.Context, path string, every time.Duration, changed func()) {
	look := func() (time.Time, int64) {
		info, err := os.Stat(path)
		if err != nil {
			return time.Time{}, -1
		}
		return info.ModTime(), info.Size()
	}
	at, size := look()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// A file that is gone is about to come back, or is no reason to forget what is known.
		if nowAt, nowSize := look(); nowSize >= 0 && (!nowAt.Equal(at) || nowSize != size) {
			at, size = nowAt, nowSize
			changed()
		}
	}
}
