package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
	"siteswap/internal/config"
	"siteswap/internal/document"
)

// base is the reference design without its warnings: every site with a domain controller has two of them.
func base(t testing.TB) string {
	t.Helper()
	_, data := config.Reference()
	return edit(t, string(data),
		"[{fqdn: dc.test.local, address: 10.0.1.5}]", "[{fqdn: dc.test.local, address: 10.0.1.5}, {fqdn: dc2.test.local, address: 10.0.1.6}]",
		"[{fqdn: dc-dr.test.local, address: 10.0.2.5}]", "[{fqdn: dc-dr.test.local, address: 10.0.2.5}, {fqdn: dc-dr2.test.local, address: 10.0.2.6}]")
}

// edit replaces each old text, which must be there, once.
func edit(t testing.TB, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the base has no %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

func lines(ps document.Problems) string {
	out := make([]string, 0, len(ps))
	for _, p := range ps {
		out = append(out, p.String())
	}
	return strings.Join(out, "\n")
}

// rule is an edit of the base and everything that is then said about it.
type rule struct {
	name string
	edit []string
	want string
}

func check(t *testing.T, rules []rule) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			_, ps := config.Parse("s.yaml", []byte(edit(t, base(t), r.edit...)))
			if diff := cmp.Diff(r.want, lines(ps)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExamplesHaveNoErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if _, ps := config.Load(file); ps.Err() != nil {
			t.Error(ps.Err())
		}
	}
}

func TestReferenceIsTheExample(t *testing.T) {
	name, data := config.Reference()
	embedded, ps := config.Parse(name, data)
	if ps.Err() != nil || name != "reference.yaml" {
		t.Fatal(name, ps)
	}
	example, _ := config.Load("testdata/reference.yaml")
	if config.Hash(embedded) != config.Hash(example) {
		t.Error("the embedded reference design says something else than the example")
	}
	data[0] = 'x'
	if _, again := config.Reference(); again[0] == 'x' {
		t.Error("the embedded reference design can be changed")
	}
}

func TestLoad(t *testing.T) {
	site, ps := config.Load("testdata/none.yaml")
	if want := "testdata/none.yaml: there is no such site file; name one with --config or SITESWAP_CONFIG"; site != nil || lines(ps) != want {
		t.Error(site, lines(ps))
	}
	if _, ps := config.Load("testdata"); ps.Err() == nil || !strings.Contains(lines(ps), "cannot be read") {
		t.Error(lines(ps))
	}
	site, _ = config.Load("testdata/reference.yaml")
	if got := site.Path(site.DNS.Servers[0].TSIG.KeyFile); got != filepath.Join("testdata", "dns-prod.key") {
		t.Error(got)
	}
	if site.Path("/k") != "/k" || site.Path("") != "" {
		t.Error("absolute and empty paths stay")
	}
}

func TestHash(t *testing.T) {
	text := base(t)
	a, _ := config.Parse("a", []byte(text))
	b, _ := config.Parse("b", []byte("# a comment\n"+edit(t, text, "  activation_mode: DagOnly ", "  activation_mode: 'DagOnly'\n\n ")))
	c, _ := config.Parse("a", []byte(edit(t, text, "ttl: 5m", "ttl: 4m")))
	if config.Hash(a) != config.Hash(b) || config.Hash(a) == config.Hash(c) || !strings.HasPrefix(config.Hash(a), "sha256:") {
		t.Error(config.Hash(a), config.Hash(b), config.Hash(c))
	}
}

func TestWindowsReleases(t *testing.T) {
	for _, release := range append([]string{"2003"}, dag.WindowsReleases...) {
		_, ps := config.Parse("s", []byte(edit(t, base(t), `"2008 R2"`, `"`+release+`"`)))
		if known := release != "2003"; known != (len(ps) == 0) {
			t.Error(release, lines(ps))
		}
	}
}

func TestSchema(t *testing.T) {
	schema := string(config.Schema())
	for _, want := range []string{`"activation_mode"`, `"last_man_standing"`, `"DatacenterActivationMode."`, `"GoodAvailability"`, `"time_scale"`} {
		if !strings.Contains(schema, want) {
			t.Error("no", want)
		}
	}
}

// BenchmarkParse reads a site file with 8,000 mailboxes.
func BenchmarkParse(b *testing.B) {
	text := base(b)
	var boxes strings.Builder
	for i := range 8000 {
		fmt.Fprintf(&boxes, "    - {extension: \"%d\", dial_plan: HQ, home: current}\n", 2000+i)
	}
	text = edit(b, text, "    - {extension: \"1002\"", boxes.String()+"    - {extension: \"1002\"")
	for b.Loop() {
		if _, ps := config.Parse("s", []byte(text)); len(ps) > 0 {
			b.Fatal(ps[0])
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(base(f)))
	for _, file := range []string{"reference-two-site", "stretched"} {
		data, err := os.ReadFile("testdata/" + file + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("dag: {exchange: SE}\nsites: [{name: a}, {name: a}]\nservers: [{roles: [mbx]}]\num: {}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		site, ps := config.Parse("s", data)
		for _, p := range ps {
			if p.Line < 1 || p.What == "" {
				t.Errorf("%#v", p)
			}
		}
		if ps.Err() != nil {
			return
		}
		site.Topology()
		back, ps := config.Parse("s", config.Write(site))
		if ps.Err() != nil || config.Hash(back) != config.Hash(site) {
			t.Errorf("%v\n%s", ps, config.Write(site))
		}
		if _, ps := config.Parse("s", config.Write(config.Relocate(site, 77))); ps.Err() != nil {
			t.Errorf("relocated: %v", ps)
		}
	})
}
