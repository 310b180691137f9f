package main

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"siteswap/dag"
	"siteswap/internal/api"
	"siteswap/internal/config"
	"siteswap/internal/console"
	"siteswap/internal/drill"
)

// view shows a drill: plain lines, or live on a terminal, which leaves the plain lines behind. With --json the lines go to
// standard error, so that standard output is one document.
type view struct {
	a     *app
	t     *dag.Topology
	plain console.Plain
	live  bool
	lines *lineKeeper
	views chan console.View
	done  chan struct{}
	style console.Style

	mu     sync.Mutex
	client *api.Client // of the controllers, once they are there
}

// lineKeeper collects the plain lines that a live view shows the tail of.
type lineKeeper struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	lines []string
}

func (k *lineKeeper) Write(b []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.buf.Write(b)
	for {
		i := bytes.IndexByte(k.buf.Bytes(), '\n')
		if i < 0 {
			return len(b), nil
		}
		k.lines = append(k.lines, string(k.buf.Next(i + 1)[:i]))
	}
}

func (k *lineKeeper) all() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.lines...)
}

func (a *app) newView(cmd *cobra.Command, site *config.Site, plain bool) *view {
	s, _ := config.LoadSettings(cmd.Flags()) // read without error a moment ago
	v := &view{a: a, t: site.Topology(), lines: &lineKeeper{}, live: a.terminal() && !plain && !a.json}
	v.style = console.Style{Color: a.color(s), ASCII: a.ascii}
	v.plain = console.Plain{W: a.out, Color: v.style.Color, ASCII: a.ascii, Start: time.Now()}
	if a.json {
		v.plain.W, v.plain.Color = a.errs, false
	}
	if v.live {
		v.plain.W = v.lines
	}
	return v
}

// begin starts the live view; leaving it goes on in plain lines, Ctrl-C ends the drill.
func (v *view) begin(ctx context.Context, interrupt func()) {
	v.done = make(chan struct{})
	if !v.live {
		close(v.done)
		return
	}
	v.views = make(chan console.View)
	go func() {
		defer close(v.done)
		how, err := console.Live(ctx, v.a.in, v.a.out, v.views, console.Options{Style: v.style, Do: v.key})
		if err != nil {
			fmt.Fprintln(v.a.errs, err)
		}
		if how == console.Interrupted {
			interrupt()
		}
	}()
}

// key does what a person asks for in the live view.
func (v *view) key(act console.Action, n console.Need) error {
	v.mu.Lock()
	client := v.client
	v.mu.Unlock()
	if client == nil {
		return fmt.Errorf("no controller is there yet")
	}
	return v.a.keyAction(client)(act, n)
}

// end leaves the plain lines behind, and writes further ones straight out.
func (v *view) end() {
	if !v.live {
		return
	}
	select {
	case v.views <- console.View{Title: "over", Lines: v.lines.all()}:
		close(v.views)
	case <-v.done:
	}
	<-v.done
	v.plain.W = v.a.out
}

func (v *view) Head(text string)                    { v.plain.Head(text) }
func (v *view) Line(at time.Time, text string)      { v.plain.Line(at, text) }
func (v *view) Refusal(at time.Time, r api.Refusal) { v.plain.Refusal(at, r) }
func (v *view) Step(at time.Time, id, state, text string) {
	v.plain.Step(at, console.StepLine{ID: id, State: state, Text: text})
}

// Situation is passed on to the live view, if somebody looks.
func (v *view) Situation(s drill.Situation) {
	if !v.live {
		return
	}
	v.mu.Lock()
	v.client = s.API
	v.mu.Unlock()
	around := console.Around{Title: s.Title, Start: s.Start, Now: s.Now, Dead: s.Dead, Lost: s.Lost, Lines: v.lines.all()}
	if !s.OutageSince.IsZero() {
		around.Outage = console.Outage{Running: true, For: s.Now.Sub(s.OutageSince), Text: fmt.Sprintf("%d of %d clients served", s.Served, s.Clients)}
	} else {
		around.Outage.Text = s.Outage
	}
	for _, c := range s.Cut {
		around.Links = append(around.Links, console.Link{From: c[0], To: c[1], State: "failed", Text: "cut"})
	}
	select {
	case v.views <- console.FromStatus(v.t, &s.Facts, s.Status, around):
	case <-v.done:
		v.live = false
		v.plain.W = v.a.out
	case <-time.After(100 * time.Millisecond):
	}
}
