package config

import (
	"slices"

	"siteswap/internal/document"
)

// UMWatch says how the servers that calls are redirected to are watched.
type UMWatch struct {
	Resolvers []HostPort        `yaml:"resolvers" doc:"The DNS servers that the PBX asks; unless set, dns.resolvers, else dns.servers."`
	Every     document.Duration `yaml:"every" min:"0" doc:"Between two probes of an address; 10s unless set."`
	Timeout   document.Duration `yaml:"timeout" min:"0" doc:"For one answer; 2s unless set."`
	DownAfter int               `yaml:"down_after" min:"1" max:"100" doc:"Failures in a row that make a server dead; 3 unless set."`
	UpAfter   int               `yaml:"up_after" min:"1" max:"100" doc:"Answers in a row that make it alive again; 2 unless set."`
	How       string            `yaml:"how" enum:"options|connect" doc:"options (unless set): a SIP OPTIONS, for which the redirectors must be UM IP gateways in Exchange; connect: only a connection."`
	CAFile    string            `yaml:"ca_file" doc:"Certificates (PEM) that sign those of targets with TLS; the system's unless set."`
}

// Homer is a server that gets copies of the messages (HEP3).
type Homer struct {
	Address HostPort `yaml:"address" need:"write its address, as in 10.0.1.60:9060" doc:"Where it takes HEP3 over UDP."`
	Node    int      `yaml:"node" min:"0" max:"2147483647" doc:"The redirectors' capture id."`
	Sample  int      `yaml:"sample" min:"1" max:"1000000" doc:"One call of that many; every call unless set."`
	KeyFile string   `yaml:"key_file" doc:"File that holds its password."`
	Env     string   `yaml:"env" doc:"Environment variable that holds it."`
	Command []string `yaml:"command" doc:"Program that prints it, with its arguments."`
}

// ResolversOf are the DNS servers that tell whether the PBX finds a target, those of the place first.
func (s *Site) ResolversOf(place string) []string {
	var out []string
	add := func(h HostPort) {
		if text := h.String(); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	switch {
	case s.UM != nil && s.UM.Watch != nil && len(s.UM.Watch.Resolvers) > 0:
		for _, r := range s.UM.Watch.Resolvers {
			add(r)
		}
	case len(s.DNS.Resolvers) > 0:
		for _, r := range s.DNS.Resolvers {
			add(r)
		}
	default:
		for _, own := range []bool{true, false} {
			for _, d := range s.DNS.Servers {
				if (d.Site == place) == own {
					add(d.Address)
				}
			}
		}
	}
	return out
}

// operation checks what runs beside a redirector.
func (c *checker) operation() {
	if h := c.site.UM.Homer; h != nil {
		c.oneSecret("um.homer", false, h.KeyFile, h.Env, h.Command)
	}
	for i, r := range c.site.UM.Redirectors {
		if r.Metrics.IsValid() && !r.Metrics.Addr().IsLoopback() {
			c.warn(at("um.redirectors[%d].metrics", i), "figures are served to everybody who reaches "+r.Metrics.String(), "write a loopback address, and let an agent on the machine collect them")
		}
	}
}
