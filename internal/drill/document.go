package drill

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"siteswap/internal/api"
	"siteswap/internal/lab"
	"siteswap/internal/lab/mail"
	"siteswap/internal/lab/phone"
	"siteswap/internal/report"
)

// document is the report of what has happened until now.
func (s *stage) document(ctx context.Context, interrupted bool) report.Document {
	c, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	now := time.Now()
	runs, err := s.endedRuns(c, interrupted)
	if err != nil && !interrupted {
		s.failure = first(s.failure, "the runs could not be read at the end: "+err.Error())
	}
	rec := s.lab.Record()
	d := report.Document{Kind: report.KindDrill, Scenario: s.o.Scenario.Name, DAG: s.t.Name, StartedAt: s.start, Duration: now.Sub(s.start).Seconds(), Speed: s.o.Speed,
		Version: s.o.Version, Seed: s.o.Seed, Again: s.o.Again, Expect: s.expectText(),
		Machine:  report.Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version()},
		Emulated: []string{"Exchange servers (cmdlets answered from the model), cluster, directory replication", "client access, stores, transport dumpster, mail clients, load balancers", "DNS servers, witness shares, PBX and UM servers, power control, the network between the sites"},
		Real:     []string{"controllers (raft over TCP) and redirectors as processes of this program", "drivers, runbooks, safety rules, signed DNS updates, SIP messages, all on sockets"},
		Notes:    s.notes(rec)}
	for _, site := range s.t.Sites {
		d.Sites = append(d.Sites, site.Name)
	}
	for _, r := range runs {
		d.Runs = append(d.Runs, report.FromRun(r, s.start, now, s.o.Speed))
		d.Refusals = append(d.Refusals, r.Refusals...)
		d.Approvals = append(d.Approvals, r.Approvals...)
		d.Overrides = append(d.Overrides, r.Overrides...)
	}
	s.mu.Lock()
	for _, m := range s.marks {
		d.Marks = append(d.Marks, report.Mark{At: s.since(m.at), Text: m.text, Kind: m.kind})
	}
	s.mu.Unlock()
	d.Databases = s.databases(interrupted)
	d.Outages = s.outages(d.Runs, rec)
	d.Calls = s.calls(rec, d.Runs)
	d.LostReasons = s.lostReasons(rec)
	d.Invariants = s.invariants(d, rec, interrupted)
	d.Timeline = s.lanes(rec, now)
	d = s.judge(d, interrupted)
	return report.Finish(d)
}

// endedRuns are the runs, read from a controller that knows how each of them ended.
func (s *stage) endedRuns(ctx context.Context, interrupted bool) ([]api.Run, error) {
	s.mu.Lock()
	want := len(s.runs)
	s.mu.Unlock()
	for {
		runs, err := s.api.Runs(ctx)
		open := slices.ContainsFunc(runs, func(r api.Run) bool { return r.Outcome == "" })
		if err == nil && (interrupted || s.failure != "" || len(runs) >= want && !open) || ctx.Err() != nil {
			return runs, err
		}
		pause(ctx, 100*time.Millisecond)
	}
}

func (s *stage) since(t time.Time) float64 { return t.Sub(s.start).Seconds() }

func (s *stage) databases(interrupted bool) []report.Database {
	var out []report.Database
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, db := range s.t.Databases {
		a := s.lab.Audit(db.Name, interrupted)
		out = append(out, report.Database{Name: db.Name, Acknowledged: int64(a.Acknowledged), Found: int64(a.Found), Lost: int64(a.Lost), LostLogs: a.LostLogs, ApprovedLogs: s.approved[db.Name]})
	}
	return out
}

// invariants are the promises, and how often each was broken.
func (s *stage) invariants(d report.Document, rec lab.Record, interrupted bool) []report.Invariant {
	lost := report.Invariant{Name: report.LostAcknowledged}
	for _, db := range d.Databases {
		if over := db.Lost - min(db.ApprovedLogs, db.LostLogs); over > 0 {
			lost.Violations += int(over)
			lost.Evidence = append(lost.Evidence, fmt.Sprintf("%s: %d acknowledged messages are not there, %d logs were lost and %d approved", db.Name, db.Lost, db.LostLogs, db.ApprovedLogs))
		}
	}
	frozen := report.Invariant{Name: report.LeftFrozen, Evidence: s.lab.LeftFrozen()}
	for _, r := range d.Runs {
		for _, what := range r.NotPutBack {
			frozen.Evidence = append(frozen.Evidence, r.Runbook+" did not put back "+what)
		}
	}
	frozen.Violations = len(frozen.Evidence)
	if interrupted { // a run in the middle has changed things for the time being
		frozen.Violations = 0
	}
	return []report.Invariant{
		{Name: report.MountedTwice, Violations: len(rec.MountedTwice), Evidence: rec.MountedTwice}, lost,
		{Name: report.EffectTwice, Violations: len(rec.EffectTwice), Evidence: rec.EffectTwice}, frozen}
}

// judge says how the drill ended, apart from what the scenario expected.
func (s *stage) judge(d report.Document, interrupted bool) report.Document {
	broken := 0
	for _, i := range d.Invariants {
		broken += i.Violations
	}
	d.Outcome = "passed"
	refused, failed := false, s.failure != ""
	d.Why = s.failure
	for _, r := range d.Runs {
		switch r.Outcome {
		case "refused":
			refused = true
		case "done":
			for _, st := range r.Steps {
				if st.State == "done" && (st.Agrees == nil || !*st.Agrees) {
					failed, d.Why = true, first(d.Why, "step "+st.ID+" of the "+r.Runbook+" did not end as predicted")
				}
			}
		default:
			failed, d.Why = true, first(d.Why, "the "+r.Runbook+" ended "+r.Outcome+": "+r.Why)
		}
	}
	if d.Calls.LostAfterService > 0 {
		failed, d.Why = true, first(d.Why, fmt.Sprintf("%d calls were lost after calls were served again", d.Calls.LostAfterService))
	}
	switch {
	case interrupted:
		d.Outcome = "interrupted"
	case broken > 0 || failed:
		d.Outcome = "failed"
	case refused:
		d.Outcome = "refused"
	}
	if e := s.o.Scenario.Expect; e != nil && !interrupted {
		met := s.met(*e, d)
		d.ExpectMet = &met
	}
	return d
}

func (s *stage) met(e Expect, d report.Document) bool {
	if e.Outcome != "" && d.Outcome != e.Outcome {
		return false
	}
	violated := func(name string) bool {
		return slices.ContainsFunc(d.Invariants, func(i report.Invariant) bool { return i.Name == name && i.Violations > 0 })
	}
	if e.Violation != "" && !violated(e.Violation) {
		return false
	}
	if e.Refused != "" {
		if d.Outcome == "failed" || !slices.ContainsFunc(d.Refusals, func(r api.Refusal) bool { return r.Rule == e.Refused }) {
			return false
		}
	}
	if e.Waiting != "" {
		return slices.ContainsFunc(d.Runs, func(r report.Run) bool {
			return slices.ContainsFunc(r.Steps, func(st report.Step) bool { return st.State == "waiting" && strings.Contains(st.Text, e.Waiting) })
		})
	}
	return true
}

func (s *stage) expectText() string {
	e := s.o.Scenario.Expect
	switch {
	case e == nil:
		return ""
	case e.Refused != "":
		return "refused by " + e.Refused
	case e.Violation != "":
		return "violation of " + e.Violation
	case e.Waiting != "":
		return "waiting for " + e.Waiting
	}
	return e.Outcome
}

// Exit is the exit code of a drill: 0 exactly when its expectation came true (formats.md).
func Exit(d report.Document, sc *Scenario) int {
	if d.Outcome == "interrupted" {
		return 130
	}
	if sc.Expect != nil && d.ExpectMet != nil && *d.ExpectMet {
		return 0
	}
	asksPassed := sc.Expect == nil || sc.Expect.Outcome == "passed"
	switch {
	case asksPassed && d.Outcome == "passed":
		return 0
	case asksPassed && d.Outcome == "refused":
		return 3
	}
	return 1
}

// outages are what the clients of each name felt, by run.
func (s *stage) outages(runs []report.Run, rec lab.Record) []report.Outage {
	var out []report.Outage
	for _, o := range s.lab.Outages() {
		if o.Start.Before(s.whole) {
			continue
		}
		end := o.End
		if end.IsZero() {
			end = time.Now()
		}
		out = s.addOutage(out, o, s.since(o.Start), s.since(end), runs, rec)
	}
	return out
}

func (s *stage) addOutage(out []report.Outage, o mail.Outage, start, end float64, runs []report.Run, rec lab.Record) []report.Outage {
	cuts, name := report.Cuts{}, ""
	for i := range runs {
		if runs[i].End >= start && runs[i].Start <= end {
			cuts, name = s.cutsOf(&runs[i], o.Name), runs[i].Runbook
			break
		}
	}
	if name == "" {
		cuts.ActivateDone = s.lastMount(start, end, rec)
	}
	next := report.SplitOutage(o.Name, name, start, end, cuts)
	if k := slices.IndexFunc(runs, func(r report.Run) bool { return r.Runbook == name && r.End >= start }); k >= 0 {
		next = namesFirst(next, &runs[k])
	}
	if k := slices.IndexFunc(out, func(x report.Outage) bool { return x.Clients == o.Name && x.Run == name }); k >= 0 {
		out[k].Seconds = round(out[k].Seconds + next.Seconds)
		out[k].End = next.End
		p, q := &out[k].Parts, next.Parts
		p.Detect, p.Decide, p.Fence, p.Quorum = round(p.Detect+q.Detect), round(p.Decide+q.Decide), round(p.Fence+q.Fence), round(p.Quorum+q.Quorum)
		p.Mount, p.DNS, p.Cache = round(p.Mount+q.Mount), round(p.DNS+q.DNS), round(p.Cache+q.Cache)
		return out
	}
	return append(out, next)
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }

// cutsOf are the instants of a run that divide an outage.
func (s *stage) cutsOf(r *report.Run, name string) report.Cuts {
	c := report.Cuts{RunStart: r.Start}
	for _, st := range r.Steps {
		if st.State != "done" {
			continue
		}
		switch st.Kind {
		case "check":
			c.ReadyDone = max(c.ReadyDone, st.End)
		case "fence":
			c.FenceDone = max(c.FenceDone, st.End)
		case "dag.restore":
			c.RestoreDone = max(c.RestoreDone, st.End)
		case "db.activate", "db.mount":
			c.ActivateDone = max(c.ActivateDone, st.End)
		case "dns.repoint":
			c.NamesDone = max(c.NamesDone, st.End)
		}
	}
	return c
}

// namesFirst divides the outage of a run that moves the names before the databases, as a failback of 2010 does: names, caches,
// then the mount, and what clients took to come back.
func namesFirst(o report.Outage, r *report.Run) report.Outage {
	var names, settled, mounted float64
	for _, st := range r.Steps {
		if st.State != "done" || st.End < o.Start {
			continue
		}
		switch st.Kind {
		case "dns.repoint":
			names = max(names, st.End)
		case "dns.settle":
			settled = max(settled, st.End)
		case "db.activate":
			mounted = max(mounted, st.End)
		}
	}
	if names == 0 || settled < names || mounted < settled {
		return o
	}
	clamp := func(x, low float64) float64 { return min(max(x, low), o.End) }
	a := clamp(names, o.Start)
	b := clamp(settled, a)
	c := clamp(mounted, b)
	o.Parts = report.Parts{DNS: round(a - o.Start), Mount: round(c - b)}
	o.Parts.Cache = round(o.Seconds - o.Parts.DNS - o.Parts.Mount)
	return o
}

// lastMount is when Active Manager mounted a database by itself within an outage.
func (s *stage) lastMount(start, end float64, rec lab.Record) float64 {
	at := 0.0
	for _, m := range rec.Moments {
		if t := s.since(m.At); strings.HasPrefix(m.Lane, "database ") && m.Up && t >= start && t <= end {
			at = t
		}
	}
	return at
}

// calls counts what became of them. Lost after service: lost outside every window between a fault and the end of the run that
// answers it, after calls had been served.
func (s *stage) calls(rec lab.Record, runs []report.Run) report.Calls {
	out := report.Calls{}
	if s.site.UM == nil || len(s.site.UM.Redirectors) == 0 {
		out.None = "the site file has no Unified Messaging"
		return out
	}
	windows := s.windows(runs)
	for _, c := range rec.Calls {
		at := s.since(c.At)
		if c.At.Before(s.whole) {
			continue
		}
		out.Placed++
		switch c.Outcome {
		case phone.Answered:
			out.Answered++
		case phone.UnservedLegacy:
			out.UnservedLegacy++
		case phone.Lost:
			out.Lost++
			if !slices.ContainsFunc(windows, func(w [2]float64) bool { return at+c.Took.Seconds() >= w[0] && at <= w[1] }) {
				out.LostAfterService++
			}
		default:
			out.Placed-- // under way when the drill ended
		}
	}
	return out
}

// ephemeral is the caller's side of a socket, which differs from call to call.
var ephemeral = regexp.MustCompile(`127\.[0-9.]+:[0-9]+->`)

// lostReasons are the lost calls, one sentence each kind with when the first was.
func (s *stage) lostReasons(rec lab.Record) []string {
	var out []string
	count := map[string]int{}
	firstAt := map[string]float64{}
	var order []string
	for _, c := range rec.Calls {
		if c.Outcome != phone.Lost || c.At.Before(s.whole) {
			continue
		}
		key := ephemeral.ReplaceAllString(c.Why, "") + " (" + c.Redirector + ")"
		if count[key] == 0 {
			order = append(order, key)
			firstAt[key] = s.since(c.At)
		}
		count[key]++
	}
	for _, key := range order {
		out = append(out, fmt.Sprintf("%d calls lost, the first at %.1f s: %s", count[key], firstAt[key], key))
	}
	return out
}

// windows are the times in which calls may be lost: from a fault until the next run has ended, or for a while where none follows.
func (s *stage) windows(runs []report.Run) [][2]float64 {
	var out [][2]float64
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		at := s.since(f.at)
		end := at + 10
		for _, r := range runs {
			if r.End >= at {
				end = r.End
				break
			}
		}
		out = append(out, [2]float64{at, end})
	}
	for _, r := range runs {
		out = append(out, [2]float64{r.Start, r.End})
	}
	return out
}

func (s *stage) notes(rec lab.Record) []string {
	var out []string
	for _, n := range s.t.Names {
		if served := lab.ServedTTL(n.TTL, s.o.Speed); math.Abs(served.Seconds()*s.o.Speed-n.TTL.Seconds()) > 0.1*n.TTL.Seconds() {
			out = append(out, fmt.Sprintf("the TTL of %s, %s, is served as %s at this speed: rounded by over 10 %%", n.Name, n.TTL, served))
		}
	}
	for _, m := range rec.Moments {
		if m.Lane == "note" {
			out = append(out, m.What)
		}
	}
	return out
}
