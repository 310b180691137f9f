package mailbox_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"siteswap/umredirect/mailbox"
)

func read(r io.Reader) (rows []mailbox.Row, err error) {
	err = mailbox.Read(r, func(row mailbox.Row) bool { rows = append(rows, row); return true })
	return rows, err
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []mailbox.Row
		err      string
	}{
		{"nothing", "", nil, ""},
		{"one, without an end of line", "1001,HQ,OLD", []mailbox.Row{{"1001", "HQ", "OLD", 1}}, ""},
		{"title, comment, empty lines, CRLF, spaces", "\ufeffExtension, dial_plan, home\r\n\r\n# of 2026\r\n 1001 , HQ ,\tOLD \r\n", []mailbox.Row{{"1001", "HQ", "OLD", 4}}, ""},
		{"quotes", `"10""01","H,Q", "OLD"` + "\n1002,HQ,current\n", []mailbox.Row{{`10"01`, "H,Q", "OLD", 1}, {"1002", "HQ", "current", 2}}, ""},
		{"two columns", "1001,HQ,OLD\n1002,HQ\n1003,HQ,OLD\n", []mailbox.Row{{"1001", "HQ", "OLD", 1}}, "line 2: 2 columns"},
		{"four columns", "1001,HQ,OLD,x\n", nil, "line 1: 4 columns"},
		{"semicolons", "1001;HQ;OLD\n", nil, "line 1: 1 columns"},
		{"an empty one", "1001,HQ,OLD\n1002,,OLD\n", []mailbox.Row{{"1001", "HQ", "OLD", 1}}, "line 2: no dial plan"},
		{"a quote without its end", "\"1001,HQ,OLD\n", nil, "line 1: "},
		{"UTF-16", "1\x000\x000\x001\x00,\x00", nil, "line 1: not UTF-8"},
		{"no text", strings.Repeat("x", 10_000), nil, "line 1: longer"},
	} {
		rows, err := read(strings.NewReader(c.in))
		if diff := cmp.Diff(c.want, rows); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.err)
		}
	}
}

// A disk that fails in the middle is an error and no end of file.
func TestReadFails(t *testing.T) {
	broken := errors.New("broken")
	_, err := read(io.MultiReader(strings.NewReader("1001,HQ,OLD\n1002,HQ,OL"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("%v, want line 2 and %v", err, broken)
	}
}

func TestReadEndsWhenTold(t *testing.T) {
	n := 0
	err := mailbox.Read(strings.NewReader("1,A,B\n2,A,B\nbad\n"), func(mailbox.Row) bool { n++; return n < 2 })
	if n != 2 || err != nil {
		t.Errorf("%d rows, %v; want 2 and no error, for the bad line was not reached", n, err)
	}
}

// What is read can be written and read again, the same.
func FuzzRead(f *testing.F) {
	f.Add([]byte("extension,dial_plan,home\n1001,HQ,OLD\n\"a,b\",\"#\"\"x\",current\n"))
	f.Add([]byte("\ufeff1,2,3\r\n#\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		rows, err := read(bytes.NewReader(in))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := mailbox.Write(&out, slices.Values(rows)); err != nil {
			t.Fatal(err)
		}
		again, err := read(&out)
		if err != nil || len(again) != len(rows) {
			t.Fatalf("%d rows, then %d, %v, of %q", len(rows), len(again), err, in)
		}
		for i := range rows {
			again[i].Line = rows[i].Line
		}
		if diff := cmp.Diff(rows, again); diff != "" {
			t.Error(diff)
		}
	})
}
