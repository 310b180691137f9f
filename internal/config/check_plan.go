package config

import (
	"fmt"
	"strings"
)

// homeNames are the words that may stand as a home.
func (u *UM) homeNames() []string {
	out := []string{"current", "decline"}
	for _, l := range u.Legacy {
		out = append(out, l.Name)
	}
	return out
}

// homes: whoever gets calls that are for no mailbox exists.
func (c *checker) homes() {
	um, names := c.site.UM, c.site.UM.homeNames()
	c.refer("um.unknown", um.Unknown, "legacy server", names)
	for i, p := range um.DialPlans {
		c.refer(at("um.dial_plans[%d].unknown", i), p.Unknown, "legacy server", names)
		for j, pilot := range p.Pilots {
			c.refer(at("um.dial_plans[%d].pilots[%d].home", i, j), pilot.Home, "legacy server", names)
			if strings.Trim(pilot.Number, "+0123456789 -.()*#") != "" {
				c.fail(at("um.dial_plans[%d].pilots[%d].number", i, j), fmt.Sprintf("%q is no number", pilot.Number), "write its digits, in quotes")
			}
		}
	}
}

// dialPlan: it says which numbers are its own. Whether two plans claim the same ones the table finds out.
func (c *checker) dialPlan(path string, p DialPlan) {
	if p.ExtensionDigits == 0 && (p.URIType == "" || p.URIType == "telextn") {
		c.fail(path+".extension_digits", "missing", "write how many digits an extension has")
	}
	for i, text := range p.Patterns {
		digits := strings.TrimPrefix(strings.TrimSuffix(text, "*"), "+")
		if text == "" || strings.Trim(digits, "0123456789Xx") != "" {
			c.fail(at("%s.patterns[%d]", path, i), fmt.Sprintf("%q is no pattern", text), "write digits, X for any digit, and * at the end for any more, as in +4989XXXX")
		}
	}
}

// misfit is how to mend an extension that the plan cannot have; empty when it fits.
func (p DialPlan) misfit(extension string) string {
	number := strings.Trim(strings.TrimPrefix(extension, "+"), "0123456789") == ""
	switch {
	case p.URIType == "e164" && (!number || !strings.HasPrefix(extension, "+") || len(extension) < 2):
		return "write + and the whole number, in quotes"
	case p.URIType == "sipname" && !strings.Contains(strings.Trim(extension, "@"), "@"):
		return "write user@domain"
	case (p.URIType == "" || p.URIType == "telextn") && p.ExtensionDigits > 0 && (!number || extension[0] == '+' || len(extension) != p.ExtensionDigits):
		return fmt.Sprintf("write %d digits, in quotes", p.ExtensionDigits)
	}
	return ""
}

// umPort refuses the ports of worker processes, which change when those are recycled, and from 2013 on those of the UM
// service, which the call router knows better (domain-exchange.md, section 8.2).
func (c *checker) umPort(path string, port int, version string) {
	newer := version == "2013" || version == "2016"
	if port >= 5065 && port <= 5068 || newer && (port == 5062 || port == 5063) {
		whose := "a worker process"
		if port < 5065 {
			whose = "the UM service of one server"
		}
		c.fail(path, fmt.Sprintf("port %d belongs to %s", port, whose), "write the port that answers calls, 5060, or 5061 with tls")
	}
}

func (c *checker) legacy(path string, l Legacy) {
	c.umPort(c.later(path+".fqdn", path+".port"), l.ServicePort(), l.Version)
	for i, k := range l.Also {
		c.notOurs(at("%s.also[%d].target", path, i), k.Target)
		c.umPort(at("%s.also[%d].target", path, i), k.Target.Port, l.Version)
	}
	if l.Decline != 0 && l.Decline != 480 && l.Decline != 503 {
		c.fail(path+".decline", fmt.Sprintf("%d is no answer that a PBX goes on from", l.Decline), "write 480 or 503")
	}
	if l.Decline != 0 && l.WhenDown != "" && l.WhenDown != "decline" {
		c.fail(c.later(path+".decline", path+".when_down"), "decline has no meaning with when_down: "+l.WhenDown, "leave one of them out")
	}
	switch asked := l.WhenDown == "operator"; {
	case asked && !c.doc.Has(path+".operator"):
		c.fail(path+".when_down", "nobody is named as operator", "write operator: 0@pbx.test.local:5060;transport=tcp")
	case !asked && l.Operator.Number != "":
		c.fail(path+".operator", "no call ever gets there", "write when_down: operator, or leave it out")
	case asked && l.Operator.Number != "":
		c.notOurs(path+".operator", l.Operator.Target)
	}
}

// sipTLS: a listener with TLS has a certificate.
func (c *checker) sipTLS(i int, r Redirector) {
	secure := false
	for j, l := range r.Listen {
		if l.Network == "tls" && r.TLS == nil {
			c.fail(at("um.redirectors[%d].listen[%d]", i, j), "a tls listener, and no certificate", "write tls: {certificate: FILE, key_file: FILE}")
		}
		secure = secure || l.Network == "tls"
	}
	if r.TLS != nil && !secure {
		c.warn(at("um.redirectors[%d].tls", i), "a certificate, and no tls listener", "add one, as in tls://10.0.1.30:5061")
	}
}
