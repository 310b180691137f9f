package controller

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"time"

	"siteswap/internal/api"
	"siteswap/internal/run"
)

// snapshotSchema is the version of the lines below. A snapshot of another one is refused, never guessed at.
const snapshotSchema = 1

// line is one line of a snapshot: a header first, then runs, starts and events, then the checksum of all bytes before it.
type line struct {
	Header *header    `json:"header,omitempty"`
	Run    *run.Run   `json:"run,omitempty"`
	Start  *startLine `json:"start,omitempty"`
	Event  *api.Event `json:"event,omitempty"`
	Sum    string     `json:"sha256,omitempty"`
}

type header struct {
	Schema int        `json:"schema"`
	ID     string     `json:"cluster"`
	Lab    bool       `json:"lab"`
	Debts  []run.Debt `json:"debts,omitempty"`
	Index  uint64     `json:"index"`
	Last   time.Time  `json:"last,omitzero"`
}

type startLine struct {
	Request string `json:"request"`
	Run     string `json:"run"`
}

func writeSnapshot(w io.Writer, l ledger) error {
	b := bufio.NewWriter(w)
	sum := sha256.New()
	enc := json.NewEncoder(io.MultiWriter(b, sum))
	lines := []line{{Header: &header{snapshotSchema, l.cluster.ID, l.cluster.Lab, l.cluster.Debts, l.index, l.last}}}
	for i := range l.cluster.Runs {
		lines = append(lines, line{Run: &l.cluster.Runs[i]})
	}
	for _, id := range slices.Sorted(maps.Keys(l.starts)) {
		lines = append(lines, line{Start: &startLine{id, l.starts[id]}})
	}
	for i := range l.events {
		lines = append(lines, line{Event: &l.events[i]})
	}
	for _, ln := range lines {
		if err := enc.Encode(ln); err != nil {
			return fmt.Errorf("write snapshot: %w", err)
		}
	}
	if err := json.NewEncoder(b).Encode(line{Sum: hex.EncodeToString(sum.Sum(nil))}); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	return b.Flush()
}

func readSnapshot(r io.Reader) (ledger, error) {
	var l ledger
	sum, in := sha256.New(), bufio.NewReader(r)
	for n := 1; ; n++ {
		text, err := in.ReadBytes('\n')
		if err != nil {
			return ledger{}, fmt.Errorf("snapshot line %d: it has no checksum at its end: %w", n, errors.Join(err, io.ErrUnexpectedEOF))
		}
		var ln line
		if err := json.Unmarshal(text, &ln); err != nil {
			return ledger{}, fmt.Errorf("snapshot line %d: %w", n, err)
		}
		if ln.Sum != "" {
			return l, checkEnd(sum, ln.Sum, in)
		}
		sum.Write(text)
		if (ln.Header != nil) != (n == 1) {
			return ledger{}, fmt.Errorf("snapshot line %d: the header is not the first line", n)
		}
		if err := l.take(ln); err != nil {
			return ledger{}, fmt.Errorf("snapshot line %d: %w", n, err)
		}
	}
}

func checkEnd(sum hash.Hash, want string, rest *bufio.Reader) error {
	raw, err := hex.DecodeString(want)
	if err != nil || !bytes.Equal(raw, sum.Sum(nil)) {
		return errors.New("snapshot: its checksum is wrong; it was damaged on its way or on the disk")
	}
	if _, err := rest.ReadByte(); err != io.EOF {
		return errors.New("snapshot: something follows its checksum")
	}
	return nil
}

func (l *ledger) take(ln line) error {
	switch {
	case ln.Header != nil:
		if ln.Header.Schema != snapshotSchema {
			return fmt.Errorf("schema %d, and this program knows %d: update this program", ln.Header.Schema, snapshotSchema)
		}
		l.cluster.ID, l.cluster.Lab, l.cluster.Debts = ln.Header.ID, ln.Header.Lab, ln.Header.Debts
		l.index, l.last = ln.Header.Index, ln.Header.Last
		l.starts = map[string]string{}
	case ln.Run != nil:
		l.cluster.Runs = append(l.cluster.Runs, *ln.Run)
	case ln.Start != nil:
		l.starts[ln.Start.Request] = ln.Start.Run
	case ln.Event != nil:
		l.events = append(l.events, *ln.Event)
	default:
		return errors.New("it holds nothing that this program knows")
	}
	return nil
}
