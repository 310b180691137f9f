package config

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"

	"siteswap/internal/document"
)

//go:embed reference.yaml
var reference []byte

// Reference is the reference design, the site file that a drill falls back to.
func Reference() (name string, data []byte) {
	return "reference.yaml", append([]byte(nil), reference...)
}

// Load reads and checks a site file. The Site is nil only if the file cannot be read.
func Load(path string) (*Site, document.Problems) {
	data, ps := readFile(path)
	if ps != nil {
		return nil, ps
	}
	return Parse(path, data)
}

func readFile(path string) ([]byte, document.Problems) {
	data, err := os.ReadFile(path)
	if err != nil {
		p := document.Problem{File: path, What: "the site file cannot be read: " + err.Error(), Fix: "check its rights, or name another with --config"}
		if errors.Is(err, fs.ErrNotExist) {
			p.What, p.Fix = "there is no such site file", "name one with --config or SITESWAP_CONFIG"
		}
		return nil, document.Problems{p}
	}
	return data, nil
}

// Parse reads and checks a site file: every problem is returned, errors and warnings. The Site is never nil; it may be
// used only if there are no errors.
func Parse(file string, data []byte) (*Site, document.Problems) {
	site := &Site{File: file}
	doc, problems := document.Decode(file, data, site)
	c := &checker{site: site, doc: doc, problems: problems, unread: map[string]bool{}}
	for _, p := range problems {
		c.unread[p.Field] = true
	}
	c.unique()
	c.sites()
	c.members()
	c.witnesses()
	c.databases()
	c.dns()
	c.um()
	c.controllers()
	c.people()
	return site, c.problems.Sorted()
}

// Write is the site as a site file: what Parse reads back to an equal Site.
func Write(site *Site) []byte {
	text, err := document.Encode(site)
	if err != nil { // only a field of a type that no document can hold, which the round-trip test would show
		return []byte("# " + err.Error() + "\n")
	}
	return text
}

// Hash identifies what a site file says; layout, comments and its name do not count.
func Hash(site *Site) string {
	text, err := document.Canonical(site)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Schema is the JSON schema of the site file, for editors.
func Schema() []byte {
	text, err := document.Schema("https://siteswap.example/schema/site.json", "Siteswap site file", Site{})
	if err != nil {
		return []byte("{}\n")
	}
	return text
}
