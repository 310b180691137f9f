package exchange

import (
	"context"
	"strings"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

// Node is a node of the cluster that the endpoint's server belongs to.
type Node struct {
	Name          string
	State         string // Up, Down, Paused, Joining
	Weight        int64  // NodeWeight
	DynamicWeight int64  // with dynamic quorum; else as Weight
}

// Quorum is the quorum configuration.
type Quorum struct {
	Model    dag.QuorumModel
	Resource string // "" without a witness
}

// coreGroup is the group whose owner is the primary Active Manager (AM).
const coreGroup = "Cluster Group"

// GetClusterNodes lists the nodes. No cluster is named: a DAG without an access point has no name to ask (section 9, row
// 26), so each member is asked about its own.
func (c *Client) GetClusterNodes(ctx context.Context, at At) ([]Node, Result) {
	var r Result
	objects, ok := c.read(ctx, at, &r, "Get-ClusterNode", parameters{})
	if !ok {
		return nil, r
	}
	nodes := make([]Node, 0, len(objects))
	for _, o := range objects {
		var n Node
		n.Name, _ = o.Text("Name")
		n.State, _ = o.Text("State")
		n.Weight, _ = o.Int("NodeWeight")
		n.DynamicWeight = n.Weight
		if w, ok := o.Int("DynamicWeight"); ok {
			n.DynamicWeight = w
		}
		nodes = append(nodes, n)
	}
	return nodes, r
}

// GetClusterQuorum reads the quorum model. Newer releases of Windows say Majority for both, then the witness resource
// tells them apart.
func (c *Client) GetClusterQuorum(ctx context.Context, at At) (Quorum, Result) {
	var r Result
	objects, ok := c.read(ctx, at, &r, "Get-ClusterQuorum", parameters{})
	if !ok {
		return Quorum{}, r
	}
	if len(objects) != 1 {
		r.refuse(CodeNotOneObject, "asked for the quorum configuration and did not get exactly that one object")
		return Quorum{}, r
	}
	return parseQuorum(objects[0]), r
}

func parseQuorum(o wire.Object) Quorum {
	q := Quorum{Model: dag.NodeMajority}
	q.Resource, _ = o.Text("QuorumResource")
	kind, _ := o.Text("QuorumType")
	if kind == string(dag.NodeFileShareMajority) || kind == "Majority" && q.Resource != "" {
		q.Model = dag.NodeFileShareMajority
	}
	return q
}

// DynamicQuorum says whether the cluster adjusts node votes.
func (c *Client) DynamicQuorum(ctx context.Context, at At) (bool, Result) {
	var r Result
	objects, ok := c.read(ctx, at, &r, "Get-Cluster", parameters{})
	if !ok || len(objects) != 1 {
		return false, r
	}
	n, _ := objects[0].Int("DynamicQuorum")
	return n == 1, r
}

// GetClusterOwner is the owner of the cluster group: the primary Active Manager.
func (c *Client) GetClusterOwner(ctx context.Context, at At) (string, Result) {
	var r Result
	objects, ok := c.read(ctx, at, &r, "Get-ClusterGroup", parameters{"Name": coreGroup})
	if !ok {
		return "", r
	}
	o, ok := r.one(objects, "Name", coreGroup)
	if !ok {
		return "", r
	}
	owner, _ := o.Text("OwnerNode")
	return owner, r
}

// ForceQuorum starts the cluster service of the endpoint's own server by decree: its copy of the cluster database becomes
// the authoritative one (SCN). Exactly one node, once.
func (c *Client) ForceQuorum(ctx context.Context, at At, who Authority) Result {
	var r Result
	c.act(ctx, at, who, &r, "Start-ClusterNode", parameters{"Name": ShortName(at.Server), "ForceQuorum": true})
	return r
}

// EvictNode removes a node from the cluster of the endpoint's server.
func (c *Client) EvictNode(ctx context.Context, at At, who Authority, node string) Result {
	var r Result
	c.act(ctx, at, who, &r, "Remove-ClusterNode", parameters{"Name": node, "Force": true})
	return r
}

// CleanNode wipes the cluster configuration of the endpoint's own server. On the last member that holds the cluster
// database it destroys the cluster (EXPTA), so the safety rule cleanup-target stands before it.
func (c *Client) CleanNode(ctx context.Context, at At, who Authority) Result {
	var r Result
	c.act(ctx, at, who, &r, "Clear-ClusterNode", parameters{"Name": ShortName(at.Server), "Force": true})
	return r
}

// SetClusterQuorum sets the quorum model; share is \\server\share of the witness where the model has one.
func (c *Client) SetClusterQuorum(ctx context.Context, at At, who Authority, model dag.QuorumModel, share string) Result {
	var r Result
	p := parameters{"NodeMajority": true}
	if model == dag.NodeFileShareMajority {
		p = parameters{"NodeAndFileShareMajority": share}
		if !strings.HasPrefix(share, `\\`) {
			r.refuse(CodeParameter, `Set-ClusterQuorum: not sent: the witness share must be given as \\server\share`)
			return r
		}
	}
	c.act(ctx, at, who, &r, "Set-ClusterQuorum", p)
	return r
}

// MoveClusterGroup makes a node the owner of the cluster group.
func (c *Client) MoveClusterGroup(ctx context.Context, at At, who Authority, node string) Result {
	var r Result
	c.act(ctx, at, who, &r, "Move-ClusterGroup", parameters{"Name": coreGroup, "Node": node})
	return r
}
