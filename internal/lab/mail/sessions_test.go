package mail_test

import (
	"io"
	"testing"

	"siteswap/internal/lab/mail"
)

// TestDatabaseMovesAndClientsAreToldToRestart: clients stay on their front and are served; each is told once to quit and start
// again, and no session breaks.
func TestDatabaseMovesAndClientsAreToldToRestart(t *testing.T) {
	r := newRig(t)
	c, stop := r.clients(4, nil)
	r.more(c, 20)
	r.until("all are served", func() bool { return c.Served()["mail.test.local"].Served == 4 }) // who was never served is told nothing
	r.move("EX2")
	r.until("all are told", func() bool { return c.Sessions().Restarts >= 4 })
	r.more(c, 40) // and not told again
	stop()
	if got := c.Sessions(); got.Restarts != 4 || got.Broken != 0 {
		t.Errorf("%+v; each of the four is told once", got)
	}
	if len(c.Outages()) > 0 {
		t.Errorf("outages %v", c.Outages())
	}
}

// TestFrontDiesAndSessionsBreak: the clients of a front that died come back through the other, and the database stays: nobody is
// told to restart.
func TestFrontDiesAndSessionsBreak(t *testing.T) {
	r := newRig(t)
	c, stop := r.clients(4, nil)
	r.more(c, 20)
	r.set(func() { r.dead["EX2"] = true })
	r.fronts["EX2"].Cut()
	r.until("EX2 is unhealthy", func() bool { return !r.pool("EX2").Healthy })
	r.more(c, 40)
	stop()
	if got := c.Sessions(); got.Broken == 0 || got.Restarts != 0 {
		t.Errorf("%+v", got)
	}
}

// TestDatabaseMovesUnderAMessage: a front whose answer from Active Manager is old, and one whose message is logged and not yet
// acknowledged, go on to where the database is now: the client is served and told to restart.
func TestDatabaseMovesUnderAMessage(t *testing.T) {
	for name, tc := range map[string]struct{ before, after func(*rig) }{
		"before it is logged": {
			before: func(r *rig) { r.set(func() { r.asked = func() { r.move("EX2") } }) },
			after:  func(*rig) {},
		},
		"before it is acknowledged": {
			before: func(r *rig) { r.set(func() { r.ship = false }) },
			after: func(r *rig) {
				r.logged("EX1", 2)
				r.set(func() { r.ship = true; r.shipLogs(); r.mounted = "EX2" })
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			k := r.talk(r.front("EX1"))
			k.say("HELLO a", "OK\n")
			k.say("SEND DB1 a 1", "ACK 1\n")
			tc.before(r)
			io.WriteString(k.c, "SEND DB1 a 2\n")
			tc.after(r)
			k.hear("ACK 2 restart\n", patient)
			k.say("SEND DB1 a 3", "ACK 3\n")
			if a := r.ledger.Audit("DB1", "EX2"); a.Acknowledged != 3 || a.Found != 3 || a.LostLogs != 0 {
				t.Errorf("%+v; want three messages, each logged once", a)
			}
		})
	}
}

// TestStoreSaysAwayAndNobodyElseHasIt: the front asks once more and says no; it does not wait for a copy to be mounted.
func TestStoreSaysAwayAndNobodyElseHasIt(t *testing.T) {
	r := newRig(t)
	k := r.unacknowledged()
	r.set(func() { r.mounted = "" })
	k.hear("NO ", patient/2) // the store itself would wait for patient
}

// unacknowledged sends a message of client a that is logged on EX1, and nowhere else.
func (r *rig) unacknowledged() *talk {
	r.set(func() { r.ship = false })
	k := r.talk(r.front("EX1"))
	k.say("HELLO a", "OK\n")
	io.WriteString(k.c, "SEND DB1 a 1\n")
	r.logged("EX1", 1)
	return k
}

// logged waits until a message of client a is in a copy's log.
func (r *rig) logged(server string, number int64) {
	r.until("it is logged", func() bool {
		_, ok := r.ledger.Generation("DB1", server, mail.Message{Client: "a", Number: number})
		return ok
	})
}
