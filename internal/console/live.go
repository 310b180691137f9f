package console

import (
	"context"
	"errors"
	"fmt"
	"io"

	tea "github.com/charmbracelet/bubbletea"
)

// Live shows the views on a terminal until ctx or views ends, or the person leaves, and then writes the plain lines of the
// last view to out. It takes the keyboard: Ctrl-C comes back as [Interrupted], not as a signal. Whatever sends on views
// must give up when Live has returned.
func Live(ctx context.Context, in io.Reader, out io.Writer, views <-chan View, o Options) (Ending, error) {
	program := tea.NewProgram(NewScreen(View{Title: "starting"}, o), tea.WithInput(in), tea.WithOutput(out),
		tea.WithAltScreen(), tea.WithoutSignalHandler(), tea.WithContext(ctx))
	stop, fed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(fed)
		for {
			select {
			case v, open := <-views:
				if !open {
					program.Send(over{})
					return
				}
				program.Send(v)
			case <-stop:
				return
			}
		}
	}()
	last, err := program.Run()
	close(stop)
	<-fed
	how := Over
	if screen, ok := last.(Screen); ok {
		if screen.how != "" {
			how = screen.how
		}
		for _, l := range screen.view.Lines {
			_, _ = fmt.Fprintln(out, l)
		}
	}
	if err != nil && !(errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil) {
		return how, fmt.Errorf("live view: %w; --plain shows lines instead", err)
	}
	return how, nil
}
