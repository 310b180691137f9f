package umredirect

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

var errTooLong = errors.New("longer than what is read")

// readMessage reads one message from a stream: the headers, and as much body as Content-Length says. It is not whole when
// the length is missing or unreadable, or the message longer than what is read, which is an error too; what there is of it is
// returned all the same, for an answer.
func readMessage(r *bufio.Reader) (raw []byte, whole bool, err error) {
	var b bytes.Buffer
	length, lengths := 0, 0
	for {
		line, err := readLine(r, datagram-b.Len())
		if err != nil {
			return b.Bytes(), false, err
		}
		if b.Len() == 0 && len(bytes.Trim(line, "\r\n")) == 0 {
			continue // a keep-alive, or an empty line before a request (section 7.5)
		}
		if b.Write(line); b.Len() > datagram {
			return b.Bytes(), false, errTooLong
		}
		if len(bytes.Trim(line, "\r\n")) == 0 {
			break
		}
		name, value, _ := strings.Cut(string(line), ":")
		if name = strings.ToLower(strings.TrimSpace(name)); name == "content-length" || name == "l" {
			lengths++
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || length < 0 {
				return b.Bytes(), false, nil
			}
		}
	}
	if lengths != 1 {
		return b.Bytes(), false, nil
	}
	if length > datagram-b.Len() {
		return b.Bytes(), false, errTooLong
	}
	if _, err = io.CopyN(&b, r, int64(length)); errors.Is(err, io.EOF) {
		return b.Bytes(), false, nil // the peer ended it in the middle, and may still read
	}
	return b.Bytes(), true, err
}

// readLine reads up to a line feed, and no more than the limit.
func readLine(r *bufio.Reader, limit int) ([]byte, error) {
	var out []byte
	for {
		part, err := r.ReadSlice('\n')
		out = append(out, part...)
		if err == nil {
			return out, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if len(out) > limit {
			return nil, errTooLong
		}
	}
}
