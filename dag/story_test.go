package dag_test

import (
	"fmt"
	"testing"

	"siteswap/dag"
)

func reference() *dag.Topology {
	return &dag.Topology{
		Name: "DAG1", Exchange: dag.Version{Release: 2010, SP: 1}, Windows: "2008 R2", Mode: dag.DagOnly, AccessPoint: true,
		Sites:   []dag.Site{{Name: "Prod", DomainControllers: []string{"dc"}, VIP: "v1", Pool: []int{0, 1}}, {Name: "DR", DomainControllers: []string{"dc-dr"}, VIP: "v2"}, {Name: "Branch"}},
		Members: []dag.Member{{Name: "EX1", Site: 0, Dial: dag.GoodAvailability, Policy: dag.Unrestricted}, {Name: "EX2", Site: 0, Dial: dag.GoodAvailability, Policy: dag.Unrestricted}, {Name: "EX3", Site: 1, Dial: dag.GoodAvailability, Policy: dag.Unrestricted}},
		Witness: dag.Witness{Server: "dc", Site: 0}, Alternate: dag.Witness{Server: "dc-dr", Site: 1},
		Databases: []dag.Database{{Name: "DB1", Copies: []dag.Copy{{Member: 0, Preference: 1}, {Member: 1, Preference: 2}, {Member: 2, Preference: 3}}}},
	}
}

func TestStory(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	show := func(what string) {
		fmt.Println("==", what, dag.MountedTwice(topo, &s))
		f := dag.Observe(topo, &s, 1)
		for _, v := range dag.Flatten(topo, &f) {
			if v.Known {
				fmt.Println("  ", v.Path, v.Text)
			}
		}
	}
	do := func(op dag.Op) {
		var a dag.Answer
		s, a = dag.Do(topo, s, op)
		fmt.Println("-- op", op.Kind, a)
	}
	settle := func() { s, _ = dag.Settle(topo, s) }
	s, _ = dag.Apply(topo, s, dag.Event{Kind: dag.EvSite, Site: 0})
	settle()
	do(dag.Op{Kind: dag.OpStop, From: 1, Members: 3, ConfigurationOnly: true})
	do(dag.Op{Kind: dag.OpClusterStop, From: 1, Members: 4})
	do(dag.Op{Kind: dag.OpRestore, From: 1, Site: 1})
	settle()
	show("restored")
	do(dag.Op{Kind: dag.OpActivate, From: 1, Database: 0, Member: 2, Dial: dag.GoodAvailability})
	s, _ = dag.Apply(topo, s, dag.Event{Kind: dag.EvSite, Site: 0, On: true})
	settle()
	show("back")
	do(dag.Op{Kind: dag.OpPolicy, From: 1, Members: 3, Policy: dag.Blocked})
	do(dag.Op{Kind: dag.OpStart, From: 1, Members: 3})
	do(dag.Op{Kind: dag.OpSet, From: 1})
	settle()
	show("started")
	do(dag.Op{Kind: dag.OpDismount, From: 1, Database: 0})
	do(dag.Op{Kind: dag.OpActivate, From: 1, Database: 0, Member: 0, Dial: dag.Lossless})
	show("home")
}
