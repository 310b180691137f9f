package exchange

import (
	"context"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

// Database is a mailbox database as Active Manager describes it.
type Database struct {
	Name        string
	Server      string // of the active copy, short name
	ActiveKnown bool   // Server is what a cluster with quorum says; otherwise nobody could be asked
	Mounted     bool
	MountKnown  bool
}

// GetDatabase is Get-MailboxDatabase -Status for one database.
func (c *Client) GetDatabase(ctx context.Context, at At, name string) (Database, Result) {
	var r Result
	objects, ok := c.readExchange(ctx, at, &r, "Get-MailboxDatabase", parameters{"Identity": name, "Status": true})
	if !ok {
		return Database{}, r
	}
	o, ok := r.one(objects, "Name", name)
	if !ok {
		return Database{}, r
	}
	return parseDatabase(o), r
}

// GetDatabases is Get-MailboxDatabase -Status for every database that has a copy on the server.
func (c *Client) GetDatabases(ctx context.Context, at At, server string) ([]Database, Result) {
	var r Result
	objects, ok := c.readExchange(ctx, at, &r, "Get-MailboxDatabase", parameters{"Server": server, "Status": true})
	if !ok {
		return nil, r
	}
	list := make([]Database, 0, len(objects))
	for _, o := range objects {
		list = append(list, parseDatabase(o))
	}
	return list, r
}

func parseDatabase(o wire.Object) Database {
	var d Database
	d.Name, _ = o.Text("Name")
	d.Server, d.ActiveKnown = o.Text("Server")
	d.Mounted, d.MountKnown = o.Bool("Mounted")
	return d
}

// Move are the arguments of Move-ActiveMailboxDatabase. The target is always explicit: a targetless move does not pick a
// copy whose activation is blocked (domain-exchange.md 1.2).
type Move struct {
	Database  string
	Target    string
	Dial      dag.Dial // MountDialOverride; "": Lossless, the cmdlet's own default
	OwnDial   bool     // MountDialOverride None: the target server's dial
	Health    bool     // -SkipHealthChecks
	Lag       bool     // -SkipLagChecks
	Catalog   bool     // -SkipClientExperienceChecks
	Active    bool     // -SkipActiveCopyChecks
	MaxActive bool     // -SkipMaximumActiveDatabasesChecks
}

// MoveDatabase activates the copy on the target. The comment in the event log is the run's id (MDBC).
func (c *Client) MoveDatabase(ctx context.Context, at At, who Authority, m Move) Result {
	var r Result
	p := parameters{"Identity": m.Database, "ActivateOnServer": m.Target, "MountDialOverride": string(dag.Lossless), "MoveComment": who.Run}
	if m.Dial != "" {
		p["MountDialOverride"] = string(m.Dial)
	}
	if m.OwnDial {
		p["MountDialOverride"] = "None"
	}
	for name, on := range map[string]bool{"SkipHealthChecks": m.Health, "SkipLagChecks": m.Lag, "SkipClientExperienceChecks": m.Catalog,
		"SkipActiveCopyChecks": m.Active, "SkipMaximumActiveDatabasesChecks": m.MaxActive} {
		if on {
			p[name] = true
		}
	}
	c.actExchange(ctx, at, who, &r, "Move-ActiveMailboxDatabase", p)
	return r
}

// MountDatabase mounts the active copy.
func (c *Client) MountDatabase(ctx context.Context, at At, who Authority, name string) Result {
	var r Result
	c.actExchange(ctx, at, who, &r, "Mount-Database", parameters{"Identity": name})
	return r
}

// DismountDatabase dismounts the active copy; Active Manager leaves it so.
func (c *Client) DismountDatabase(ctx context.Context, at At, who Authority, name string) Result {
	var r Result
	c.actExchange(ctx, at, who, &r, "Dismount-Database", parameters{"Identity": name})
	return r
}
