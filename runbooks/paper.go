package runbooks

import (
	"fmt"
	"slices"
	"strings"

	"siteswap/dag"
)

// Extra is what a paper runbook says besides the plan. All of it may be empty.
type Extra struct {
	SiteFile  string            // name of the file that it was made from
	Made      string            // when and by which version, as text
	Addresses map[string]string // name of a server, domain controller or witness -> address
	Contacts  []string          // who to call
	Done      map[string]string // step -> what is known of it, for a handover in the middle of a run
}

// paper writes the document.
type paper struct {
	strings.Builder
	t     *dag.Topology
	plan  *Plan
	extra Extra
	kinds map[string]*Kind
}

func (p *paper) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// Paper is the plan for a person with no tool at hand: what to type, how to see that it worked, what to do if it did not.
// It is made from the site file alone.
func Paper(t *dag.Topology, plan *Plan, extra Extra) string {
	p := &paper{t: t, plan: plan, extra: extra, kinds: kindIndex()}
	p.head()
	var left []string
	var over []string
	if plan, left = brief(t, plan); len(extra.Done) > 0 { // in the middle of a run: what is over is named, the rest is shown
		plan, over = remaining(plan, extra.Done)
	}
	p.plan = plan
	p.places()
	p.hand()
	p.line("\n## Steps\n")
	p.line("Go in the order of the numbers. A step may begin when the steps that it waits for are done or were skipped.")
	p.line("Write the time when you begin and when it has worked. Keep everything that a command prints.\n")
	if len(over) > 0 {
		p.line("Over already, and so not shown: %s.\n", list(over))
	}
	if len(left) > 0 {
		p.line("%s\n", leftOut(t, plan, left))
	}
	number := 0
	for i := 0; i < len(plan.Steps); {
		n := 1
		for plan.Steps[i].Group != "" && i+n < len(plan.Steps) && plan.Steps[i+n].Group == plan.Steps[i].Group {
			n++
		}
		number++
		p.step(number, plan.Steps[i:i+n])
		i += n
	}
	p.end()
	return p.String()
}

// remaining is the plan without the steps of which it is known that they are over, and their names.
func remaining(plan *Plan, known map[string]string) (rest *Plan, over []string) {
	c := *plan
	c.Steps = nil
	gone := map[string]bool{}
	for _, s := range plan.Steps {
		state, _, _ := strings.Cut(known[s.ID], " ")
		if state = strings.TrimSuffix(state, ":"); state == "done" || state == "skipped" {
			gone[s.ID], over = true, append(over, s.ID)
		}
	}
	for _, s := range plan.Steps {
		if !gone[s.ID] {
			s.Needs = slices.DeleteFunc(slices.Clone(s.Needs), func(n string) bool { return gone[n] })
			c.Steps = append(c.Steps, s)
		}
	}
	return &c, over
}

func (p *paper) head() {
	p.line("# %s\n", p.plan.Title)
	p.line("By hand, with no tool. Plan %s of %s, topology %s.", shortHash(p.plan.Hash()), p.plan.Runbook, shortHash(p.plan.Topology))
	if p.extra.SiteFile != "" {
		p.line("Made from %s.", p.extra.SiteFile)
	}
	if p.extra.Made != "" {
		p.line("%s", p.extra.Made)
	}
	p.line("%s", EstimateText(p.plan, p.t))
	p.line("By hand reckon with 30 to 60 minutes for the whole.\n")
	p.line("Date ____________   Begun ______:______   By ________________________   Second person ________________________\n")
	p.line("Decision to go: who ________________________   when ______:______   because ________________________________________")
}

// places lists who is where.
func (p *paper) places() {
	p.line("\n## What is where\n")
	p.line("DAG %s, Exchange %s, Windows %s, DatacenterActivationMode %s.\n", p.t.Name, p.t.Exchange, p.t.Windows, p.t.Mode)
	for i, s := range p.t.Sites {
		p.line("%s", s.Name)
		for k := range p.t.Members {
			if p.t.Members[k].Site == i {
				p.line("  server              %s%s", p.t.Members[k].FQDN, p.address(p.t.Members[k].Name))
			}
		}
		for _, dc := range s.DomainControllers {
			p.line("  domain controller   %s%s", dc, p.address(dc))
		}
		if s.VIP != "" {
			p.line("  load balancer       %s", s.VIP)
		}
		for _, w := range []struct {
			what string
			w    dag.Witness
		}{{"witness            ", p.t.Witness}, {"alternate witness  ", p.t.Alternate}} {
			if w.w.Server != "" && w.w.Site == i {
				p.line("  %s %s%s, %s", w.what, w.w.Server, p.address(w.w.Server), w.w.Directory)
			}
		}
		for _, d := range p.t.DNSServers {
			if d.Site == i {
				p.line("  DNS server          %s", d.Address)
			}
		}
		for _, r := range p.t.Redirectors {
			if r.Site == i {
				p.line("  UM redirector       %s", r.Listen)
			}
		}
	}
	p.line("")
	for _, d := range p.t.Databases {
		var on []string
		for _, c := range d.Copies {
			on = append(on, p.t.Members[c.Member].Name)
		}
		p.line("Database %s: copies on %s (most preferred first).", d.Name, strings.Join(on, ", "))
	}
	for _, n := range p.t.Names {
		var at []string
		for i, target := range n.Targets {
			if len(target) > 0 {
				at = append(at, p.t.Sites[i].Name+" "+strings.Join(target, ", "))
			}
		}
		p.line("Name %s: %s; TTL %s.", n.Name, strings.Join(at, "; "), short(n.TTL))
	}
}

func (p *paper) address(name string) string {
	if a := p.extra.Addresses[name]; a != "" {
		return " (" + a + ")"
	}
	return ""
}

// hand is what to have at hand.
func (p *paper) hand() {
	p.line("\n## Have at hand\n")
	p.line("[ ] An account in Organization Management that is local administrator of the servers, and its password.")
	p.line("[ ] A machine that reaches the servers of the site that is left in service, with the Exchange Management Shell.")
	p.line("[ ] The management boards, hypervisor or power strips of the lost site, and their passwords: without them two people must vouch for it.")
	if len(p.t.DNSServers) > 0 {
		p.line("[ ] The right to change the DNS zones, and who hosts the public ones.")
	}
	if slices.ContainsFunc(p.t.Sites, func(s dag.Site) bool { return len(s.Pool) > 0 }) {
		p.line("[ ] The logon to the load balancers.")
	}
	p.line("[ ] Who may accept the loss of mail, and a telephone that does not depend on the lost site.")
	for _, c := range p.extra.Contacts {
		p.line("[ ] %s", c)
	}
}

// step writes a step, or the steps of a for_each as one.
func (p *paper) step(number int, steps []Step) {
	s := &steps[0]
	k := p.kinds[s.Kind]
	if k == nil {
		return
	}
	id := s.ID
	if s.Group != "" {
		id = s.Group
	}
	title := s.Title
	if len(steps) > 1 {
		title = together(p.t, title, s, len(steps))
	}
	p.line("### %d. %s   (%s)\n", number, title, id)
	p.line("[ ] done    begun ______:______    worked ______:______    by ____________\n")
	for i := range steps {
		if known := p.extra.Done[steps[i].ID]; known != "" {
			p.line("Known of %s: %s\n", steps[i].ID, known)
		}
	}
	if s.Why != "" {
		p.line("Why: %s", s.Why)
	}
	if len(s.Needs) > 0 {
		p.line("Waits for: %s.", waitsFor(p.plan, s))
	}
	span := k.Span(p.t, s.With)
	p.line("Takes: %s to %s, usually %s.", roughly(span.Min), roughly(span.Max), roughly(span.Typical))
	if s.When != "" {
		p.line("Only if: %s", p.inPlain(s.When, itemOf(s)))
	}
	p.line("\nDo:\n")
	byHand := k.ByHand
	if s.Kind == "check" { // its lines name the servers of this run's sites
		byHand = func(t *dag.Topology, a Args) []string {
			return checkByHand(t, a, t.SiteIndex(p.plan.Parameter("from")), t.SiteIndex(p.plan.Parameter("to")))
		}
	}
	p.block(steps, byHand)
	p.line("\nIt worked if:\n")
	p.block(steps, k.Look)
	if s.Expect != "" {
		p.line("    and: %s", p.inPlain(s.Expect, itemOf(s)))
	}
	p.trouble(k)
	p.line("")
}

// block writes lines of every step of a group, each line once.
func (p *paper) block(steps []Step, lines func(*dag.Topology, Args) []string) {
	var all []string
	for i := range steps {
		all = append(all, lines(p.t, steps[i].With)...)
	}
	for _, l := range inOrder(all) {
		p.line("    %s", l)
	}
}

func (p *paper) trouble(k *Kind) {
	head := false
	for _, row := range k.Trouble {
		tr, ok := troubleOf(row)
		if !ok {
			continue
		}
		if !head {
			p.line("\nIf not:\n")
			head = true
		}
		p.line("- %s %s", tr.Shows, tr.Do)
	}
}

// inPlain is an expression for a reader: its words stay, for they are the words of the product.
func (p *paper) inPlain(expr, item string) string {
	for _, s := range p.plan.Parameters {
		expr = strings.ReplaceAll(expr, "("+s.Name+")", "("+s.Value+")")
	}
	out := strings.NewReplacer("&&", "and", "||", "or", "!(", "not (", "!dag", "not dag", "==", "is", "!=", "is not").Replace(expr)
	if item != "" {
		out = strings.ReplaceAll(out, "item", "it")
	}
	return out
}

func (p *paper) end() {
	p.line("## Afterwards\n")
	p.line("[ ] Everybody who waits has been told: users, the service desk, who decided.")
	p.line("[ ] Written down, for the way back: DNS servers, load balancers and redirectors that did not answer and still say the old. ____________")
	p.line("[ ] Written down: logs lost per database, and who accepted it. ____________")
	p.line("[ ] The site that is left has no second one behind it until everything is repaired. It is watched.\n")
	p.line("Ended ______:______")
}
