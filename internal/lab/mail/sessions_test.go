package mail_test

import "testing"

// TestDatabaseMovesAndClientsAreToldToRestart: clients stay on their front and are served; each is told once to quit and start
// again, and no session breaks.
func TestDatabaseMovesAndClientsAreToldToRestart(t *testing.T) {
	r := newRig(t)
	c, stop := r.clients(4, nil)
	r.more(c, 20)
	r.move("EX2")
	r.more(c, 40)
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
