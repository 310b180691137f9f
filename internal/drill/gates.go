package drill

import (
	"context"
	"strings"
	"time"

	"siteswap/internal/exchange/wire"
	"siteswap/internal/lab/cmdlets"
	"siteswap/internal/report"
)

// misbehaviour is a cmdlet that still has to misbehave so many times.
type misbehaviour struct {
	Misbehave
	left int
}

// cmdletGate is called at every point of every cmdlet, and may hold it.
func (s *stage) cmdletGate(point cmdlets.Point, c wire.Call, server string) cmdlets.Action {
	if c.Run == "" {
		return cmdlets.Go
	}
	if a := s.misbehave(point, c); a != cmdlets.Go {
		return a
	}
	if a := s.pass(context.Background(), string(point)+"/"+c.Step); a != cmdlets.Go {
		return a
	}
	return s.killAt(point, c.Step)
}

// misbehave says whether this call is one that the script has chosen, and notes that it was: what it spoils in its step is
// explained by it.
func (s *stage) misbehave(point cmdlets.Point, c wire.Call) cmdlets.Action {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.odd {
		m := &s.odd[i]
		at := cmdlets.Received
		if m.How == "lose-answer" {
			at = cmdlets.Applied
		}
		if m.left == 0 || m.Cmdlet != c.Cmdlet || point != at {
			continue
		}
		m.left--
		s.marks = append(s.marks, mark{time.Now(), c.Cmdlet + " in step " + c.Step + ": " + m.How, report.MarkFault})
		return map[string]cmdlets.Action{"lie": cmdlets.Lie, "half": cmdlets.Half, "late": cmdlets.Late, "fail": cmdlets.Fail,
			"lose-answer": cmdlets.Drop, "hang": cmdlets.Drop, "drop": cmdlets.Drop}[m.How]
	}
	return cmdlets.Go
}

// serviceGate is called at DNS updates, pool changes, redirector settings and power switches. Which step they belong to is read
// from the steps that are acting.
func (s *stage) serviceGate(point cmdlets.Point, what string) cmdlets.Action {
	step := s.actingStep(map[string]string{"dns": "dns.", "vip": "vip.", "um": "um.", "power": "fence"}[what])
	if step == "" {
		return cmdlets.Go
	}
	if a := s.pass(context.Background(), string(point)+"/"+step); a != cmdlets.Go {
		return a
	}
	return s.killAt(point, step)
}

// actingStep is a step under way whose kind begins so; events arrive a moment after their entries are committed.
func (s *stage) actingStep(prefix string) string {
	for range 20 {
		s.mu.Lock()
		for step, kind := range s.acting {
			if strings.HasPrefix(kind, prefix) {
				s.mu.Unlock()
				return step
			}
		}
		s.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
	}
	return ""
}

// killAt kills the leader once in every step, where the scenario asks for it: before the effect or after it.
func (s *stage) killAt(point cmdlets.Point, step string) cmdlets.Action {
	k := s.o.Scenario.KillLeader
	if k == nil {
		return cmdlets.Go
	}
	s.mu.Lock()
	want := k.Odd
	if s.numbers[step]%2 == 0 {
		want = k.Even
	}
	if string(point) != want || s.killed[s.runKey(step)] {
		s.mu.Unlock()
		return cmdlets.Go
	}
	s.killed[s.runKey(step)] = true
	s.mu.Unlock()
	ctx := context.Background()
	if p := s.leader(ctx); p != nil {
		s.killProcess(ctx, p)
	}
	return cmdlets.Drop
}

// runKey names a step of the run that goes on; the caller holds the lock.
func (s *stage) runKey(step string) string {
	if n := len(s.runs); n > 0 {
		return s.runs[n-1] + "/" + step
	}
	return step
}

// sends says whether a kind sends something that passes a gate; the leader is killed at the INTENT of the others.
func sends(kind string) bool {
	switch kind {
	case "check", "approve", "manual", "wait", "dns.settle", "verify", "fence", "db.resync":
		return false
	}
	return true
}
