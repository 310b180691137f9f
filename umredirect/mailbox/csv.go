package mailbox

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Row is a line of a file: an extension, its dial plan, and current or the name of a legacy server.
type Row struct {
	Extension, DialPlan, Home string
	Line                      int
}

// maxLine is the longest line of a file.
const maxLine = 4096

// title may stand on the first line.
const title = "extension,dial_plan,home"

// Read gives each line of a CSV file to take, until take says no: extension, dial plan and home, in this order. Empty lines
// and lines that begin with # are passed over, and a first line that names the columns. It ends at the first line that it
// cannot read, and says which.
func Read(r io.Reader, take func(Row) bool) error {
	in := bufio.NewReaderSize(r, 64<<10)
	names := map[string]string{} // few plans and homes stand on many lines
	for line := 1; ; line++ {
		raw, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) || len(raw) > maxLine {
			return fmt.Errorf("line %d: longer than %d bytes: is this a CSV file", line, maxLine)
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if row, is, bad := parse(raw, line, names); bad != nil {
			return fmt.Errorf("line %d: %w", line, bad)
		} else if is && !take(row) {
			return nil
		}
		if err == io.EOF {
			return nil
		}
	}
}

// parse reads one line; is is false for one that says nothing.
func parse(raw []byte, line int, names map[string]string) (row Row, is bool, err error) {
	if line == 1 {
		raw = bytes.TrimPrefix(raw, []byte("\ufeff")) // Excel writes one
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] == '#' {
		return Row{}, false, nil
	}
	if line == 1 && strings.EqualFold(strings.ReplaceAll(string(raw), " ", ""), title) {
		return Row{}, false, nil
	}
	if bytes.IndexByte(raw, 0) >= 0 || !utf8.Valid(raw) {
		return Row{}, false, errors.New("not UTF-8 text: save the file as CSV in UTF-8")
	}
	if bytes.IndexByte(raw, '"') >= 0 {
		return quoted(raw, line)
	}
	extension, rest, one := bytes.Cut(raw, []byte{','})
	plan, home, two := bytes.Cut(rest, []byte{','})
	if !one || !two || bytes.IndexByte(home, ',') >= 0 {
		return Row{}, false, columns(bytes.Count(raw, []byte{','}) + 1)
	}
	row = Row{string(bytes.TrimSpace(extension)), interned(names, bytes.TrimSpace(plan)), interned(names, bytes.TrimSpace(home)), line}
	return row, true, row.whole()
}

// quoted reads a line with quotes in it, the slow way. No field goes over several lines.
func quoted(raw []byte, line int) (Row, bool, error) {
	r := csv.NewReader(bytes.NewReader(raw))
	r.TrimLeadingSpace = true
	r.FieldsPerRecord = -1
	fields, err := r.Read()
	if err != nil {
		var at *csv.ParseError
		if errors.As(err, &at) {
			err = at.Err
		}
		return Row{}, false, err
	}
	if len(fields) != 3 {
		return Row{}, false, columns(len(fields))
	}
	row := Row{strings.TrimSpace(fields[0]), strings.TrimSpace(fields[1]), strings.TrimSpace(fields[2]), line}
	return row, true, row.whole()
}

func columns(n int) error {
	return fmt.Errorf("%d columns: write extension, dial plan and home", n)
}

func (r Row) whole() error {
	for _, f := range []struct{ name, value string }{{"extension", r.Extension}, {"dial plan", r.DialPlan}, {"home", r.Home}} {
		if f.value == "" {
			return fmt.Errorf("no %s: write extension, dial plan and home", f.name)
		}
	}
	return nil
}

// maxNames bounds what is remembered of a file of which every line has another plan or home.
const maxNames = 1024

func interned(names map[string]string, b []byte) string {
	if s, ok := names[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(names) < maxNames {
		names[s] = s
	}
	return s
}

// Write writes a line for each row, as Read reads it.
func Write(w io.Writer, rows func(yield func(Row) bool)) error {
	out := bufio.NewWriterSize(w, 64<<10)
	out.WriteString(title + "\n")
	for row := range rows {
		for i, field := range []string{row.Extension, row.DialPlan, row.Home} {
			if i > 0 {
				out.WriteByte(',')
			}
			if strings.ContainsAny(field, "\",#") {
				field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
			}
			out.WriteString(field)
		}
		out.WriteByte('\n')
	}
	return out.Flush() // has the first error of all of them
}
