package dnsupdate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/dnsupdate"
	"siteswap/internal/peers"
)

// deadline bounds what stands between.
func deadline() time.Time { return time.Now().Add(10 * time.Second) }

// told is what a person is told of a fault.
type told struct {
	result   string
	sentence string
}

// fault is a row of docs/dns-faults.md: something goes wrong at a real server, and the sentence says what it was.
type fault struct {
	what   string // as a person would say it
	server string
	want   string // part of the sentence
	run    func(t *testing.T) told
}

// faultLines are the rows as the document has them.
type faultLines []string

func (l *faultLines) add(f fault, got told) {
	*l = append(*l, fmt.Sprintf("| %s | %s | %s | %s |", f.what, f.server, got.result, plainSentence(got.sentence)))
}

// plainSentence takes out what differs from run to run.
func plainSentence(s string) string {
	for _, r := range []struct{ pattern, to string }{
		{`\[::1\]:\d+|127\.\d+\.\d+\.\d+:\d+|10\.77\.\d+\.\d+:\d+`, "SERVER"},
		{`\b9m5\d(\.\d+)?s|10m\d(\.\d+)?s|10m0s`, "10m0s"},
		{`silent for [0-9.]+m?s`, "silent for TIMEOUT"},
		{`connection reset by peer|connection refused|the server closed the connection`, "the server closed the connection"},
	} {
		s = regexp.MustCompile(r.pattern).ReplaceAllString(s, r.to)
	}
	return strings.ReplaceAll(s, "|", "\\|")
}

// TestFaults makes real servers fail in every way of the issue, checks the sentence, and holds docs/dns-faults.md to what
// was said. SITESWAP_UPDATE=1 rewrites the document.
func TestFaults(t *testing.T) {
	peers.Skip(t, peers.BIND, peers.Knot, peers.Directory, peers.Clock, peers.Spaces)
	var lines faultLines
	for _, group := range [][]fault{keyFaults(), recordFaults(), wireFaults(), readFaults(), domainFaults(t)} {
		for _, f := range group {
			t.Run(f.what+"/"+f.server, func(t *testing.T) {
				got := f.run(t)
				if !strings.Contains(got.sentence, f.want) {
					t.Errorf("%s: %q does not say %q", got.result, got.sentence, f.want)
				}
				lines.add(f, got)
			})
		}
	}
	file := filepath.Join("..", "docs", "dns-faults.md")
	text := faultDocument(lines)
	if os.Getenv("SITESWAP_UPDATE") != "" && !t.Failed() {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), text); diff != "" {
		t.Errorf("docs/dns-faults.md is not what was said (SITESWAP_UPDATE=1 rewrites it):\n%s", diff)
	}
}

func faultDocument(lines faultLines) string {
	return `# What goes wrong with DNS, and what is said

Each row was made to happen at a real server; the sentences are those that were printed (addresses and times left out). This
file is written by the test that does it: SITESWAP_PEERS=1 SITESWAP_UPDATE=1 go test ./dnsupdate -run TestFaults. An update is
*done* only where the new value was read back; *unknown* means that it may still be applied, and that the next attempt looks
before it writes; *conflict*, that somebody changed the record and nothing was overwritten; *agrees*, *differs* and
*unreachable* are what reading says.

| what happens | server | result | what is said |
| --- | --- | --- | --- |
` + strings.Join(lines, "\n") + "\n"
}

// of is what is told of an outcome.
func of(o dnsupdate.Outcome) told {
	why := o.Why
	if why == "" {
		for _, n := range o.Names {
			why = n.Why
		}
	}
	return told{o.Result.String(), why}
}

// stateOf is what is told of a reading.
func stateOf(s dnsupdate.ServerState) told {
	why := s.Why
	if why == "" {
		why = "every name has its new value"
	}
	return told{s.State.String(), why}
}
