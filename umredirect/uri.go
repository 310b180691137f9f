package umredirect

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// uri is what matters of a sip, sips or tel URI.
type uri struct {
	scheme string
	user   string // escaped so that it can be written into a Contact
	phone  bool   // user=phone
	secure bool
}

func parseURI(s string) (uri, error) {
	var u sip.Uri
	if strings.ContainsAny(s, " \t\r\n<>\"") {
		return uri{}, errAddress
	}
	scheme, _, found := strings.Cut(s, ":")
	if !found || !isScheme(scheme) {
		return uri{}, errAddress
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "sip", "sips", "tel":
	default:
		return uri{scheme: scheme}, nil // sipgo takes no scheme with a dot in it
	}
	if err := sip.ParseUri(s, &u); err != nil {
		return uri{}, errAddress
	}
	if scheme == "tel" {
		return uri{scheme: scheme, user: cleanUser(u.Raw()), phone: true}, nil
	}
	if u.Host == "" || u.Wildcard {
		return uri{}, errAddress
	}
	kind, _ := u.UriParams.Get("user")
	return uri{scheme: scheme, user: cleanUser(u.User), phone: strings.EqualFold(kind, "phone"), secure: scheme == "sips"}, nil
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
