package network

import (
	"context"
	"io"
	"net"
	"net/netip"
)

// Forward listens on an advertised address for a server in another process, which listens on backend, and carries TCP
// connections there from the client's own IP address, so that the server knows who calls. A backend that refuses resets
// the client.
func (f *Fabric) Forward(adv, backend netip.AddrPort) error {
	l, err := f.Listen(adv)
	if err != nil {
		return err
	}
	if !f.start(1, nil) {
		return net.ErrClosed
	}
	go func() {
		defer f.tasks.Done()
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if !f.start(1, nil) {
				c.Close()
				return
			}
			go func() {
				defer f.tasks.Done()
				f.carry(c.(*conn), backend)
			}()
		}
	}()
	return nil
}

// carry joins a client's connection with one to the backend until both directions have ended.
func (f *Fabric) carry(c *conn, backend netip.AddrPort) {
	defer c.Close()
	up, err := Dialer(c.peer).DialContext(f.ctx, "tcp", backend.String())
	if err != nil {
		c.Reset()
		return
	}
	u := up.(*net.TCPConn)
	defer u.Close()
	abort := func() {
		u.SetLinger(0)
		u.Close()
		c.Reset()
	}
	defer context.AfterFunc(f.ctx, abort)()
	if !f.start(1, nil) {
		abort()
		return
	}
	ended := make(chan struct{})
	go func() {
		defer f.tasks.Done()
		defer close(ended)
		if pass(u, c) != nil {
			abort()
		}
	}()
	if pass(c, u) != nil {
		abort()
	}
	<-ended
}

// pass copies until the end of src and hands that on to dst.
func pass(dst interface {
	io.Writer
	CloseWrite() error
}, src io.Reader) error {
	if _, err := io.CopyBuffer(struct{ io.Writer }{dst}, struct{ io.Reader }{src}, make([]byte, chunk)); err != nil {
		return err
	}
	return dst.CloseWrite()
}
