package exchange

import (
	"context"

	"siteswap/dag"
)

// MailboxServer are the attributes of a member that decide about activation. They live in the directory, so they can be
// read of a dead server too.
type MailboxServer struct {
	Name      string
	Policy    dag.ActivationPolicy // DatabaseCopyAutoActivationPolicy
	Dial      dag.Dial             // AutoDatabaseMountDial
	MoveNow   bool                 // DatabaseCopyActivationDisabledAndMoveNow
	MaxActive int64                // MaximumActiveDatabases, 0: no limit
	Version   string               // AdminDisplayVersion
}

// GetMailboxServer is Get-MailboxServer for one server.
func (c *Client) GetMailboxServer(ctx context.Context, at At, name string) (MailboxServer, Result) {
	var r Result
	objects, ok := c.readExchange(ctx, at, &r, "Get-MailboxServer", parameters{"Identity": name})
	if !ok {
		return MailboxServer{}, r
	}
	o, ok := r.one(objects, "Name", ShortName(name))
	if !ok {
		return MailboxServer{}, r
	}
	s := MailboxServer{Name: name}
	policy, _ := o.Text("DatabaseCopyAutoActivationPolicy")
	dial, _ := o.Text("AutoDatabaseMountDial")
	s.Policy, s.Dial = dag.ActivationPolicy(policy), dag.Dial(dial)
	s.MoveNow, _ = o.Bool("DatabaseCopyActivationDisabledAndMoveNow")
	s.MaxActive, _ = o.Int("MaximumActiveDatabases")
	s.Version, _ = o.Text("AdminDisplayVersion")
	return s, r
}

// SetMailboxServer is Set-MailboxServer with what is not empty.
func (c *Client) SetMailboxServer(ctx context.Context, at At, who Authority, name string, policy dag.ActivationPolicy, dial dag.Dial) Result {
	var r Result
	p := parameters{"Identity": name}
	if policy != "" {
		p["DatabaseCopyAutoActivationPolicy"] = string(policy)
	}
	if dial != "" {
		p["AutoDatabaseMountDial"] = string(dial)
	}
	if len(p) == 1 {
		r.refuse(CodeEmptyParameter, "Set-MailboxServer: not sent: nothing to set")
		return r
	}
	c.actExchange(ctx, at, who, &r, "Set-MailboxServer", p)
	return r
}

// Check is one check of Test-ReplicationHealth.
type Check struct {
	Name   string
	Passed bool
	Error  string
}

// TestReplicationHealth runs the replication checks of the endpoint's own server, by name of the check. ActiveManager
// passes where the Active Manager role is known, which is where databases may be mounted (DAC).
func (c *Client) TestReplicationHealth(ctx context.Context, at At, server string) (map[string]Check, Result) {
	var r Result
	objects, ok := c.readExchange(ctx, at, &r, "Test-ReplicationHealth", parameters{"Identity": server})
	if !ok {
		return nil, r
	}
	checks := map[string]Check{}
	for _, o := range objects {
		name, _ := o.Text("Check")
		result, _ := o.Text("Result")
		text, _ := o.Text("Error")
		checks[name] = Check{Name: name, Passed: result == "Passed", Error: text}
	}
	return checks, r
}
