package controller_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// topology is a pair of sites that needs no Exchange to be switched over: calls, names and a pool.
func topology() *dag.Topology {
	member := func(n, site int) dag.Member {
		return dag.Member{Name: fmt.Sprintf("EX%d", n), FQDN: fmt.Sprintf("ex%d.test.local", n), Site: site, Dial: dag.GoodAvailability, Policy: dag.Unrestricted, UM: true}
	}
	return &dag.Topology{
		Name: "DAG1", Exchange: dag.Version{Release: 2010, SP: 3}, Windows: "2008 R2", Mode: dag.DagOnly, AccessPoint: true,
		Sites: []dag.Site{
			{Name: "Prod", DomainControllers: []string{"dc.test.local"}, VIP: "10.0.1.10", Pool: []int{0, 1}},
			{Name: "DR", DomainControllers: []string{"dc-dr.test.local"}, VIP: "10.0.2.13"},
			{Name: "Branch"},
		},
		Members:     []dag.Member{member(1, 0), member(2, 0), member(3, 1)},
		Witness:     dag.Witness{Server: "dc.test.local", Site: 0, Directory: `C:\FSW`},
		Alternate:   dag.Witness{Server: "dc-dr.test.local", Site: 1, Directory: `C:\FSW`},
		Databases:   []dag.Database{{Name: "DB1", Names: []int{0}, Copies: []dag.Copy{{Member: 0, Preference: 1}, {Member: 1, Preference: 2}, {Member: 2, Preference: 3}}}},
		Names:       []dag.Name{{Name: "mail.test.local", Zone: "test.local", TTL: 5 * time.Minute, Targets: [][]string{{"10.0.1.10"}, {"10.0.2.13"}, nil}}},
		DNSServers:  []dag.DNSServer{{Site: 0, Address: "10.0.1.5:53"}, {Site: 1, Address: "10.0.2.5:53"}},
		Redirectors: []dag.Redirector{{Site: 0, Listen: "10.0.1.30:5060"}, {Site: 1, Listen: "10.0.2.30:5060"}},
	}
}

func step(id, kind string, with runbooks.Args, needs ...string) runbooks.Step {
	return runbooks.Step{ID: id, Kind: kind, Title: id, With: with, Needs: needs, Timeout: time.Minute, Lands: time.Minute, OnFailure: runbooks.OnFailureStop}
}

func plan(steps ...runbooks.Step) runbooks.Plan {
	return runbooks.Plan{Runbook: "test", Title: "Test of DAG1", DAG: "DAG1", Topology: runbooks.HashTopology(topology()),
		Parameters: []runbooks.Setting{{Name: "from", Type: "site", Value: "Prod"}, {Name: "to", Type: "site", Value: "DR"}}, Steps: steps}
}

// moveAway is three acting steps, one after the other.
func moveAway() runbooks.Plan {
	return plan(
		step("calls", "um.reroute", runbooks.Args{To: "DR"}),
		step("pool-out", "vip.drain", runbooks.Args{Site: "Prod"}, "calls"),
		step("names", "dns.repoint", runbooks.Args{To: "DR"}, "pool-out"))
}

type attempt struct {
	run, step string
	number    int
}

// world is the emulated pair of sites without sockets: the model itself, shared by all controllers.
type world struct {
	t *dag.Topology

	mu      sync.Mutex
	state   dag.State
	effects map[attempt]int
	late    []string // acts that began without a valid permit
	// meddle stands between a call and its effect: false: the effect does not happen. It runs without the lock.
	meddle func(ctx context.Context, a attempt) bool
	// answer stands between the effect and its answer: false: the answer is lost.
	answer func(ctx context.Context, a attempt) bool
	// blind hides facts from the controllers.
	blind func(f *dag.Facts)
}

func newWorld() *world {
	t := topology()
	return &world{t: t, state: dag.New(t), effects: map[attempt]int{}}
}

func (w *world) Observe(_ context.Context, vantage int) dag.Facts {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.state.Clone()
	f := dag.Observe(w.t, &s, vantage)
	if w.blind != nil {
		w.blind(&f)
	}
	return f
}

// byHand is what people do while the run is theirs.
func (w *world) byHand(op dag.Op) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state, _ = dag.Do(w.t, w.state, op)
}

// darken hides facts from now on; nil: no longer.
func (w *world) darken(blind func(f *dag.Facts)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.blind = blind
}

func (w *world) Act(ctx context.Context, p run.Permit, s runbooks.Step, _ run.Choice, _ []run.Remembered) run.Effect {
	a := attempt{p.Ref().Run, p.Ref().Step, p.Ref().Attempt}
	if w.meddle != nil && !w.meddle(ctx, a) {
		return run.Effect{State: run.Unknown, Error: "no answer"}
	}
	w.mu.Lock()
	if p.NotAfter(time.Now()) <= 0 {
		w.late = append(w.late, fmt.Sprint(a))
	}
	k, _ := runbooks.KindOf(s.Kind)
	seen := dag.Observe(w.t, &w.state, 1)
	for _, op := range k.Model(w.t, s.With, seen) {
		w.state, _ = dag.Do(w.t, w.state, op)
	}
	w.effects[a]++
	w.mu.Unlock()
	if w.answer != nil && !w.answer(ctx, a) {
		return run.Effect{State: run.Unknown, Error: "no answer"}
	}
	return run.Effect{State: run.Done, Calls: []run.Call{{Cmdlet: s.Kind}}}
}

// count is how often a step was applied, in all attempts, and whether one attempt was applied twice.
func (w *world) count(step string) (effects int, twice bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for a, n := range w.effects {
		if a.step == step {
			effects += n
			twice = twice || n > 1
		}
	}
	return effects, twice
}
