// Package network is the emulated network of the lab, on real loopback sockets: places (the outside and the sites), hosts
// with power, and links that can be cut in one direction.
//
// An address is 127.base.place.host. One base serves one drill (Acquire); place 0 is the outside, which no fault of a site
// touches; the others are the sites in the order of the site file. What a thing advertises is such an address; servers
// inside the lab process listen on it through Listen and ListenPacket, servers in other processes bind some other address
// and are reached through Forward and ForwardPacket, which keep the client's IP address, so that every listener in the lab
// knows by the peer's address where the peer stands (architecture.md, "The lab on one machine").
//
// What the faults do:
//   - A cut, or a host without power, swallows silently and never resets. A TCP connection keeps its bytes, and goes on
//     with them when the path is whole again, as retransmission does. UDP is dropped.
//   - A new TCP connection over a broken path is taken by the kernel, but the server sees it only when both directions are
//     whole, and only if the client still waits: a request whose client gave up during the connect is never carried out.
//   - When a host loses power, its connections are dead for good. The server's end fails at once (its process is gone); the
//     client hears nothing until power and path are back, then it gets a reset. The other way round, a server whose client
//     lost power hears nothing, and a reset later.
//   - A process that is dead on a living host resets (SetService, or Forward to a backend that refuses).
//
// Gating sits on the listening side only. Clients must dial from their own address (Dialer), nothing else is asked of them.
package network
