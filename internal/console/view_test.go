package console_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"siteswap/internal/api"
	"siteswap/internal/console"
)

func TestDrawGolden(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 20}} {
		got := view().Draw(size[0], size[1], console.Style{}, console.Prompt{})
		golden(t, fmt.Sprintf("view-%dx%d.txt", size[0], size[1]), got+"\n")
	}
}

// TestDrawFits: at any size the view has no more lines and no wider ones, and what needs a person is on it from 40 by 8 on.
func TestDrawFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(0, 200).Draw(t, "w"), rapid.IntRange(0, 70).Draw(t, "h")
		v := view()
		for range rapid.IntRange(0, 40).Draw(t, "more steps") {
			v.Steps = append(v.Steps, console.StepLine{ID: rapid.StringN(0, 30, -1).Draw(t, "id"), State: "acting", Text: "x"})
		}
		for range rapid.IntRange(0, 4).Draw(t, "more sites") {
			v.Sites = append(v.Sites, v.Sites[0])
		}
		got := v.Draw(w, h, console.Style{Color: rapid.Bool().Draw(t, "color")}, console.Prompt{})
		lines := strings.Split(got, "\n")
		if len(lines) > max(h, 1) {
			t.Fatalf("%d lines in %d", len(lines), h)
		}
		for _, l := range lines {
			if ansi.StringWidth(l) > w {
				t.Fatalf("%q is wider than %d", l, w)
			}
		}
		if w >= 40 && h >= 8 && !strings.Contains(ansi.Strip(got), "loss") {
			t.Fatalf("what needs a person is not shown:\n%s", got)
		}
	})
}

func keys(m tea.Model, all ...string) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	for _, k := range all {
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
		switch k {
		case "tab":
			msg = tea.KeyMsg{Type: tea.KeyTab}
		case "ctrl+c":
			msg = tea.KeyMsg{Type: tea.KeyCtrlC}
		}
		m, cmd = m.Update(msg)
	}
	return m, cmd
}

func TestKeys(t *testing.T) {
	var done []string
	o := console.Options{Do: func(a console.Action, n console.Need) error {
		done = append(done, string(a)+" "+n.Run+" "+n.Step)
		return errors.New("not the leader")
	}}
	for _, tt := range []struct {
		keys []string
		want string
	}{
		{[]string{"a"}, ""}, {[]string{"a", "a"}, "approve r-7f3a loss"}, {[]string{"a", "d"}, ""}, {[]string{"d", "d"}, "deny r-7f3a loss"},
		{[]string{"p"}, "pause r-7f3a "}, {[]string{"r"}, ""}, {[]string{"x"}, ""}, {[]string{"x", "x"}, "abort r-7f3a "}, {[]string{"x", "z", "x"}, ""},
	} {
		done = nil
		m, cmd := keys(console.NewScreen(view(), o), tt.keys...)
		if cmd != nil {
			m, _ = m.Update(cmd())
			if !strings.Contains(m.View(), "failed: not the leader") {
				t.Errorf("%v: what came of it is not shown", tt.keys)
			}
		}
		if got := strings.Join(done, "; "); got != tt.want {
			t.Errorf("%v: did %q, want %q", tt.keys, got, tt.want)
		}
	}
}

// TestNeedDoesNotSlide: a need that goes while a person decides must not put another one under the key.
func TestNeedDoesNotSlide(t *testing.T) {
	var done []string
	o := console.Options{Do: func(a console.Action, n console.Need) error { done = append(done, n.Step); return nil }}
	v := view()
	need := func(step string) console.Need {
		return console.Need{Run: "r", Step: step, What: step, Actions: []console.Action{console.Approve}}
	}
	v.Needs = []console.Need{need("one"), need("two"), need("three")}
	m, _ := keys(console.NewScreen(v, o), "tab", "a")
	v.Needs = v.Needs[1:] // one is dealt with elsewhere: two is still the chosen one
	m, _ = m.Update(v)
	m, cmd := keys(m, "a")
	cmd()
	if len(done) != 1 || done[0] != "two" {
		t.Fatalf("approved %v", done)
	}
	m, _ = keys(m, "a")
	v.Needs = v.Needs[1:] // two is gone: the question is void
	m, _ = m.Update(v)
	if _, cmd = keys(m, "a"); cmd != nil {
		t.Error("the answer to two approved three")
	}
}

func TestScreenResizesAndEnds(t *testing.T) {
	var m tea.Model = console.NewScreen(view(), console.Options{})
	m, _ = m.Update(tea.WindowSizeMsg{Width: 40, Height: 10})
	if n := strings.Count(m.View(), "\n"); n != 9 {
		t.Errorf("%d lines", n+1)
	}
	for key, want := range map[string]console.Ending{"q": console.Left, "ctrl+c": console.Interrupted} {
		end, cmd := keys(m, key)
		if got := end.(console.Screen).Ending(); got != want || cmd == nil || end.View() != "" {
			t.Errorf("%s: %q", key, got)
		}
	}
}

func TestLiveLeavesThePlainLines(t *testing.T) {
	views := make(chan console.View)
	go func() {
		defer close(views)
		views <- console.View{Title: "first"}
		views <- view()
	}()
	var out bytes.Buffer
	how, err := console.Live(t.Context(), strings.NewReader(""), &out, views, console.Options{})
	if err != nil || how != console.Over {
		t.Fatal(how, err)
	}
	if want := strings.Join(view().Lines, "\n") + "\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("the lines are not left behind: %q", out.String())
	}
}

func TestLiveEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if how, err := console.Live(ctx, strings.NewReader(""), &bytes.Buffer{}, make(chan console.View), console.Options{}); err != nil {
		t.Error(how, err)
	}
}

func TestFromStatus(t *testing.T) {
	v := view()
	if len(v.Needs) != 1 || v.Needs[0].Step != "loss" || len(v.Needs[0].Actions) != 2 {
		t.Errorf("needs: %+v", v.Needs)
	}
	if v.Elapsed != 14*time.Second || v.Steps[5].Elapsed != 4*time.Second || v.Steps[5].AtMost != 30*time.Second {
		t.Errorf("times: %v, %+v", v.Elapsed, v.Steps[5])
	}
	if got := v.Steps[8].WaitsFor; got != "restore, loss" {
		t.Errorf("activate/DB1 waits for %q", got)
	}
	if len(v.Unmounted) != 1 || v.Unmounted[0] != "DB2" {
		t.Errorf("unmounted: %v", v.Unmounted)
	}
	// Nothing known, nothing assumed.
	empty := console.FromStatus(topology(), nil, api.Status{DAG: "DAG1", State: "UNKNOWN"}, console.Around{})
	if s := empty.Sites[0].Servers[0]; s.State != console.Degraded || s.Text != "not known" {
		t.Errorf("%+v", s)
	}
	s := status()
	s.Run.Paused = true
	s.Run.Steps[7].State = "refused"
	s.Run.Refusals = []api.Refusal{{Rule: "loss-acknowledged", Step: "loss", Why: "why"}}
	n := console.FromStatus(topology(), facts(), s, around()).Needs
	if len(n) != 2 || n[0].What != "refused by loss-acknowledged" || n[1].Actions[0] != console.Resume {
		t.Errorf("%+v", n)
	}
	s.Run.Outcome = "done"
	if n := console.FromStatus(topology(), facts(), s, around()).Needs; len(n) != 0 {
		t.Errorf("a run that is over needs nobody: %+v", n)
	}
}
