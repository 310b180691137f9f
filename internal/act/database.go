package act

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/internal/exchange"
	"siteswap/internal/run"
)

// activate moves a database to the chosen copy and sees that it is mounted there.
func (w *World) activate(ctx context.Context, a *task) run.Effect {
	at, err := w.from(ctx, a)
	if err != nil {
		return failed(err.Error())
	}
	m := exchange.Move{Database: a.choice.Database, Target: a.choice.Server, Dial: a.choice.Dial,
		Health: a.skips("health"), Lag: a.skips("lag"), Catalog: a.skips("client_experience"), Active: a.skips("active_copy"), MaxActive: a.skips("max_active")}
	lost := int64(0)
	if c, r := w.o.Exchange.GetCopy(ctx, exchange.At{Server: w.fqdn(m.Target)}, m.Database, m.Target); r.State == exchange.Done {
		lost = c.CopyQueue
	}
	e := effect(w.o.Exchange.MoveDatabase(ctx, at, a.authority(), m), "")
	e.Text = fmt.Sprintf("mounted on %s", m.Target)
	if a.choice.Dial != dag.Lossless {
		e.Text += fmt.Sprintf(", %d logs known lost", lost)
	}
	if e.State != run.Done {
		return e
	}
	// An administrator's dismount stays: mount it where it now is.
	if d, r := w.o.Exchange.GetDatabase(ctx, at, m.Database); r.State == exchange.Done && d.MountKnown && !d.Mounted {
		return join(e, effect(w.o.Exchange.MountDatabase(ctx, at, a.authority(), m.Database), ""))
	}
	return e
}

func (a *task) skips(what string) bool { return slices.Contains(a.step.With.Skip, what) }

func (w *World) fqdn(member string) string {
	if m := w.o.Topology.MemberIndex(member); m >= 0 {
		return w.o.Topology.Members[m].FQDN
	}
	return member
}

func (w *World) mount(ctx context.Context, a *task) run.Effect {
	return w.onDatabases(ctx, a, func(at exchange.At, db string) exchange.Result {
		return w.o.Exchange.MountDatabase(ctx, at, a.authority(), db)
	})
}

func (w *World) dismount(ctx context.Context, a *task) run.Effect {
	return w.onDatabases(ctx, a, func(at exchange.At, db string) exchange.Result {
		return w.o.Exchange.DismountDatabase(ctx, at, a.authority(), db)
	})
}

func (w *World) onDatabases(ctx context.Context, a *task, do func(exchange.At, string) exchange.Result) run.Effect {
	at, err := w.from(ctx, a)
	if err != nil {
		return failed(err.Error())
	}
	var effects []run.Effect
	for d := range w.o.Topology.Databases {
		name := w.o.Topology.Databases[d].Name
		if len(a.step.With.Databases) == 0 || slices.Contains(a.step.With.Databases, name) {
			effects = append(effects, effect(do(at, name), ""))
		}
	}
	return join(effects...)
}

// copiesOf calls do for every copy that the step works on.
func (w *World) copiesOf(a *task, do func(db string, m int) run.Effect) run.Effect {
	var effects []run.Effect
	for d := range w.o.Topology.Databases {
		name := w.o.Topology.Databases[d].Name
		if len(a.step.With.Databases) > 0 && !slices.Contains(a.step.With.Databases, name) {
			continue
		}
		for _, m := range w.members(a) {
			if w.o.Topology.CopyOf(d, m) >= 0 {
				effects = append(effects, do(name, m))
			}
		}
	}
	return join(effects...)
}

// block suspends activation of the copies that are not blocked yet; which they were stands in the INTENT.
func (w *World) block(ctx context.Context, a *task) run.Effect {
	if w.dialBlocks() {
		return w.onEach(a, func(m int, at exchange.At) exchange.Result {
			return w.o.Exchange.SetMailboxServer(ctx, at, a.authority(), w.o.Topology.Members[m].Name, "", dag.Lossless)
		})
	}
	return w.copiesOf(a, func(db string, m int) run.Effect {
		mem := &w.o.Topology.Members[m]
		at := exchange.At{Server: mem.FQDN}
		if c, r := w.o.Exchange.GetCopy(ctx, at, db, mem.Name); r.State == exchange.Done && c.ActivationSuspended {
			return run.Effect{State: run.Done}
		}
		return effect(w.o.Exchange.BlockActivation(ctx, at, a.authority(), db, mem.Name), "")
	})
}

// dialBlocks: on 2013 before CU7 blocking every copy cuts clients off even from databases activated by hand, so the mount
// dial is set instead (domain-exchange.md 5.5).
func (w *World) dialBlocks() bool { return w.o.Topology.Exchange.BlockedStopsLocator() }

// unblock resumes the copies; those that were blocked before the run's hold stay so.
func (w *World) unblock(ctx context.Context, a *task) run.Effect {
	if w.dialBlocks() {
		return w.dialsBack(ctx, a)
	}
	held := a.remembers("block/")
	return w.copiesOf(a, func(db string, m int) run.Effect {
		mem := &w.o.Topology.Members[m]
		if _, ours := held[db+"/"+mem.Name]; len(held) > 0 && !ours {
			return run.Effect{State: run.Done}
		}
		at := exchange.At{Server: mem.FQDN}
		if c, r := w.o.Exchange.GetCopy(ctx, at, db, mem.Name); r.State == exchange.Done && !c.ActivationSuspended {
			return run.Effect{State: run.Done}
		}
		return effect(w.o.Exchange.ResumeCopy(ctx, at, a.authority(), db, mem.Name, false), "")
	})
}

// dialsBack puts back the mount dials that stood for a block: what the run remembers, else what the site file says.
func (w *World) dialsBack(ctx context.Context, a *task) run.Effect {
	old := a.remembers("dial/")
	return w.onEach(a, func(m int, at exchange.At) exchange.Result {
		mem := &w.o.Topology.Members[m]
		dial := mem.Dial
		if v := old[mem.Name]; v != "" {
			dial = dag.Dial(v)
		}
		return w.o.Exchange.SetMailboxServer(ctx, at, a.authority(), mem.Name, "", dial)
	})
}

// remembers are the run's remembered values with a prefix, by the rest of the key.
func (a *task) remembers(prefix string) map[string]string {
	out := map[string]string{}
	for _, m := range a.memory {
		if rest, ok := strings.CutPrefix(m.Key, prefix); ok {
			out[rest] = m.Value
		}
	}
	return out
}

// resync resumes copies that are suspended, seeds diverged ones anew where the step allows it, and waits until all are there.
func (w *World) resync(ctx context.Context, a *task) run.Effect {
	var calls []run.Call
	asked := map[string]bool{}
	for {
		waiting := ""
		e := w.copiesOf(a, func(db string, m int) run.Effect {
			one, open := w.resyncCopy(ctx, a, db, m, asked)
			if open != "" {
				waiting = open
			}
			return one
		})
		calls = append(calls, e.Calls...)
		e.Calls = calls
		if e.State != run.Done {
			return e
		}
		if waiting == "" {
			e.Text = "copies healthy"
			return e
		}
		select {
		case <-ctx.Done():
			return run.Effect{State: run.Failed, Error: "still waiting for " + waiting, Calls: calls}
		case <-time.After(w.patience(5*time.Second, 50*time.Millisecond)):
		}
	}
}

// resyncCopy does the next thing for one copy; open says what is still to be waited for.
func (w *World) resyncCopy(ctx context.Context, a *task, db string, m int, asked map[string]bool) (e run.Effect, open string) {
	mem := &w.o.Topology.Members[m]
	at, key := exchange.At{Server: mem.FQDN}, db+`\`+mem.Name
	c, r := w.o.Exchange.GetCopy(ctx, at, db, mem.Name)
	if r.State != exchange.Done {
		return run.Effect{State: run.Done}, key + " (cannot be read: " + r.Error + ")"
	}
	switch {
	case c.Status == dag.CopyHealthy && c.CopyQueue <= 5, c.Status == dag.CopyMounted:
		return run.Effect{State: run.Done}, ""
	case asked[key]:
	case c.Diverged && a.step.With.Reseed == "never":
		return failed(key + " has diverged and the step may not reseed it"), ""
	case c.Diverged:
		asked[key] = true
		return effect(w.o.Exchange.ReseedCopy(ctx, at, a.authority(), db, mem.Name, ""), ""), key
	case c.Status == dag.CopySuspended || c.Status == dag.CopyFailedAndSuspended:
		asked[key] = true
		return effect(w.o.Exchange.ResumeCopy(ctx, at, a.authority(), db, mem.Name, false), ""), key
	}
	return run.Effect{State: run.Done}, key + " (" + string(c.Status) + ")"
}
