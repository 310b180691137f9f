package config

import (
	"bytes"

	"siteswap/internal/document"
)

// alone is a file with DNS servers and names and nothing else, for a person who repoints names without a DAG.
type alone struct {
	DNS DNS `yaml:"dns" need:"list servers and names" doc:"DNS servers that take updates, and the names."`
}

// LoadDNS reads a site file, or a file that has the part dns alone. Its sites are then those that servers and targets name.
func LoadDNS(path string) (*Site, document.Problems) {
	data, ps := readFile(path)
	if ps != nil {
		return nil, ps
	}
	return ParseDNS(path, data)
}

// ParseDNS is LoadDNS for text that was read already.
func ParseDNS(file string, data []byte) (*Site, document.Problems) {
	if bytes.HasPrefix(data, []byte("dag:")) || bytes.Contains(data, []byte("\ndag:")) {
		return Parse(file, data)
	}
	var a alone
	doc, problems := document.Decode(file, data, &a)
	site := &Site{File: file, DNS: a.DNS}
	site.placesOfDNS()
	c := &checker{site: site, doc: doc, problems: problems, unread: map[string]bool{}}
	for _, p := range problems {
		c.unread[p.Field] = true
	}
	c.uniqueDNS()
	c.dns()
	return site, c.problems.Sorted()
}

// placesOfDNS makes a site of every name that stands for one, in the order of the servers.
func (s *Site) placesOfDNS() {
	add := func(name string) {
		for _, p := range s.Sites {
			if p.Name == name {
				return
			}
		}
		if name != "" {
			s.Sites = append(s.Sites, Place{Name: name})
		}
	}
	for _, v := range s.DNS.Servers {
		add(v.Site)
	}
	for _, n := range s.DNS.Names {
		for _, site := range sortedKeys(n.Targets) {
			add(site)
		}
		for _, site := range sortedKeys(n.Aliases) {
			add(site)
		}
	}
}
