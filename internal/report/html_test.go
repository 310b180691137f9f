package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"siteswap/internal/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func page(t testing.TB, d report.Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.HTML(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at the change, then go test -update", name)
	}
}

func TestHTMLGolden(t *testing.T) {
	got := page(t, sample())
	golden(t, "sample.html", got)
	for _, want := range []string{
		"passed: 0 mounted twice, 0 of 4,120 messages lost, 0 effects twice.",
		"clients were not served for 16.2 s = detect 2 + decide 0.4 + fence 1.9 + quorum 5.2 + mount 3.6 + cache 3.1 (16 min 12 s at real speed)",
		"DB1: EX2010-3, 00:18 to 00:50 (32 s)",
		"drill approved loss: DB1 at most 3 logs",
		"siteswap drill --scenario site-loss --seed 7",
		"✓ as predicted",
		"Server EX2010-1 could not be contacted",
	} {
		if !strings.Contains(html.UnescapeString(got), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if problems := outline(got); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestHTMLFetchesNothing(t *testing.T) {
	got := page(t, sample())
	for _, never := range []string{"http:", "https:", "<script", "<link", "<img", "@import", "src=", "href="} {
		if strings.Contains(got, never) {
			t.Errorf("the page holds %q", never)
		}
	}
}

func TestHTMLOfNothing(t *testing.T) {
	for _, d := range []report.Document{{}, {Kind: report.KindRun, Outcome: "failed"}, {Kind: report.KindDrill, Outcome: "interrupted", Duration: 3}} {
		if problems := outline(page(t, d)); len(problems) > 0 {
			t.Error(problems)
		}
	}
}

// outline reads the page as XML, which it is, and says what stands in it that the template does not put there.
func outline(text string) (problems []string) {
	elements := strings.Fields(`html head meta title style body p h1 h2 h3 section div b span small br ul li table colgroup col thead tbody tr th td
		code details summary pre dl dt dd footer figure svg defs pattern rect path circle g text`)
	attributes := strings.Fields(`lang charset http-equiv content name class id viewBox role aria-label x y width height d fill stroke
		stroke-width cx cy r patternUnits patternTransform`)
	dec := xml.NewDecoder(strings.NewReader(text))
	dec.Strict = true
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return problems
		}
		if err != nil {
			return append(problems, err.Error())
		}
		if _, comment := tok.(xml.Comment); comment {
			problems = append(problems, "a comment")
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if !slices.Contains(elements, e.Name.Local) {
			problems = append(problems, "element "+e.Name.Local)
		}
		for _, a := range e.Attr {
			if !slices.Contains(attributes, a.Name.Local) {
				problems = append(problems, "attribute "+a.Name.Local+" of "+e.Name.Local)
			}
			if a.Name.Local == "class" && strings.Trim(a.Value, "abcdefghijklmnopqrstuvwxyz0123456789 ") != "" {
				problems = append(problems, "class "+a.Value)
			}
		}
	}
}

func FuzzHTMLEscapes(f *testing.F) {
	for _, s := range []string{
		"Prod", `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</title></style></svg><script>`, "' onload='x", "-->", "]]>", "&lt;",
		"\x00\x1b[31m\u202e", "\xff\xfe", "{{.}}", "javascript:alert(1)", "</text><a href='x'>", strings.Repeat("W", 300), "\ufffe",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if problems := outline(page(t, hostile(s))); len(problems) > 0 {
			t.Errorf("%q breaks out: %q", s, problems)
		}
	})
}

// TestManySteps: a hundred databases are one row of the picture, and all of them stand in the table.
func TestManySteps(t *testing.T) {
	d := sample()
	for i := range 100 {
		st := step(fmt.Sprintf("many/DB%03d", i), "db.activate", "", 14.5, 15+float64(i)/20, "restore")
		if i == 40 {
			st.State, st.Agrees = "failed", nil
		}
		d.Runs[0].Steps = append(d.Runs[0].Steps, st)
	}
	got := page(t, d)
	picture, table, _ := strings.Cut(got, "Where the outage went")
	if !strings.Contains(picture, ">failed, 5.") || !strings.Contains(picture, " s, 100 steps") || strings.Contains(picture, "many/DB001") {
		t.Error("the picture does not merge the group, or hides that one of it failed")
	}
	if n := strings.Count(table, "<b>many/DB"); n != 100 {
		t.Errorf("%d of 100 steps stand in the table", n)
	}
	if problems := outline(got); len(problems) > 0 {
		t.Error(problems)
	}
}
