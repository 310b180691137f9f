package mail

import (
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Ledger knows which messages each copy of each database holds, which the dumpsters hold, and which were acknowledged. It
// decides nothing about databases: whoever runs the model tells it what happened, in the order in which it happened.
//
// A copy is a row of logs. Two copies are on the same branch as far as their logs are the same logs; generation numbers
// do not tell, because after a lossy activation the new active copy uses them again (MDAG: divergence).
type Ledger struct {
	mu      sync.Mutex
	site    map[string]int // by server
	dbs     map[string]*database
	nextLog int64
	changed chan struct{} // closed and replaced at every change
}

// database is what the ledger knows of one database.
type database struct {
	copies    map[string]*mailCopy // by server
	dumpsters map[string]map[Message]bool
	acked     map[Message]bool
	generated int64 // logs that any copy ever generated
}

// mailLog is one log file: one message.
type mailLog struct {
	id  int64 // the same log on two copies has the same
	gen int64
	msg Message
}

// mailCopy is one copy of a database.
type mailCopy struct {
	logs []mailLog         // by ascending generation
	at   map[Message]int64 // the generation of each message
}

// NewLedger makes an empty ledger for servers and the index of the site that each stands in.
func NewLedger(site map[string]int) *Ledger {
	l := &Ledger{site: map[string]int{}, dbs: map[string]*database{}, changed: make(chan struct{})}
	for s, i := range site {
		l.site[s] = i
	}
	return l
}

// AddDatabase makes a database with empty copies on the servers.
func (l *Ledger) AddDatabase(db string, servers ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := &database{copies: map[string]*mailCopy{}, dumpsters: map[string]map[Message]bool{}, acked: map[Message]bool{}}
	for _, s := range servers {
		d.copies[s] = &mailCopy{at: map[Message]int64{}}
	}
	l.dbs[db] = d
}

// find is the database and its copy on the server; l.mu is held.
func (l *Ledger) find(db, server string) (*database, *mailCopy, error) {
	d := l.dbs[db]
	if d == nil {
		return nil, nil, fmt.Errorf("database %s is not in the ledger", db)
	}
	c := d.copies[server]
	if c == nil {
		return nil, nil, fmt.Errorf("database %s has no copy on %s", db, server)
	}
	return d, c, nil
}

// wakeLocked tells those who wait that something changed; l.mu is held.
func (l *Ledger) wakeLocked() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// Wake makes those who wait for an acknowledgment look again: the directory or the servers changed, not the ledger.
func (l *Ledger) Wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wakeLocked()
}

// Appended: the mounted copy on server has logged m as generation gen. A generation that does not follow the copy's last is
// an error: the model and the ledger disagree.
func (l *Ledger) Appended(db, server string, gen int64, m Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, c, err := l.find(db, server)
	if err != nil {
		return err
	}
	if last := c.last(); gen <= last {
		return fmt.Errorf("database %s on %s: generation %d for %v after generation %d", db, server, gen, m, last)
	}
	l.nextLog++
	d.generated++
	c.add(mailLog{l.nextLog, gen, m})
	l.wakeLocked()
	return nil
}

// Held: the dumpsters of the hub servers hold m, to deliver it again after a lossy activation. A dumpster is on disk: it
// outlasts a loss of power.
func (l *Ledger) Held(db string, m Message, hubs ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.dbs[db]
	if d == nil {
		return
	}
	for _, h := range hubs {
		if d.dumpsters[h] == nil {
			d.dumpsters[h] = map[Message]bool{}
		}
		d.dumpsters[h][m] = true
	}
	l.wakeLocked()
}

// Copied: the copy on to has all logs of the copy on from up to a generation. It is false, and nothing is copied, when to
// holds logs that from does not: the copies have diverged, and only Reseeded helps.
func (l *Ledger) Copied(db, from, to string, upTo int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, src, err := l.find(db, from)
	if err != nil {
		return false
	}
	_, dst, err := l.find(db, to)
	if err != nil || !dst.prefixOf(src) {
		return false
	}
	grown := false
	for _, e := range src.logs[len(dst.logs):] {
		if e.gen > upTo {
			break
		}
		dst.add(e)
		grown = true
	}
	if grown {
		l.wakeLocked()
	}
	return true
}

// Activated: the copy on a server becomes the active one with what it has up to a generation; later logs are not on its
// branch.
func (l *Ledger) Activated(db, on string, atGen int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, c, err := l.find(db, on); err == nil {
		c.truncate(atGen)
		l.wakeLocked()
	}
}

// Reseeded: the copy on to was thrown away and made anew from the copy on from.
func (l *Ledger) Reseeded(db, to, from string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, src, err := l.find(db, from)
	if err != nil || to == from {
		return
	}
	_, dst, err := l.find(db, to)
	if err != nil {
		return
	}
	dst.logs, dst.at = nil, map[Message]int64{}
	for _, e := range src.logs {
		dst.add(e)
	}
	l.wakeLocked()
}

// Missing are the messages that reachable dumpsters hold and the copy on a server does not, in the order of client and
// number: what Active Manager has delivered again after a lossy activation, and again when a dumpster that could not be
// reached comes back (domain-exchange.md, Safety Net). reachable is called without the ledger's lock: it asks the model, which
// tells the ledger of its changes under a lock of its own.
func (l *Ledger) Missing(db, on string, reachable func(hub string) bool) []Message {
	var near []string
	for _, hub := range l.dumpsters(db) {
		if reachable(hub) {
			near = append(near, hub)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	d, c, err := l.find(db, on)
	if err != nil {
		return nil
	}
	missing := map[Message]bool{}
	for _, hub := range near {
		for m := range d.dumpsters[hub] {
			if _, has := c.at[m]; !has {
				missing[m] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(missing), compareMessages)
}

// dumpsters are the hub servers that hold messages of a database.
func (l *Ledger) dumpsters(db string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := l.dbs[db]; d != nil {
		return slices.Sorted(maps.Keys(d.dumpsters))
	}
	return nil
}

// Generation is the log that holds m on a server's copy.
func (l *Ledger) Generation(db, server string, m Message) (gen int64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, c, err := l.find(db, server); err == nil {
		gen, ok = c.at[m]
	}
	return gen, ok
}

// Forget takes the last acknowledged message away from a server's copy, as a broken store would: a drill that does not notice
// is no drill.
func (l *Ledger) Forget(db, server string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, c, err := l.find(db, server)
	if err != nil {
		return
	}
	for i := len(c.logs) - 1; i >= 0; i-- {
		if m := c.logs[i].msg; d.acked[m] {
			delete(c.at, m)
			c.logs[i].msg = Message{Client: "forgotten", Number: c.logs[i].gen}
			return
		}
	}
}
