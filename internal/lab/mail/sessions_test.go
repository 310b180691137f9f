package mail_test

import "testing"

// TestDatabaseMovesAndClientsAreToldToRestart: clients stay on their front and are served, are told at most once to quit and start
// again, and no session breaks. Whose message was refused in the middle of the move has begun anew by itself, and is not told.
func TestDatabaseMovesAndClientsAreToldToRestart(t *testing.T) {
	r := newRig(t)
	c, stop := r.clients(4, nil)
	r.more(c, 20)
	r.move("EX2")
	r.until("a client is told", func() bool { return c.Sessions().Restarts > 0 })
	r.more(c, 40)
	stop()
	if got := c.Sessions(); got.Restarts > 4 || got.Broken != 0 {
		t.Errorf("%+v; each of the four is told once at most", got)
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
