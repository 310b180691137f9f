package mail

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxLine is the longest line of the protocol.
const maxLine = 4 << 10

// Message is a message's identity: every client counts its own from 1.
type Message struct {
	Client string
	Number int64
}

func (m Message) String() string { return m.Client + "/" + strconv.FormatInt(m.Number, 10) }

// FormatLine makes a line of the protocol, without its end: a verb and fields.
func FormatLine(verb string, fields ...string) string {
	var b strings.Builder
	b.WriteString(verb)
	for _, f := range fields {
		b.WriteByte(' ')
		b.WriteString(url.QueryEscape(f))
	}
	return b.String()
}

// ParseLine reads what FormatLine made.
func ParseLine(line string) (verb string, fields []string, err error) {
	if len(line) > maxLine {
		return "", nil, fmt.Errorf("line of %d bytes; at most %d", len(line), maxLine)
	}
	verb, rest, more := strings.Cut(line, " ")
	if verb == "" {
		return "", nil, errors.New("empty line")
	}
	for more {
		var f string
		f, rest, more = strings.Cut(rest, " ")
		text, err := url.QueryUnescape(f)
		if err != nil {
			return "", nil, fmt.Errorf("field %q of %s: %w", f, verb, err)
		}
		fields = append(fields, text)
	}
	return verb, fields, nil
}

func messageFields(m Message) []string { return []string{m.Client, strconv.FormatInt(m.Number, 10)} }

func parseMessage(client, number string) (Message, error) {
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || client == "" {
		return Message{}, fmt.Errorf("message %q of client %q: want a client and a number from 1", number, client)
	}
	return Message{client, n}, nil
}

// away is the verb of a store that runs and does not mount the database.
const away = "AWAY"

// no is the answer for an error.
func no(err error) string { return refusal("NO", err) }

// refusal is the answer for an error, with its text kept short enough for a line.
func refusal(verb string, err error) string {
	text := err.Error()
	return FormatLine(verb, text[:min(len(text), maxLine/8)])
}

// link is the asking side of a connection.
type link struct {
	conn net.Conn
	r    *bufio.Reader
}

func newLink(c net.Conn) *link { return &link{c, bufio.NewReaderSize(c, maxLine)} }

// ask sends a request and waits for its answer, until the timeout or the end of ctx. The connection is of no use after an error.
func (l *link) ask(ctx context.Context, timeout time.Duration, line string) (verb string, fields []string, err error) {
	l.conn.SetDeadline(time.Now().Add(timeout))
	stop := context.AfterFunc(ctx, func() { l.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := l.conn.Write([]byte(line + "\n")); err != nil {
		return "", nil, err
	}
	answer, err := l.r.ReadSlice('\n')
	if err != nil {
		return "", nil, err
	}
	return ParseLine(strings.TrimRight(string(answer), "\r\n"))
}

// serveLines answers the requests of one connection until it ends. While a request is worked on the connection is watched:
// answer's context ends with it.
func serveLines(ctx context.Context, c net.Conn, answer func(ctx context.Context, verb string, fields []string) string) {
	defer c.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
	lines := make(chan string)
	go func() {
		defer cancel()
		s := bufio.NewScanner(c)
		s.Buffer(nil, maxLine)
		for s.Scan() {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case line := <-lines:
			reply := ""
			if verb, fields, err := ParseLine(line); err != nil {
				reply = no(err)
			} else if reply = answer(ctx, verb, fields); reply == "" {
				return
			}
			if _, err := c.Write([]byte(reply + "\n")); err != nil {
				return
			}
		}
	}
}
