package exchange

import "context"

// Set are the arguments of Set-DatabaseAvailabilityGroup. With the DAG's name alone it repairs the quorum model (MDAG).
type Set struct {
	DAG                string
	WitnessServer      string
	WitnessDirectory   string
	AlternateServer    string
	AlternateDirectory string
}

// SetDAG repairs the quorum model, with another witness if one is named.
func (c *Client) SetDAG(ctx context.Context, at At, who Authority, o Set) Result {
	var r Result
	p := parameters{"Identity": o.DAG}
	for name, value := range map[string]string{"WitnessServer": o.WitnessServer, "WitnessDirectory": o.WitnessDirectory,
		"AlternateWitnessServer": o.AlternateServer, "AlternateWitnessDirectory": o.AlternateDirectory} {
		if value != "" {
			p[name] = value
		}
	}
	c.actExchange(ctx, at, who, &r, "Set-DatabaseAvailabilityGroup", p)
	return r
}

// SetPreferenceMoves sets PreferenceMoveFrequency: a period as the product writes it ("01:00:00"), or Infinite.
func (c *Client) SetPreferenceMoves(ctx context.Context, at At, who Authority, group, frequency string) Result {
	var r Result
	c.actExchange(ctx, at, who, &r, "Set-DatabaseAvailabilityGroup", parameters{"Identity": group, "PreferenceMoveFrequency": frequency})
	return r
}
