package dnsupdate

import (
	"context"
	"time"

	"github.com/miekg/dns"
)

// ADPoll is how often a Windows DNS server reads its zones from Active Directory (Get-DnsServerDsSetting, PollingInterval).
const ADPoll = 180 * time.Second

// Estimate is how long clients may still get the old answer after the update was acknowledged, in its parts.
type Estimate struct {
	Replication time.Duration `json:"replication"` // of the directory, to servers that could not be written directly; 0: none such
	Poll        time.Duration `json:"poll"`        // until those servers read it from their directory
	Cache       time.Duration `json:"cache"`       // the longest old TTL
	Negative    time.Duration `json:"negative"`    // for names that did not exist: caches keep that answer too (RFC 2308, section 5)
	Worst       time.Duration `json:"worst"`
}

// NewEstimate adds up what is known. directory says that the zone is kept in Active Directory; indirect, that some server
// of it cannot be written directly. What applications cache on their own (browsers, Outlook) comes on top and is not known.
func NewEstimate(set Set, old []Record, directory, indirect bool, replication, negative time.Duration) Estimate {
	e := Estimate{}
	if directory && indirect {
		e.Replication, e.Poll = replication, ADPoll
	}
	for _, ch := range set.Changes() {
		if len(ch.Old) == 0 {
			e.Negative = max(e.Negative, negative)
		}
		for _, r := range old {
			if r.Name == ch.Name && r.View == ch.View {
				e.Cache = max(e.Cache, r.TTL)
			}
		}
	}
	e.Worst = e.Replication + e.Poll + max(e.Cache, e.Negative)
	return e
}

// NegativeTTL is how long caches keep that a name of the zone does not exist: the smaller of the SOA record's own TTL and
// its last field (RFC 2308, section 5).
func (c *Client) NegativeTTL(ctx context.Context, server Server, zone string) (time.Duration, error) {
	m, err := c.authoritative(ctx, server.Address, zone, dns.TypeSOA)
	if err != nil {
		return 0, err
	}
	for _, rr := range m.Answer {
		if soa, ok := rr.(*dns.SOA); ok {
			return time.Duration(min(soa.Minttl, soa.Hdr.Ttl)) * time.Second, nil
		}
	}
	return 0, nil
}

// SettledAt is when no cache can hold the old answer any more: the longest TTL of the old records, or the negative TTL
// where there was none, after the last server changed.
func (e Estimate) SettledAt(last time.Time) time.Time { return last.Add(max(e.Cache, e.Negative)) }
