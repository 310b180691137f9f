// Package exchangetest is the conformance suite of exchange: the shapes and answers that every transport and every
// emulation of Exchange must give to the driver.
package exchangetest

import (
	"context"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/exchange"
)

// Fault is what goes wrong with the first acting call that a far end takes.
type Fault int

// The faults. Each effect is either whole or absent, so that what is read afterwards is certain.
const (
	None             Fault = iota
	FailedNotDone          // an error is answered, nothing is done
	LostNotDone            // no answer, nothing is done
	LiedNotDone            // success is answered, nothing is done
	FailedThoughDone       // an error is answered, all of it is done
	LostThoughDone         // no answer, all of it is done
)

// Faults are all of them but None.
func Faults() map[string]Fault {
	return map[string]Fault{"failed, not done": FailedNotDone, "lost, not done": LostNotDone, "lied, not done": LiedNotDone,
		"failed though done": FailedThoughDone, "lost though done": LostThoughDone}
}

// Done says whether the call has its effect.
func (f Fault) Done() bool { return f == None || f == FailedThoughDone || f == LostThoughDone }

// State is what a method must say.
func (f Fault) State() exchange.State {
	switch f {
	case LostNotDone, LostThoughDone:
		return exchange.Unknown
	case FailedNotDone, FailedThoughDone:
		return exchange.Failed
	}
	return exchange.Done
}

// New makes a healthy far end of the topology, with the fault armed, and the transport to it. Endpoints are addressed by
// the members' FQDNs.
type New func(t *testing.T, topology *dag.Topology, fault Fault) exchange.Transport

// Reference is the topology that the suite runs on: two members in Prod, one in DR, one database with a copy on each.
func Reference() *dag.Topology {
	member := func(name string, site int) dag.Member {
		return dag.Member{Name: name, FQDN: name + ".test.local", Site: site, Dial: dag.GoodAvailability, Policy: dag.Unrestricted}
	}
	return &dag.Topology{
		Name: "DAG1", Exchange: dag.Version{Release: 2016, CU: 3}, Windows: "2008 R2", Mode: dag.DagOnly, AccessPoint: true,
		Sites:     []dag.Site{{Name: "Prod", DomainControllers: []string{"DC.test.local"}, VIP: "10.0.1.10", Pool: []int{0, 1}}, {Name: "DR", DomainControllers: []string{"DC-DR.test.local"}}},
		Members:   []dag.Member{member("EX1", 0), member("EX2", 0), member("EX3", 1)},
		Witness:   dag.Witness{Server: "DC.test.local", Site: 0, Directory: `C:\DAG1`},
		Alternate: dag.Witness{Server: "DC-DR.test.local", Site: 1, Directory: `C:\DAG1`},
		Databases: []dag.Database{{Name: "DB1", Copies: []dag.Copy{{Member: 0, Preference: 1}, {Member: 1, Preference: 2}, {Member: 2, Preference: 3}}}},
	}
}

// The endpoints and domain controllers of Reference.
const (
	ex1  = "EX1.test.local"
	ex2  = "EX2.test.local"
	ex3  = "EX3.test.local"
	dc   = "DC.test.local"
	dcDR = "DC-DR.test.local"
)

// Run runs the suite.
func Run(t *testing.T, makeFarEnd New) {
	t.Run("reads", func(t *testing.T) { reads(t, start(t, makeFarEnd, None)) })
	t.Run("refusals", func(t *testing.T) { refusals(t, start(t, makeFarEnd, None)) })
	t.Run("databases", func(t *testing.T) { databases(t, start(t, makeFarEnd, None)) })
	t.Run("settings", func(t *testing.T) { settings(t, start(t, makeFarEnd, None)) })
	t.Run("switchover", func(t *testing.T) { switchover(t, start(t, makeFarEnd, None)) })
	t.Run("cluster tools", func(t *testing.T) { clusterTools(t, start(t, makeFarEnd, None)) })
	t.Run("faults", func(t *testing.T) { faults(t, makeFarEnd) })
}

func start(t *testing.T, makeFarEnd New, fault Fault) *exchange.Client {
	t.Helper()
	return &exchange.Client{Transport: makeFarEnd(t, Reference(), fault)}
}

// authority is good for a minute.
func authority(attempt int) exchange.Authority {
	return exchange.Authority{Run: "run-7", Step: "step", Attempt: attempt, Left: func() time.Duration { return time.Minute }}
}

// limit is how long a call whose answer is lost is waited for.
const limit = 400 * time.Millisecond

func short(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// good fails the test unless the result is Done.
func good(t *testing.T, what string, r exchange.Result) {
	t.Helper()
	if r.State != exchange.Done {
		t.Fatalf("%s: %s: %s", what, r.State, r.Error)
	}
	if len(r.Calls) == 0 || r.Calls[0].Cmdlet == "" || r.Calls[0].On == "" {
		t.Fatalf("%s: no trace of the call: %+v", what, r.Calls)
	}
}

// bad fails the test unless the result is Failed with the code.
func bad(t *testing.T, what string, r exchange.Result, code exchange.Code) {
	t.Helper()
	switch {
	case r.State != exchange.Failed:
		t.Fatalf("%s: %s, want failed", what, r.State)
	case r.Known == nil:
		t.Fatalf("%s: %q is not known, want %s", what, r.Error, code)
	case r.Known.Code != code:
		t.Fatalf("%s: %q is known as %s, want %s", what, r.Error, r.Known.Code, code)
	}
}

// Codes are the answers and warnings of the model that a far end words.
func Codes() []dag.Code {
	return []dag.Code{dag.ErrNotDagOnly, dag.ErrNoDirectory, dag.ErrUnreachable, dag.ErrNothingStopped, dag.ErrOpenCluster, dag.ErrEvict,
		dag.ErrNoQuorum, dag.ErrInvalidNode, dag.ErrConsensus, dag.ErrNoCopy, dag.ErrCopyUnhealthy, dag.ErrTooManyLogs, dag.ErrMaxActive,
		dag.ErrStillMounted, dag.ErrWitness, dag.ErrNotReseedable, dag.ErrNeedsReseed, dag.ErrCatalog, dag.ErrSeedingSource,
		dag.ErrQueues, dag.ErrDiskFull, dag.ErrPaused, dag.WarnDirectory, dag.WarnMemberOffline,
		dag.WarnAlreadyThere, dag.WarnNotEvicted, dag.WarnWitnessNotReady}
}

// Known checks that the texts with which a far end words a code are classified back to it.
func Known(t *testing.T, code dag.Code, texts []string) {
	t.Helper()
	if len(texts) == 0 {
		t.Errorf("%s is not worded at all", code)
	}
	for _, text := range texts {
		if k, ok := exchange.Classify(text); !ok || k.Code != code {
			t.Errorf("%s is worded %q, which is known as %q", code, text, k.Code)
		}
	}
}
