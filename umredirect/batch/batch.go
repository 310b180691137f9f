// Package batch reads and writes many UDP datagrams with one system call, and allocates nothing while it does.
//
// It goes round golang.org/x/net, whose ReadBatch makes an address on the heap for each datagram: at a hundred thousand calls
// per second that alone keeps the garbage collector busy. On systems without recvmmsg it reads one at a time.
package batch

import (
	"fmt"
	"net"
	"time"
)

// Datagram is the largest that there is: a buffer of that size cannot cut one off.
const Datagram = 65535

// answerSize is what the buffer of an answer has room for at first; a longer one makes it grow.
const answerSize = 2048

// room is a receive buffer for what comes in T1, the half second after which a caller sends again (RFC 3261 17.1.1.1), at 57,000
// calls per second: an INVITE takes 2.3 KiB of it, and the system gives twice what is asked for. A virtual machine whose host
// lets it stand still for a tenth of a second loses calls with 4 MiB (docs/um-load.md). Memory is taken only while it is full.
const room = 32 << 20

// Options are how a Conn works. The zero value is good.
type Options struct {
	Size    int  // datagrams per call; 64
	Stamps  bool // say of each datagram when it came: Conn.Came
	Receive int  // bytes of the socket's receive buffer to ask the system for; 32 MiB, see room

	// Apart sends each datagram by itself, as those do whose messages come one at a time.
	Apart bool

	// Look is how long Read looks for the next datagram before it sleeps, while they come at intervals of a sixteenth to half of it.
	// That takes a processor for as long. 0: it sleeps at once; so it does on systems without recvmmsg.
	Look time.Duration
}

func (o Options) settled() Options {
	if o.Size <= 0 {
		o.Size = 64
	}
	if o.Receive <= 0 {
		o.Receive = room
	}
	return o
}

// Buffers is what the system granted of a receive buffer, and how many datagrams it could not hold so far.
type Buffers struct {
	Asked   int    `json:"asked"`
	Granted int    `json:"granted"` // 0: the system does not say
	Drops   uint64 `json:"drops"`
}

// String is for people.
func (b Buffers) String() string {
	return fmt.Sprintf("receive buffer %d KiB of %d KiB asked for, %d datagrams dropped", b.Granted>>10, b.Asked>>10, b.Drops)
}

// Short says whether the system granted less than was asked for.
func (b Buffers) Short() bool { return b.Granted != 0 && b.Granted < b.Asked }

// New takes a socket over: nobody else may read from it or set its deadlines. Closing the socket ends Read.
func New(p *net.UDPConn, o Options) (*Conn, error) { return open(p, o.settled()) }
