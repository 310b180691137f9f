package directory

import "strings"

// eum is an EUM proxy address: an extension, a number or user@domain, and the context of its dial plan.
type eum struct{ extension, context string }

// parseEUM reads EUM:1001;phone-context=HQ.test.local; not ok for addresses of other kinds.
func parseEUM(address string) (eum, bool) {
	kind, rest, found := strings.Cut(address, ":")
	if !found || !strings.EqualFold(kind, "EUM") {
		return eum{}, false
	}
	extension, params, _ := strings.Cut(rest, ";")
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "phone-context") {
			return eum{strings.TrimSpace(extension), strings.TrimSpace(value)}, strings.TrimSpace(extension) != ""
		}
	}
	return eum{}, false
}

// plan is the dial plan of a phone context, which is the plan's name with the domain of the forest behind it.
func (o *Options) plan(context string) (string, bool) {
	context = strings.ToLower(context)
	for {
		for _, p := range o.Plans {
			if strings.ToLower(p) == context {
				return p, true
			}
		}
		cut := strings.LastIndexByte(context, '.')
		if cut < 0 {
			return "", false
		}
		context = context[:cut]
	}
}

// rdn stands before each name of a legacy DN.
const rdn = "/cn="

// serverName is the name of a mailbox server: of /o=Org/ou=Site/cn=Configuration/cn=Servers/cn=EX1 the last one, of a DN the
// first.
func serverName(value string) string {
	for at := len(value) - len(rdn); at >= 0; at-- {
		if strings.EqualFold(value[at:at+len(rdn)], rdn) {
			return value[at+len(rdn):]
		}
	}
	if len(value) > 3 && strings.EqualFold(value[:3], "cn=") {
		name, _, _ := strings.Cut(value[3:], ",")
		return name
	}
	return value
}
