package arch_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// row says what one package may import and why. Names are below the module; "x/..." is x and all below it; "*" is anything.
type row struct {
	pkg     string
	own     string // ours, for the product and for tests
	modules string // of others: paths and all below them
	tests   string // ours, for tests only
	why     string
}

// house is "Who may import whom (ours)" of the design. A package that stands in no row may not exist.
var house = []row{
	{pkg: "dag", why: "One model serves lab, planner, controller and explorer only while it knows none of them."},
	{pkg: "internal/document", modules: "github.com/goccy/go-yaml",
		why: "A leaf: YAML with lines, for whoever reads a file that people write."},
	{pkg: "runbooks", own: "dag internal/document", modules: "cel.dev/cel-go",
		why: "A plan made in peacetime is the plan of the worst day: no fact, driver or clock may reach Compile."},
	{pkg: "internal/run", own: "dag runbooks", tests: "internal/document",
		why: "The safety rules are functions of facts; replicas that apply the same log must agree."},
	{pkg: "internal/explore", own: "dag runbooks internal/run", why: "It searches the pure part; with I/O it could not search."},

	{pkg: "witness", own: "dag", modules: "github.com/cloudsoda/go-smb2 github.com/jcmturner/gokrb5/v8", tests: "witness/... internal/peers", why: driver},
	{pkg: "witness/witnesstest", own: "dag witness", modules: testModules, why: suite},
	{pkg: "dnsupdate", own: "dag", modules: "github.com/miekg/dns github.com/bodgit/tsig", tests: "dnsupdate/... internal/peers", why: driver},
	{pkg: "dnsupdate/dnsupdatetest", own: "dag dnsupdate", modules: "github.com/miekg/dns " + testModules, why: suite},
	{pkg: "umredirect", own: "dag umredirect/health umredirect/mailbox umredirect/invite umredirect/batch umredirect/guard", modules: "github.com/dchest/siphash", tests: "umredirect/...", why: driver},
	{pkg: "umredirect/health", modules: "github.com/miekg/dns " + testModules,
		why: "Pure thresholds, and a prober that no call waits for. It knows targets, not tables or decisions."},
	{pkg: "umredirect/hep", modules: testModules, why: "A leaf: the packets of another project's protocol."},
	{pkg: "umredirect/batch", modules: "golang.org/x/sys " + testModules, why: "A leaf: many datagrams with one system call."},
	{pkg: "umredirect/guard", modules: testModules, why: "A leaf: addresses and times in, a verdict out."},
	{pkg: "umredirect/invite", modules: testModules, why: "A leaf: bytes in, bytes out; it must not know of tables or sockets to stay as strict as it is."},
	{pkg: "umredirect/telemetry", own: "umredirect umredirect/health umredirect/hep", modules: "github.com/prometheus/client_golang " + testModules,
		why: "What an operator sees of calls. It takes what the redirector tells and can change nothing there."},
	{pkg: "umredirect/directory", own: "umredirect/mailbox", modules: "github.com/go-ldap/ldap/v3 github.com/go-asn1-ber/asn1-ber " + testModules, tests: "internal/peers",
		why: "Where mailboxes come from; the redirector answers without it, and does not know it."},
	{pkg: "umredirect/mailbox", modules: testModules, why: "A leaf: a million mailboxes in little memory, and their file."},
	{pkg: "umredirect/umredirecttest", own: "dag umredirect", modules: "github.com/emiago/sipgo " + testModules, why: suite},
	{pkg: "internal/umload", own: "umredirect/batch", modules: testModules, tests: "umredirect/...", why: "It calls redirectors, and must not share their reading of a message: it would share their mistakes."},
	{pkg: "internal/umbench", own: "internal/umload umredirect/batch", modules: testModules, why: "A command: it measures programs from outside, the redirector as well as Kamailio."},
	{pkg: "internal/exchange", own: "dag internal/exchange/wire", tests: "internal/exchange/...", why: driver},
	{pkg: "internal/exchange/wire", why: "A call as JSON, shared by driver and lab so that neither needs the other."},
	{pkg: "internal/exchange/exchangetest", own: "dag internal/exchange internal/exchange/wire", modules: testModules, why: suite},
	{pkg: "internal/mutate", why: "It reads sources and runs their tests; it must know none of them."},
	{pkg: "internal/mutate/cmd", own: "internal/mutate", why: "Wiring only."},
	{pkg: "internal/vip", own: "dag", tests: "internal/vip/...", why: driver},
	{pkg: "internal/vip/viptest", own: "dag internal/vip", modules: testModules, why: suite},
	{pkg: "internal/power", own: "dag", tests: "internal/power/...", why: driver},

	{pkg: "internal/peers", modules: "github.com/miekg/dns golang.org/x/sys",
		why: "Real servers for tests and drills. It knows nothing of what is tested against them."},

	{pkg: "internal/act", own: "dag runbooks internal/run witness dnsupdate umredirect internal/exchange internal/vip internal/power",
		tests: "internal/document internal/exchange/... dnsupdate/dnsupdatetest umredirect/umredirecttest internal/vip/viptest internal/lab/...",
		why:   "The only place where ports and drivers meet. It sees run for run.Permit and never the controller."},
	{pkg: "internal/standdown", modules: testModules, why: "A leaf: the code of a site that stood down; key, time and evidence are inputs."},
	{pkg: "internal/controller", own: "dag runbooks internal/run internal/api internal/standdown",
		modules: "github.com/hashicorp/raft github.com/hashicorp/raft-boltdb/v2 github.com/hashicorp/go-hclog go.etcd.io/bbolt golang.org/x/sys",
		tests:   "internal/document",
		why:     "It declares the ports that it needs. With a driver or act in reach, something could act around the log."},
	{pkg: "internal/api", own: "dag runbooks", why: "Wire types: every client links them, so they bring nothing along."},

	{pkg: "internal/lab", own: emulated + " internal/lab/...", modules: emulatedModules, tests: suites, why: lab},
	{pkg: "internal/lab/network", modules: "golang.org/x/sys", why: "The wire under all other parts of the lab, which must not know what it carries."},
	{pkg: "internal/lab/world", own: emulated, why: lab},
	{pkg: "internal/lab/names", own: emulated + " internal/lab/network", modules: emulatedModules, tests: suites, why: lab},
	{pkg: "internal/lab/mail", own: emulated + " internal/lab/network", tests: suites, why: lab},
	{pkg: "internal/lab/phone", own: emulated + " internal/lab/network", modules: emulatedModules, tests: suites, why: lab},
	{pkg: "internal/lab/cmdlets", own: emulated + " internal/lab/network", tests: suites, why: lab},
	{pkg: "internal/lab/labtest", own: emulated + " internal/lab/...",
		why: "The reference design, emulated, for tests of the lab and of what acts on it; no driver, so that each brings its own."},
	{pkg: "internal/drill", own: "dag internal/document internal/lab internal/lab/... internal/exchange/wire internal/api internal/report internal/config internal/peers",
		modules: "golang.org/x/sys", tests: "runbooks",
		why: "A drill proves what a user would see: it drives controllers as processes through their API, never from inside."},

	{pkg: "internal/config", own: "dag runbooks internal/document", modules: "github.com/spf13/viper github.com/spf13/pflag",
		why: "It turns a file into values. Drivers take Options, so that no setting is read in the middle of a step."},
	{pkg: "internal/console", own: "internal/api dag runbooks",
		modules: "github.com/charmbracelet/bubbletea github.com/charmbracelet/lipgloss github.com/charmbracelet/x/ansi github.com/charmbracelet/x/term",
		why:     "It shows what the API says; what it could reach besides, it could show wrongly."},
	{pkg: "internal/report", own: "internal/api dag runbooks", why: "What happened, from what was recorded."},
	{pkg: "cmd/siteswap", own: "*", modules: "*", why: "Wiring: it knows everything, and nobody imports it."},
	{pkg: "internal/arch", tests: "internal/act internal/exchange runbooks", why: "Tests only. It walks the kinds of both halves, and where each row of known failures is held."},
}

const (
	driver = "A driver knows the model's facts and its far end. It takes Options, never config, and no other driver."
	suite  = "What every implementation must pass, with the driver that it holds to it, and nothing else."
	lab    = "An emulation that shared code with what it tests would share its mistakes."

	emulated        = "dag internal/exchange/wire"
	emulatedModules = "github.com/miekg/dns github.com/emiago/sipgo"
	// suites are the conformance suites, and the drivers that they hold: a test makes one and points it at the lab.
	suites = "internal/lab/... internal/exchange internal/exchange/exchangetest dnsupdate dnsupdate/dnsupdatetest umredirect umredirect/health umredirect/umredirecttest internal/vip internal/vip/viptest"
	// testModules serve the tests of every package.
	testModules = "github.com/google/go-cmp pgregory.net/rapid github.com/rogpeppe/go-internal github.com/anishathalye/porcupine"
)

// imports checks each import of each file, also of files for other systems, against the row of its package.
func imports(_ testing.TB, m *module) []finding {
	var fs []finding
	for _, p := range m.pkgs {
		i := slices.IndexFunc(house, func(r row) bool { return r.pkg == p.path })
		if i < 0 {
			fs = append(fs, finding{p.path, "imports", "this package stands in no row: say there who may import it and why it exists"})
			continue
		}
		for _, s := range p.sources {
			for _, spec := range s.ast.Imports {
				if path, _ := strconv.Unquote(spec.Path.Value); !house[i].allows(path, s.test, p.path) {
					fs = append(fs, finding{m.at(s, spec), "imports", p.path + " may not import " + below(path) + ": " + house[i].why})
				}
			}
		}
	}
	return slices.Concat(fs, namedImports(m))
}

// namedImports refuses dots and blanks: a dot hides whose name it is, a blank runs code by being named.
func namedImports(m *module) []finding {
	var fs []finding
	for _, p := range m.pkgs {
		for _, s := range p.sources {
			for _, spec := range s.ast.Imports {
				if spec.Name != nil && (spec.Name.Name == "." || spec.Name.Name == "_" && spec.Path.Value != `"embed"`) {
					fs = append(fs, finding{m.at(s, spec), "imports", "no import of " + spec.Path.Value + " by dot or blank: registration is an explicit list in cmd"})
				}
			}
		}
	}
	return fs
}

// allows says whether the row lets a file import that path.
func (r row) allows(path string, test bool, self string) bool {
	short := below(path)
	switch {
	case standard(path):
		return true
	case short == "cmd/siteswap" || strings.HasPrefix(short, "cmd/"):
		return test && short == self
	case short != path:
		return among(short, r.own) || test && (short == self || among(short, r.tests))
	}
	return among(path, under(r.modules)) || test && among(path, under(testModules))
}

// standard says whether a path is of the standard library: the first element of all others is a host with a dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return first != ours && !strings.Contains(first, ".")
}

// under makes every path of a list stand for all below it too.
func under(list string) string {
	var out []string
	for _, p := range strings.Fields(list) {
		out = append(out, p, p+"/...")
	}
	return strings.Join(out, " ")
}

// among says whether a path is in a list as rows write it.
func among(path, list string) bool {
	for _, p := range strings.Fields(list) {
		tree, whole := strings.CutSuffix(p, "/...")
		if p == "*" || p == "*/..." || path == p || whole && (path == tree || strings.HasPrefix(path, tree+"/")) {
			return true
		}
	}
	return false
}

// TestHouse: each row has a reason, stands once, and names packages by their full place.
func TestHouse(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range house {
		if r.why == "" || seen[r.pkg] {
			t.Errorf("%s: without a reason, or twice", r.pkg)
		}
		seen[r.pkg] = true
	}
	for _, r := range house {
		for _, p := range strings.Fields(r.own + " " + r.tests) {
			if p != "*" && !seen[strings.TrimSuffix(p, "/...")] {
				t.Errorf("%s: it may import %s, which has no row", r.pkg, p)
			}
		}
	}
}
