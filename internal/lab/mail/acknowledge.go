package mail

import (
	"cmp"
	"context"
)

// Safe is the rule of acknowledgment (architecture.md, "The lab on one machine"): message m, logged by the copy on server,
// may be acknowledged. While there is another site to think of, when its log has been copied to a copy in another site, or
// a dumpster in another site holds it; when server is alone (its directory lists no reachable member in another site), when
// the copy has logged it and a dumpster of its own site holds it.
func (l *Ledger) Safe(db, server string, m Message, alone bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.safe(db, server, m, alone)
}

func (l *Ledger) safe(db, server string, m Message, alone bool) bool {
	d, c, err := l.find(db, server)
	if err != nil {
		return false
	}
	e, ok := c.logOf(m)
	if !ok {
		return false
	}
	home := l.site[server]
	for hub, held := range d.dumpsters {
		if held[m] && (l.site[hub] == home) == alone {
			return true
		}
	}
	if !alone {
		for s, other := range d.copies {
			if l.site[s] != home && other.holds(e) {
				return true
			}
		}
	}
	return false
}

// Acknowledge records that m is acknowledged if the rule allows it at this moment, and says whether it is.
func (l *Ledger) Acknowledge(db, server string, m Message, alone bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.safe(db, server, m, alone) {
		return false
	}
	l.dbs[db].acked[m] = true
	return true
}

// AwaitAcknowledged waits until the rule allows the acknowledgment of m, logged on server, and records it. The function
// says, whenever something changed (Wake), whether server may acknowledge at all now, and whether it is alone, or the error that
// ends the wait; it is called without the ledger's lock.
func (l *Ledger) AwaitAcknowledged(ctx context.Context, db, server string, m Message, look func() (may, alone bool, err error)) error {
	for {
		l.mu.Lock()
		changed := l.changed
		l.mu.Unlock()
		may, alone, err := look()
		if err := cmp.Or(ctx.Err(), err); err != nil {
			return err
		}
		if may && l.Acknowledge(db, server, m, alone) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// Audit is what became of a database's messages.
type Audit struct {
	Acknowledged int   // messages
	Found        int   // of them, on the copy that is mounted at the end
	Lost         int   // of them, not there
	LostLogs     int64 // logs that a copy generated and the mounted copy does not have; a message that was delivered again has a new log
	Examples     []Message
}

// maxExamples is how many lost messages an Audit names.
const maxExamples = 10

// Audit looks for every acknowledged message of a database on the copy that is mounted; "" is none.
func (l *Ledger) Audit(db, mountedOn string) Audit {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.dbs[db]
	if d == nil {
		return Audit{}
	}
	a := Audit{Acknowledged: len(d.acked), LostLogs: d.generated}
	c := d.copies[mountedOn]
	if c == nil {
		c = &mailCopy{}
	}
	a.LostLogs -= int64(len(c.logs))
	for m := range d.acked {
		if _, ok := c.at[m]; ok {
			a.Found++
		} else {
			a.Lost++
			a.Examples = append(a.Examples, m)
		}
	}
	sortExamples(&a)
	return a
}
