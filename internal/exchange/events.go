package exchange

import (
	"context"
	"slices"
)

// Events that a member writes when it learns that it was evicted (TM7): the service control manager notes the cluster
// service's new start type, the cluster service that the node was cleaned.
const (
	EventStartType = 7040
	EventEvicted   = 4621
)

// EvictionLearnt says whether both events are in the System log of the endpoint's server.
func (c *Client) EvictionLearnt(ctx context.Context, at At) (bool, Result) {
	var r Result
	objects, ok := c.read(ctx, at, &r, "Get-WinEvent", parameters{
		"LogName": "System", "FilterXPath": "*[System[(EventID=7040 or EventID=4621)]]"})
	if !ok {
		return false, r
	}
	var ids []int64
	for _, o := range objects {
		if id, ok := o.Int("Id"); ok {
			ids = append(ids, id)
		}
	}
	return slices.Contains(ids, EventStartType) && slices.Contains(ids, EventEvicted), r
}
