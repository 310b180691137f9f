package lab

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
	"siteswap/internal/lab/cmdlets"
	"siteswap/internal/lab/mail"
)

// startMail makes the ledger and the store that all servers share.
func (l *Lab) startMail() error {
	t := l.o.Topology
	site := map[string]int{}
	var hubs []string
	for i := range t.Members {
		site[t.Members[i].Name] = t.Members[i].Site
		hubs = append(hubs, t.Members[i].Name)
	}
	l.ledger = mail.NewLedger(site)
	for d := range t.Databases {
		var on []string
		for _, c := range t.Databases[d].Copies {
			on = append(on, t.Members[c.Member].Name)
		}
		l.ledger.AddDatabase(t.Databases[d].Name, on...)
	}
	l.store = mail.NewStore(mail.StoreOptions{
		Ledger: l.ledger,
		Write:  l.write,
		Mounted: func(server, db string) bool {
			mounted, runs := l.mountedHere(server, db)
			return mounted && runs
		},
		Away: func(server, db string) bool {
			mounted, runs := l.mountedHere(server, db)
			return runs && !mounted
		},
		Alone: l.alone,
		Dumpsters: func(server, front string) []string {
			return mail.Dumpsters(mail.DumpsterOptions{SafetyNet: t.Exchange.Release >= 2013, Mounted: server, Front: front, Servers: hubs,
				Site: func(s string) int { return site[s] }, Reachable: l.reaches})
		},
	})
	return nil
}

func (l *Lab) write(server, db string, record func(int64) error) error {
	t := l.o.Topology
	ok, err := l.world.Write(t.DatabaseIndex(db), t.MemberIndex(server), record)
	if err == nil && !ok {
		return mail.ErrNotMounted
	}
	return err
}

// mountedHere says whether server mounts db, and whether it runs and can answer.
func (l *Lab) mountedHere(server, db string) (mounted, runs bool) {
	t := l.o.Topology
	d, m := t.DatabaseIndex(db), t.MemberIndex(server)
	l.world.View(func(s *dag.State) {
		if i := t.CopyOf(d, m); i >= 0 {
			mounted, runs = s.Copy(d, i).Mounted, s.Nodes[m].Up && !s.Nodes[m].Hung
		}
	})
	return mounted, runs
}

// alone: the directory of the server's site lists no Started member in another site that it reaches.
func (l *Lab) alone(server string) (alone bool) {
	t := l.o.Topology
	m := t.MemberIndex(server)
	l.world.View(func(s *dag.State) {
		alone = true
		st := &s.Sites[t.Members[m].Site]
		for i := range t.Members {
			if t.Members[i].Site != t.Members[m].Site && st.Started.Has(i) && s.Nodes[i].Up && linked(s, t.Members[i].Site, t.Members[m].Site) {
				alone = false
			}
		}
	})
	return alone
}

func linked(s *dag.State, a, b int) bool {
	n := len(s.Sites)
	return a == b || !s.Cuts[a*n+b] && !s.Cuts[b*n+a]
}

func (l *Lab) reaches(from, to string) (ok bool) {
	t := l.o.Topology
	a, b := t.MemberIndex(from), t.MemberIndex(to)
	l.world.View(func(s *dag.State) {
		ok = a >= 0 && b >= 0 && s.Nodes[a].Up && s.Nodes[b].Up && linked(s, t.Members[a].Site, t.Members[b].Site)
	})
	return ok
}

// MountedOn is where Active Manager sends a front: the member that mounts the database. (With two mounted, the one in the
// front's own site would be taken; the first is as good for what the drill measures.)
func (l *Lab) MountedOn(db string) (server string, ok bool) {
	t := l.o.Topology
	d := t.DatabaseIndex(db)
	l.world.View(func(s *dag.State) {
		if !s.Located(t) {
			return
		}
		for i, c := range t.Databases[d].Copies {
			if s.Copy(d, i).Mounted {
				server, ok = t.Members[c.Member].Name, true
				return
			}
		}
	})
	return server, ok
}

// startServers starts management endpoint, front and store of every member.
func (l *Lab) startServers() error {
	for m := range l.o.Topology.Members {
		s := l.o.Servers[m]
		ep := cmdlets.New(cmdlets.Options{Model: l.world, Member: m, Now: l.o.Now, Gate: l.cmdletGate, Applied: l.record.applied, LateBy: l.scaled(lateBy, 50*time.Millisecond)})
		if err := l.serveHTTP(netip.AddrPortFrom(s.Address, s.Exchange), ep); err != nil {
			return err
		}
		front := mail.NewFront(mail.FrontOptions{Server: s.Name, Directory: l, Timeout: l.scaled(60*time.Second, 4*time.Second),
			DialStore: func(ctx context.Context, server string) (net.Conn, error) {
				i := l.o.Topology.MemberIndex(server)
				return dialer(s.Address)(ctx, "tcp", net.JoinHostPort(l.o.Servers[i].Address.String(), strconv.Itoa(storePort)))
			}})
		if err := l.serve(netip.AddrPortFrom(s.Address, FrontPort), front.Serve); err != nil {
			return err
		}
		store := mail.NewStoreServer(s.Name, l.store, l.scaled(60*time.Second, 4*time.Second))
		if err := l.serve(netip.AddrPortFrom(s.Address, storePort), store.Serve); err != nil {
			return err
		}
	}
	return nil
}

// lateBy is how long after its answer the effect of a cmdlet comes that a scenario makes late.
const lateBy = time.Minute

// serve runs a server on a gated address until the lab ends.
func (l *Lab) serve(addr netip.AddrPort, serve func(context.Context, net.Listener) error) error {
	ln, err := l.fabric.Listen(addr)
	if err != nil {
		return err
	}
	l.tasks.Go(func() {
		if err := serve(l.ctx, ln); err != nil && !errors.Is(err, net.ErrClosed) && l.ctx.Err() == nil {
			l.record.note(l.o.Now(), "server on "+addr.String()+" ended: "+err.Error())
		}
	})
	l.closed = append(l.closed, func() { ln.Close() })
	return nil
}

func (l *Lab) cmdletGate(point cmdlets.Point, c wire.Call, server string) cmdlets.Action {
	l.record.attempt(point, c)
	if l.o.Hooks.Cmdlet == nil {
		return cmdlets.Go
	}
	action := l.o.Hooks.Cmdlet(point, c, server)
	if action == cmdlets.Drop { // it is never answered, so this is its end
		l.record.attempt(cmdlets.Answered, c)
	}
	return action
}
