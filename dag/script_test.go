package dag_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"siteswap/dag"
)

// script runs the commands of a story against a state and prints what a reader must see to follow it.
type script struct {
	t   *dag.Topology
	s   dag.State
	out strings.Builder
}

func (x *script) printf(format string, args ...any) { fmt.Fprintf(&x.out, format+"\n", args...) }

// run carries out one command and returns what it prints.
func (x *script) run(line string) string {
	x.out.Reset()
	words := strings.Fields(line)
	switch words[0] {
	case "topology":
		make, found := topologies[words[1]]
		if !found {
			x.printf("no topology %q", words[1])
			break
		}
		x.t = make()
		x.s = dag.New(x.t)
	case "pending":
		for _, e := range dag.Pending(x.t, &x.s) {
			x.printf("%s in %s to %s", x.named(e), e.Span.Min, e.Span.Max)
		}
	case "settle":
		x.settle()
	case "fire":
		x.fire(words[1])
	case "begin":
		_, out := x.apply(dag.Event{Kind: dag.EvBegin, Op: x.op(words[1:])})
		x.printf("program %d", out.Begun)
	case "do":
		var a dag.Answer
		x.s, a = dag.Do(x.t, x.s, x.op(words[1:]))
		x.answer(a)
	case "show":
		x.show()
	case "observe":
		x.observe(words[1], words[2:])
	default:
		x.fault(words)
	}
	if len(dag.MountedTwice(x.t, &x.s)) > 0 && words[0] != "show" {
		x.printf("MOUNTED TWICE: %s", strings.Join(dag.MountedTwice(x.t, &x.s), ", "))
	}
	return x.out.String()
}

func (x *script) apply(e dag.Event) (dag.State, dag.Outcome) {
	next, out := dag.Apply(x.t, x.s, e)
	x.s = next
	if out.Ended {
		x.answer(out.Answer)
	}
	return next, out
}

func (x *script) answer(a dag.Answer) {
	for _, w := range a.Warnings {
		x.printf("warning: %s %s", w.Code, w.Subject)
	}
	if a.Code == dag.OK {
		x.printf("ok")
	} else {
		x.printf("error: %s %s", a.Code, a.Subject)
	}
}

// settle prints what happens, in order, and holds dag.Settle to the same end.
func (x *script) settle() {
	end, _ := dag.Settle(x.t, x.s)
	for {
		var next *dag.Event
		for _, e := range dag.Pending(x.t, &x.s) {
			if !e.Background() && (next == nil || e.Span.Typical < next.Span.Typical) {
				next = &e
			}
		}
		if next == nil {
			break
		}
		x.printf("%s", x.named(*next))
		x.apply(*next)
	}
	if end.Hash() != x.s.Hash() {
		x.printf("dag.Settle ends elsewhere")
	}
}

func (x *script) fire(key string) {
	for _, e := range dag.Pending(x.t, &x.s) {
		if e.Key() == key {
			x.apply(e)
			return
		}
	}
	x.printf("not pending")
}

// named is an event's key, and the names behind its numbers.
func (x *script) named(e dag.Event) string {
	var names []string
	switch e.Kind {
	case dag.EvShip, dag.EvReady, dag.EvDiverge, dag.EvSeeded, dag.EvReplay, dag.EvIndexed:
		names = []string{x.t.Databases[e.Database].Name, x.t.Members[e.Member].Name}
	case dag.EvFailover, dag.EvHome, dag.EvVacate:
		names = []string{x.t.Databases[e.Database].Name}
	case dag.EvBoot, dag.EvJoin, dag.EvBit, dag.EvForm:
		names = []string{x.t.Members[e.Member].Name}
	case dag.EvSiteBoot:
		names = []string{x.t.Sites[e.Site].Name}
	case dag.EvReplicate:
		names = []string{x.t.Sites[e.Other].Name, "to", x.t.Sites[e.Site].Name}
	default:
		return e.Key()
	}
	return e.Key() + " (" + strings.Join(names, " ") + ")"
}

// fault reads "site-power Prod off", "server-power EX1 on", "hang EX1 on", "service EX1 off", "front EX1 off", "directory
// Prod off", "witness Prod off", "share Prod off", "link Prod DR cut|heal", "write DB1 EX1 5", "copy-fails DB1 EX2".
func (x *script) fault(w []string) {
	on := w[len(w)-1] == "on" || w[len(w)-1] == "heal"
	switch w[0] {
	case "site-power":
		x.apply(dag.Event{Kind: dag.EvSite, Site: x.t.SiteIndex(w[1]), On: on})
	case "server-power":
		x.apply(dag.Event{Kind: dag.EvServer, Member: x.t.MemberIndex(w[1]), On: on})
	case "hang":
		x.apply(dag.Event{Kind: dag.EvHang, Member: x.t.MemberIndex(w[1]), On: on})
	case "service":
		x.apply(dag.Event{Kind: dag.EvService, Member: x.t.MemberIndex(w[1]), On: on})
	case "front":
		x.apply(dag.Event{Kind: dag.EvFront, Member: x.t.MemberIndex(w[1]), On: on})
	case "directory":
		x.apply(dag.Event{Kind: dag.EvDirectory, Site: x.t.SiteIndex(w[1]), On: on})
	case "witness":
		x.apply(dag.Event{Kind: dag.EvWitness, Site: x.t.SiteIndex(w[1]), On: on})
	case "share":
		x.apply(dag.Event{Kind: dag.EvShare, Site: x.t.SiteIndex(w[1]), On: on})
	case "link":
		x.apply(dag.Event{Kind: dag.EvLink, Site: x.t.SiteIndex(w[1]), Other: x.t.SiteIndex(w[2]), On: on})
	case "write":
		n, _ := strconv.ParseInt(w[3], 10, 64)
		x.apply(dag.Event{Kind: dag.EvWrite, Database: x.t.DatabaseIndex(w[1]), Member: x.t.MemberIndex(w[2]), N: n})
	case "copy-fails":
		x.apply(dag.Event{Kind: dag.EvInvalidCopy, Database: x.t.DatabaseIndex(w[1]), Member: x.t.MemberIndex(w[2]), On: on})
	case "slow":
		x.apply(dag.Event{Kind: dag.EvSlow, Site: x.t.SiteIndex(w[1]), Other: x.t.SiteIndex(w[2]), On: on})
	case "disk":
		x.apply(dag.Event{Kind: dag.EvDisk, Member: x.t.MemberIndex(w[1]), On: on})
	case "index":
		x.apply(dag.Event{Kind: dag.EvIndex, Database: x.t.DatabaseIndex(w[1]), Member: x.t.MemberIndex(w[2]), On: on})
	case "lag":
		n, _ := strconv.ParseInt(w[3], 10, 64)
		x.apply(dag.Event{Kind: dag.EvLag, Database: x.t.DatabaseIndex(w[1]), Member: x.t.MemberIndex(w[2]), N: n})
	case "slow-start":
		x.apply(dag.Event{Kind: dag.EvSlowStart, Member: x.t.MemberIndex(w[1]), On: on})
	default:
		x.printf("no command %q", w[0])
	}
}

var opNames = map[string]dag.OpKind{"stop": dag.OpStop, "restore": dag.OpRestore, "start": dag.OpStart, "set": dag.OpSet, "add": dag.OpAdd,
	"cluster-stop": dag.OpClusterStop, "cluster-start": dag.OpClusterStart, "evict": dag.OpEvict, "cleanup": dag.OpCleanup,
	"quorum": dag.OpQuorum, "move-group": dag.OpMoveGroup, "activate": dag.OpActivate, "mount": dag.OpMount, "dismount": dag.OpDismount,
	"resume": dag.OpResume, "reseed": dag.OpReseed, "block": dag.OpBlock, "unblock": dag.OpUnblock, "policy": dag.OpPolicy,
	"dial": dag.OpDial, "suspend": dag.OpSuspend, "move-now": dag.OpMoveNow, "pause": dag.OpPause, "component": dag.OpComponent, "preference": dag.OpPreference, "power": dag.OpPower,
	"repoint": dag.OpRepoint, "pool": dag.OpPool, "route": dag.OpRoute}

// op reads an operation: its name, then sites, members and databases by name, words of the enumerations, flags, and "from"
// with the site of the management endpoint.
func (x *script) op(w []string) dag.Op {
	op := dag.Op{Kind: opNames[w[0]]}
	for i := 1; i < len(w); i++ {
		word := w[i]
		if word == "from" {
			i++
			op.From = x.t.SiteIndex(w[i])
			continue
		}
		if site := x.t.SiteIndex(word); site >= 0 {
			op.Site, op.Sites, op.Members = site, op.Sites.Add(site), x.t.MembersOf(site)
			continue
		}
		if db := x.t.DatabaseIndex(word); db >= 0 {
			op.Database = db
			continue
		}
		for _, name := range strings.Split(word, ",") {
			if m := x.t.MemberIndex(name); m >= 0 {
				op.Member, op.Members = m, op.Members.Add(m)
			}
		}
		x.opWord(&op, word)
	}
	return op
}

func (x *script) opWord(op *dag.Op, word string) {
	switch word {
	case "configuration-only":
		op.ConfigurationOnly = true
	case "force":
		op.Force = true
	case "skip-health":
		op.SkipHealth = true
	case "skip-lag":
		op.SkipLag = true
	case "skip-catalog":
		op.SkipCatalog = true
	case "skip-active":
		op.SkipActive = true
	case "skip-max-active":
		op.SkipMaxActive = true
	case "catalog-only":
		op.CatalogOnly = true
	case "transport":
		op.Component = dag.HubTransport
	case "server-wide":
		op.Component = dag.ServerWideOffline
	case "replace-primary", "replace-alternate":
		op.Replace, op.Spare = map[string]dag.WitnessUse{"replace-primary": dag.WitnessPrimary, "replace-alternate": dag.WitnessAlternate}[word], 1
	case "on":
		op.On, op.Power = true, dag.PowerOn
	case "off", "held-off":
		op.Power = dag.Power(word)
	case string(dag.WitnessPrimary), string(dag.WitnessAlternate):
		op.Witness = dag.WitnessUse(word)
	case string(dag.NodeMajority), string(dag.NodeFileShareMajority):
		op.Model = dag.QuorumModel(word)
	case string(dag.Lossless), string(dag.GoodAvailability), string(dag.BestAvailability), string(dag.BestEffort):
		op.Dial = dag.Dial(word)
	case string(dag.Unrestricted), string(dag.IntrasiteOnly), string(dag.Blocked):
		op.Policy = dag.ActivationPolicy(word)
	case "0", "1", "2":
		op.Server = int(word[0] - '0')
	default:
		if x.t.MemberIndex(strings.Split(word, ",")[0]) < 0 {
			x.printf("no word %q", word)
		}
	}
}

// observe prints the known facts from a site whose paths start with one of the prefixes, and counts those that are unknown.
func (x *script) observe(site string, prefixes []string) {
	f := dag.Observe(x.t, &x.s, x.t.SiteIndex(site))
	unknown := 0
	for _, v := range dag.Flatten(x.t, &f) {
		if len(prefixes) > 0 && !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(v.Path, p) }) {
			continue
		}
		if v.Known {
			x.printf("%s: %s", v.Path, v.Text)
		} else {
			unknown++
		}
	}
	x.printf("unknown: %d", unknown)
}
