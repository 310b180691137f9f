package dnsupdate

import "github.com/miekg/dns"

// MessageFor is the update for a server that keeps its zone in a directory, or does not.
func MessageFor(z Zone, directory bool) *dns.Msg { return z.message(nil, directory) }
