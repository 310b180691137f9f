package drill

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"siteswap/internal/api"
	"siteswap/internal/lab"
	"siteswap/internal/report"
)

// document is the report of what has happened until now.
func (s *stage) document(ctx context.Context, interrupted bool) report.Document {
	c, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	now := time.Now()
	runs, err := s.endedRuns(c, interrupted)
	if err != nil && !interrupted {
		s.failure = first(s.failure, "the runs could not be read at the end: "+err.Error())
	}
	rec := s.lab.Record()
	d := report.Document{Kind: report.KindDrill, Scenario: s.o.Scenario.Name, DAG: s.t.Name, StartedAt: s.start, Duration: now.Sub(s.start).Seconds(), Speed: s.o.Speed,
		Version: s.o.Version, Seed: s.o.Seed, Again: s.o.Again, Expect: s.expectText(),
		Machine:  report.Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version()},
		Emulated: []string{"Exchange servers (cmdlets answered from the model), cluster, directory replication", "client access, stores, transport dumpster, mail clients, load balancers", s.emulatedServers()},
		Real:     []string{"controllers (raft over TCP) and redirectors as processes of this program", "drivers, runbooks, safety rules, signed DNS updates, SIP messages, all on sockets"},
		Notes:    s.notes(rec)}
	d.Real = append(d.Real, s.real.said...)
	for _, site := range s.t.Sites {
		d.Sites = append(d.Sites, site.Name)
	}
	for _, r := range runs {
		d.Runs = append(d.Runs, report.FromRun(r, s.start, now, s.o.Speed))
		d.Refusals = append(d.Refusals, r.Refusals...)
		d.Approvals = append(d.Approvals, r.Approvals...)
		d.Overrides = append(d.Overrides, r.Overrides...)
	}
	s.mu.Lock()
	for _, m := range s.marks {
		d.Marks = append(d.Marks, report.Mark{At: s.since(m.at), Text: m.text, Kind: m.kind})
	}
	s.mu.Unlock()
	d.Databases = s.databases()
	d.Outages = s.outages(d.Runs, rec)
	d.Calls = s.calls(rec, d.Runs)
	d.LostReasons = s.lostReasons(rec)
	d.Invariants = s.invariants(d, rec, interrupted)
	d.Timeline = s.lanes(rec, now)
	d = s.judge(d, interrupted)
	return report.Finish(d)
}

// endedRuns are the runs, read from a controller that knows how each of them ended.
func (s *stage) endedRuns(ctx context.Context, interrupted bool) ([]api.Run, error) {
	s.mu.Lock()
	want := len(s.runs)
	s.mu.Unlock()
	var last []api.Run
	for {
		runs, err := s.api.Runs(ctx)
		if err == nil {
			last = runs
		} else if ctx.Err() != nil && last != nil {
			return last, nil
		}
		open := slices.ContainsFunc(runs, func(r api.Run) bool { return r.Outcome == "" })
		if err == nil && (interrupted || s.failure != "" || len(runs) >= want && !open) || ctx.Err() != nil {
			return runs, err
		}
		pause(ctx, 100*time.Millisecond)
	}
}

func (s *stage) since(t time.Time) float64 { return t.Sub(s.start).Seconds() }

func (s *stage) databases() []report.Database {
	var out []report.Database
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, db := range s.t.Databases {
		a := s.lab.Audit(db.Name)
		out = append(out, report.Database{Name: db.Name, Acknowledged: int64(a.Acknowledged), Found: int64(a.Found), Lost: int64(a.Lost), LostLogs: a.LostLogs, ApprovedLogs: s.approved[db.Name]})
	}
	return out
}

func (s *stage) notes(rec lab.Record) []string {
	var out []string
	for _, n := range s.t.Names {
		if served := lab.ServedTTL(n.TTL, s.o.Speed); math.Abs(served.Seconds()*s.o.Speed-n.TTL.Seconds()) > 0.1*n.TTL.Seconds() {
			out = append(out, fmt.Sprintf("the TTL of %s, %s, is served as %s at this speed: rounded by over 10 %%", n.Name, n.TTL, served))
		}
	}
	for _, m := range rec.Moments {
		if m.Lane == "note" {
			out = append(out, m.What)
		}
	}
	return out
}
