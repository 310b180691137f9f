package witness

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"
)

// bootTime asks a server for its start time, which stands in the first answer of SMB2 (MS-SMB2 2.2.4, ServerStartTime).
// Windows before 10 and Server 2016 fills it in; newer ones and Samba do not, and then only WMI knows it.
func bootTime(ctx context.Context, d Dialer, t Target) time.Time {
	c, err := d.DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return time.Time{}
	}
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok && c.SetDeadline(deadline) != nil {
		return time.Time{}
	}
	if _, err := c.Write(negotiate()); err != nil {
		return time.Time{}
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(c, head); err != nil {
		return time.Time{}
	}
	size := binary.BigEndian.Uint32(head) & 0xffffff
	if size > 64<<10 {
		return time.Time{}
	}
	answer := make([]byte, size)
	if _, err := io.ReadFull(c, answer); err != nil {
		return time.Time{}
	}
	at, err := ParseStart(answer)
	if err != nil {
		return time.Time{}
	}
	return at
}

// Sizes and places of MS-SMB2 2.2.1 and 2.2.3.
const (
	headerSize    = 64
	startAt       = headerSize + 48 // ServerStartTime in the answer
	negotiateSize = 36
)

// negotiate is a request with the dialects 2.0.2 and 2.1, which every server since 2008 knows.
func negotiate() []byte {
	b := make([]byte, 4+headerSize+negotiateSize+4)
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	h := b[4:]
	copy(h, "\xfeSMB")
	binary.LittleEndian.PutUint16(h[4:], headerSize)
	binary.LittleEndian.PutUint16(h[14:], 1) // credits
	n := h[headerSize:]
	binary.LittleEndian.PutUint16(n, negotiateSize)
	binary.LittleEndian.PutUint16(n[2:], 2) // dialects
	binary.LittleEndian.PutUint16(n[4:], 1) // signing is possible
	binary.LittleEndian.PutUint16(n[36:], 0x0202)
	binary.LittleEndian.PutUint16(n[38:], 0x0210)
	return b
}

// ParseStart reads the server's start time from its answer to a negotiation; zero: it does not say.
func ParseStart(answer []byte) (time.Time, error) {
	if len(answer) < startAt+8 || string(answer[:4]) != "\xfeSMB" {
		return time.Time{}, errors.New("no answer of SMB2")
	}
	if binary.LittleEndian.Uint16(answer[12:]) != 0 || binary.LittleEndian.Uint32(answer[8:]) != 0 {
		return time.Time{}, errors.New("not an answer to a negotiation, or refused")
	}
	ticks := binary.LittleEndian.Uint64(answer[startAt:]) // 100 ns since 1601
	const epoch = 116444736000000000
	if ticks <= epoch || ticks > epoch*3 {
		return time.Time{}, nil
	}
	since := ticks - epoch
	return time.Unix(int64(since/1e7), int64(since%1e7)*100).UTC(), nil
}
