package exchange

import (
	"context"

	"siteswap/dag"
)

// The Windows services that matter.
const (
	ClusterService     = "ClusSvc"
	ReplicationService = "MSExchangeRepl"
)

// Service is a Windows service of the endpoint's server.
type Service struct {
	Name      string
	State     dag.Service
	StartType dag.StartType
}

// GetService is Get-Service on the endpoint's server. A state that is neither running nor stopped counts as Joining: a
// cluster service stays in StartPending until it has joined.
func (c *Client) GetService(ctx context.Context, at At, name string) (Service, Result) {
	var r Result
	objects, ok := c.read(ctx, at, &r, "Get-Service", parameters{"Name": name})
	if !ok {
		return Service{}, r
	}
	o, ok := r.one(objects, "Name", name)
	if !ok {
		return Service{}, r
	}
	status, _ := o.Text("Status")
	start, _ := o.Text("StartType")
	s := Service{Name: name, State: dag.Joining, StartType: dag.StartType(start)}
	switch status {
	case "Running":
		s.State = dag.Running
	case "Stopped":
		s.State = dag.Stopped
	}
	return s, r
}

// StopCluster stops the cluster service of the endpoint's own server.
func (c *Client) StopCluster(ctx context.Context, at At, who Authority) Result {
	var r Result
	c.act(ctx, at, who, &r, "Stop-Service", parameters{"Name": ClusterService})
	return r
}

// StartCluster starts the cluster service of the endpoint's own server.
func (c *Client) StartCluster(ctx context.Context, at At, who Authority) Result {
	var r Result
	c.act(ctx, at, who, &r, "Start-Service", parameters{"Name": ClusterService})
	return r
}
