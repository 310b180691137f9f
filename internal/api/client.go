package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Errors that a caller branches on (the exit codes of the commands).
var (
	ErrNoQuorum = errors.New("no controller can act") // exit 4
	ErrRefused  = errors.New("refused")               // exit 3; a [RefusedError] says by what
	ErrBusy     = errors.New("another run holds the DAG")
	ErrNotFound = errors.New("not found")
	// ErrBadRequest: it can never succeed as it was asked (exit 2).
	ErrBadRequest = errors.New("wrong request")
)

// RefusedError is a rule's no.
type RefusedError struct {
	Refusal Refusal
	Text    string
}

// Error is the controller's sentence.
func (e *RefusedError) Error() string { return e.Text }

// Is makes errors.Is(err, ErrRefused) true.
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

// Client asks the controllers of a cluster. What changes something goes to the leader, wherever that is, and is asked again
// until ctx ends while there is none: each request is safe to repeat. It may be used by several goroutines.
type Client struct {
	Endpoints []string // host:port of each controller's API
	// Dial connects from the caller's own address; nil: any.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Timeout bounds one attempt at one controller; zero: 3 s. A cut link swallows silently, so it is what a dead site costs.
	Timeout time.Duration

	once sync.Once
	http *http.Client
	mu   sync.Mutex
	good string // the endpoint that answered last, the leader if it was asked to change something
}

// retryPause is the wait between two rounds over all controllers; an election takes about a second.
const retryPause = 200 * time.Millisecond

// maxAnswer bounds what is read from a controller.
const maxAnswer = 64 << 20

// Start begins a run. With the same RequestID again it is the same run.
func (c *Client) Start(ctx context.Context, req StartRequest) (*Run, error) {
	return c.change(ctx, PathRuns, req)
}

// Pause lets no new step begin.
func (c *Client) Pause(ctx context.Context, run string, req RunRequest) (*Run, error) {
	return c.change(ctx, runPath(run)+"/pause", req)
}

// Resume goes on after Pause.
func (c *Client) Resume(ctx context.Context, run string, req RunRequest) (*Run, error) {
	return c.change(ctx, runPath(run)+"/resume", req)
}

// Abort ends the run as soon as no step is open.
func (c *Client) Abort(ctx context.Context, run string, req RunRequest) (*Run, error) {
	return c.change(ctx, runPath(run)+"/abort", req)
}

// Handover locks the run: no step begins, people go on by hand.
func (c *Client) Handover(ctx context.Context, run string, req RunRequest) (*Run, error) {
	return c.change(ctx, runPath(run)+"/handover", req)
}

// Reconcile gives the run back after Handover: every step is looked at, and the run goes on.
func (c *Client) Reconcile(ctx context.Context, run string, req RunRequest) (*Run, error) {
	return c.change(ctx, runPath(run)+"/reconcile", req)
}

// Retry lets a step that failed, was refused or is not known be tried again.
func (c *Client) Retry(ctx context.Context, run, step string, req StepRequest) (*Run, error) {
	return c.change(ctx, stepPath(run, step)+"/retry", req)
}

// Skip goes on without a step.
func (c *Client) Skip(ctx context.Context, run, step string, req StepRequest) (*Run, error) {
	return c.change(ctx, stepPath(run, step)+"/skip", req)
}

// Attest says that a step is done.
func (c *Client) Attest(ctx context.Context, run, step string, req StepRequest) (*Run, error) {
	return c.change(ctx, stepPath(run, step)+"/attest", req)
}

// Approve is a yes to a step.
func (c *Client) Approve(ctx context.Context, run, step string, req StepRequest) (*Run, error) {
	return c.change(ctx, stepPath(run, step)+"/approve", req)
}

// Deny is a no to a step.
func (c *Client) Deny(ctx context.Context, run, step string, req StepRequest) (*Run, error) {
	return c.change(ctx, stepPath(run, step)+"/deny", req)
}

// Override sets a rule aside for a step.
func (c *Client) Override(ctx context.Context, run, step string, req StepRequest) (*Run, error) {
	return c.change(ctx, stepPath(run, step)+"/override", req)
}

// Status is that of the first controller that answers.
func (c *Client) Status(ctx context.Context) (*Status, error) {
	var s Status
	return &s, c.read(ctx, PathStatus, &s, 0)
}

// StatusOf is what one controller says of itself.
func (c *Client) StatusOf(ctx context.Context, endpoint string) (*Status, error) {
	var s Status
	_, err := c.try(ctx, endpoint, http.MethodGet, PathStatus, nil, &s, 0)
	return &s, err
}

// Run is one run.
func (c *Client) Run(ctx context.Context, id string) (*Run, error) {
	var r Run
	return &r, c.read(ctx, runPath(id), &r, 0)
}

// Runs are all runs, oldest first.
func (c *Client) Runs(ctx context.Context) ([]Run, error) {
	var r []Run
	return r, c.read(ctx, PathRuns, &r, 0)
}

// Facts are what the first controller that answers observes now.
func (c *Client) Facts(ctx context.Context) (*FactsAnswer, error) {
	var f FactsAnswer
	return &f, c.read(ctx, PathFacts, &f, 0)
}

// Events are the entries of the log after an index. It waits up to wait for the first of them; empty: there was none.
func (c *Client) Events(ctx context.Context, after uint64, wait time.Duration) ([]Event, error) {
	q := url.Values{"after": {strconv.FormatUint(after, 10)}}
	if wait > 0 {
		q.Set("wait", strconv.Itoa(int(max(wait, time.Second)/time.Second)))
	}
	var events []Event
	return events, c.read(ctx, PathEvents+"?"+q.Encode(), &events, max(wait, time.Second))
}

func runPath(id string) string { return PathRuns + "/" + url.PathEscape(id) }

func stepPath(id, step string) string { return runPath(id) + "/steps/" + url.PathEscape(step) }
