// Package witness probes file share witnesses, the primary and the alternate, all the time: in a DAG with an odd number of
// members a broken witness is invisible until it is needed (domain-exchange.md section 6).
//
// [Probe] looks at the share itself where the target has an account for it (SMB, as [ProbeShare] does): server, account, share,
// directory, rights, free space, witness.log; each failure in Exchange's words, with the cluster's event and what to do.
// Without an account it asks whether the server takes connections on its share port and greets.
//
// A [Register] is a compare-and-swap on a share in a third place: it says which controllers took which generation.
package witness

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Target is a witness server.
type Target struct {
	Server  string // FQDN, for people
	Address string // host:port of its share
	SMB     *SMB   // nil: there is no account for its share
}

// Dialer opens connections; the caller chooses the local address.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// State is what a probe found.
type State struct {
	Usable bool
	Why    string // of a no: Exchange's own words where they are known, and what to do
}

// maxGreeting is the longest answer that is read.
const maxGreeting = 512

// Probe asks one witness server. A server that accepts and says nothing is no witness that answers.
func Probe(ctx context.Context, d Dialer, t Target, timeout time.Duration) State {
	if t.SMB != nil {
		return ProbeShare(ctx, d, t, *t.SMB, timeout).State()
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c, err := d.DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return t.unreachable(err.Error())
	}
	defer c.Close()
	deadline, _ := ctx.Deadline()
	if err := c.SetDeadline(deadline); err != nil {
		return t.unreachable(err.Error())
	}
	if _, err := fmt.Fprint(c, "PROBE\n"); err != nil {
		return t.unreachable(err.Error())
	}
	line, err := bufio.NewReader(io.LimitReader(c, maxGreeting)).ReadString('\n')
	if len(line) == maxGreeting {
		return State{Why: fmt.Sprintf("witness server %s: an endless answer; is it another service that listens there?", t.Server)}
	}
	var late net.Error
	switch {
	case errors.As(err, &late) && late.Timeout():
		return t.unreachable(fmt.Sprintf("no answer in %s", timeout))
	case err != nil:
		return t.unreachable("the connection ended without an answer")
	}
	if answer := strings.TrimSpace(line); answer != "OK" {
		return State{Why: fmt.Sprintf("witness server %s: %s", t.Server, answer)}
	}
	return State{Usable: true}
}

// unreachable is the no of a server with which there is no talking, however it came to the end: one that goes away between the
// connection and the answer resets it or falls silent.
func (t Target) unreachable(why string) State {
	return State{Why: fmt.Sprintf("Unable to access file shares on witness server '%s': %s; check that it is up and that TCP 445 is open", t.Server, why)}
}
