package dag

import "time"

// Prog is an operation under way: a small program of micro-steps. Its answer is apart from its effects.
type Prog struct {
	ID     uint8
	Op     Op
	PC     uint8
	Node   int8 // the member that the program chose to work on, -1: none yet
	Answer Answer
}

// Span is how long an operation takes at real speed, from the call to its answer (domain-exchange.md 10.3).
func (o Op) Span() Span {
	s := time.Second
	switch o.Kind {
	case OpStop:
		if o.ConfigurationOnly {
			return Span{5 * s, 10 * s, 30 * s}
		}
		return Span{60 * s, 90 * s, 180 * s}
	case OpRestore:
		return Span{120 * s, 240 * s, 600 * s}
	case OpStart:
		return Span{120 * s, 180 * s, 600 * s}
	case OpSet, OpAdd:
		return Span{10 * s, 20 * s, 60 * s}
	case OpClusterStop, OpClusterStart, OpEvict, OpCleanup, OpQuorum, OpMoveGroup, OpPause:
		return Span{2 * s, 10 * s, 60 * s}
	case OpActivate:
		return Span{10 * s, 30 * s, 120 * s}
	case OpMount, OpDismount:
		return Span{5 * s, 15 * s, 120 * s}
	case OpPower:
		return Span{1 * s, 5 * s, 20 * s}
	}
	return Span{1 * s, 2 * s, 10 * s}
}

// steps is the number of micro-steps of an operation.
func (o Op) steps() int {
	switch o.Kind {
	case OpRestore:
		return 6
	case OpStart, OpActivate:
		return 3
	case OpStop:
		return 3
	}
	return 1
}

func (p *Prog) stepSpan() Span {
	all, n := p.Op.Span(), time.Duration(p.Op.steps())
	return Span{all.Min / n, all.Typical / n, all.Max / n}
}

func (s *State) begin(op Op) uint8 {
	id := uint8(0)
	for i := range s.Progs {
		if s.Progs[i].ID == id {
			id++
		}
	}
	at := len(s.Progs)
	for i := range s.Progs {
		if s.Progs[i].ID > id {
			at = i
			break
		}
	}
	s.Progs = append(s.Progs, Prog{})
	copy(s.Progs[at+1:], s.Progs[at:])
	s.Progs[at] = Prog{ID: id, Op: op, Node: -1}
	return id
}

// stepProgram runs the next micro-step of a program; when it has no further one, or fails, it answers and is gone.
func (s *State) stepProgram(t *Topology, id uint8) Outcome {
	for i := range s.Progs {
		if s.Progs[i].ID != id {
			continue
		}
		p := &s.Progs[i]
		s.micro(t, p)
		p.PC++
		if p.Answer.Code == OK && int(p.PC) < p.Op.steps() {
			return Outcome{}
		}
		out := Outcome{Ended: true, Program: id, Answer: p.Answer}
		s.Progs = append(s.Progs[:i], s.Progs[i+1:]...)
		return out
	}
	return Outcome{}
}

func (p *Prog) fail(code Code, subject string) { p.Answer.Code, p.Answer.Subject = code, subject }

func (p *Prog) warn(code Code, subject string) {
	p.Answer.Warnings = append(p.Answer.Warnings, Warning{code, subject})
}

func (s *State) micro(t *Topology, p *Prog) {
	switch p.Op.Kind {
	case OpStop:
		s.stopStep(t, p)
	case OpRestore:
		s.restoreStep(t, p)
	case OpStart:
		s.startStep(t, p)
	case OpSet:
		s.setStep(t, p)
	case OpAdd:
		s.addStep(t, p)
	case OpClusterStop, OpClusterStart, OpEvict, OpCleanup, OpQuorum, OpMoveGroup, OpPause:
		s.clusterStep(t, p)
	case OpActivate:
		s.activateStep(t, p)
	case OpMount, OpDismount:
		s.mountStep(t, p)
	case OpSuspend, OpResume, OpReseed, OpBlock, OpUnblock:
		s.copyStep(t, p)
	case OpPolicy, OpDial, OpPreference, OpMoveNow, OpComponent:
		s.policyStep(t, p)
	case OpPower:
		for m := range s.Nodes {
			if p.Op.Members.Has(m) {
				s.power(t, m, p.Op.Power)
			}
		}
	case OpRepoint, OpPool, OpRoute:
		s.serviceStep(t, p)
	}
}
