package drill

import (
	"context"
	"fmt"
	"time"

	"siteswap/dag"
	"siteswap/internal/api"
	"siteswap/internal/report"
)

// controllers are the tracks of who leads, filled by looking.
type controllers struct {
	tracks map[string]*report.Track
	seen   *dag.Facts // what a controller saw last
}

// look polls what a live view and the report's lanes show, a few times a second.
func (s *stage) look(ctx context.Context) {
	s.mu.Lock()
	s.watch.tracks = map[string]*report.Track{}
	for _, p := range s.procs {
		if p.api != "" {
			s.watch.tracks[p.name] = report.NewTrack(report.LaneController, p.name)
		}
	}
	s.mu.Unlock()
	cutOff := false
	mounts := map[string]string{}
	for look := 0; ctx.Err() == nil; look++ {
		c, cancel := context.WithTimeout(ctx, time.Second)
		st, err := s.api.Status(c)
		cancel()
		if err != nil {
			st = &api.Status{DAG: s.t.Name}
		}
		s.trackControllers(st)
		if look%4 == 0 {
			s.lookAround(ctx)
		}
		served, all := s.lab.Served()
		if served == 0 && all > 0 && !cutOff {
			s.say("%d clients cut off", all)
		}
		if served == all && cutOff {
			s.say("%d of %d clients served again", served, all)
		}
		if served == 0 {
			cutOff = true
		} else if served == all {
			cutOff = false
		}
		s.sayMounts(mounts)
		s.show(st, served, all)
		pause(ctx, 200*time.Millisecond)
	}
}

// lookAround asks a controller what it sees.
func (s *stage) lookAround(ctx context.Context) {
	c, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	f, err := s.api.Facts(c)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.watch.seen = &f.Facts
	s.mu.Unlock()
}

// sayMounts prints where a database has come to be mounted since the last look.
func (s *stage) sayMounts(last map[string]string) {
	for _, d := range s.t.Databases {
		on, ok := s.lab.MountedOn(d.Name)
		if !ok {
			on = "nowhere"
		}
		if was, known := last[d.Name]; known && was != on {
			if on == "nowhere" {
				s.say("%s is dismounted", d.Name)
			} else {
				s.say("%s is mounted on %s", d.Name, on)
			}
		}
		last[d.Name] = on
	}
}

func (s *stage) trackControllers(st *api.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := time.Since(s.start).Seconds()
	for _, p := range s.procs {
		t := s.watch.tracks[p.name]
		if t == nil {
			continue
		}
		place := ""
		if p.site >= 0 {
			place = s.t.Sites[p.site].Name
		}
		switch {
		case !p.alive():
			t.Set(at, report.StateOff, "dead", place)
		case st.Leader == p.name:
			t.Set(at, report.StateGood, "leads", place)
		default:
			t.Set(at, report.StateIdle, "follows", place)
		}
	}
}

func (s *stage) show(st *api.Status, served, all int) {
	world := s.lab.World().Snapshot()
	sit := Situation{Title: s.word(first(s.o.Scenario.Title, s.o.Scenario.Name)), Start: s.start, Now: time.Now(), Facts: dag.Observe(s.t, &world, s.to), Status: *st, API: s.api, Served: served, Clients: all}
	s.mu.Lock()
	if f := s.watch.seen; f != nil && len(f.DNS) == len(sit.Facts.DNS) && len(f.Sites) == len(sit.Facts.Sites) {
		// The model knows nothing of names, pools and calls in the lab: those are real servers, seen by the controllers.
		sit.Facts.DNS, sit.Facts.Redirector = f.DNS, f.Redirector
		for i := range f.Sites {
			sit.Facts.Sites[i].Pool = f.Sites[i].Pool
		}
	}
	for i, lost := range s.lost {
		if lost {
			sit.Lost = append(sit.Lost, s.t.Sites[i].Name)
		}
	}
	for k, cut := range s.cuts {
		if cut {
			sit.Cut = append(sit.Cut, [2]string{s.t.Sites[k[0]].Name, s.t.Sites[k[1]].Name})
		}
	}
	s.mu.Unlock()
	for _, p := range s.procs {
		if p.api != "" && !p.alive() {
			sit.Dead = append(sit.Dead, p.name)
		}
	}
	for _, o := range s.lab.Outages() {
		if o.End.IsZero() && (sit.OutageSince.IsZero() || o.Start.Before(sit.OutageSince)) {
			sit.OutageSince = o.Start
		}
		if !o.End.IsZero() {
			sit.Outage = fmt.Sprintf("last outage %.0f s", o.End.Sub(o.Start).Seconds())
		}
	}
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	s.o.Watch.Situation(sit)
}
