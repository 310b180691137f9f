package exchange

import "context"

// Start are the arguments of Start-DatabaseAvailabilityGroup: Site or Server, never both.
type Start struct {
	DAG               string
	Site              string
	Server            string
	ConfigurationOnly bool // only the lists
}

// StartDAG takes stopped members back into the DAG and its cluster. "Invalid node" is answered by the same call again
// (KB10086, TM10): Known says so, the run decides.
func (c *Client) StartDAG(ctx context.Context, at At, who Authority, o Start) Result {
	var r Result
	if (o.Site == "") == (o.Server == "") {
		r.refuse(CodeParameter, "Start-DatabaseAvailabilityGroup: not sent: name a site or a server, not both and not neither")
		return r
	}
	p := scope(o.DAG, o.Site, o.Server)
	if o.ConfigurationOnly {
		p["ConfigurationOnly"] = true
	}
	c.actExchange(ctx, at, who, &r, "Start-DatabaseAvailabilityGroup", p)
	return r
}

// AddServer is Add-DatabaseAvailabilityGroupServer: the way back of an evicted member with DAC off (DCS).
func (c *Client) AddServer(ctx context.Context, at At, who Authority, group, server string) Result {
	var r Result
	c.actExchange(ctx, at, who, &r, "Add-DatabaseAvailabilityGroupServer", parameters{"Identity": group, "MailboxServer": server})
	return r
}
