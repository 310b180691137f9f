package dag_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"siteswap/dag"
)

// TestWalks goes through long random walks, always the same ones, and compares what came of them with testdata/walks.golden: what
// operations answered, what happened by itself, and a digest of every state, of everything that could be seen, of what was
// concluded from it, and of what was pending. The stories say what the rules are; this says that none of them has changed unseen.
func TestWalks(t *testing.T) {
	var out strings.Builder
	for seed := range 80 {
		out.WriteString(newWalk(uint64(seed)).steps(200))
	}
	const file = "testdata/walks.golden"
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("a rule has changed; see that a story tells it, then -update (-file +model):\n%s", diff)
	}
}

type walk struct {
	seed   uint64
	r      *rand.Rand
	t      *dag.Topology
	s      dag.State
	counts map[string]int
}

func newWalk(seed uint64) *walk {
	w := &walk{seed: seed, r: rand.New(rand.NewPCG(seed, 1)), counts: map[string]int{}}
	w.t = w.topology()
	w.s = dag.New(w.t)
	return w
}

// steps takes so many steps, and is a paragraph about them.
func (w *walk) steps(n int) string {
	h := sha256.New()
	for i := range n {
		e := w.event()
		out := w.s.Step(w.t, e)
		if e.Autonomous() && e.Kind != dag.EvStep {
			w.counts[e.Name()]++
		}
		if out.Ended {
			w.counts["answer "+string(out.Answer.Code)]++
			for _, warning := range out.Answer.Warnings {
				w.counts[string(warning.Code)]++
			}
		}
		h.Write(w.s.Canonical(nil))
		fmt.Fprintf(h, "%+v %v", out, dag.MountedTwice(w.t, &w.s))
		if i%8 == 0 {
			w.look(h)
		}
	}
	var counts []string
	for _, k := range slices.Sorted(maps.Keys(w.counts)) {
		counts = append(counts, fmt.Sprintf("%s %d", k, w.counts[k]))
	}
	return fmt.Sprintf("%d: Exchange %v, Windows %s, %s, %d members, %d sites: %x\n  %s\n", w.seed, w.t.Exchange, w.t.Windows, w.t.Mode, len(w.t.Members), len(w.t.Sites),
		h.Sum(nil)[:6], strings.Join(counts, ", "))
}

// look puts into the digest what is pending, what is seen from a site, and what is concluded from that.
func (w *walk) look(h interface{ Write([]byte) (int, error) }) {
	for _, e := range dag.Pending(w.t, &w.s) {
		fmt.Fprint(h, e.Key(), e.Span)
	}
	vantage := w.r.IntN(len(w.t.Sites))
	f := dag.Observe(w.t, &w.s, vantage)
	for _, v := range dag.Flatten(w.t, &f) {
		fmt.Fprint(h, v.Path, v.Known, v.Text, v.From, v.Why)
	}
	p := dag.FromFacts(w.t, &f, vantage)
	a := dag.Abstract(w.t, w.s)
	fmt.Fprint(h, p.Hash(), a.Hash(), dag.QuorumSites(w.t, &w.s))
	for range 12 { // what operations would do here, from a site that has power if one has
		from := w.r.IntN(len(w.t.Sites))
		for i := range w.t.Sites {
			if !w.s.Sites[from].Power || w.t.MembersOf(from) == 0 {
				from = i
			}
		}
		op := w.op(dag.Event{Site: w.r.IntN(len(w.t.Sites)), Other: from, Member: w.r.IntN(len(w.t.Members)), Database: w.r.IntN(len(w.t.Databases))})
		after, answer := dag.Do(w.t, w.s, op)
		w.counts["answer "+string(answer.Code)]++
		fmt.Fprint(h, answer, after.Hash())
	}
	for m := range w.t.Members {
		fmt.Fprint(h, w.s.Retained(w.t, w.r.IntN(len(w.t.Databases)), m))
	}
}

func pick[T any](w *walk, from ...T) T { return from[w.r.IntN(len(from))] }

func (w *walk) topology() *dag.Topology {
	sites := 2 + w.r.IntN(3)
	t := &dag.Topology{Name: "DAG", Mode: pick(w, dag.DagOnly, dag.DagOnly, dag.Off), Windows: dag.Windows(pick(w, dag.WindowsReleases...)),
		Exchange: pick(w, dag.Version{Release: 2010, RTM: true}, dag.Version{Release: 2010, SP: 1}, dag.Version{Release: 2013, CU: 6}, dag.Version{Release: 2016, CU: 2}, dag.Version{Release: 2025})}
	flag := func() bool { return w.r.IntN(4) == 0 }
	t.Assume = dag.Assumptions{SoleMemberNeedsNoWitness: flag(), LastManStanding: flag(), TieSparesLast: flag(), UnreadBootTimeAllows: flag(), MovesOnlyInSync: flag()}
	t.Names = []dag.Name{{Name: "mail", Zone: "test", Targets: make([][]string, sites)}}
	for i := range sites {
		site := dag.Site{Name: fmt.Sprintf("S%d", i), VIP: fmt.Sprintf("10.0.%d.10", i)}
		if i < 2 || flag() {
			site.DomainControllers = []string{fmt.Sprintf("dc%d", i)}
		}
		t.Names[0].Targets[i] = []string{site.VIP}
		t.Sites = append(t.Sites, site)
		t.DNSServers = append(t.DNSServers, dag.DNSServer{Site: i, Address: fmt.Sprintf("10.0.%d.5:53", i)})
		t.Redirectors = append(t.Redirectors, dag.Redirector{Site: i, Listen: fmt.Sprintf("10.0.%d.30:5060", i)})
	}
	t.Witness, t.Alternate = dag.Witness{Server: "fs1", Site: w.r.IntN(sites)}, dag.Witness{Server: "fs2", Site: w.r.IntN(sites)}
	t.Spares = []dag.Witness{{Server: "fs3", Site: w.r.IntN(sites)}}
	for i := range 1 + w.r.IntN(6) {
		site := w.r.IntN(min(sites, 3))
		t.Sites[site].Pool = append(t.Sites[site].Pool, i)
		t.Members = append(t.Members, dag.Member{Name: fmt.Sprintf("M%d", i), FQDN: fmt.Sprintf("m%d.test", i), Site: site, UM: i%2 == 0,
			Dial: pick(w, dag.Lossless, dag.GoodAvailability, dag.GoodAvailability, dag.BestAvailability), Policy: pick(w, dag.Unrestricted, dag.Unrestricted, dag.IntrasiteOnly, dag.Blocked),
			MaxActive: pick(w, 0, 0, 0, 1, 2), MaxPreferred: pick(w, 0, 0, 1), LogSpace: pick(w, int64(0), 0, 0, 30)})
	}
	for d := range 1 + w.r.IntN(4) {
		db := dag.Database{Name: fmt.Sprintf("DB%d", d), Names: []int{0}}
		for i, m := range w.r.Perm(len(t.Members)) {
			if i == 0 || w.r.IntN(4) > 0 {
				db.Copies = append(db.Copies, dag.Copy{Member: m, Preference: len(db.Copies) + 1, Blocked: flag() && flag(), ReplayLag: pick(w, 0, 0, 0, time.Hour)})
			}
		}
		t.Databases = append(t.Databases, db)
	}
	return t
}

// event is mostly what is pending, else an operation, a fault or a repair, or logs that are written.
func (w *walk) event() dag.Event {
	if w.r.IntN(12) == 0 { // what is dark for long tells nothing
		return dag.Event{Kind: pick(w, dag.EvSite, dag.EvLink, dag.EvServer), Site: w.r.IntN(len(w.t.Sites)), Other: w.r.IntN(len(w.t.Sites)), Member: w.r.IntN(len(w.t.Members)), On: true}
	}
	e := dag.Event{Site: w.r.IntN(len(w.t.Sites)), Other: w.r.IntN(len(w.t.Sites)), Member: w.r.IntN(len(w.t.Members)), Database: w.r.IntN(len(w.t.Databases)),
		N: pick(w, int64(1), 2, 5, 7, 12, 13, 40, 60), On: w.r.IntN(3) > 0}
	pending := dag.Pending(w.t, &w.s)
	switch n := w.r.IntN(20); {
	case n < 12 && len(pending) > 0:
		return pick(w, pending...)
	case n < 15 && len(w.s.Progs) < 3:
		return dag.Event{Kind: dag.EvBegin, Op: w.op(e)}
	case n < 16: // late: what was pending is not any more
		e.Kind = dag.EventKind(int(dag.EvStep) + w.r.IntN(int(dag.EvHome-dag.EvStep)+1))
	case n < 18:
		e.Kind = pick(w, faultKinds...)
	default:
		e.Kind = dag.EvWrite
	}
	if e.Kind == dag.EvLink && e.Site == e.Other || e.Kind == dag.EvHang && w.r.IntN(2) > 0 {
		e.Kind = dag.EvWrite
	}
	return e
}

func (w *walk) op(e dag.Event) dag.Op {
	flag := func() bool { return w.r.IntN(2) == 0 }
	op := dag.Op{Kind: dag.OpKind(int(dag.OpStop) + w.r.IntN(int(dag.OpRoute-dag.OpStop)+1)), From: e.Other, Site: e.Site, Member: e.Member, Database: e.Database, Server: w.r.IntN(len(w.t.Redirectors)),
		On: flag(), ConfigurationOnly: flag(), Force: flag(), CatalogOnly: flag(), SkipHealth: flag(), SkipLag: flag(), SkipCatalog: flag(), SkipActive: flag(), SkipMaxActive: flag(),
		Witness: pick(w, "", dag.WitnessPrimary, dag.WitnessAlternate), Replace: pick(w, "", "", "", dag.WitnessPrimary, dag.WitnessAlternate), Spare: uint8(w.r.IntN(3)),
		Component: pick(w, dag.HubTransport, dag.ServerWideOffline), Model: pick(w, dag.NodeMajority, dag.NodeFileShareMajority), Dial: pick(w, "", dag.Lossless, dag.GoodAvailability, dag.BestAvailability, dag.BestEffort),
		Policy: pick(w, dag.Unrestricted, dag.Blocked, dag.IntrasiteOnly), Power: pick(w, dag.PowerOn, dag.PowerOff, dag.HeldOff), Members: dag.Set(0).Add(e.Member)}
	if flag() {
		op.Members = w.t.MembersOf(op.Site)
	}
	switch op.Kind {
	case dag.OpQuorum:
		op.Witness = pick(w, dag.WitnessPrimary, dag.WitnessAlternate)
	case dag.OpDial:
		op.Dial = pick(w, dag.Lossless, dag.GoodAvailability)
	case dag.OpClusterStart:
		op.Force = op.Force && op.Members.Len() == 1
	}
	return op
}
