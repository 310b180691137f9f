package report_test

import (
	"fmt"
	"time"

	"siteswap/internal/api"
	"siteswap/internal/report"
)

func yes() *bool { b := true; return &b }

// sample is a drill of the reference design as it ends well: what the goldens show.
func sample() report.Document {
	d := report.Document{
		Kind: report.KindDrill, Scenario: "site-loss", DAG: "DAG1", Outcome: "passed",
		StartedAt: time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC), Duration: 64.2, Speed: 60,
		Invariants: []report.Invariant{{Name: report.MountedTwice}, {Name: report.LostAcknowledged}, {Name: report.EffectTwice}, {Name: report.LeftFrozen}},
		Databases:  []report.Database{{Name: "DB1", Acknowledged: 4120, Found: 4120}},
		Calls:      report.Calls{Placed: 128, Answered: 112, Lost: 16},
		Sites:      []string{"Prod", "DR", "Branch"},
		Emulated:   []string{"Exchange servers, the cluster and the directory", "the network between the sites", "DNS servers, load balancers, the PBX and 24 mail clients"},
		Real:       []string{"3 controllers and 2 redirectors as processes", "raft, HTTP, DNS updates with TSIG, SIP on real sockets"},
		Notes:      []string{"a TTL of 5 min is 5 s here; 1 s is the least"},
		Machine:    report.Machine{OS: "linux", Arch: "amd64", CPUs: 2, Go: "go1.26.8"},
		Version:    "v0.1.0", Seed: 7, Again: "siteswap drill --scenario site-loss --seed 7",
		Marks: []report.Mark{
			{At: 5, Text: "Prod lost", Kind: report.MarkFault}, {At: 7, Text: "switchover Prod to DR", Kind: report.MarkRun},
			{At: 30, Text: "Prod is back", Kind: report.MarkHeal}, {At: 32, Text: "failback DR to Prod", Kind: report.MarkRun},
		},
		Approvals: []api.Approval{{Step: "loss", By: "drill", Ceiling: map[string]int64{"DB1": 3}, Reason: "the drill approves what the plan predicted"}},
		Refusals:  []api.Refusal{},
	}
	d.Runs = []report.Run{switchover(), failback()}
	for _, name := range []string{"internal.test.local", "external.test.local"} {
		d.Outages = append(d.Outages,
			report.SplitOutage(name, "switchover", 5, 21.2, report.Cuts{RunStart: 7, ReadyDone: 7.4, FenceDone: 9.3, RestoreDone: 14.5, ActivateDone: 18.1, NamesDone: 15}),
			report.SplitOutage(name, "failback", 50, 53.4, report.Cuts{RunStart: 32, ActivateDone: 51.6}))
	}
	d.Timeline = sampleLanes()
	return d
}

func step(id, kind, title string, start, end float64, needs ...string) report.Step {
	return report.Step{ID: id, Kind: kind, Title: title, State: "done", Start: start, End: end, Needs: needs, Attempts: 1, Agrees: yes(), RealTime: (end - start) * 60}
}

func switchover() report.Run {
	stop := step("stop", "dag.stop", "Mark the members of Prod as stopped", 7.4, 8.1, "ready")
	stop.Calls = []api.Call{{Cmdlet: "Stop-DatabaseAvailabilityGroup -Identity DAG1 -ActiveDirectorySite Prod -ConfigurationOnly", On: "EX2010-3",
		Warnings: []string{"Server EX2010-1 could not be contacted; only the directory was changed."}}}
	stop.Predicted = []string{"sites/DR/stopped = EX2010-1, EX2010-2", "sites/DR/started = EX2010-3"}
	restore := step("restore", "dag.restore", "Bring the DAG up in DR", 9.6, 14.5, "cluster-stop")
	restore.Calls = []api.Call{{Cmdlet: "Restore-DatabaseAvailabilityGroup -Identity DAG1 -ActiveDirectorySite DR -AlternateWitnessServer dc-dr.test.local", On: "EX2010-3"}}
	restore.Predicted = []string{"members/EX2010-3/cluster = Running", "members/EX2010-3/quorum = true", "members/EX2010-3/nodes = EX2010-3",
		"members/EX2010-3/witness_in_use = Alternate", "members/EX2010-3/may_mount = true"}
	skipped := report.Step{ID: "evict", Kind: "cluster.evict", State: "skipped", Text: "Restore has evicted them"}
	ready := step("ready", "check", "Readiness", 7, 7.4)
	ready.Text = "11 checks pass; 3 warn: Prod cannot be reached"
	return report.Run{
		Runbook: "switchover", Plan: "sha256:7f3a11c0ffee00112233445566778899", Outcome: "done", Duration: 14.4, Overhead: 0.4,
		ID: "r-7f3a", Title: "Datacenter switchover of DAG1, Prod to DR", StartedBy: "drill", Start: 7, End: 21.4,
		Steps: []report.Step{
			ready, stop,
			step("fence", "fence", "Show that Prod can do no harm", 8.1, 9.3, "stop"),
			step("cluster-stop", "cluster.stop", "Stop the cluster service in DR", 9.3, 9.6, "fence"),
			step("freeze", "policy.freeze", "Block activation", 9.3, 9.5, "fence"),
			restore, skipped,
			step("names", "dns.repoint", "internal, external to DR", 9.6, 11.2, "fence"),
			step("calls", "um.reroute", "Calls to DR", 9.6, 10.1, "fence"),
			step("activate/DB1", "db.activate", "Mount DB1 in DR", 14.5, 18.1, "restore", "freeze"),
			step("verify", "verify", "Outlook, SMTP and calls work", 18.3, 21.2, "activate/DB1", "names", "calls"),
		},
		Debts: []api.Debt{{Site: "Prod", Kind: "dns", What: "10.0.1.5 still answers the old address"}},
	}
}

func failback() report.Run {
	return report.Run{
		Runbook: "failback", Plan: "sha256:91c0aa", Outcome: "done", Duration: 31.1, Overhead: 0.6, Start: 32, End: 63.1, ID: "r-91c0",
		Title: "Failback of DAG1 to Prod",
		Steps: []report.Step{
			step("ready", "check", "Readiness", 32, 32.5),
			step("start", "dag.start", "Rejoin the members of Prod", 32.5, 38, "ready"),
			step("set", "dag.set", "Put the witness right", 38, 39.1, "start"),
			step("resync", "db.resync", "Bring the copies up to date", 39.1, 47.6, "set"),
			step("ttl", "dns.ttl", "Lower the TTL", 39.1, 40, "set"),
			step("settle", "dns.settle", "Wait until the old TTL has run out", 40, 45, "ttl"),
			step("home/DB1", "db.activate", "Move DB1 home", 50, 51.6, "resync", "settle"),
			step("names", "dns.repoint", "Names to Prod", 51.6, 52.4, "home/DB1"),
			step("verify", "verify", "Everything works", 52.6, 55, "names"),
			step("restore-ttl", "dns.ttl", "Put the TTL back", 55, 63.1, "verify"),
		},
	}
}

func sampleLanes() []report.Lane {
	const end = 64.2
	var lanes []report.Lane
	add := func(kind, name string, spans ...report.Span) {
		t := report.NewTrack(kind, name)
		for _, s := range spans {
			t.Set(s.From, s.State, s.Label, s.Place)
		}
		lanes = append(lanes, t.Lane(end))
	}
	at := func(from float64, state, label, place string) report.Span {
		return report.Span{From: from, State: state, Label: label, Place: place}
	}
	for _, n := range []string{"internal.test.local", "external.test.local"} {
		add(report.LaneClients, n, at(0, "good", "12 of 12 served", ""), at(5, "bad", "not served", ""), at(21.2, "good", "12 of 12 served", ""),
			at(50, "bad", "not served", ""), at(53.4, "good", "12 of 12 served", ""))
	}
	calls := report.NewTrack(report.LaneCalls, "PBX")
	for s := 0; s < 64; s++ {
		if s >= 5 && s < 12 || s == 51 {
			calls.Count(float64(s), 0, 2)
		} else {
			calls.Count(float64(s), 2, 0)
		}
	}
	lanes = append(lanes, calls.Lane(end))
	add(report.LaneDatabase, "DB1", at(0, "good", "EX2010-1", "Prod"), at(5, "bad", "not mounted", ""), at(18.1, "good", "EX2010-3", "DR"),
		at(50, "idle", "", ""), at(51.6, "good", "EX2010-1", "Prod"))
	for _, n := range []string{"internal", "external"} {
		add(report.LaneDNS, "dc "+n, at(0, "good", "Prod", "Prod"), at(5, "off", "no answer", ""), at(31, "warn", "Prod, owed", ""), at(33, "good", "DR", "DR"), at(52, "good", "Prod", "Prod"))
		add(report.LaneDNS, "dc-dr "+n, at(0, "good", "Prod", "Prod"), at(10.3, "good", "DR", "DR"), at(52, "good", "Prod", "Prod"))
	}
	add(report.LaneVIP, "Prod 10.0.1.10", at(0, "good", "EX2010-1, EX2010-2", "Prod"), at(5, "off", "dead", ""), at(33, "idle", "drained", ""), at(48, "good", "EX2010-1, EX2010-2", "Prod"))
	add(report.LaneController, "ctl-prod", at(0, "good", "leads", "Prod"), at(5, "off", "dead", ""), at(31, "idle", "follows", ""))
	add(report.LaneController, "ctl-dr", at(0, "idle", "follows", ""), at(6.5, "good", "leads, may act", "DR"))
	add(report.LaneController, "ctl-branch", at(0, "idle", "follows", ""))
	return lanes
}

// hostile is the sample with s in every place that holds text from outside.
func hostile(s string) report.Document {
	d := sample()
	d.Scenario, d.DAG, d.Version, d.Again, d.Why = s, s, s, s, s
	d.Sites = []string{s, s + "2"}
	d.Notes, d.Emulated, d.Real, d.Transcript, d.LostReasons = []string{s}, []string{s}, []string{s}, []string{s}, []string{s}
	d.Machine = report.Machine{OS: s, Arch: s, Go: s, Text: s}
	d.Refusals = []api.Refusal{{Rule: s, Step: s, Why: s, Evidence: s, Unblock: s}}
	d.Approvals = []api.Approval{{Step: s, By: s, Reason: s, Ceiling: map[string]int64{s: 2}}}
	d.Overrides = []api.Override{{Rule: s, Step: s, By: []string{s}, Reason: s}}
	d.Invariants = append(d.Invariants, report.Invariant{Name: s, Violations: 1, Evidence: []string{s}})
	d.Databases = append(d.Databases, report.Database{Name: s, Acknowledged: 60, Found: 60})
	d.Marks = append(d.Marks, report.Mark{At: 3, Text: s, Kind: s})
	d.Outages = append(d.Outages, report.SplitOutage(s, s, 1, 4, report.Cuts{RunStart: 2}))
	d.Timeline = append(d.Timeline, report.Lane{Name: s, Kind: report.LaneDatabase, Spans: []report.Span{{From: 1, To: 60, Label: s, State: s, Place: s}}})
	d.Timeline = append(d.Timeline, report.Lane{Name: s, Kind: report.LaneCalls, Points: []report.Point{{At: 1, OK: 1, Lost: 1}}})
	var steps []report.Step
	for i := range 3 {
		st := step(fmt.Sprintf("%s%d", s, i), s, s, 1, 3, s+"0")
		st.Text, st.State = s, []string{"done", "failed", s}[i]
		st.Predicted, st.Observed = []string{s, s, s, s, s, s}, []string{s}
		st.Drift = []api.Difference{{Path: s, Predicted: s, Observed: s}}
		st.Calls = []api.Call{{Cmdlet: s, On: s, Warnings: []string{s}, Errors: []string{s}}}
		steps = append(steps, st)
	}
	d.Runs = append(d.Runs, report.Run{Runbook: s, Plan: s, Outcome: s, ID: s, Title: s, Why: s, StartedBy: s, NotPutBack: []string{s}, Steps: steps,
		Debts: []api.Debt{{Site: s, Kind: s, What: s}}, Start: 1, End: 3})
	return d
}
