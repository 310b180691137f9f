package directory

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// sync asks for what has changed (MS-ADTS, section 3.1.1.3.4.1.3), or for everything when this server does not know our cookie.
func (r *Reader) sync(c *ldap.Conn) error {
	service, err := serviceOf(c)
	if err != nil {
		return err
	}
	if service == r.service && r.cookie != nil {
		err := r.syncFrom(c, r.users, r.cookie)
		if err == nil || lost(err) {
			return err
		}
		// It may have been restored from a backup, or the cookie has grown too old: everything is read again.
	}
	r.service = service
	return r.syncFrom(c, users{}, nil)
}

// syncFrom reads on until the server says that there is no more.
func (r *Reader) syncFrom(c *ldap.Conn, known users, cookie []byte) error {
	var changes []change
	for {
		found, err := c.DirSync(r.request(), 0, 0, cookie)
		if err != nil {
			return explain(err)
		}
		some, err := r.changes(found)
		if err != nil {
			return err
		}
		changes = append(changes, some...)
		state, ok := ldap.FindControl(found.Controls, ldap.ControlTypeDirSync).(*ldap.ControlDirSync)
		if !ok || len(state.Cookie) == 0 {
			return errors.New("it answers without a DirSync cookie: write changes: search")
		}
		more := state.Flags != 0
		if more && len(some) == 0 && string(cookie) == string(state.Cookie) {
			return errors.New("the changes do not come to an end")
		}
		cookie = state.Cookie
		if !more {
			break
		}
	}
	r.users, r.cookie = known.with(changes), cookie
	return nil
}

// explain says what to do about refusals that a person has to mend.
func explain(err error) error {
	switch {
	case ldap.IsErrorWithCode(err, ldap.LDAPResultInsufficientAccessRights):
		return fmt.Errorf("%w: give the account the right to replicate directory changes, or write changes: search", err)
	case ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailableCriticalExtension):
		return fmt.Errorf("%w: this server knows no DirSync; write changes: search", err)
	case ldap.IsErrorWithCode(err, ldap.LDAPResultReferral):
		return fmt.Errorf("%w: base is no naming context of this server", err)
	}
	return err
}

// lost says whether the connection failed, so that nothing is known of the cookie.
func lost(err error) bool {
	var e *ldap.Error
	return !errors.As(err, &e) || e.ResultCode == ldap.ErrorNetwork || e.ResultCode == ldap.LDAPResultBusy || e.ResultCode == ldap.LDAPResultUnavailable ||
		e.ResultCode == ldap.LDAPResultTimeLimitExceeded || e.ResultCode == ldap.LDAPResultInsufficientAccessRights
}

// serviceOf says which domain controller this is.
func serviceOf(c *ldap.Conn) (string, error) {
	root, err := c.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 1, 0, false, "(objectClass=*)", []string{"dsServiceName"}, nil))
	if err != nil {
		return "", fmt.Errorf("ask who it is: %w", err)
	}
	if len(root.Entries) != 1 || root.Entries[0].GetAttributeValue("dsServiceName") == "" {
		return "", errors.New("it does not say who it is (dsServiceName): is this a domain controller")
	}
	return root.Entries[0].GetAttributeValue("dsServiceName"), nil
}

// changes reads entries; one without an id makes all of them unreadable, for it could not be told from others later.
func (r *Reader) changes(found *ldap.SearchResult) ([]change, error) {
	out := make([]change, 0, len(found.Entries))
	for _, e := range found.Entries {
		c := change{dn: e.DN}
		for _, a := range e.Attributes {
			// A range of values, as in proxyAddresses;range=0-1499, would be a part that looks like the whole.
			name, option, _ := strings.Cut(a.Name, ";")
			switch {
			case option != "" && strings.HasPrefix(strings.ToLower(option), "range=") && !strings.HasSuffix(option, "-*"):
				return nil, fmt.Errorf("%s has too many values of %s for one answer", e.DN, name)
			case strings.EqualFold(name, "objectGUID") && len(a.ByteValues) == 1:
				c.id = string(a.ByteValues[0])
			case strings.EqualFold(name, "isDeleted"):
				c.deleted = len(a.Values) > 0 && strings.EqualFold(a.Values[0], "TRUE")
			case strings.EqualFold(name, r.o.Addresses):
				c.addresses, c.hasAddr = a.Values, true
			case strings.EqualFold(name, r.o.Server):
				c.hasServer = true
				if len(a.Values) > 0 {
					c.server = a.Values[0]
				}
			}
		}
		if c.id == "" {
			return nil, fmt.Errorf("%s has no objectGUID", e.DN)
		}
		out = append(out, c)
	}
	return out, nil
}
