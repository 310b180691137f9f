package hep

import (
	"context"
	"net"
	"sync/atomic"
)

// SinkOptions say where packets go.
type SinkOptions struct {
	Conn   net.Conn // a connected UDP socket
	Node   uint32
	Key    string
	Sample uint64 // one call of that many; 0 and 1: every call
	Queue  int    // packets; 1024
}

// Sink sends packets from a queue of bounded length.
type Sink struct {
	o       SinkOptions
	queue   chan Packet
	calls   atomic.Uint64
	sent    atomic.Uint64
	dropped atomic.Uint64
}

// NewSink makes a sink; Run sends.
func NewSink(o SinkOptions) *Sink {
	if o.Queue <= 0 {
		o.Queue = 1024
	}
	return &Sink{o: o, queue: make(chan Packet, o.Queue)}
}

// Chosen says whether the next call is mirrored: one of every Sample. A call is mirrored with its answer, or not at all.
func (s *Sink) Chosen() bool { return s.o.Sample <= 1 || s.calls.Add(1)%s.o.Sample == 1 }

// Send queues packets, the payload of which must not change any more. When the queue is full they are dropped and counted.
func (s *Sink) Send(packets ...Packet) {
	for _, p := range packets {
		p.Node, p.Key = s.o.Node, s.o.Key
		select {
		case s.queue <- p:
		default:
			s.dropped.Add(1)
		}
	}
}

// Counts are the packets sent, and those dropped: for want of room, or because they cannot be written.
func (s *Sink) Counts() (sent, dropped uint64) { return s.sent.Load(), s.dropped.Load() }

// Run sends until the context ends, then what is queued, and closes the socket.
func (s *Sink) Run(ctx context.Context) {
	defer s.o.Conn.Close()
	var buf []byte
	one := func(p Packet) {
		var err error
		if buf, err = Append(buf[:0], p); err == nil {
			_, err = s.o.Conn.Write(buf)
		}
		if err != nil {
			s.dropped.Add(1)
			return
		}
		s.sent.Add(1)
	}
	for {
		select {
		case p := <-s.queue:
			one(p)
		case <-ctx.Done():
			for {
				select {
				case p := <-s.queue:
					one(p)
				default:
					return
				}
			}
		}
	}
}
