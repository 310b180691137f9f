package health

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Status is how a target is.
type Status struct {
	Target
	State State `json:"state"`
	// Dead: calls must not be sent there unasked. What is in doubt counts as it did before: a lost datagram must not take calls
	// away, nor one answer give them back. A target of which nothing is known yet is not dead.
	Dead      bool            `json:"dead,omitempty"`
	For       time.Duration   `json:"for"` // how long already
	Why       string          `json:"why,omitempty"`
	Addresses []AddressStatus `json:"addresses,omitempty"`
	Alarm     *Alarm          `json:"alarm,omitempty"`
}

// AddressStatus is how one address is.
type AddressStatus struct {
	Address netip.AddrPort `json:"address"`
	State   State          `json:"state"`
	For     time.Duration  `json:"for"`
	Took    time.Duration  `json:"took,omitempty"` // of the last answer
	Why     string         `json:"why,omitempty"`
}

// Report is how every target is, in the order in which they were given.
func (m *Machine) Report(now time.Duration) []Status {
	out := make([]Status, 0, len(m.targets))
	for _, w := range m.targets {
		s := Status{Target: w.t, State: w.state, Dead: w.dead, For: now - w.since, Why: w.why}
		for _, a := range w.addresses {
			s.Addresses = append(s.Addresses, AddressStatus{Address: a.at, State: a.state, For: now - a.since, Took: a.latency, Why: a.why})
		}
		if s.Why == "" && s.State != Up {
			s.Why = firstWhy(w.addresses)
		}
		if text := w.alarm(m.o); text != "" {
			s.Alarm = &Alarm{Name: w.t.alarm(), Target: w.t.String(), Text: text}
		}
		out = append(out, s)
	}
	return out
}

func firstWhy(addresses []*address) string {
	for _, a := range addresses {
		if a.why != "" {
			return a.why
		}
	}
	return ""
}

// alarm is what costs calls or will; empty when nothing does. That there is no such name is known at the first answer. A server
// that is silent once is not an alarm, for a datagram can be lost.
func (w *watched) alarm(o Options) string {
	switch {
	case w.circle:
		return "leads back to a redirector (" + w.why + "): calls would go round in circles; mend the name in DNS"
	case w.missing > 0:
		return "does not resolve (" + w.why + "): a PBX drops the calls that are sent there; enter the name in the PBX's DNS"
	case w.unsure >= o.DownAfter && len(w.addresses) == 0:
		return "could not be looked up yet (" + w.why + "): see that the PBX's DNS servers answer"
	case w.state == Down:
		return "does not answer OPTIONS (" + firstWhy(w.addresses) + "): start its UM service, or see that the redirector is among its UM IP gateways"
	}
	var dead []string
	for _, a := range w.addresses {
		if a.state == Down {
			dead = append(dead, a.at.String())
		}
	}
	if len(dead) > 0 {
		slices.Sort(dead)
		return fmt.Sprintf("has %d addresses, and %s does not answer: a PBX that tries only the first loses calls; mend it, or take it out of DNS",
			len(w.addresses), strings.Join(dead, ", "))
	}
	if w.unsure >= o.DownAfter {
		return "cannot be looked up any more (" + w.why + "): see that the PBX's DNS servers answer"
	}
	return ""
}

// Alarms are those of a report.
func Alarms(report []Status) []Alarm {
	var out []Alarm
	for _, s := range report {
		if s.Alarm != nil {
			out = append(out, *s.Alarm)
		}
	}
	return out
}
