package exchange

import (
	"context"

	"siteswap/dag"
)

// Components are the component states of a server that decide whether it serves (MDAG). They came with 2013.
type Components struct {
	InService bool // ServerWideOffline is Active
	Transport bool // HubTransport is Active
}

// GetComponents is Get-ServerComponentState for one server.
func (c *Client) GetComponents(ctx context.Context, at At, server string) (Components, Result) {
	var r Result
	objects, ok := c.readExchange(ctx, at, &r, "Get-ServerComponentState", parameters{"Identity": server})
	if !ok {
		return Components{}, r
	}
	var s Components
	for _, o := range objects {
		name, _ := o.Text("Component")
		state, _ := o.Text("State")
		switch name {
		case "ServerWideOffline":
			s.InService = state == "Active"
		case "HubTransport":
			s.Transport = state == "Active"
		}
	}
	return s, r
}

// SetComponent is Set-ServerComponentState with the requester Maintenance: state is Active, Draining or Inactive.
func (c *Client) SetComponent(ctx context.Context, at At, who Authority, server string, component dag.Component, active bool) Result {
	var r Result
	name, state := "ServerWideOffline", "Inactive"
	if component == dag.HubTransport {
		name, state = "HubTransport", "Draining"
	}
	if active {
		state = "Active"
	}
	c.actExchange(ctx, at, who, &r, "Set-ServerComponentState", parameters{"Identity": server, "Component": name, "State": state, "Requester": "Maintenance"})
	return r
}

// SetMoveNow is Set-MailboxServer -DatabaseCopyActivationDisabledAndMoveNow (2013 and later): Active Manager moves what the
// server mounts elsewhere, and activates nothing on it.
func (c *Client) SetMoveNow(ctx context.Context, at At, who Authority, server string, on bool) Result {
	var r Result
	c.actExchange(ctx, at, who, &r, "Set-MailboxServer", parameters{"Identity": server, "DatabaseCopyActivationDisabledAndMoveNow": on})
	return r
}

// PauseNode is Suspend-ClusterNode or Resume-ClusterNode: a paused node does not become the primary Active Manager (MDAG).
func (c *Client) PauseNode(ctx context.Context, at At, who Authority, node string, on bool) Result {
	var r Result
	cmdlet := "Resume-ClusterNode"
	if on {
		cmdlet = "Suspend-ClusterNode"
	}
	c.act(ctx, at, who, &r, cmdlet, parameters{"Name": node})
	return r
}

// SuspendCopy stops a copy's replication, and with it its activation.
func (c *Client) SuspendCopy(ctx context.Context, at At, who Authority, database, server string) Result {
	var r Result
	c.actExchange(ctx, at, who, &r, "Suspend-MailboxDatabaseCopy", parameters{"Identity": copyName(database, server)})
	return r
}

// SeedCatalog takes a copy's content index from another copy (section 9 row 15).
func (c *Client) SeedCatalog(ctx context.Context, at At, who Authority, database, server string) Result {
	var r Result
	c.actExchange(ctx, at, who, &r, "Update-MailboxDatabaseCopy", parameters{"Identity": copyName(database, server), "CatalogOnly": true, "BeginSeed": true})
	return r
}
