package dag_test

import (
	"fmt"
	"strings"

	"siteswap/dag"
)

// show prints the state in a form that fits a screen: what is as it should be takes no words.
func (x *script) show() {
	for i := range x.s.Sites {
		st := &x.s.Sites[i]
		line := []string{x.t.Sites[i].Name + ":"}
		line = words(line, !st.Power, "no power", !st.Directory && len(x.t.Sites[i].DomainControllers) > 0, "directory down", !st.Witness, "witness down", !st.Share, "share unusable")
		if len(x.t.Sites[i].DomainControllers) > 0 {
			line = append(line, "started "+x.names(st.Started)+", stopped "+x.names(st.Stopped))
		}
		for j := range x.s.Sites {
			line = words(line, x.s.Cuts[i*len(x.s.Sites)+j], "cut to "+x.t.Sites[j].Name, x.s.Slow[i*len(x.s.Sites)+j], "slow to "+x.t.Sites[j].Name)
		}
		x.printf("%s", strings.Join(line, " "))
	}
	for m := range x.s.Nodes {
		x.showNode(m)
	}
	for d := range x.s.DBs {
		x.showDatabase(d)
	}
	for _, p := range x.s.Progs {
		x.printf("program %d at %d", p.ID, p.PC)
	}
	if twice := dag.MountedTwice(x.t, &x.s); len(twice) > 0 {
		x.printf("MOUNTED TWICE: %s", strings.Join(twice, ", "))
	}
}

func (x *script) showNode(m int) {
	n := &x.s.Nodes[m]
	line := words([]string{x.t.Members[m].Name + ":"}, !n.Up, "down", n.Power != dag.PowerOn, "power "+string(n.Power), n.Hung, "hung", n.Up && !n.Repl, "no replication service")
	line = append(line, string(n.Cluster))
	line = words(line, n.Start == dag.Disabled, "Disabled", n.Learnt, "evicted", n.Forced, "forced", n.Bit, "bit")
	if n.Cluster == dag.Running {
		line = words(line, x.s.HasQuorum(x.t, m), "quorum", true, "with "+x.names(n.View))
	}
	if n.Conf.Present {
		votes := string(n.Conf.Model)
		if n.Conf.Witness != dag.WitnessNone {
			votes += " " + string(n.Conf.Witness)
		}
		line = append(line, fmt.Sprintf("of %s (#%d, %s", x.names(n.Conf.Nodes), n.Conf.Tag, votes))
		line = words(line, n.Conf.Weights != n.Conf.Nodes, "votes "+x.names(n.Conf.Weights), n.Conf.Paused != 0, "paused "+x.names(n.Conf.Paused), n.Conf.Spare > 0, fmt.Sprintf("spare %d", n.Conf.Spare), n.Conf.PAM == int8(m), "PAM")
		line[len(line)-1] += ")"
	} else {
		line = append(line, "no configuration")
	}
	line = words(line, n.Policy != dag.Unrestricted, string(n.Policy), n.Dial != dag.GoodAvailability, string(n.Dial),
		n.MoveNow, "move now", n.Offline, "offline", n.Draining, "draining", n.DiskFull, "disk full", n.SlowStart, "slow start")
	x.printf("%s", strings.Join(line, " "))
}

func (x *script) showDatabase(d int) {
	var copies []string
	for i, c := range x.t.Databases[d].Copies {
		cp := x.s.Copy(d, i)
		line := []string{x.t.Members[c.Member].Name}
		line = words(line, cp.Mounted, "MOUNTED", !cp.Mounted && cp.Status != dag.CopyHealthy, string(cp.Status), true, fmt.Sprint(cp.Logs), cp.Known > cp.Logs, fmt.Sprintf("of %d", cp.Known),
			cp.Replay > 0, fmt.Sprintf("replay %d", cp.Replay), !cp.Index.Healthy(), "index "+string(cp.Index), cp.Blocked, "blocked", cp.Diverged, "diverged", cp.Forks != 0, "forked from "+x.copies(d, cp.Forks))
		copies = append(copies, strings.Join(line, " "))
	}
	want := ""
	if !x.s.DBs[d].Want {
		want = " dismounted by an administrator;"
	}
	x.printf("%s:%s %s", x.t.Databases[d].Name, want, strings.Join(copies, ", "))
}

// copies are the members behind places in a database's list of copies.
func (x *script) copies(d int, places dag.Set) string {
	var set dag.Set
	for i, c := range x.t.Databases[d].Copies {
		if places.Has(i) {
			set = set.Add(c.Member)
		}
	}
	return x.names(set)
}

// names are the members of a set: "EX1 EX2", "all", "none".
func (x *script) names(s dag.Set) string {
	switch s {
	case 0:
		return "none"
	case x.t.AllMembers():
		return "all"
	}
	return strings.Join(x.t.MemberNames(s), " ")
}

// words appends the strings that follow a true condition.
func words(line []string, pairs ...any) []string {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i].(bool) {
			line = append(line, pairs[i+1].(string))
		}
	}
	return line
}
