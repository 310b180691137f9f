package run_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// drawDesign is any design that a site file can describe: 1 to 16 members, 2 to 5 sites, every release, 1 to 40 databases.
func drawDesign(t *rapid.T) *dag.Topology {
	versions := []string{"2010 RTM", "2010 SP1", "2010 SP3 RU5", "2013 CU6", "2013 CU7", "2016", "2016 CU2", "2019 CU1", "SE"}
	v, err := dag.ParseVersion(rapid.SampledFrom(versions).Draw(t, "exchange"))
	if err != nil {
		t.Fatal(err)
	}
	windows := rapid.SampledFrom(dag.WindowsReleases).Draw(t, "windows")
	topo := &dag.Topology{Name: "DAG1", Exchange: v, Windows: dag.Windows(windows), AccessPoint: true,
		Mode: rapid.SampledFrom([]dag.ActivationMode{dag.DagOnly, dag.DagOnly, dag.DagOnly, dag.Off}).Draw(t, "mode")}
	sites := rapid.IntRange(2, 5).Draw(t, "sites")
	for i := range sites {
		topo.Sites = append(topo.Sites, dag.Site{Name: fmt.Sprintf("S%d", i), DomainControllers: []string{fmt.Sprintf("dc%d.test.local", i)}, VIP: fmt.Sprintf("10.0.%d.10", i)})
		topo.DNSServers = append(topo.DNSServers, dag.DNSServer{Site: i, Address: fmt.Sprintf("10.0.%d.5:53", i)})
		topo.Redirectors = append(topo.Redirectors, dag.Redirector{Site: i, Listen: fmt.Sprintf("10.0.%d.30:5060", i)})
	}
	topo.Names = []dag.Name{{Name: "mail.test.local", Zone: "test.local", TTL: 5 * time.Minute}}
	for i := range sites {
		topo.Names[0].Targets = append(topo.Names[0].Targets, []string{fmt.Sprintf("10.0.%d.10", i)})
	}
	topo.Witness = dag.Witness{Server: "fs1.test.local", Site: rapid.IntRange(0, sites-1).Draw(t, "witness"), Directory: `C:\W`}
	topo.Alternate = dag.Witness{Server: "fs2.test.local", Site: rapid.IntRange(0, sites-1).Draw(t, "alternate"), Directory: `C:\W`}
	for i := range rapid.IntRange(1, 16).Draw(t, "members") {
		site := i // the first two are in two sites
		if i > 1 {
			site = rapid.IntRange(0, sites-1).Draw(t, "site")
		}
		topo.Sites[site].Pool = append(topo.Sites[site].Pool, i)
		topo.Members = append(topo.Members, dag.Member{Name: fmt.Sprintf("EX%d", i+1), FQDN: fmt.Sprintf("ex%d.test.local", i+1), Site: site, Dial: dag.GoodAvailability,
			Policy: rapid.SampledFrom([]dag.ActivationPolicy{dag.Unrestricted, dag.Unrestricted, dag.Blocked}).Draw(t, "policy"), UM: v.HasUM()})
	}
	drawDatabases(t, topo)
	return topo
}

func drawDatabases(t *rapid.T, topo *dag.Topology) {
	members := make([]int, len(topo.Members))
	for i := range members {
		members[i] = i
	}
	everywhere := rapid.IntRange(0, 3).Draw(t, "copies on every member") > 0 // else some database has none where it is wanted
	for d := range rapid.IntRange(1, 40).Draw(t, "databases") {
		order := rapid.Permutation(members).Draw(t, "copies")
		if !everywhere {
			order = order[:rapid.IntRange(1, len(order)).Draw(t, "number of copies")]
		}
		db := dag.Database{Name: fmt.Sprintf("DB%02d", d+1), Names: []int{0}}
		for i, m := range order {
			db.Copies = append(db.Copies, dag.Copy{Member: m, Preference: i + 1})
		}
		topo.Databases = append(topo.Databases, db)
	}
}

// TestAnyDesign: whatever the design, a site's loss and its return end with every database mounted once in the right site, or
// are refused with the rule, its evidence and a way out. Nothing is Done with a database unmounted or twice, a policy frozen, or
// a name, a pool or a call that leads to a dead site.
func TestAnyDesign(t *testing.T) {
	done, refused, limit := 0, map[string]int{}, designs()
	rapid.Check(t, func(t *rapid.T) {
		if limit--; limit < 0 {
			return
		}
		topo := drawDesign(t)
		from := topo.HomeSite()
		to := rapid.SampledFrom(slices.DeleteFunc(indexes(len(topo.Sites)), func(i int) bool { return i == from })).Draw(t, "to")
		s := newSim(t, topo)
		s.quick, s.people = true, approveEverything
		before := s.state.Clone()
		s.site(from, false)
		if held := rapid.Bool().Draw(t, "power held off"); held {
			s.state, _ = dag.Do(topo, s.state, dag.Op{Kind: dag.OpPower, Members: topo.MembersOf(from), Power: dag.HeldOff})
		}
		if !carried(t, s, "switchover", from, to, refused) {
			return
		}
		left(t, s, &before, from, to)
		s.state, _ = dag.Do(topo, s.state, dag.Op{Kind: dag.OpPower, Members: topo.MembersOf(from), Power: dag.PowerOn})
		s.site(from, true)
		if carried(t, s, "failback", to, from, refused) {
			left(t, s, &before, to, from)
			done++
		}
	})
	t.Logf("there and back: %d; refused by: %v", done, refused)
	if done == 0 {
		t.Error("no design was carried there and back")
	}
}

// designs is how many designs are tried: a minute of CI takes few, a soak sets DESIGNS.
func designs() int {
	if n, err := strconv.Atoi(os.Getenv("DESIGNS")); err == nil {
		return n
	}
	return 12
}

func indexes(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// carried runs a runbook; false: it was refused, and says by which rule, why, and what would help.
func carried(t *rapid.T, s *sim, name string, from, to int, refused map[string]int) bool {
	rb, _ := runbooks.Find(name)
	plan, problems := runbooks.Compile(rb, s.topo, map[string]string{"from": s.topo.Sites[from].Name, "to": s.topo.Sites[to].Name})
	if problems.Err() != nil {
		for _, p := range problems {
			if p.What == "" || p.Fix == "" && !p.Warning {
				t.Fatalf("%s is not compiled, and nobody is told why", name)
			}
		}
		refused["compile"]++
		return false
	}
	s.start("r-"+name, *plan, false)
	r := s.finish()
	if r.Outcome == run.OutcomeDone || r.Outcome == run.OutcomeDegraded {
		return true
	}
	for _, ref := range r.Refusals {
		refused[ref.Rule]++
		if ref.Rule == "" || ref.Why == "" || ref.Evidence == "" || ref.Unblock == "" {
			t.Fatalf("%s: %s is refused without rule, reason, evidence or way out: %+v", name, ref.Step, ref)
		}
	}
	if len(r.Refusals) == 0 {
		want(t, r, run.OutcomeDone)
	}
	return false
}

// left: what the site that was left had mounted is mounted once in the other site, and what clients and calls use leads there.
func left(t *rapid.T, s *sim, before *dag.State, from, to int) {
	f := dag.Observe(s.topo, &s.state, to)
	if twice := dag.MountedTwice(s.topo, &s.state); len(twice) > 0 {
		t.Fatalf("mounted twice: %v", twice)
	}
	for d := range s.topo.Databases {
		m := s.topo.MemberIndex(f.Databases[d].MountedOn.Value)
		if m < 0 || s.topo.Members[m].Site == from {
			t.Fatalf("%s is mounted on %q after %s was left", s.topo.Databases[d].Name, f.Databases[d].MountedOn.Value, s.topo.Sites[from].Name)
		}
	}
	for i := range f.DNS {
		if f.DNS[i].LeadTo(s.topo.Sites[from].Name) {
			t.Fatalf("a name still leads to %s", f.DNS[i].Sites.Value)
		}
	}
	for i := range f.Redirector {
		if f.Redirector[i].Site.Known && f.Redirector[i].Site.Value == s.topo.Sites[from].Name {
			t.Fatalf("calls still go to %s", f.Redirector[i].Site.Value)
		}
	}
	if s.run().Outcome == run.OutcomeDone {
		for m := range s.topo.Members {
			if s.state.Nodes[m].Policy != before.Nodes[m].Policy || s.state.Nodes[m].Dial != before.Nodes[m].Dial {
				t.Fatalf("%s is left with %s %s", s.topo.Members[m].Name, s.state.Nodes[m].Policy, s.state.Nodes[m].Dial)
			}
		}
	}
}

// approveEverything is approveAll with a ceiling for every database.
func approveEverything(s *sim, r *run.Run) {
	ceiling := map[string]int64{}
	for d := range s.topo.Databases {
		ceiling[s.topo.Databases[d].Name] = 6
	}
	for i := range r.Steps {
		p := &r.Plan.Steps[i]
		if r.Steps[i].State == run.Acting && (p.Kind == "approve" || p.Kind == "manual") {
			s.must(run.Entry{Type: run.EntryApprove, Critical: true, Actor: "anna", Approval: &run.Approval{Step: p.ID, By: "anna", Ceiling: ceiling}})
		}
	}
}
