package umredirect

import (
	"net/netip"
	"strconv"
	"strings"
)

// uri is what matters of a sip, sips or tel URI. sipgo's reader of URIs takes what the grammar does not allow (two slashes,
// a bracket in the user), so the grammar of RFC 3261, section 25.1, is read here.
type uri struct {
	scheme  string
	user    string // escaped so that it can be written into a Contact
	host    string // in lower case
	phone   bool   // user=phone
	secure  bool
	headers bool // it has a part after ?, which a Request-URI must not (section 19.1.1)
}

func parseURI(s string) (uri, error) {
	scheme, rest, found := strings.Cut(s, ":")
	if !found || !isScheme(scheme) || strings.ContainsAny(s, " \t\r\n<>\"") {
		return uri{}, errAddress
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "sip", "sips":
		u, err := parseSIP(rest)
		u.scheme, u.secure = scheme, scheme == "sips"
		return u, err
	case "tel": // RFC 3261, section 19.1.6: what stands in a tel URI is the user part of a sip one
		if digits, _, _ := strings.Cut(rest, ";"); digits == "" || !only(rest, userMarks+"#:[]") {
			return uri{}, errAddress
		}
		return uri{scheme: scheme, user: cleanUser(rest), phone: true}, nil
	}
	return uri{scheme: scheme}, nil
}

// parseSIP reads what stands behind the scheme: user:password@host:port;parameters?headers.
func parseSIP(s string) (uri, error) {
	var u uri
	if info, rest, has := strings.Cut(s, "@"); has {
		user, password, _ := strings.Cut(info, ":")
		if user == "" || !only(user, userMarks) || !only(password, userMarks+":") {
			return uri{}, errAddress
		}
		u.user, s = cleanUser(user), rest
	}
	s, _, u.headers = strings.Cut(s, "?")
	hostPort, params, _ := strings.Cut(s, ";")
	if !u.takeHost(hostPort) || !only(params, "-_.!~*'()[]/:&+$;=") {
		return uri{}, errAddress
	}
	for _, p := range splitParams(params) {
		if p.name == "user" && strings.EqualFold(p.value, "phone") {
			u.phone = true
		}
	}
	return u, nil
}

func (u *uri) takeHost(s string) bool {
	host, port := s, ""
	if at := strings.LastIndexByte(s, ':'); at > strings.LastIndexByte(s, ']') {
		host, port = s[:at], s[at+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || !isDigits(port) {
			return false
		}
	}
	u.host = strings.ToLower(host)
	if inner, bracket := strings.CutPrefix(host, "["); bracket {
		a, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return err == nil && a.Is6() && a.Zone() == "" && strings.HasSuffix(inner, "]")
	}
	// An underscore is no part of the grammar, but of many host names.
	return isHost(strings.ReplaceAll(host, "_", "-"))
}

// anonymous says whether the URI hides who it stands for (RFC 3323, section 4.1.1.3; RFC 7044, section 10.1.2).
func (u uri) anonymous() bool { return u.host == "anonymous.invalid" }

// only says whether a text holds nothing but letters, digits, escapes and the given marks.
func only(s, marks string) bool {
	for i := 0; i < len(s); i++ {
		switch {
		case isAlnum(s[i]) || strings.IndexByte(marks, s[i]) >= 0:
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			i += 2
		default:
			return false
		}
	}
	return true
}

// isScheme takes a letter, then letters, digits and +-. (RFC 3986, section 3.1).
func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		letter := isAlnum(s[i]) && (s[i] < '0' || s[i] > '9')
		if !letter && (i == 0 || !isAlnum(s[i]) && strings.IndexByte("+-.", s[i]) < 0) {
			return false
		}
	}
	return s != ""
}
