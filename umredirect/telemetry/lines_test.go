package telemetry_test

import (
	"errors"
	"slices"
	"testing"

	"siteswap/umredirect/telemetry"
)

// writes remembers each write; full has no room.
type writes struct {
	each []string
	full bool
}

func (w *writes) Write(b []byte) (int, error) {
	if w.full {
		return 0, errors.New("disk full")
	}
	w.each = append(w.each, string(b))
	return len(b), nil
}

func TestLinesTogether(t *testing.T) {
	var w writes
	l := telemetry.NewLines(&w)
	say := func(text string) {
		t.Helper()
		line := []byte(text)
		if n, err := l.Write(line); n != len(text) || err != nil {
			t.Errorf("wrote %d of %q, %v", n, text, err)
		}
		clear(line) // whoever writes may use his bytes again
	}
	say("a\n")
	l.Together(func() {})
	l.Together(func() {
		say("b\n")
		l.Together(func() { say("c\n") })
		say("d\n")
		if len(w.each) != 1 {
			t.Errorf("written before the end: %q", w.each)
		}
	})
	say("e\n")
	func() {
		defer func() { recover() }()
		l.Together(func() { say("why\n"); panic("broken") })
	}()
	if want := []string{"a\n", "b\nc\nd\n", "e\n", "why\n"}; !slices.Equal(w.each, want) {
		t.Errorf("%q, want %q", w.each, want)
	}
	w.full = true
	if _, err := l.Write([]byte("x")); err == nil {
		t.Error("no error from a full disk")
	}
	l.Together(func() { say("lost") })
	w.full = false
	say("f\n")
	if got := w.each[len(w.each)-1]; got != "f\n" {
		t.Errorf("%q after a full disk", got)
	}
}
