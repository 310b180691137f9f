package telemetry

import (
	"io"
	"sync"
)

// Lines is where a log goes that now and then has many lines at once: they are one write of the system. Each write of a process with
// one processor keeps its calls waiting, and has the runtime look after that processor some fifty times; with fifty lines a second,
// each alone, five calls in a thousand waited for one of these (docs/um-load.md). It may be used by several.
type Lines struct {
	to io.Writer

	mu      sync.Mutex
	waiting []byte
	holding int // how many Together run
}

// NewLines writes to a writer.
func NewLines(to io.Writer) *Lines { return &Lines{to: to} }

// Write writes at once, or keeps a copy for the end of Together.
func (l *Lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holding == 0 {
		return l.to.Write(b)
	}
	l.waiting = append(l.waiting, b...)
	return len(b), nil
}

// Together runs do, and then writes what was written meanwhile, by whomever, in its order. A log that cannot be written has nowhere
// to say so.
func (l *Lines) Together(do func()) {
	l.mu.Lock()
	l.holding++
	l.mu.Unlock()
	defer func() { // also when do panics: what was written before may say why
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.holding--; l.holding == 0 && len(l.waiting) > 0 {
			l.to.Write(l.waiting)
			l.waiting = l.waiting[:0]
		}
	}()
	do()
}
