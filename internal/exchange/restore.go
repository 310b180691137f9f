package exchange

import "context"

// Restore are the arguments of Restore-DatabaseAvailabilityGroup.
type Restore struct {
	DAG                string
	Site               string // the recovery site; always named, since without it wrong members may be picked (section 9, row 5)
	AlternateServer    string // "": the alternate witness that the DAG is configured with
	AlternateDirectory string
	UsePrimaryWitness  bool
}

// RestoreDAG forces quorum on one member of the site, evicts the stopped members, sets the quorum model, and lets the
// other members of the site join.
func (c *Client) RestoreDAG(ctx context.Context, at At, who Authority, o Restore) Result {
	var r Result
	p := parameters{"Identity": o.DAG, "ActiveDirectorySite": o.Site}
	if o.AlternateServer != "" {
		p["AlternateWitnessServer"], p["AlternateWitnessDirectory"] = o.AlternateServer, o.AlternateDirectory
	}
	if o.UsePrimaryWitness {
		p["UsePrimaryWitnessServer"] = true
	}
	c.actExchange(ctx, at, who, &r, "Restore-DatabaseAvailabilityGroup", p)
	return r
}
