package dnsupdate

import (
	"encoding/binary"
	"io"
	"net"
)

// The framing is done here and not by dns.Conn, which tells UDP from TCP by the Go type of the connection and would take a
// dialer's wrapper of a UDP socket for TCP; and which carries the signature of one request over to the next.

// datagrams reads one message after the other.
func datagrams(conn net.Conn) func() ([]byte, error) {
	buf := make([]byte, udpSize)
	return func() ([]byte, error) {
		n, err := conn.Read(buf)
		return buf[:n], err
	}
}

// framed puts the length before a message (RFC 1035, 4.2.2). raw is at most maxMessage and a signature long.
func framed(raw []byte) []byte {
	return append(binary.BigEndian.AppendUint16(make([]byte, 0, len(raw)+2), uint16(len(raw))), raw...)
}

func readFrame(conn net.Conn) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	p := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(conn, p)
	return p, err
}
