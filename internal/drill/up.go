package drill

import (
	"context"
	"fmt"
)

// Up starts the emulated sites, controllers and redirectors and leaves them to the operator until ctx ends. ready is told of the
// site file with which they are reached.
func Up(ctx context.Context, o Options, ready func(siteFile string)) error {
	if o.Speed <= 0 {
		o.Speed = 60
	}
	s, err := newStage(ctx, o)
	if err != nil {
		return err
	}
	defer s.close()
	up := make(chan struct{})
	if err := s.control(ctx, up); err != nil { // first: a status may be seen before all is served, and what follows it must find the lab
		return err
	}
	if err := s.ready(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // Ctrl-C is how it ends
		}
		return err
	}
	close(up)
	o.Watch.Head(describe(s.site))
	s.say("everything served: %d clients, %s", s.clients(), s.mounts())
	ready(s.site.File)
	ended := make(chan string, len(s.procs))
	for _, p := range s.procs {
		go func() {
			select {
			case <-p.done:
				ended <- p.name
			case <-ctx.Done():
			}
		}()
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case name := <-ended:
			s.say("%s has ended: %s", name, s.logTail(name))
			if ctx.Err() == nil && len(s.procs) == 1 {
				return fmt.Errorf("%s has ended", name)
			}
		}
	}
}
