package lab

import (
	"net/netip"
	"time"

	"siteswap/dag"
	"siteswap/internal/lab/world"
)

// changed is called after every event of the model, under its lock: the ledger learns what was copied and activated, the
// network who has power, the record what people will see.
func (l *Lab) changed(c world.Change) {
	t := l.o.Topology
	for d := range t.Databases {
		l.databaseChanged(d, c)
	}
	for m := range t.Members {
		was, is := c.Before.Nodes[m].Up && !c.Before.Nodes[m].Hung, c.After.Nodes[m].Up && !c.After.Nodes[m].Hung
		if was != is {
			l.fabric.SetPower(l.o.Servers[m].Address, is)
			l.record.server(c.At, t.Members[m].Name, is)
		}
		if c.Before.Nodes[m].Serves() != c.After.Nodes[m].Serves() {
			l.fabric.SetService(netip.AddrPortFrom(l.o.Servers[m].Address, FrontPort), c.After.Nodes[m].Serves())
		}
	}
	for i := range t.Sites {
		l.siteChanged(i, c)
	}
	for i := range c.After.Cuts {
		if c.Before.Cuts[i] != c.After.Cuts[i] {
			n := len(t.Sites)
			l.cut(i/n, i%n, c.After.Cuts[i])
		}
	}
	l.record.changed(c)
	l.ledger.Wake()
}

// databaseChanged tells the ledger what a change means for the copies of a database.
func (l *Lab) databaseChanged(d int, c world.Change) {
	t := l.o.Topology
	db := t.Databases[d].Name
	source := ""
	for i, cp := range t.Databases[d].Copies {
		if c.After.Copy(d, i).Mounted {
			source = t.Members[cp.Member].Name
		}
	}
	for i, cp := range t.Databases[d].Copies {
		was, is := c.Before.Copy(d, i), c.After.Copy(d, i)
		on := t.Members[cp.Member].Name
		if is.Mounted && !was.Mounted {
			lossy := l.mounted(d, i, c)
			if lossy {
				l.tasks.Go(func() { l.resubmit(db, on) })
			}
			continue
		}
		if c.Event.Kind == dag.EvSeeded && !is.Mounted && was.Status == dag.CopySeeding && is.Status != dag.CopySeeding && source != "" {
			l.ledger.Reseeded(db, on, source)
			continue
		}
		if !is.Mounted && is.Logs > was.Logs && source != "" {
			l.ledger.Copied(db, source, on, is.Logs)
		}
	}
}

// mounted: a copy became the mounted one. Logs that it took over from the former active copy at the last moment come first.
// It says whether some other copy holds logs that are not on its branch.
func (l *Lab) mounted(d, i int, c world.Change) (lossy bool) {
	t := l.o.Topology
	db, m := t.Databases[d].Name, t.Databases[d].Copies[i].Member
	is := c.After.Copy(d, i)
	if is.Logs > c.Before.Copy(d, i).Logs {
		for k, cp := range t.Databases[d].Copies {
			if k != i && c.Before.Copy(d, k).Logs >= is.Logs && (c.Before.Copy(d, k).Mounted || int(c.Before.Nodes[m].Conf.Active[d]) == cp.Member) {
				l.ledger.Copied(db, t.Members[cp.Member].Name, t.Members[m].Name, is.Logs)
			}
		}
	}
	l.ledger.Activated(db, t.Members[m].Name, is.Logs)
	for k := range t.Databases[d].Copies {
		lossy = lossy || k != i && c.After.Copy(d, k).Logs > is.Logs
	}
	return lossy
}

// resubmit lets dumpsters deliver again what a lossy activation lost, as Active Manager asks for (SN).
func (l *Lab) resubmit(db, on string) {
	timer := time.NewTimer(l.scaled(10*time.Second, 50*time.Millisecond))
	defer timer.Stop()
	select {
	case <-l.ctx.Done():
		return
	case <-timer.C:
	}
	if n, err := l.store.Resubmit(db, on, func(hub string) bool { return l.reaches(on, hub) }); err != nil {
		l.record.note(l.o.Now(), "resubmission to "+db+" on "+on+": "+err.Error())
	} else if n > 0 {
		l.record.note(l.o.Now(), "transport dumpsters delivered messages again to "+db+" on "+on)
	}
}

// siteChanged switches what stands in a site besides its members.
func (l *Lab) siteChanged(i int, c world.Change) {
	was, is := &c.Before.Sites[i], &c.After.Sites[i]
	if was.Directory != is.Directory || was.Witness != is.Witness || was.Share != is.Share {
		for _, d := range l.o.Directories {
			if d.Site == i {
				l.fabric.SetPower(d.Host, is.Directory || is.Witness && l.sharesHost(d))
				l.fabric.SetService(d.Probe, is.Directory)
				if d.DNS.IsValid() {
					l.fabric.SetService(d.DNS, is.Directory && !l.dnsBroken(i))
				}
			}
		}
		for _, w := range l.o.Witnesses {
			if w.Site == i {
				l.fabric.SetService(w.Share, is.Witness && (is.Share || !w.Real.IsValid()))
				if !l.isDirectory(w.Share.Addr()) {
					l.fabric.SetPower(w.Share.Addr(), is.Witness)
				}
			}
		}
	}
	if was.Power == is.Power {
		return
	}
	for _, a := range l.applianceHosts(i) {
		l.fabric.SetPower(a, is.Power)
	}
}

func (l *Lab) sharesHost(d Directory) bool {
	for _, w := range l.o.Witnesses {
		if w.Share.Addr() == d.Host {
			return true
		}
	}
	return false
}

func (l *Lab) isDirectory(a netip.Addr) bool {
	for _, d := range l.o.Directories {
		if d.Host == a {
			return true
		}
	}
	return false
}

// applianceHosts are the hosts of a site that run while the site has power: load balancer, controllers, redirectors, legacy
// UM servers.
func (l *Lab) applianceHosts(site int) []netip.Addr {
	var out []netip.Addr
	for _, v := range l.o.VIPs {
		if v.Site == site {
			if v.Own == "" {
				out = append(out, v.Address)
			}
			out = append(out, v.Public...)
		}
	}
	for _, f := range l.o.Forwards {
		if f.Site == site {
			out = append(out, f.Advertised.Addr())
		}
	}
	for _, r := range l.o.Redirectors {
		if r.Site == site {
			out = append(out, r.UDP.Addr())
		}
	}
	for _, g := range l.o.Legacy {
		if g.Site == site {
			out = append(out, g.Address.Addr())
		}
	}
	return out
}

// cut applies one direction of a link to the network; place 0 is outside.
func (l *Lab) cut(from, to int, cut bool) {
	if cut {
		l.fabric.Cut(from+1, to+1)
	} else {
		l.fabric.Heal(from+1, to+1)
	}
}
