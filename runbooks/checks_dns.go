package runbooks

import "slices"

func checkDNS(in checkInput) finding {
	var deaf, quiet []string
	for n := range in.t.Names {
		taken := false
		for s := range in.t.DNSServers {
			if !in.t.DNSServers[s].Holds(&in.t.Names[n]) {
				continue
			}
			d := at(in.f.DNS, s*len(in.t.Names)+n)
			if d.Answers.Known || d.Sites.Known {
				taken = true
			} else if !slices.Contains(quiet, in.t.DNSServers[s].Address) {
				quiet = append(quiet, in.t.DNSServers[s].Address)
			}
		}
		if !taken {
			deaf = append(deaf, in.t.Names[n].Name)
		}
	}
	switch {
	case len(deaf) > 0:
		return bad("no DNS server answers for "+list(deaf), "DNS queries to "+list(quiet))
	case len(quiet) > 0:
		return partly(quiet, "DNS queries")
	}
	return good("every DNS server answers", "DNS queries")
}

// checkRights: where the target's own DNS servers do not take a change, the names would follow by replication at best, or not at
// all (domain-exchange.md, section 7: write to the target's server directly). A site without one writes at the others'.
func checkRights(in checkInput) finding {
	var no, unasked []string
	why := ""
	for n := range in.t.Names {
		servers := in.rightServers(n)
		for _, s := range servers {
			d := at(in.f.DNS, s*len(in.t.Names)+n)
			what := in.t.Names[n].Name + " at " + in.t.DNSServers[s].Address
			switch {
			case !d.Answers.Known && !d.Sites.Known: // it owes the change, which dns-servers says
			case !d.Takes.Known:
				unasked = append(unasked, what)
			case !d.Takes.Value:
				no, why = append(no, what), d.Takes.Why
			}
		}
	}
	const from = "an update that changes nothing"
	switch {
	case len(no) > 0:
		return bad("the account may not change "+list(no), from+": "+why)
	case len(unasked) > 0:
		return unseen("nobody knows whether the account may change "+list(unasked), from)
	}
	return good("the account may change every name", from)
}

// rightServers are the DNS servers of the target that hold a name; where it has none, all that do.
func (in checkInput) rightServers(name int) []int {
	var there, all []int
	for s := range in.t.DNSServers {
		if !in.t.DNSServers[s].Holds(&in.t.Names[name]) {
			continue
		}
		all = append(all, s)
		if in.t.DNSServers[s].Site == in.to {
			there = append(there, s)
		}
	}
	if len(there) == 0 {
		return all
	}
	return there
}
