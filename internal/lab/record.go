package lab

import (
	"fmt"
	"sync"
	"time"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
	"siteswap/internal/lab/cmdlets"
	"siteswap/internal/lab/names"
	"siteswap/internal/lab/phone"
	"siteswap/internal/lab/world"
)

// Moment is something that changed at a time: what the report's swim lanes are drawn from.
type Moment struct {
	At   time.Time
	Lane string // "clients NAME", "database DB", "server S", "pool SITE", "note"
	What string
	Up   bool
}

// Record is what the lab saw.
type Record struct {
	Moments      []Moment
	MountedTwice []string // one sentence per time that a database was mounted twice
	EffectTwice  []string
	DNS          map[string][]names.Change // by server address
	Calls        []phone.Call
}

type dnsRecord struct {
	address string
	server  nameServer
}

// record collects under one lock.
type record struct {
	t   *dag.Topology
	dns []dnsRecord

	mu      sync.Mutex
	moments []Moment
	twice   []string
	effects []string
	seen    map[string]bool // run/step/attempt/cmdlet/server of every applied call
	open    map[string]int  // run/step -> attempt under way
	busy    map[string]int  // run/step/attempt -> calls under way
	calls   []phone.Call
	doubled map[string]bool
}

func newRecord(t *dag.Topology) *record {
	return &record{t: t, seen: map[string]bool{}, open: map[string]int{}, busy: map[string]int{}, doubled: map[string]bool{}}
}

func (r *record) add(m Moment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moments = append(r.moments, m)
}

func (r *record) note(at time.Time, text string) { r.add(Moment{At: at, Lane: "note", What: text}) }
func (r *record) name(name string, at time.Time, up bool) {
	r.add(Moment{At: at, Lane: "clients " + name, Up: up})
}
func (r *record) server(at time.Time, name string, up bool) {
	r.add(Moment{At: at, Lane: "server " + name, Up: up})
}
func (r *record) pool(at time.Time, site, server string, enabled bool) {
	r.add(Moment{At: at, Lane: "pool " + site, What: server, Up: enabled})
}

func (r *record) call(c phone.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
}

// applied counts effects: the same call of the same attempt must not be applied twice, and none may land when the next attempt
// has already been sent.
func (r *record) applied(run, step string, attempt int, cmdlet, server string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := fmt.Sprintf("%s/%s/%d %s on %s", run, step, attempt, cmdlet, server)
	if r.seen[key] {
		r.effects = append(r.effects, "applied twice: "+key)
	}
	r.seen[key] = true
	if now := r.open[run+"/"+step]; now > attempt && r.busy[fmt.Sprintf("%s/%s/%d", run, step, attempt)] == 0 {
		r.effects = append(r.effects, fmt.Sprintf("attempt %d was sent while attempt %d could still land: %s on %s", now, attempt, cmdlet, server))
	}
}

// attempt sees that no attempt begins while a call of an earlier one is still at work.
func (r *record) attempt(point cmdlets.Point, c wire.Call) {
	if c.Run == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	step := c.Run + "/" + c.Step
	key := fmt.Sprintf("%s/%d", step, c.Attempt)
	switch point {
	case cmdlets.Received:
		if before := r.open[step]; before != 0 && before < c.Attempt && r.busy[fmt.Sprintf("%s/%d", step, before)] > 0 {
			r.effects = append(r.effects, fmt.Sprintf("attempt %d of %s began while attempt %d was still at work", c.Attempt, step, before))
		}
		r.open[step] = c.Attempt
		r.busy[key]++
	case cmdlets.Answered:
		r.busy[key]--
	}
}

// changed follows where databases are mounted, and catches two mounted copies at one instant.
func (r *record) changed(c world.Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for d := range r.t.Databases {
		mounts, moved := 0, false
		for i, cp := range r.t.Databases[d].Copies {
			was, is := c.Before.Copy(d, i).Mounted, c.After.Copy(d, i).Mounted
			if is {
				mounts++
			}
			if was != is {
				moved = true
				r.moments = append(r.moments, Moment{At: c.At, Lane: "database " + r.t.Databases[d].Name, What: r.t.Members[cp.Member].Name, Up: is})
			}
		}
		if moved && mounts > 1 {
			r.twice = append(r.twice, fmt.Sprintf("%s mounted on %d copies", r.t.Databases[d].Name, mounts))
		}
	}
}

// Record is what was seen until now.
func (l *Lab) Record() Record {
	r := l.record
	r.mu.Lock()
	defer r.mu.Unlock()
	out := Record{Moments: append([]Moment(nil), r.moments...), MountedTwice: append([]string(nil), r.twice...), EffectTwice: append([]string(nil), r.effects...),
		Calls: append([]phone.Call(nil), r.calls...), DNS: map[string][]names.Change{}}
	for _, d := range r.dns {
		out.DNS[d.address] = d.server.Changes()
	}
	return out
}
