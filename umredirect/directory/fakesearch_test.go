package directory_test

import (
	"net"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// decode reads a control of a request. That of DirSync the library reads in responses only.
func decode(p *ber.Packet) (ldap.Control, error) {
	if p.Children[0].Data.String() != ldap.ControlTypeDirSync {
		return ldap.DecodeControl(p)
	}
	value := ber.DecodePacket(p.Children[len(p.Children)-1].Data.Bytes())
	return ldap.NewRequestControlDirSync(0, 0, value.Children[2].Data.Bytes()), nil
}

// control is a control of a response.
func control(oid string, children ...*ber.Packet) *ber.Packet {
	value := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	for _, c := range children {
		value.AppendChild(c)
	}
	out := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	out.AppendChild(octets(oid))
	out.AppendChild(octets(string(value.Bytes())))
	return out
}

func number(n int) *ber.Packet {
	return ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, int64(n), "")
}

func (o *object) hasEUM() bool {
	for _, a := range o.attrs["proxyAddresses"] {
		if strings.HasPrefix(strings.ToUpper(a), "EUM:") {
			return true
		}
	}
	return false
}

// paged answers a search in pages: the cookie is where the next page begins.
func (f *fake) paged(c net.Conn, id int64, request ldap.Control, onlyEUM bool) error {
	paging, _ := request.(*ldap.ControlPaging)
	if paging == nil {
		return f.reply(c, id, ldap.ApplicationSearchResultDone, ldap.LDAPResultSizeLimitExceeded, nil)
	}
	from, _ := strconv.Atoi(string(paging.Cookie))
	sent := 0
	for i := from; i < len(f.objects); i++ {
		o := f.objects[i]
		if o.deleted || onlyEUM && !o.hasEUM() {
			continue
		}
		if sent == int(paging.PagingSize) {
			return f.reply(c, id, ldap.ApplicationSearchResultDone, 0, control(ldap.ControlTypePaging, number(0), octets(strconv.Itoa(i))))
		}
		if f.cut() {
			return errCut
		}
		attrs := map[string][]string{"objectGUID": {o.id}}
		for a, v := range o.attrs {
			attrs[a] = v
		}
		if err := f.entry(c, id, o.dn, attrs); err != nil {
			return err
		}
		sent++
	}
	return f.reply(c, id, ldap.ApplicationSearchResultDone, 0, control(ldap.ControlTypePaging, number(0), octets("")))
}

// cut says whether the connection ends here.
func (f *fake) cut() bool {
	if f.stopAfter == 0 {
		return false
	}
	f.stopAfter--
	return f.stopAfter == 0
}

// syncPage is how many objects stand in one answer to DirSync.
const syncPage = 7

// dirSync answers with what changed since the cookie: its change number, and behind a bar where a reading in parts goes on.
func (f *fake) dirSync(c net.Conn, id int64, request *ldap.ControlDirSync, onlyEUM bool) error {
	if f.noRights {
		return f.reply(c, id, ldap.ApplicationSearchResultDone, ldap.LDAPResultInsufficientAccessRights, nil)
	}
	if f.badCookies && len(request.Cookie) > 0 {
		return f.reply(c, id, ldap.ApplicationSearchResultDone, ldap.LDAPResultUnwillingToPerform, nil)
	}
	since, rest, _ := strings.Cut(string(request.Cookie), "|")
	usn, _ := strconv.Atoi(since)
	from, _ := strconv.Atoi(rest)
	sent := 0
	for i := from; i < len(f.objects); i++ {
		attrs := f.objects[i].since(usn)
		if attrs == nil || onlyEUM && !f.objects[i].hasEUM() {
			continue
		}
		if sent == syncPage {
			return f.synced(c, id, 1, strconv.Itoa(usn)+"|"+strconv.Itoa(i))
		}
		if f.cut() {
			return errCut
		}
		if err := f.entry(c, id, f.objects[i].dn, attrs); err != nil {
			return err
		}
		sent++
	}
	if f.endless {
		return f.synced(c, id, 1, string(request.Cookie)+"0")
	}
	return f.synced(c, id, 0, strconv.Itoa(f.usn))
}

func (f *fake) synced(c net.Conn, id int64, more int, cookie string) error {
	if f.noCookie {
		return f.reply(c, id, ldap.ApplicationSearchResultDone, 0, nil)
	}
	return f.reply(c, id, ldap.ApplicationSearchResultDone, 0, control(ldap.ControlTypeDirSync, number(more), number(0), octets(cookie)))
}

// since are the attributes that changed after a change; nil when none did. A tombstone of something that was never told of
// is not told of either.
func (o *object) since(usn int) map[string][]string {
	if o.deleted && o.created > usn {
		return nil
	}
	attrs := map[string][]string{"objectGUID": {o.id}}
	for a, at := range o.changed {
		if at > usn {
			attrs[a] = o.attrs[a]
		}
	}
	if len(attrs) == 1 && o.created <= usn {
		return nil
	}
	return attrs
}
