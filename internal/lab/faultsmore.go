package lab

import (
	"context"
	"slices"
	"sync"

	"siteswap/dag"
)

// broken is what is out of order that the model knows nothing of, and how the script has the world by the hand.
type broken struct {
	mu     sync.Mutex
	dns    map[int]bool // sites whose DNS server stands still
	held   map[string]bool
	slowed map[string]float64
}

// DNS stops or starts the DNS servers of a site, and nothing else there.
func (l *Lab) DNS(site int, on bool) {
	l.broken.mu.Lock()
	if l.broken.dns == nil {
		l.broken.dns = map[int]bool{}
	}
	l.broken.dns[site] = !on
	l.broken.mu.Unlock()
	up := on
	l.world.View(func(s *dag.State) { up = on && s.Sites[site].Directory })
	for _, d := range l.o.Directories {
		if d.Site == site && d.DNS.IsValid() {
			l.fabric.SetService(d.DNS, up)
		}
	}
}

// dnsBroken: the DNS servers of the site stand still whatever its domain controllers do.
func (l *Lab) dnsBroken(site int) bool {
	l.broken.mu.Lock()
	defer l.broken.mu.Unlock()
	return l.broken.dns[site]
}

// Legacy stops or starts an older UM server by its FQDN; false when there is none.
func (l *Lab) Legacy(fqdn string, on bool) bool {
	i := slices.IndexFunc(l.o.Legacy, func(g Legacy) bool { return g.FQDN == fqdn })
	if i >= 0 {
		l.fabric.SetPower(l.o.Legacy[i].Address.Addr(), on)
	}
	return i >= 0
}

// Hung freezes or frees a member.
func (l *Lab) Hung(member int, frozen bool) {
	l.world.Apply(dag.Event{Kind: dag.EvHang, Member: member, On: frozen})
}

// Share makes the witness share of a site unusable or usable.
func (l *Lab) Share(site int, usable bool) {
	l.world.Apply(dag.Event{Kind: dag.EvShare, Site: site, On: usable})
}

// Copy breaks a passive copy: only seeding mends it.
func (l *Lab) Copy(database, member int) {
	l.world.Apply(dag.Event{Kind: dag.EvInvalidCopy, Database: database, Member: member})
}

// Disk fills the log volume of a member, or gives it room again.
func (l *Lab) Disk(member int, room bool) {
	l.world.Apply(dag.Event{Kind: dag.EvDisk, Member: member, On: room})
}

// Index breaks or mends the content index of a copy.
func (l *Lab) Index(database, member int, good bool) {
	l.world.Apply(dag.Event{Kind: dag.EvIndex, Database: database, Member: member, On: good})
}

// ClusterStart makes the cluster service of a member slow to answer when it is started next, or quick.
func (l *Lab) ClusterStart(member int, quick bool) {
	l.world.Apply(dag.Event{Kind: dag.EvSlowStart, Member: member, On: quick})
}

// SlowLink makes a link slow both ways, or quick again.
func (l *Lab) SlowLink(a, b int, slow bool) {
	l.world.Apply(dag.Event{Kind: dag.EvSlow, Site: a, Other: b, On: !slow})
	l.world.Apply(dag.Event{Kind: dag.EvSlow, Site: b, Other: a, On: !slow})
}

// Power switches members by the out-of-band control, as their owner would.
func (l *Lab) Power(members dag.Set, p dag.Power) {
	l.world.Apply(dag.Event{Kind: dag.EvBegin, Op: dag.Op{Kind: dag.OpPower, Members: members, Power: p}})
}

// Move is Move-ActiveMailboxDatabase by an administrator, without the product. It returns when Exchange has answered.
func (l *Lab) Move(ctx context.Context, database, to int) (dag.Answer, error) {
	return l.world.Do(ctx, dag.Op{Kind: dag.OpActivate, From: l.o.Topology.Members[to].Site, Database: database, Member: to, Dial: dag.Lossless})
}

// Hold keeps kinds of what the world does by itself from happening, by the first word of their keys ("failover", "join").
func (l *Lab) Hold(kinds []string) { l.setHeld(kinds, true) }

// Release lets them happen again, as if they had just become possible.
func (l *Lab) Release(kinds []string) { l.setHeld(kinds, false) }

func (l *Lab) setHeld(kinds []string, held bool) {
	l.broken.mu.Lock()
	if l.broken.held == nil {
		l.broken.held = map[string]bool{}
	}
	for _, k := range kinds {
		l.broken.held[k] = held
	}
	l.broken.mu.Unlock()
	l.world.Hold(func(e dag.Event) bool { return l.isHeld(e.Name()) })
}

// Gripped: a script holds or slows this kind, or a link is slow, so that things are as it wants them.
func (l *Lab) Gripped(kind string) (gripped bool) {
	l.world.View(func(s *dag.State) { gripped = slices.Contains(s.Slow, true) })
	return gripped || l.isHeld(kind) || l.slowness(kind) > 1
}

func (l *Lab) isHeld(kind string) bool {
	l.broken.mu.Lock()
	defer l.broken.mu.Unlock()
	return l.broken.held[kind]
}

// Slow lets kinds of what the world does by itself take so many times as long, from now on; 1 is as ever.
func (l *Lab) Slow(kinds []string, factor float64) {
	l.broken.mu.Lock()
	if l.broken.slowed == nil {
		l.broken.slowed = map[string]float64{}
	}
	for _, k := range kinds {
		l.broken.slowed[k] = factor
	}
	l.broken.mu.Unlock()
	l.world.Slow(func(e dag.Event) float64 { return l.slowness(e.Name()) })
}

func (l *Lab) slowness(kind string) float64 {
	l.broken.mu.Lock()
	defer l.broken.mu.Unlock()
	return max(1, l.broken.slowed[kind])
}
