package exchange

import (
	"context"

	"siteswap/dag"
)

// Stop are the arguments of Stop-DatabaseAvailabilityGroup: Site or Server, never both (PS:Stop).
type Stop struct {
	DAG               string
	Site              string   // -ActiveDirectorySite: all its members
	Server            string   // -MailboxServer: one member
	ConfigurationOnly bool     // the directory alone; required when members are offline, and no evidence that they are harmless
	Members           []string // the members that shall be on the Stopped list afterwards
}

// parameters are those of the cmdlet.
func (s Stop) parameters() parameters {
	p := scope(s.DAG, s.Site, s.Server)
	if s.ConfigurationOnly {
		p["ConfigurationOnly"] = true
	}
	return p
}

func scope(group, site, server string) parameters {
	p := parameters{"Identity": group}
	if site != "" {
		p["ActiveDirectorySite"] = site
	}
	if server != "" {
		p["MailboxServer"] = server
	}
	return p
}

// StopDAG marks members as stopped and, unless ConfigurationOnly, stops their cluster service. An error or warning about
// the directory of the lost site is harmless if and only if the directory that at names shows the new lists (KB10086), so
// then the lists are read.
func (c *Client) StopDAG(ctx context.Context, at At, who Authority, s Stop) Result {
	var r Result
	if (s.Site == "") == (s.Server == "") {
		r.refuse(CodeParameter, "Stop-DatabaseAvailabilityGroup: not sent: name a site or a server, not both and not neither")
		return r
	}
	c.actExchange(ctx, at, who, &r, "Stop-DatabaseAvailabilityGroup", s.parameters())
	if r.Known != nil && r.Known.BenignIfListed {
		c.confirmListed(ctx, at, &r, s)
	}
	return r
}

// confirmListed turns a directory error of a Stop into Done when the lists are shown, and into Failed when they are not.
func (c *Client) confirmListed(ctx context.Context, at At, r *Result, s Stop) {
	group, read := c.GetDAG(ctx, at, s.DAG, false)
	r.Calls = append(r.Calls, read.Calls...)
	if read.State == Done && len(s.Members) > 0 && listed(s.Members, group.Stopped) && !anyListed(s.Members, group.Started) {
		r.State, r.Error = Done, ""
		return
	}
	r.State = Failed
	if r.Error == "" {
		r.Error = "the directory of the lost site could not be written, and the recovery site's does not show the members as stopped"
	}
	if known, ok := lookup(dag.WarnDirectory); ok {
		r.Known = &known
	}
}

func anyListed(names, list []string) bool {
	for _, name := range names {
		if listed([]string{name}, list) {
			return true
		}
	}
	return false
}
