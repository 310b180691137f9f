package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
	"siteswap/internal/exchange"
	"siteswap/internal/exchange/wire"
)

// script answers calls one after the other; the last answer again and again.
type script struct {
	answers []answer
	calls   []wire.Call
}

type answer struct {
	reply wire.Reply
	err   error
}

func (s *script) Invoke(_ context.Context, _ string, call wire.Call) (wire.Reply, error) {
	s.calls = append(s.calls, call)
	a := s.answers[min(len(s.calls), len(s.answers))-1]
	return a.reply, a.err
}

func client(answers ...answer) (*exchange.Client, *script) {
	s := &script{answers: answers}
	return &exchange.Client{Transport: s, Verbose: true}, s
}

func objects(list ...wire.Object) answer { return answer{reply: wire.Reply{Objects: list}} }

func errorsOf(texts ...string) answer {
	var a answer
	for _, text := range texts {
		a.reply.Errors = append(a.reply.Errors, wire.Record{Message: text})
	}
	return a
}

func who() exchange.Authority {
	return exchange.Authority{Run: "run-1", Step: "stop", Attempt: 2, Left: func() time.Duration { return 5 * time.Second }}
}

func lists(started, stopped string) answer {
	return objects(wire.Object{"Name": "DAG1", "StartedMailboxServers": []any{started}, "StoppedMailboxServers": []any{stopped}})
}

// TestStopDirectoryError: the error is harmless if and only if the recovery site's directory shows the new lists.
func TestStopDirectoryError(t *testing.T) {
	const text = "An Active Directory provider error occurred on DC.test.local."
	warned := answer{reply: wire.Reply{Warnings: []string{text}}}
	for name, tt := range map[string]struct {
		answers []answer
		want    exchange.State
	}{
		"error, lists shown":       {[]answer{errorsOf(text), lists("EX3.test.local", "EX1.test.local")}, exchange.Done},
		"error, lists not shown":   {[]answer{errorsOf(text), lists("EX1.test.local", "EX3.test.local")}, exchange.Failed},
		"error, on both lists":     {[]answer{errorsOf(text), lists("ex1", "ex1")}, exchange.Failed},
		"error, lists not read":    {[]answer{errorsOf(text), {err: exchange.ErrNotSent}}, exchange.Failed},
		"error, lists lost":        {[]answer{errorsOf(text), {err: exchange.ErrAnswerLost}}, exchange.Failed},
		"warning, lists shown":     {[]answer{warned, lists("EX3.test.local", "EX1.test.local")}, exchange.Done},
		"warning, lists not shown": {[]answer{warned, lists("EX1.test.local", "EX3.test.local")}, exchange.Failed},
		"another error":            {[]answer{errorsOf("Something else."), lists("EX3.test.local", "EX1.test.local")}, exchange.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			c, s := client(tt.answers...)
			r := c.StopDAG(t.Context(), exchange.At{Server: "EX3", DomainController: "DC-DR"}, who(),
				exchange.Stop{DAG: "DAG1", Site: "Prod", ConfigurationOnly: true, Members: []string{"EX1"}})
			if r.State != tt.want {
				t.Errorf("%s (%s), want %s", r.State, r.Error, tt.want)
			}
			if len(r.Calls) != len(s.calls) {
				t.Errorf("%d calls, %d traces", len(s.calls), len(r.Calls))
			}
			if (r.State == exchange.Failed) != (r.Error != "") {
				t.Errorf("%s with error %q", r.State, r.Error)
			}
		})
	}
}

func TestCallsAndTraces(t *testing.T) {
	c, s := client(answer{reply: wire.Reply{Warnings: []string{"w"}, Verbose: []string{"v"}, Errors: []wire.Record{{Message: "e", ID: "ID1"}}}})
	r := c.StopDAG(t.Context(), exchange.At{Server: "EX3", DomainController: "DC-DR"}, who(), exchange.Stop{DAG: "DAG1", Site: "Prod", ConfigurationOnly: true})
	want := exchange.Result{State: exchange.Failed, Error: "e [ID1]", Calls: []exchange.Trace{{On: "EX3", Warnings: []string{"w"}, Verbose: []string{"v"}, Errors: []string{"e [ID1]"},
		Cmdlet: "Stop-DatabaseAvailabilityGroup DAG1 -ActiveDirectorySite Prod -ConfigurationOnly:$true -DomainController DC-DR -Verbose:$true -Confirm:$false"}}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := s.calls[0]; got.Run != "run-1" || got.Step != "stop" || got.Attempt != 2 || got.NotAfter != 5*time.Second {
		t.Errorf("the call does not say for whom: %+v", got)
	}
	c, s = client(answer{})
	c.MoveDatabase(t.Context(), exchange.At{Server: "EX3"}, who(), exchange.Move{Database: "DB1", Target: "EX3", Dial: dag.GoodAvailability, Health: true})
	c.MoveDatabase(t.Context(), exchange.At{Server: "EX3"}, who(), exchange.Move{Database: "DB1", Target: "EX3"})
	c.MoveDatabase(t.Context(), exchange.At{Server: "EX3"}, who(), exchange.Move{Database: "DB1", Target: "EX3", OwnDial: true})
	for i, want := range []string{"GoodAvailability -SkipHealthChecks:$true", "Lossless", "None"} {
		if want = "Move-ActiveMailboxDatabase DB1 -ActivateOnServer EX3 -MountDialOverride " + want; !strings.HasPrefix(strings.Replace(s.calls[i].Text(), " -MoveComment run-1", "", 1), want) {
			t.Errorf("%s, want %s", s.calls[i].Text(), want)
		}
	}
	if _, r := c.GetClusterNodes(t.Context(), exchange.At{Server: "EX3", DomainController: "DC"}); strings.Contains(r.Calls[0].Cmdlet, "DC") {
		t.Error("a cluster cmdlet was given a domain controller")
	}
}

func TestExactlyOneObject(t *testing.T) {
	for name, a := range map[string]answer{
		"none": objects(), "two": objects(wire.Object{"Name": "DAG1"}, wire.Object{"Name": "DAG1"}),
		"another": objects(wire.Object{"Name": "DAG2"}), "nameless": objects(wire.Object{}),
	} {
		c, _ := client(a)
		if _, r := c.GetDAG(t.Context(), exchange.At{Server: "EX3"}, "DAG1", true); r.State != exchange.Failed || r.Known == nil || r.Known.Code != exchange.CodeNotOneObject {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestTransportErrors(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want exchange.State
	}{
		{fmt.Errorf("EX3: %w: refused", exchange.ErrNotSent), exchange.Failed},
		{fmt.Errorf("EX3: %w: EOF", exchange.ErrAnswerLost), exchange.Unknown},
		{errors.New("EX3: something"), exchange.Failed},
	} {
		c, _ := client(answer{err: tt.err})
		r := c.MountDatabase(t.Context(), exchange.At{Server: "EX3"}, who(), "DB1")
		if r.State != tt.want || r.Error != tt.err.Error() || r.Calls[0].Lost != (tt.want == exchange.Unknown) {
			t.Errorf("%v: %+v", tt.err, r)
		}
	}
}

func TestParseCopy(t *testing.T) {
	for name, tt := range map[string]struct {
		given wire.Object
		want  exchange.Copy
	}{
		"nothing known": {wire.Object{}, exchange.Copy{Status: dag.CopyStatusUnknown, CopyQueue: dag.UnknownQueue, ReplayQueue: dag.UnknownQueue}},
		"unheard status": {wire.Object{"Status": "Splendid", "CopyQueueLength": int64(math.MaxInt64 - 8), "ReplayQueueLength": -1},
			exchange.Copy{Status: dag.CopyStatusUnknown, StatusText: "Splendid", CopyQueue: dag.UnknownQueue, ReplayQueue: dag.UnknownQueue}},
		"texts": {wire.Object{"Status": "Healthy", "CopyQueueLength": "1,002", "ReplayQueueLength": "0", "ActivationSuspended": "True", "LastLogGenerated": "17"},
			exchange.Copy{Status: dag.CopyHealthy, StatusText: "Healthy", CopyQueue: 1002, ActivationSuspended: true, LastGenerated: 17}},
		"diverged": {wire.Object{"Status": "FailedAndSuspended", "CopyQueueLength": 1, "ReplayQueueLength": 2, "ErrorMessage": "The logs have Diverged."},
			exchange.Copy{Status: dag.CopyFailedAndSuspended, StatusText: "FailedAndSuspended", CopyQueue: 1, ReplayQueue: 2, Diverged: true, Error: "The logs have Diverged."}},
	} {
		if diff := cmp.Diff(tt.want, exchange.ParseCopy(tt.given)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if dag.CopyStatusUnknown.MayActivate() {
		t.Error("an unknown status counts as healthy")
	}
}

// FuzzReplies: no reply, however odd, makes a method fall over, call something healthy that it cannot read, or be Done with
// an error text.
func FuzzReplies(f *testing.F) {
	f.Add(`{"objects":[{"Name":"DAG1","StartedMailboxServers":"EX1","PreferenceMoveFrequency":"-1","OperationalServers":[1,null]}]}`)
	f.Add(`{"objects":[{"Name":"DB1\\EX1","Status":3,"CopyQueueLength":1e30}],"warnings":["0x46 0x6d9"],"errors":[{"message":"invalid node"}]}`)
	f.Add(`{"objects":[null,{"Id":"7040"},{"Id":4621}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		reply, err := wire.DecodeReply(strings.NewReader(text))
		if err != nil {
			return
		}
		c, _ := client(answer{reply: reply})
		ctx, at := t.Context(), exchange.At{Server: "EX1"}
		var results []exchange.Result
		keep := func(r exchange.Result) { results = append(results, r) }
		_, r := c.GetDAG(ctx, at, "DAG1", true)
		keep(r)
		copies, r := c.GetCopies(ctx, at, "EX1")
		keep(r)
		_, r = c.GetDatabases(ctx, at, "EX1")
		keep(r)
		_, r = c.GetMailboxServer(ctx, at, "EX1")
		keep(r)
		_, r = c.GetService(ctx, at, exchange.ClusterService)
		keep(r)
		_, r = c.GetClusterNodes(ctx, at)
		keep(r)
		_, r = c.GetClusterQuorum(ctx, at)
		keep(r)
		_, r = c.GetClusterOwner(ctx, at)
		keep(r)
		_, r = c.EvictionLearnt(ctx, at)
		keep(r)
		_, r = c.TestReplicationHealth(ctx, at, "EX1")
		keep(r)
		keep(c.StopDAG(ctx, at, who(), exchange.Stop{DAG: "DAG1", Site: "Prod", Members: []string{"EX1"}}))
		for _, r := range results {
			if r.State == exchange.Done && r.Error != "" || r.State == "" || len(r.Calls) == 0 {
				t.Fatalf("%+v", r)
			}
		}
		for _, cp := range copies {
			if cp.CopyQueue < 0 || cp.CopyQueue > dag.UnknownQueue || cp.Status.MayActivate() && string(cp.Status) != cp.StatusText {
				t.Fatalf("%+v", cp)
			}
		}
	})
}
