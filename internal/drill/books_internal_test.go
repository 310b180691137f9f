package drill

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/internal/config"
	"siteswap/internal/lab"
	"siteswap/internal/lab/mail"
	"siteswap/internal/lab/names"
	"siteswap/internal/lab/phone"
	"siteswap/internal/report"
)

// zero is when the clock of the drills of this file begins.
func zero() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func at(seconds float64) time.Time {
	return zero().Add(time.Duration(seconds * float64(time.Second)))
}

// reference is a stage on the reference design with no lab behind it: Prod fails, DR takes over.
func reference(t *testing.T) *stage {
	t.Helper()
	name, data := config.Reference()
	site, ps := config.Parse(name, data)
	if ps.Err() != nil {
		t.Fatal(ps)
	}
	return &stage{o: Options{Scenario: &Scenario{}, Speed: 60}, site: site, t: site.Topology(), start: zero(), whole: at(1), fail: 0, to: 1,
		reached: map[string]bool{}, acting: map[string]string{}, numbers: map[string]int{}, outcomes: map[string]string{}, killed: map[string]bool{}}
}

// TestCalls: a lost call counts as lost after service where no fault and no run excuses it.
func TestCalls(t *testing.T) {
	s := reference(t)
	s.faults = []fault{{at(10), "Prod"}, {at(100), "a redirector"}}
	runs := []report.Run{{Runbook: "switchover", Start: 12, End: 30, Outcome: "done"}, {Runbook: "failback", Start: 50, End: 70}}
	call := func(second float64, o phone.Outcome) phone.Call {
		return phone.Call{At: at(second), Took: time.Second, Outcome: o, Redirector: "redirector Prod", Why: "read 127.80.0.200:4711->127.80.1.30:5060: timeout"}
	}
	rec := lab.Record{Calls: []phone.Call{
		call(0.5, phone.Lost),                                                               // before everything was served
		call(2, phone.Answered), call(3, phone.UnservedLegacy), call(5, phone.Outcome("?")), // the last one is under way
		call(9.5, phone.Lost), call(11, phone.Lost), call(30, phone.Lost), call(60, phone.Lost), // fault or run
		call(31, phone.Lost), call(72, phone.Lost), // neither
		call(105, phone.Lost), call(111, phone.Lost), // a fault that no run answers: ten seconds
	}}
	want := report.Calls{Placed: 10, Answered: 1, UnservedLegacy: 1, Lost: 8, LostAfterService: 3}
	if diff := cmp.Diff(want, s.calls(rec, runs)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	reasons := []string{"8 calls lost, the first at 9.5 s: read 127.80.1.30:5060: timeout (redirector Prod)"}
	if diff := cmp.Diff(reasons, s.lostReasons(rec)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.site.UM = nil
	if got := s.calls(rec, runs); got.None == "" || got.Placed != 0 {
		t.Errorf("no Unified Messaging: %+v", got)
	}
}

// switchover is a run of which each step ended at the given second.
func switchover() report.Run {
	step := func(id, kind string, end float64) report.Step {
		return report.Step{ID: id, Kind: kind, State: "done", End: end}
	}
	return report.Run{Runbook: "switchover", Start: 13, End: 30, Outcome: "done", Steps: []report.Step{step("ready", "check", 14), step("fence", "fence", 16),
		step("restore", "dag.restore", 20), step("names", "dns.repoint", 17), step("activate/DB1", "db.activate", 22), step("activate/DB2", "db.activate", 24),
		{ID: "activate/DB3", Kind: "db.activate", State: "failed", End: 28}}}
}

// failback is one that moves the names before the database.
func failback() report.Run {
	step := func(id, kind string, start, end float64) report.Step {
		return report.Step{ID: id, Kind: kind, State: "done", Start: start, End: end}
	}
	return report.Run{Runbook: "failback", Start: 40, End: 70, Outcome: "done", Steps: []report.Step{step("ready", "check", 40, 41), step("old-names", "dns.repoint", 41, 42),
		step("ttl-settle", "dns.settle", 42, 48), step("dismount/DB1", "db.dismount", 50, 51), step("names", "dns.repoint", 51, 53), step("settle", "dns.settle", 53, 57),
		step("move/DB1", "db.activate", 57, 59)}}
}

// TestOutages: the time that clients felt is divided by the run that ended it, and the parts sum to it.
func TestOutages(t *testing.T) {
	moved := lab.Record{Moments: []lab.Moment{{At: at(11), Lane: "database DB1", What: "EX2010-2", Up: true}, {At: at(90), Lane: "database DB1", What: "EX2010-1", Up: true}}}
	runs := []report.Run{switchover(), failback()}
	for _, tt := range []struct {
		name       string
		start, end float64
		runs       []report.Run
		rec        lab.Record
		want       report.Outage
	}{
		{"switchover", 10, 26, runs, lab.Record{}, report.Outage{Run: "switchover", Seconds: 16, Parts: report.Parts{Detect: 3, Decide: 1, Fence: 2, Quorum: 4, Mount: 4, Cache: 2}}},
		{"failback: names first", 50.5, 60, runs, lab.Record{}, report.Outage{Run: "failback", Seconds: 9.5, Parts: report.Parts{DNS: 2.5, Mount: 2, Cache: 5}}},
		{"Exchange by itself", 10, 12, nil, moved, report.Outage{Seconds: 2, Parts: report.Parts{Mount: 1, Cache: 1}}},
		{"over before the run began", 2, 4, runs, lab.Record{}, report.Outage{Seconds: 2, Parts: report.Parts{Cache: 2}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := reference(t)
			got := s.addOutage(nil, mail.Outage{Name: "mail.test.local", Start: at(tt.start), End: at(tt.end)}, tt.start, tt.end, tt.runs, tt.rec)
			tt.want.Clients, tt.want.Start, tt.want.End = "mail.test.local", tt.start, tt.end
			if diff := cmp.Diff([]report.Outage{tt.want}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestOutagesOfOneRun: several outages of a name in one run are one, and its parts still sum to its seconds.
func TestOutagesOfOneRun(t *testing.T) {
	s := reference(t)
	var got []report.Outage
	for _, o := range []struct{ start, end float64 }{{10, 15.25}, {18.111, 26.333}} {
		got = s.addOutage(got, mail.Outage{Name: "a"}, o.start, o.end, []report.Run{switchover()}, lab.Record{})
	}
	got = s.addOutage(got, mail.Outage{Name: "b"}, 10, 20, []report.Run{switchover()}, lab.Record{})
	if len(got) != 2 || got[0].Seconds != 13.472 || got[0].Start != 10 || got[0].End != 26.333 {
		t.Fatalf("%+v", got)
	}
	for _, o := range got {
		if o.Parts.Sum() != o.Seconds {
			t.Errorf("outage of %s: parts %v, seconds %v", o.Clients, o.Parts.Sum(), o.Seconds)
		}
	}
}

// TestLanes: where a database was mounted, what a DNS server answered, who was in a pool.
func TestLanes(t *testing.T) {
	s := reference(t)
	rec := lab.Record{Moments: []lab.Moment{
		{At: at(5), Lane: "database DB1", What: "EX2010-1"}, {At: at(7), Lane: "database DB1", What: "EX2010-3", Up: true}, {At: at(8), Lane: "database DB1", What: "EX2010-2", Up: true},
		{At: at(6), Lane: "pool Prod", What: "EX2010-1"}, {At: at(6), Lane: "pool Prod", What: "EX2010-2"}, {At: at(9), Lane: "pool Prod", What: "EX2010-2", Up: true},
	}, DNS: map[string][]names.Change{s.t.DNSServers[1].Address: {{At: at(-1), Name: "internal.test.local", Values: []string{"10.0.1.10"}}, {At: at(4), Name: "internal.test.local", Values: []string{"10.0.2.13"}},
		{At: at(5), Name: "internal.test.local", Values: []string{"10.9.9.9"}}}}}
	want := []report.Span{{From: 0, To: 5, Label: "EX2010-1", State: "good", Place: "Prod"}, {From: 5, To: 7, Label: "not mounted", State: "bad"},
		{From: 7, To: 8, Label: "EX2010-3", State: "good", Place: "DR"}, {From: 8, To: 10, Label: "MOUNTED TWICE: EX2010-3, EX2010-2", State: "bad"}}
	if diff := cmp.Diff(want, s.databaseLanes(rec, 10)[0].Spans); diff != "" {
		t.Errorf("database (-want +got):\n%s", diff)
	}
	want = []report.Span{{From: 0, To: 6, Label: "EX2010-1, EX2010-2", State: "good", Place: "Prod"}, {From: 6, To: 9, Label: "drained", State: "idle", Place: "Prod"},
		{From: 9, To: 10, Label: "EX2010-2", State: "good", Place: "Prod"}}
	if diff := cmp.Diff(want, s.poolLanes(rec, 10)[0].Spans); diff != "" {
		t.Errorf("pool (-want +got):\n%s", diff)
	}
	for _, l := range s.dnsLanes(rec, 10) {
		if l.Name != "DR dns internal.test.local" {
			continue
		}
		want = []report.Span{{From: 0, To: 4, Label: "Prod", State: "good", Place: "Prod"}, {From: 4, To: 5, Label: "DR", State: "good", Place: "DR"}, {From: 5, To: 10, Label: "10.9.9.9", State: "warn"}}
		if diff := cmp.Diff(want, l.Spans); diff != "" {
			t.Errorf("dns (-want +got):\n%s", diff)
		}
	}
}
