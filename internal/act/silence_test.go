package act_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/dnsupdate"
	"siteswap/internal/act"
	"siteswap/internal/exchange"
	"siteswap/internal/exchange/wire"
	"siteswap/internal/lab/labtest"
	"siteswap/internal/power"
	"siteswap/internal/run"
	"siteswap/internal/vip"
	"siteswap/runbooks"
)

// TestSilence: a dead site is waited for once, and seen again soon after it is back.
func TestSilence(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.world(labtest.DR)
	look := func() (dag.Facts, time.Duration) {
		at := time.Now()
		f := w.Observe(context.Background(), labtest.DR)
		return f, time.Since(at)
	}
	look()
	// Cut off, not without power: a member whose power reads off is not asked at all.
	r.lab.Link(labtest.Prod, labtest.DR, false, false)
	first, long := look()
	if first.Members[0].Answers.Value || first.DNS[0].Answers.Known || first.Sites[labtest.Prod].VIP.Value || first.Redirector[0].Answers.Value {
		t.Fatalf("the dead site answers: %+v", first)
	}
	shortest := long
	for range 4 {
		f, took := look()
		shortest = min(shortest, took)
		if age := f.Members[0].Answers.Age; age <= 0 || f.Members[0].Quorum.Known {
			t.Errorf("silence is a fact with an age, and nothing else is known: %+v", f.Members[0])
		}
	}
	if shortest > long/2 {
		t.Errorf("the dead site was waited for again: %s after %s at first", shortest, long)
	}
	r.lab.Link(labtest.Prod, labtest.DR, true, false)
	back := time.Now()
	for {
		f, _ := look()
		if f.Members[0].Answers.Value && f.Members[1].Answers.Value && f.DNS[0].Answers.Known && f.Sites[labtest.Prod].VIP.Value &&
			f.Redirector[0].Answers.Value && f.Sites[labtest.Prod].Directory.Value && f.Sites[labtest.Prod].Witness.Value {
			break
		}
		if time.Since(back) > busy {
			t.Fatalf("it has been back for %s and is not seen: %+v", time.Since(back), f)
		}
	}
}

// TestActDoesNotWaitForTheDead: what is known to be silent is not asked by a step.
func TestActDoesNotWaitForTheDead(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var toProd atomic.Int64
	r.dialed = func(address string) {
		if strings.HasPrefix(address, fmt.Sprintf("127.%d.1.", r.o.Base)) {
			toProd.Add(1)
		}
	}
	w := r.world(labtest.DR)
	r.lab.Link(labtest.Prod, labtest.DR, false, false)
	w.Observe(context.Background(), labtest.DR)
	if toProd.Swap(0) == 0 {
		t.Fatal("an observation asked nothing of Prod")
	}
	for _, s := range []runbooks.Step{step("vip.drain", runbooks.Args{Site: "Prod"}), step("um.reroute", runbooks.Args{To: "DR"}), step("policy.freeze", runbooks.Args{Site: "DR"})} {
		e := w.Act(context.Background(), permit(s.Kind, time.Minute), s, run.Choice{}, nil)
		if n := toProd.Load(); e.State != run.Done || n > 0 {
			fatalf(t, e, "%s asked the dead site %d times", s.Kind, n)
		}
	}
}

// scripted answers every call with what is written for its cmdlet.
type scripted map[string]wire.Reply

func (s scripted) Invoke(_ context.Context, _ string, c wire.Call) (wire.Reply, error) {
	if c.Cmdlet == "Get-Service" {
		return wire.Reply{Objects: []wire.Object{{"Name": "ClusSvc", "Status": "Running", "StartType": "Automatic"}}}, nil
	}
	reply, ok := s[c.Cmdlet]
	if !ok {
		return wire.Reply{}, fmt.Errorf("%w: nothing is written for %s", exchange.ErrNotSent, c.Cmdlet)
	}
	return reply, nil
}

// alone is a world with nothing but Exchange by script, and a power control.
func alone(t *testing.T, replies scripted, control *power.Control) *act.World {
	t.Helper()
	top := labtest.Topology(77)
	top.DNSServers, top.Redirectors = nil, nil
	dns, err := dnsupdate.NewClient(dnsupdate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return act.New(act.Options{Topology: top, DNS: dns, Scale: labtest.Speed, Power: control, Exchange: &exchange.Client{Transport: replies},
		Pools: make([]*vip.Pool, len(top.Sites)), Directories: make([][]string, len(top.Sites)), Fronts: make([]string, len(top.Members)), UM: make([]string, len(top.Members))})
}

// TestKnownErrorsSayWhatToDo: the cure of an error that is known comes with it, and whether to run the same again.
func TestKnownErrorsSayWhatToDo(t *testing.T) {
	errorOf := func(text string) wire.Reply { return wire.Reply{Errors: []wire.Record{{Message: text}}} }
	restore := step("dag.restore", runbooks.Args{Site: "DR", RunFrom: "DR"})
	start := step("dag.start", runbooks.Args{Site: "Prod", RunFrom: "DR"})
	for name, c := range map[string]struct {
		step  runbooks.Step
		text  string
		retry bool
		cure  bool
	}{
		"0x46":            {restore, "A server-side administrative operation has failed: error 0x46 (The remote server has been paused or is in the process of being started)", true, true},
		"0x6d9":           {restore, "OpenCluster failed with 0x6d9. Error: There are no more endpoints available from the endpoint mapper", true, true},
		"invalid node":    {start, "The cluster node is not valid", true, true},
		"mode":            {restore, "The database availability group isn't in datacenter activation coordination (DAC) mode", false, false},
		"nobody knows it": {restore, "Unexpected error 0xdeadbeef", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := alone(t, scripted{"Restore-DatabaseAvailabilityGroup": errorOf(c.text), "Start-DatabaseAvailabilityGroup": errorOf(c.text)}, nil)
			e := w.Act(context.Background(), permit(name, time.Minute), c.step, run.Choice{}, nil)
			if e.State != run.Failed || e.Error == "" || e.Retry != c.retry || c.cure && e.Cure == "" || len(e.Calls) != 1 || len(e.Calls[0].Errors) != 1 {
				fatalf(t, e, "retry %t", e.Retry)
			}
		})
	}
}

// TestNobodyAnswers: a cmdlet has to be run somewhere.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for m := range r.topology.Members {
		r.lab.World().Apply(dag.Event{Kind: dag.EvHang, Member: m, On: true})
	}
	w := r.world(labtest.DR)
	w.Observe(context.Background(), labtest.DR)
	for _, kind := range []string{"dag.set", "cluster.move-group", "policy.freeze", "db.mount"} {
		e := w.Act(context.Background(), permit(kind, time.Minute), step(kind, runbooks.Args{Server: "EX2010-3", RunFrom: "DR"}), run.Choice{}, nil)
		if e.State != run.Failed || e.Error == "" {
			fatalf(t, e, "%s", kind)
		}
	}
}

// TestPowerThatIsNotUnderstood: only the words on, off and held-off are evidence; anything else leaves power unknown.
func TestPowerThatIsNotUnderstood(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"EX2010-1":"off","EX2010-2":"standby","EX2010-9":"off"}`)
	}))
	t.Cleanup(srv.Close)
	w := alone(t, scripted{}, &power.Control{Address: srv.Listener.Addr().String(), HTTP: srv.Client()})
	f := w.Observe(context.Background(), labtest.DR)
	if p := f.Members[0].Power; !p.Known || p.Value != dag.PowerOff || f.Members[0].Answers.Value {
		t.Errorf("EX2010-1: %+v", p)
	}
	for m, want := range map[int]string{1: "standby", 2: "does not list it"} {
		if p := f.Members[m].Power; p.Known {
			t.Errorf("member %d: %+v, want unknown because of %q", m, p, want)
		}
		if shown, _ := runbooks.Harmless(labtest.Topology(77), f, m); shown {
			t.Errorf("member %d is shown harmless", m)
		}
	}
	if on := f.Databases[0].MountedOn; on.Known {
		t.Errorf("where it is mounted is taken as known: %+v", on)
	}
}

// TestDivergedIsNotOverwritten where the step may not.
func TestDivergedIsNotOverwritten(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	diverged(r)
	e := r.world(labtest.DR).Act(context.Background(), permit("resync", time.Minute), step("db.resync", runbooks.Args{Site: "Prod", RunFrom: "DR", Reseed: "never"}), run.Choice{}, nil)
	if e.State != run.Failed || len(e.Calls) > 0 {
		fatalf(t, e, "resync")
	}
	if s := r.state(); !s.Copy(0, 1).Diverged {
		t.Error("the diverged copy is gone")
	}
}

// TestQuorumIsNotGuessed: only the cluster's own word says that there is no quorum. A question that did not come through leaves
// it unknown, and so do those after it: on "known to be false" a rule would let quorum be forced.
func TestQuorumIsNotGuessed(t *testing.T) {
	nodes := wire.Reply{Objects: []wire.Object{{"Name": "EX2010-3", "State": "Up"}}}
	for name, c := range map[string]struct {
		replies               scripted
		quorumKnown, quorum   bool
		mayMountKnown, pamToo bool
	}{
		"no answer":             {scripted{}, false, false, false, false},
		"an error nobody knows": {scripted{"Get-ClusterNode": {Errors: []wire.Record{{Message: "Access is denied."}}}}, false, false, false, false},
		"the cluster says no":   {scripted{"Get-ClusterNode": {Errors: []wire.Record{{Message: "The cluster service is not running on node 'x'."}}}}, true, false, true, true},
		"the rest is silent":    {scripted{"Get-ClusterNode": nodes}, true, true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := alone(t, c.replies, nil).Observe(context.Background(), labtest.DR)
			m := f.Members[2]
			if !m.Answers.Value || m.Quorum.Known != c.quorumKnown || m.Quorum.Value != c.quorum || m.MayMount.Known != c.mayMountKnown || m.MayMount.Value || m.PAM.Known != c.pamToo || m.Witness.Known {
				t.Errorf("quorum %+v, may mount %+v, PAM %+v, witness %+v", m.Quorum, m.MayMount, m.PAM, m.Witness)
			}
		})
	}
}
