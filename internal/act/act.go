// Package act carries out what the controllers decide: the acting half of every kind of step, and the observation of
// everything that a decision needs. It adapts the controller's port to the drivers (Exchange by cmdlet, DNS, load balancers,
// redirectors, power, witnesses) and holds no state but what did not answer a moment ago.
package act

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"siteswap/dag"
	"siteswap/dnsupdate"
	"siteswap/internal/exchange"
	"siteswap/internal/power"
	"siteswap/internal/run"
	"siteswap/internal/vip"
	"siteswap/runbooks"
	"siteswap/umredirect"
	"siteswap/witness"
)

// Options are the drivers that a World works with, in the order of the topology's lists.
type Options struct {
	Topology    *dag.Topology
	Exchange    *exchange.Client
	DNS         *dnsupdate.Client // its servers in the order of Topology.DNSServers
	Pools       []*vip.Pool       // by site; nil: the site has no pool to control
	Redirectors []*umredirect.Remote
	Power       *power.Control // nil: there is none, so power is never known
	Witnesses   []WitnessProbe
	Directories [][]string // by site: addresses host:port of its domain controllers, to see whether one answers
	Fronts      []string   // by member: host:port of its client access; "": not probed
	UM          []string   // by member: host:port of its UM listener; "": not probed
	// Reach is host:port of each DNS name's service at a site's targets: port of client access.
	FrontPort string
	Dial      func(ctx context.Context, network, address string) (net.Conn, error)
	Scale     float64
	Now       func() time.Time
}

// WitnessProbe is a witness server of a site.
type WitnessProbe struct {
	Site   int
	Target witness.Target
}

// World observes and acts. It is safe for use by several goroutines.
type World struct {
	o       Options
	silence *silence
	shares  seldom[witness.State]
	caches  seldom[[]dag.ResolverFacts]
	rights  seldom[[]dag.Fact[bool]]
	writing atomic.Int32 // DNS steps under way
	http    *http.Client
}

// New makes a world of drivers.
func New(o Options) *World {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Scale < 1 {
		o.Scale = 1
	}
	w := &World{o: o}
	w.silence = newSilence(o.Now, w.patience(30*time.Second, 500*time.Millisecond))
	return w
}

// patience is a real-speed duration on this world's clock, never shorter than the floor: a busy lab machine must not look
// like a dead site.
func (w *World) patience(real, floor time.Duration) time.Duration {
	return max(floor, time.Duration(float64(real)/w.o.Scale))
}

// actor carries out one family of kinds.
type actor func(w *World, ctx context.Context, a *task) run.Effect

// task is one step under a permit.
type task struct {
	permit run.Permit
	step   runbooks.Step
	choice run.Choice
	memory []run.Remembered
	now    func() time.Time
}

// actors are the acting halves, by kind. A test walks them against the data halves: none is missing on either side.
func actors() map[string]actor {
	return map[string]actor{
		"fence":              (*World).fence,
		"dag.stop":           (*World).stop,
		"dag.restore":        (*World).restore,
		"dag.start":          (*World).start,
		"dag.set":            (*World).set,
		"dag.add":            (*World).add,
		"cluster.stop":       (*World).clusterStop,
		"cluster.start":      (*World).clusterStart,
		"cluster.evict":      (*World).clusterEvict,
		"cluster.cleanup":    (*World).clusterCleanup,
		"cluster.quorum":     (*World).clusterQuorum,
		"cluster.move-group": (*World).clusterMoveGroup,
		"db.activate":        (*World).activate,
		"db.mount":           (*World).mount,
		"db.dismount":        (*World).dismount,
		"db.resync":          (*World).resync,
		"db.block":           (*World).block,
		"db.unblock":         (*World).unblock,
		"policy.freeze":      (*World).freeze,
		"policy.restore":     (*World).thaw,
		"server.drain":       (*World).maintain,
		"server.resume":      (*World).maintain,
		"dns.repoint":        (*World).repoint,
		"dns.ttl":            (*World).ttl,
		"vip.drain":          (*World).pool,
		"vip.enable":         (*World).pool,
		"um.reroute":         (*World).reroute,
		"verify":             (*World).verify,
	}
}

// Keep looks again and again until ctx ends, so that what is silent is known before a run needs it.
func (w *World) Keep(ctx context.Context) {
	t := time.NewTicker(w.patience(30*time.Second, time.Second))
	defer t.Stop()
	for {
		w.Observe(ctx, 0)
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// Kinds are the kinds that have an acting half here.
func Kinds() []string {
	var names []string
	for k := range actors() {
		names = append(names, k)
	}
	return names
}

// Act carries out a step that holds a permit.
func (w *World) Act(ctx context.Context, p run.Permit, s runbooks.Step, c run.Choice, m []run.Remembered) run.Effect {
	do, ok := actors()[s.Kind]
	if !ok {
		return run.Effect{State: run.Failed, Error: fmt.Sprintf("this program has no way to carry out %s", s.Kind)}
	}
	if p.NotAfter(w.o.Now()) <= 0 {
		return run.Effect{State: run.Failed, Error: "the permit ran out before the step could start: nothing was sent", Retry: true}
	}
	if strings.HasPrefix(s.Kind, "dns.") {
		w.writing.Add(1)
		defer w.writing.Add(-1)
	}
	return do(w, ctx, &task{permit: p, step: run.Chosen(&s, c), choice: c, memory: m, now: w.o.Now})
}

// authority is what every acting cmdlet carries.
func (a *task) authority() exchange.Authority {
	ref := a.permit.Ref()
	return exchange.Authority{Run: ref.Run, Step: ref.Step, Attempt: ref.Attempt, Left: func() time.Duration { return a.permit.NotAfter(a.now()) }}
}
