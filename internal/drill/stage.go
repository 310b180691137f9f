package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"siteswap/dag"
	"siteswap/internal/api"
	"siteswap/internal/config"
	"siteswap/internal/lab"
	"siteswap/internal/lab/names"
	"siteswap/internal/lab/network"
)

// stage is a drill under way: the emulated sites, the processes of the product, and what has been seen.
type stage struct {
	o     Options
	site  *config.Site
	t     *dag.Topology
	lab   *lab.Lab
	procs []*process
	real  real // servers that take the place of emulated ones
	api   *api.Client
	began time.Time // the process's start
	start time.Time // zero of the clock: when the first line was printed
	whole time.Time // when everything was served for the first time: what was before does not count
	// before is how many calls had been placed until then.
	before int
	fail   int
	to     int

	release func()
	watchMu sync.Mutex

	mu          sync.Mutex
	reached     map[string]bool // points of steps that have been passed, "point/step"
	armed       *armed
	acting      map[string]string // step -> kind
	numbers     map[string]int    // step -> its number in the run's plan
	runs        []string
	outcomes    map[string]string // runbook -> outcome of its last run
	asked       string            // the runbook of the run that was asked for last
	lost        map[int]bool
	cuts        map[[2]int]bool
	killed      map[string]bool // steps in which the leader was killed
	faults      []fault
	approved    map[string]int64
	unknown     bool
	marks       []mark
	watch       controllers
	odd         []misbehaviour
	failure     string
	noAuthority bool   // no controller could act
	powerless   string // what the operator was told then, where the scenario goes on from there
}

type fault struct {
	at   time.Time
	text string
}

type mark struct {
	at         time.Time
	text, kind string
}

// ranges is how many loopback ranges are tried: another program may have a port of one that nobody has locked.
const ranges = 4

// newStage builds everything, on the first loopback range whose addresses can be had.
func newStage(ctx context.Context, o Options) (*stage, error) {
	if len(o.Site.Controllers) == 0 {
		return nil, &UsageError{fmt.Errorf("%s: controllers: none; a drill needs at least one", o.Site.File)}
	}
	var taken []func()
	defer func() {
		for _, release := range taken {
			release()
		}
	}()
	for try := 1; ; try++ {
		base, release, err := network.Acquire()
		if err != nil {
			return nil, &UsageError{err}
		}
		s, err := stageOn(ctx, o, base)
		if err == nil {
			s.release = release
			return s, nil
		}
		taken = append(taken, release) // kept until the end, else the same range would be offered again
		if try == ranges || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, err
		}
	}
}

// stageOn builds everything on a range.
func stageOn(ctx context.Context, o Options, base byte) (*stage, error) {
	s := &stage{o: o, reached: map[string]bool{}, acting: map[string]string{}, numbers: map[string]int{}, outcomes: map[string]string{}, lost: map[int]bool{},
		cuts: map[[2]int]bool{}, killed: map[string]bool{}, approved: map[string]int64{}, began: time.Now(), start: time.Now(), release: func() {}}
	site, keys, err := layout(o.Site, base, o.Dir, o.Speed, func(moved *config.Site, keys []names.Key) error {
		return s.real.start(context.WithoutCancel(ctx), o, moved, keys, func(text string) { s.say("%s", text) })
	})
	if err != nil {
		return nil, &UsageError{err}
	}
	good := false
	defer func() {
		if !good {
			s.real.close()
		}
	}()
	s.site, s.t = site, site.Topology()
	if err := s.chooseSites(); err != nil {
		return nil, &UsageError{err}
	}
	if err := s.refer(o.Scenario); err != nil {
		return nil, &UsageError{err}
	}
	lo := labOptions(site, keys, base, o.Speed)
	if o.PBX == Sipp {
		if err := sipp(o.Dir, &lo); err != nil {
			return nil, &UsageError{err}
		}
	}
	if o.Scenario.Clients > 0 {
		lo.Clients = o.Scenario.Clients
	}
	lo.Hooks = lab.Hooks{Cmdlet: s.cmdletGate, Service: s.serviceGate, Joined: s.real.joined}
	s.real.place(&lo)
	s.lab, err = lab.Start(context.WithoutCancel(ctx), lo)
	if err != nil {
		return nil, &UsageError{err}
	}
	s.api = &api.Client{Dial: lab.Dialer(s.lab.Outside(3)), Timeout: 1500 * time.Millisecond}
	s.prepareProcesses()
	for _, p := range s.procs {
		if err := p.start(o.Program, o.Dir); err != nil {
			s.close()
			return nil, err
		}
	}
	good = true
	return s, nil
}

// UsageError is something that the caller can mend before anything starts: exit 2.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *UsageError) Unwrap() error { return e.Err }

// chooseSites: the site that fails is the one that mounts most databases unless somebody says otherwise; the other is the first
// other one with members.
func (s *stage) chooseSites() error {
	s.fail, s.to = s.t.HomeSite(), -1
	name := first(s.o.Fail, s.o.Scenario.Parameters["fail"])
	if name != "" {
		if s.fail = s.t.SiteIndex(name); s.fail < 0 {
			return fmt.Errorf("--fail %s: the site file has no such site; it has %s", name, siteNames(s.t))
		}
	}
	name = first(s.o.To, s.o.Scenario.Parameters["to"])
	if name != "" {
		if s.to = s.t.SiteIndex(name); s.to < 0 {
			return fmt.Errorf("to %s: the site file has no such site; it has %s", name, siteNames(s.t))
		}
		return nil
	}
	for i := range s.t.Sites {
		if i != s.fail && s.t.MembersOf(i) != 0 {
			s.to = i
			return nil
		}
	}
	return fmt.Errorf("%s is the only site with members: there is nowhere to go", s.t.Sites[s.fail].Name)
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func siteNames(t *dag.Topology) string {
	var out []string
	for _, s := range t.Sites {
		out = append(out, s.Name)
	}
	return strings.Join(out, ", ")
}

func (s *stage) prepareProcesses() {
	for _, c := range s.site.Controllers {
		s.api.Endpoints = append(s.api.Endpoints, c.API.String())
		s.procs = append(s.procs, &process{name: c.ID, site: s.t.SiteIndex(c.Site), api: c.API.String(),
			args: []string{"serve", "--config", s.site.File, "--node", c.ID, "--data", s.o.Dir}})
	}
	if s.site.UM == nil {
		return
	}
	for _, r := range s.site.UM.Redirectors {
		s.procs = append(s.procs, &process{name: "redirector-" + r.Site, site: s.t.SiteIndex(r.Site),
			args: []string{"um", "serve", "--config", s.site.File, "--site", r.Site, "--data", s.o.Dir}})
	}
}

// ready waits until a controller leads, clients are served and calls are answered.
func (s *stage) ready(ctx context.Context) error {
	deadline := time.Now().Add(45 * time.Second)
	what := ""
	for time.Now().Before(deadline) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		what = s.notReady(ctx)
		if what == "" {
			return nil
		}
		for _, p := range s.procs {
			if !p.alive() {
				return fmt.Errorf("%s ended as soon as it was started: %s", p.name, s.logTail(p.name))
			}
		}
		pause(ctx, 100*time.Millisecond)
	}
	return fmt.Errorf("the emulated sites did not come up in 45 s: %s; logs in %s", what, s.o.Dir)
}

func (s *stage) notReady(ctx context.Context) string {
	st, err := s.api.Status(ctx)
	if err != nil || st.Leader == "" {
		return "no controller leads"
	}
	if served, all := s.lab.Served(); served < all {
		return fmt.Sprintf("%d of %d clients are served", served, all)
	}
	if s.site.UM != nil && len(s.site.UM.Redirectors) > 0 && s.lab.Calls().Answered == 0 {
		return "no call has been answered"
	}
	return ""
}

func (s *stage) logTail(name string) string {
	b, err := os.ReadFile(filepath.Join(s.o.Dir, name+".log"))
	if err != nil || len(b) == 0 {
		return "it wrote nothing"
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], " | ")
}

// close ends everything that the drill started: processes first, then the sites.
func (s *stage) close() {
	var all sync.WaitGroup
	for _, p := range s.procs {
		all.Go(func() { p.stop(2 * time.Second) })
	}
	all.Wait()
	s.lab.Close()
	s.real.close()
	s.release()
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// say prints a line at this moment.
func (s *stage) say(format string, args ...any) {
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	s.o.Watch.Line(time.Now(), fmt.Sprintf(format, args...))
}

func (s *stage) mark(kind, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks = append(s.marks, mark{time.Now(), text, kind})
}

func (s *stage) inSite(site int) []*process {
	return slices.DeleteFunc(slices.Clone(s.procs), func(p *process) bool { return p.site != site })
}
