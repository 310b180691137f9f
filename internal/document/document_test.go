package document_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"siteswap/internal/document"
)

// farm is a document with every shape that the decoder knows.
type farm struct {
	Name    string              `yaml:"name" need:"write the farm's name" doc:"What the farm is called."`
	Kind    string              `yaml:"kind" enum:"dairy|wheat"`
	Gates   []gate              `yaml:"gates"`
	Hours   document.Duration   `yaml:"hours"`
	Fields  map[string][]string `yaml:"fields"`
	Acres   int                 `yaml:"acres" min:"1" max:"16"`
	Share   *float64            `yaml:"share"`
	Open    *bool               `yaml:"open"`
	Owner   *owner              `yaml:"owner"`
	With    map[string]any      `yaml:"with"`
	Address netip.Addr          `yaml:"address"`
	Tools   []string            `yaml:"tools" enum:"axe|saw"`
	Hidden  string
}

type owner struct {
	Name string `yaml:"name" need:"write the owner's name"`
}

// gate has a short form.
type gate struct {
	Name  string `yaml:"name" need:"write the gate's name"`
	Width int    `yaml:"width"`
}

func (g *gate) UnmarshalText(text []byte) error {
	if string(text) == "none" {
		return fmt.Errorf("none is no gate; name one")
	}
	g.Name = string(text)
	return nil
}

func (g gate) Short() (string, bool) { return g.Name, g.Width == 0 }

func texts(ps document.Problems) []string {
	out := []string{}
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}

func TestProblems(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"good", "name: a\ngates: [n, {name: s, width: 2}]\nhours: 7d\nkind: wheat\nopen: true\n", ""},
		{"unknown near", "name: a\nkidn: wheat\n", "f:2: kidn: unknown field; did you mean `kind`?"},
		{"unknown far", "name: a\nowner:\n  name: b\n  cattle: 3\n", "f:4: owner.cattle: unknown field; the nearest known name is `name`; known here: name"},
		{"case counts", "Name: a\n", "f:1: Name: unknown field; did you mean `name`?\nf:1: name: missing; write the farm's name"},
		{"a field without a tag is no field", "name: a\nHidden: b\n", "f:2: Hidden: unknown field; the nearest known name is `kind`; known here: name, kind, gates, hours, fields, acres, share, open, owner, with, address, tools"},
		{"double", "name: a\nkind: wheat\nname: b\n", "f:3: name: given twice, first in line 1; remove one of the two"},
		{"double in brackets", "name: a\nowner: {name: a,\n  name: b}\n", "f:3: owner.name: given twice, first in line 2; remove one of the two"},
		{"missing", "kind: wheat\nowner:\n", "f:1: name: missing; write the farm's name"},
		{"empty text is missing", "kind: wheat\nname: \"\"\n", "f:2: name: missing; write the farm's name"},
		{"missing in a list", "name: a\ngates:\n  - n\n  - width: 2\n", "f:4: gates[1].name: missing; write the gate's name"},
		{"enum near", "name: a\nkind: Wheat\n", "f:2: kind: \"Wheat\" is no known value; did you mean `wheat`? Known: dairy, wheat"},
		{"enum far", "name: a\nkind: goats and sheep\n", "f:2: kind: \"goats and sheep\" is no known value; write one of dairy, wheat"},
		{"enum in a list", "name: a\ntools:\n  - axe\n  - jaw\n", "f:4: tools[1]: \"jaw\" is no known value; did you mean `saw`? Known: axe, saw"},
		{"number for text", "name: 0100\n", ""},
		{"bool for text", "name: true\n", "f:1: name: \"true\" stands where text is expected; put it in quotes"},
		{"list for text", "name: [a]\n", "f:1: name: a list stands where text is expected; write text"},
		{"text for a list", "name: a\ntools: axe\n", "f:2: tools: \"axe\" stands where a list is expected; write a list, as in [axe]"},
		{"text for a mapping", "name: a\nowner: b\n", "f:2: owner: \"b\" stands where a mapping is expected; write fields, as in {name: value}"},
		{"list for text or mapping", "name: a\ngates: [[]]\n", "f:2: gates[0]: a list stands where text or a mapping is expected; write text or a mapping"},
		{"short form refused", "name: a\ngates:\n  - none\n", "f:3: gates[0]: none is no gate; name one"},
		{"no number", "name: a\nacres: many\n", "f:2: acres: \"many\" stands where a whole number is expected; write a whole number from 1 to 16"},
		{"no whole number", "name: a\nacres: 1.5\n", "f:2: acres: \"1.5\" stands where a whole number is expected; write a whole number from 1 to 16"},
		{"out of bounds", "name: a\nacres: 17\n", "f:2: acres: 17 is out of bounds; write a number from 1 to 16"},
		{"no float", "name: a\nshare: .inf\n", "f:2: share: \".inf\" stands where a number is expected; write a number"},
		{"no bool", "name: a\nopen: yes\n", "f:2: open: \"yes\" stands where true or false is expected; write true or false"},
		{"no duration", "name: a\nhours: 5 minutes\n", "f:2: hours: \"5 minutes\" is no duration; write a number with its unit, as in 90s, 5m, 1h30m or 7d"},
		{"bare number is no duration", "name: a\nhours: 300\n", "f:2: hours: \"300\" is no duration; write a number with its unit, as in 90s, 5m, 1h30m or 7d"},
		{"empty element", "name: a\ntools:\n  - axe\n  -\n", "f:4: tools[1]: an empty element; write a value or remove the dash"},
		{"syntax", "name: a\nkind: wheat: x\n", "f:2: wrong YAML: mapping value is not allowed in this context; mend the YAML here or in the line before"},
		{"tab", "name: a\n\tkind: b\n", "f:2: wrong YAML: found character '\t' that cannot start any token; mend the YAML here or in the line before"},
		{"open bracket", "name: [a\nkind: b\n", "f:2: wrong YAML: ',' or ']' must be specified; mend the YAML here or in the line before"},
		{"empty", "# nothing\n", "f:1: the document is empty; write its fields"},
		{"null", "~\n", "f:1: the document is empty; write its fields"},
		{"list at the top", "- a\n", "f:1: a list stands where a mapping is expected; write fields, as in {name: value}"},
		{"second document", "name: a\n---\nname: b\n", "f:3: a second document begins here; keep one document in a file, without a --- line"},
		{"anchor", "name: &x a\nkind: *x\n", "f:1: name: anchors and aliases are not read here; write the value out\nf:2: kind: anchors and aliases are not read here; write the value out"},
		{"tag", "name: !!str a\n", "f:1: name: type tags are not read here; write the value without its ! mark"},
		{"merge key", "name: a\nowner:\n  <<: {name: b}\n  name: c\n", "f:3: owner: a key here is no plain text; write a name and a colon, and put a value that holds {{ }} in quotes"},
		{"bare placeholder", "name: a\nwith: {site: {{from}}}\n", "f:2: wrong YAML: could not find flow map content; put a value that holds {{ }} in quotes"},
		{"not UTF-8", "name: a\nkind: \xff\n", "f:2: bytes that are no text in UTF-8; save the file as UTF-8"},
		{"deep", "name: a\nwith: {a: " + strings.Repeat("[", 60), "f:2: nested deeper than 50 levels; close a bracket before this one"},
		{"dashes", strings.Repeat("- ", 60) + "a", "f:1: nested deeper than 50 levels; close a bracket before this one"},
		{"all, in order", "hours: x\nkidn: b\nacres: 0\nname: a\n", "f:1: hours: \"x\" is no duration; write a number with its unit, as in 90s, 5m, 1h30m or 7d\nf:2: kidn: unknown field; did you mean `kind`?\nf:3: acres: 0 is out of bounds; write a number from 1 to 16"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got farm
			_, ps := document.Decode("f", []byte(test.in), &got)
			if diff := cmp.Diff(test.want, strings.Join(texts(ps), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLines(t *testing.T) {
	const in = "# head\r\nname: \"a\r\n  b\"\r\n# note\r\nowner:   # who\r\n  name: >\r\n    x\r\n\r\n    y\r\ngates:\r\n\r\n- n\r\n- name: s\r\n  width: 3\r\nfields:\r\n  East: [a,\r\n    b]\r\nwith:\r\n  site: p\r\n  list:\r\n    - {a: 1,\r\n       b: null}\r\nhours: 5m\r\n"
	var got farm
	doc, ps := document.Decode("f", []byte(in), &got)
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	for path, want := range map[string]int{
		"name": 2, "owner": 5, "owner.name": 6, "gates": 10, "gates[0]": 12, "gates[1]": 13, "gates[1].name": 13, "gates[1].width": 14,
		"fields": 15, "fields.East": 16, "fields.East[1]": 17, "with.site": 19, "with.list[0]": 21, "with.list[0].b": 22, "hours": 23,
		"owner.age": 5, "gates[1].hinge.side": 13, "gates[7]": 10, "nothing": 1, "": 1,
	} {
		if line := doc.Line(path); line != want {
			t.Errorf("line of %q: %d, want %d", path, line, want)
		}
	}
	want := map[string]any{"site": "p", "list": []any{map[string]any{"a": int64(1), "b": nil}}}
	if diff := cmp.Diff(want, got.With); diff != "" {
		t.Error(diff)
	}
	if !doc.Has("with.list[0].b") || doc.Has("kind") {
		t.Error("Has tells what stands in the document, null included")
	}
}

func TestProblemsAsError(t *testing.T) {
	warning := document.Problem{File: "f", Line: 3, Field: "a", What: "doubtful", Fix: "look", Warning: true}
	wrong := document.Problem{File: "f", Line: 2, What: "wrong"}
	ps := document.Problems{warning, wrong, wrong}.Sorted()
	if diff := cmp.Diff([]string{"f:2: wrong", "f:3: warning: a: doubtful; look"}, texts(ps)); diff != "" {
		t.Error(diff)
	}
	if ps.Err() == nil || ps.Error() != "f:2: wrong" || len(ps.Warnings()) != 1 {
		t.Errorf("Err %v, warnings %v", ps.Err(), ps.Warnings())
	}
	if ps.Warnings().Err() != nil {
		t.Error("warnings alone are no error")
	}
	if got := (document.Problem{File: "f", What: "gone"}).String(); got != "f: gone" {
		t.Error(got)
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]string{"5m": "5m", "90s": "1m30s", "7d": "7d", "2w": "14d", "1h30m": "1h30m", "500ms": "500ms", "0": "0s", "0s": "0s"} {
		d, err := document.ParseDuration(text)
		if err != nil || d.String() != want {
			t.Errorf("%s: %s %v, want %s", text, d, err, want)
		}
	}
	for _, text := range []string{"", "5", "m", "-5m", "5x", "5 m", "99999999999999999999s", "200000w", "1.5h"} {
		if d, err := document.ParseDuration(text); err == nil {
			t.Errorf("%q is read as %s", text, d)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := document.Duration(rapid.Int64Range(0, 1<<40).Draw(t, "ms") * 1e6)
		if back, err := document.ParseDuration(d.String()); err != nil || back != d {
			t.Fatalf("%s: %s %v", d, back, err)
		}
	})
}

func TestNearest(t *testing.T) {
	known := []string{"witness", "alternate_witness", "name", "ttl"}
	for name, want := range map[string]string{"witnes": "witness", "Witness": "witness", "alternate-witness": "alternate_witness", "nmae": "name", "tll": "ttl"} {
		if got, near := document.Nearest(name, known); got != want || !near {
			t.Errorf("%s: %s %v, want %s", name, got, near, want)
		}
	}
	if got, near := document.Nearest("power_supply", known); near {
		t.Errorf("%s is not near", got)
	}
	if got, near := document.Nearest("x", nil); got != "" || near {
		t.Error(got, near)
	}
}

func TestEncodeRoundTrip(t *testing.T) {
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "yes", "null", "0100", "5m", "a: b", "# x", "- a", "C:\\x", "it's", "a\nb\n", "{{x}}", "1e3", " pad ", "\"q\"", "&a", "!t", "@"}))
	value := rapid.Custom(func(t *rapid.T) farm {
		f := farm{
			Name: rapid.StringMatching(`[a-z]{1,5}`).Draw(t, "name"), Kind: "wheat", Hours: document.Duration(rapid.Int64Range(0, 1e6).Draw(t, "hours") * 1e6),
			Acres: rapid.IntRange(1, 16).Draw(t, "acres"), Address: netip.MustParseAddr("10.0.0.1"),
			With: map[string]any{"k": texts.Draw(t, "text"), "n": rapid.Int64().Draw(t, "n"), "l": []any{true, nil, texts.Draw(t, "text")}},
		}
		if rapid.Bool().Draw(t, "pointers") {
			open, share := false, float64(rapid.IntRange(0, 10).Draw(t, "share"))/10
			f.Open, f.Share, f.Owner = &open, &share, &owner{Name: "o"}
		}
		for range rapid.IntRange(0, 3).Draw(t, "gates") {
			f.Gates = append(f.Gates, gate{Name: rapid.StringMatching(`[a-z0-9]{1,4}`).Draw(t, "gate"), Width: rapid.IntRange(0, 2).Draw(t, "width")})
		}
		if key := texts.Draw(t, "key"); key != "" {
			f.Fields = map[string][]string{key: {texts.Draw(t, "field")}}
		}
		return f
	})
	rapid.Check(t, func(t *rapid.T) {
		in := value.Draw(t, "farm")
		text, err := document.Encode(in)
		if err != nil {
			t.Fatal(err)
		}
		var back farm
		if _, ps := document.Decode("f", text, &back); len(ps) > 0 {
			t.Fatalf("%v\n%s", ps, text)
		}
		if diff := cmp.Diff(in, back, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Fatalf("%s\n%s", diff, text)
		}
	})
}

func TestCanonical(t *testing.T) {
	var a, b farm
	document.Decode("f", []byte("name: x\ngates: [n]\nfields: {B: [b], A: [a]}\n"), &a)
	document.Decode("f", []byte("# other layout\nfields:\n  A: [a]\n  B:\n    - b\ngates:\n  - {name: n}\nname: 'x'\n"), &b)
	first, err := document.Canonical(a)
	if err != nil {
		t.Fatal(err)
	}
	second, _ := document.Canonical(b)
	if diff := cmp.Diff(string(first), string(second)); diff != "" {
		t.Error(diff)
	}
	if want := `{"fields":{"A":["a"],"B":["b"]},"gates":["n"],"name":"x"}`; string(first) != want {
		t.Error(string(first))
	}
}

func TestSchema(t *testing.T) {
	text, err := document.Schema("https://example.test/farm.json", "A farm", farm{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"additionalProperties": false`, `"description": "What the farm is called."`, `"maximum": 16`, `"#/$defs/gate"`, `"dairy"`, `"pattern"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"name: a\ngates: [n, {name: s}]\nwith: {a: [1, {b: c}]}\n", "a: &x\n<<: *x\n", "? [a]\n: {}\n", "a: |\n  b\n--- \n", "[[[", "\"", "'", "!!binary |\n", "%YAML 1.2\n---\na"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got farm
		doc, ps := document.Decode("f", data, &got)
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
		for _, p := range ps {
			if p.Line < 1 || p.Line > lines+1 {
				t.Errorf("%s: line %d of %d", p, p.Line, lines)
			}
		}
		if doc.Line("owner.name") < 1 {
			t.Error("a line below 1")
		}
		if len(ps) > 0 {
			return
		}
		if _, err := document.Encode(got); err != nil {
			t.Error(err)
		}
	})
}
