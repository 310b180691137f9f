package console

import (
	tea "github.com/charmbracelet/bubbletea"
)

// Options of a live view.
type Options struct {
	Style
	// Do carries out what a key asks for. It runs beside the view and may take its time; nil: the keys do nothing.
	Do func(Action, Need) error
}

// Ending is how a live view ended.
type Ending string

// The endings.
const (
	Over        Ending = "over"        // there was nothing more to show
	Left        Ending = "left"        // the person pressed q: what they watched goes on
	Interrupted Ending = "interrupted" // Ctrl-C
)

// Screen is the live view as a value: Update and View are pure, effects are in the commands that Update returns.
type Screen struct {
	view   View
	width  int
	height int
	o      Options
	p      Prompt
	how    Ending
}

// NewScreen is a screen of 80 by 24 until the terminal says otherwise.
func NewScreen(v View, o Options) Screen { return Screen{view: v, width: 80, height: 24, o: o} }

// over is the message that there is nothing more to show.
type over struct{}

// outcome is what came of an action.
type outcome struct {
	action Action
	err    error
}

// Init starts nothing.
func (m Screen) Init() tea.Cmd { return nil }

// Ending is how it ended, empty while it goes on.
func (m Screen) Ending() Ending { return m.how }

// Update takes a View, a size, a key, or what came of an action.
func (m Screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case View:
		m.p = m.p.keep(m.view, msg)
		m.view = msg
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case outcome:
		m.p.notice = string(msg.action) + ": asked for"
		if msg.err != nil {
			m.p.notice = string(msg.action) + " failed: " + msg.err.Error()
		}
	case over:
		m.how = Over
		return m, tea.Quit
	case tea.KeyMsg:
		return m.key(msg.String())
	}
	return m, nil
}

// View draws.
func (m Screen) View() string {
	if m.how != "" {
		return "" // the plain lines take its place
	}
	return m.view.Draw(m.width, m.height, m.o.Style, m.p)
}

// key asks for every action twice, save pause and resume, which harm nobody: at three in the morning a finger slips.
func (m Screen) key(key string) (tea.Model, tea.Cmd) {
	asked := m.p.asked
	m.p.asked = ""
	switch key {
	case "ctrl+c":
		m.how = Interrupted
		return m, tea.Quit
	case "q":
		m.how = Left
		return m, tea.Quit
	case "tab":
		if n := len(m.view.Needs); n > 0 {
			m.p.selected = (m.p.selected + 1) % n
		}
		return m, nil
	}
	a, need, ok := m.action(key)
	if !ok {
		return m, nil
	}
	if a != Pause && a != Resume && asked != a {
		m.p.asked, m.p.notice = a, ""
		return m, nil
	}
	m.p.notice = ""
	do := m.o.Do
	if do == nil {
		return m, nil
	}
	return m, func() tea.Msg { return outcome{a, do(a, need)} }
}

// action is what the key does now, and to what.
func (m Screen) action(key string) (Action, Need, bool) {
	run := Need{Run: m.view.Run}
	switch key {
	case "a", "d":
		if len(m.view.Needs) == 0 {
			return "", Need{}, false
		}
		n := m.view.Needs[m.p.selected%len(m.view.Needs)]
		for _, a := range n.Actions {
			if keyOf(a) == key {
				return a, n, true
			}
		}
	case "p":
		return Pause, run, m.view.Run != "" && !m.view.Paused
	case "r":
		return Resume, run, m.view.Run != "" && m.view.Paused
	case "x":
		return Abort, run, m.view.Run != ""
	}
	return "", Need{}, false
}

// keep carries the choice over to the next view by what was chosen, not by its place: a need that comes or goes meanwhile
// must not slide another one under the key.
func (p Prompt) keep(old, now View) Prompt {
	if len(old.Needs) == 0 || len(now.Needs) == 0 {
		if len(old.Needs) != len(now.Needs) && (p.asked == Approve || p.asked == Deny) {
			p.asked = ""
		}
		p.selected = 0
		return p
	}
	chosen := old.Needs[p.selected%len(old.Needs)]
	for i, n := range now.Needs {
		if n.Run == chosen.Run && n.Step == chosen.Step && n.What == chosen.What {
			p.selected = i
			return p
		}
	}
	p.selected = 0
	if p.asked == Approve || p.asked == Deny {
		p.asked = ""
	}
	return p
}
