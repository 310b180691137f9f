package exchange

import (
	"context"
	"strings"

	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

// Copy is one database copy as Get-MailboxDatabaseCopyStatus describes it (domain-exchange.md 5.2).
type Copy struct {
	Database            string
	Server              string
	Status              dag.CopyStatus // CopyStatusUnknown for a text that is none of the known ones: never healthy
	StatusText          string         // as it was given
	Active              bool
	ActivationSuspended bool
	CopyQueue           int64 // dag.UnknownQueue when it is not known
	ReplayQueue         int64 // likewise
	LastGenerated       int64 // log generations
	LastInspected       int64
	Diverged            bool // FailedAndSuspended because its logs are not the active copy's
	ContentIndex        dag.ContentIndex
	DiskFull            bool // DiskFreeSpacePercent of its log volume is 0
	Error               string
}

// GetCopies reads every copy on one server. Each server is asked about its own copies, since one that is down makes a
// question to another slow or fail (domain-exchange.md 10.3).
func (c *Client) GetCopies(ctx context.Context, at At, server string) ([]Copy, Result) {
	var r Result
	objects, ok := c.readExchange(ctx, at, &r, "Get-MailboxDatabaseCopyStatus", parameters{"Server": server})
	if !ok {
		return nil, r
	}
	list := make([]Copy, 0, len(objects))
	for _, o := range objects {
		list = append(list, ParseCopy(o))
	}
	return list, r
}

// GetCopy reads one copy.
func (c *Client) GetCopy(ctx context.Context, at At, database, server string) (Copy, Result) {
	var r Result
	id := copyName(database, server)
	objects, ok := c.readExchange(ctx, at, &r, "Get-MailboxDatabaseCopyStatus", parameters{"Identity": id})
	if !ok {
		return Copy{}, r
	}
	o, ok := r.one(objects, "Name", id)
	if !ok {
		return Copy{}, r
	}
	return ParseCopy(o), r
}

func copyName(database, server string) string { return database + `\` + ShortName(server) }

// ParseCopy reads the fields that decide. What is not known is never taken as good: an unknown status is no healthy one,
// a missing or absurd queue is dag.UnknownQueue.
func ParseCopy(o wire.Object) Copy {
	var c Copy
	c.Database, _ = o.Text("DatabaseName")
	c.Server, _ = o.Text("MailboxServer")
	c.StatusText, _ = o.Text("Status")
	c.Status = parseStatus(c.StatusText)
	c.Active, _ = o.Bool("ActiveCopy")
	c.ActivationSuspended, _ = o.Bool("ActivationSuspended")
	c.CopyQueue, c.ReplayQueue = queue(o, "CopyQueueLength"), queue(o, "ReplayQueueLength")
	c.LastGenerated, _ = o.Int("LastLogGenerated")
	c.LastInspected, _ = o.Int("LastLogInspected")
	index, _ := o.Text("ContentIndexState")
	c.ContentIndex = dag.ContentIndex(index)
	if free, ok := o.Int("DiskFreeSpacePercent"); ok {
		c.DiskFull = free == 0
	}
	c.Error, _ = o.Text("ErrorMessage")
	c.Diverged = c.Status == dag.CopyFailedAndSuspended && strings.Contains(strings.ToLower(c.Error), "diverge")
	return c
}

func parseStatus(text string) dag.CopyStatus {
	switch s := dag.CopyStatus(text); s {
	case dag.CopyMounted, dag.CopyDismounted, dag.CopyMounting, dag.CopyDismounting, dag.CopyHealthy, dag.CopyInitializing,
		dag.CopyResynchronizing, dag.CopySuspended, dag.CopyFailed, dag.CopyFailedAndSuspended, dag.CopySeeding, dag.CopySeedingSource,
		dag.CopyServiceDown, dag.CopyDisconnectedHealthy, dag.CopyDisconnectedResync, dag.CopySinglePageRestore, dag.CopyMisconfigured,
		dag.CopyNonExchangeReplicate:
		return s
	}
	return dag.CopyStatusUnknown
}

func queue(o wire.Object, name string) int64 {
	n, ok := o.Int(name)
	if !ok || n < 0 || n > dag.UnknownQueue {
		return dag.UnknownQueue
	}
	return n
}

// BlockActivation suspends a copy's activation, not its replication.
func (c *Client) BlockActivation(ctx context.Context, at At, who Authority, database, server string) Result {
	var r Result
	c.actExchange(ctx, at, who, &r, "Suspend-MailboxDatabaseCopy", parameters{"Identity": copyName(database, server), "ActivationOnly": true})
	return r
}

// ResumeCopy resumes a copy. With replicationOnly an activation block stays; without, it is lifted as well (MDBC).
func (c *Client) ResumeCopy(ctx context.Context, at At, who Authority, database, server string, replicationOnly bool) Result {
	var r Result
	p := parameters{"Identity": copyName(database, server)}
	if replicationOnly {
		p["ReplicationOnly"] = true
	}
	c.actExchange(ctx, at, who, &r, "Resume-MailboxDatabaseCopy", p)
	return r
}

// ReseedCopy seeds a copy anew in the background: a seed that runs in the session dies with it (UDBC). The files that it
// replaces are deleted, so the safety rule keep-the-divergent stands before it.
func (c *Client) ReseedCopy(ctx context.Context, at At, who Authority, database, server, source string) Result {
	var r Result
	p := parameters{"Identity": copyName(database, server), "BeginSeed": true, "DeleteExistingFiles": true}
	if source != "" {
		p["SourceServer"] = source
	}
	c.actExchange(ctx, at, who, &r, "Update-MailboxDatabaseCopy", p)
	return r
}
