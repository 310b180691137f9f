package directory

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// Options say where to read and how to understand it.
type Options struct {
	URL      string      // ldaps://host, or ldap://host with StartTLS
	StartTLS bool        // before anybody logs in
	TLS      *tls.Config // nil: the system's authorities
	Base     string
	Filter   string // with Search: the users with EUM addresses, unless set; else all users, because what no longer matches is not told
	Search   bool   // the whole search each time, where DirSync is not allowed
	Page     int    // 1000
	// Addresses and Server name attributes: proxyAddresses and msExchHomeServerName unless set.
	Addresses, Server string

	Account  string
	Password func() (string, error) // asked at every login, and kept nowhere

	Plans   []string            // names of the dial plans
	Homes   map[string][]string // mailbox servers by the older UM server that answers for them; all others are current
	Timeout time.Duration       // of one answer; 30 s
	Dialer  *net.Dialer
}

// Reader keeps a copy of the directory. It is for one goroutine.
type Reader struct {
	o       Options
	users   users
	cookie  []byte // of DirSync
	service string // whose cookie it is: another domain controller behind the same name does not know it
	read    bool   // once at least
}

// New makes a reader that knows nothing yet.
func New(o Options) *Reader {
	if o.Page == 0 {
		o.Page = 1000
	}
	if o.Addresses == "" {
		o.Addresses = "proxyAddresses"
	}
	if o.Server == "" {
		o.Server = "msExchHomeServerName"
	}
	if o.Filter == "" {
		o.Filter = "(objectClass=user)"
		if o.Search {
			o.Filter = "(" + o.Addresses + "=EUM:*)"
		}
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Dialer == nil {
		o.Dialer = &net.Dialer{Timeout: o.Timeout}
	}
	return &Reader{o: o}
}

// Refresh reads what changed since the last time, or everything. changed is false when nothing did. After an error, what
// was known is as it was, and the next call goes on from there.
func (r *Reader) Refresh(ctx context.Context) (m Mailboxes, changed bool, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("directory %s: %w", r.o.URL, err)
		}
	}()
	c, err := r.connect(ctx)
	if err != nil {
		return Mailboxes{}, false, err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	next := *r
	if r.o.Search {
		err = next.searchAll(c)
	} else {
		err = next.sync(c)
	}
	if ctx.Err() != nil {
		return Mailboxes{}, false, context.Cause(ctx)
	}
	if err != nil {
		return Mailboxes{}, false, err
	}
	if m, err = next.users.mailboxes(&r.o); err != nil {
		return Mailboxes{}, false, err
	}
	changed = !r.read || !same(r.users, next.users)
	*r = next
	r.read = true
	return m, changed, nil
}

func same(a, b users) bool {
	if len(a) != len(b) {
		return false
	}
	for id, x := range a {
		y, has := b[id]
		if !has || x.server != y.server || len(x.boxes) != len(y.boxes) {
			return false
		}
		for i := range x.boxes {
			if x.boxes[i] != y.boxes[i] {
				return false
			}
		}
	}
	return true
}

// connect logs in, never before the connection is secured.
func (r *Reader) connect(ctx context.Context) (*ldap.Conn, error) {
	u, err := url.Parse(r.o.URL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "ldaps" && !r.o.StartTLS {
		return nil, errors.New("the password would cross the network in clear: write ldaps://, or start_tls: true")
	}
	conf := r.o.TLS.Clone()
	if conf == nil {
		conf = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if conf.ServerName == "" {
		conf.ServerName = u.Hostname()
	}
	dialer := *r.o.Dialer
	if end, bounded := ctx.Deadline(); bounded {
		dialer.Deadline = end
	}
	c, err := ldap.DialURL(r.o.URL, ldap.DialWithDialer(&dialer), ldap.DialWithTLSConfig(conf))
	if err != nil {
		return nil, err
	}
	c.SetTimeout(r.o.Timeout)
	if r.o.StartTLS {
		err = c.StartTLS(conf)
	}
	if err == nil {
		err = r.login(c)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (r *Reader) login(c *ldap.Conn) error {
	password, err := r.o.Password()
	if err != nil {
		return fmt.Errorf("password of %s: %w", r.o.Account, err)
	}
	if password == "" { // a server takes that as nobody (RFC 4513, section 5.1.2)
		return fmt.Errorf("password of %s: it is empty", r.o.Account)
	}
	if err := c.Bind(r.o.Account, password); err != nil {
		return fmt.Errorf("log in as %s: %w", r.o.Account, err)
	}
	return nil
}

// searchAll reads everything in pages (RFC 2696).
func (r *Reader) searchAll(c *ldap.Conn) error {
	paging := ldap.NewControlPaging(uint32(r.o.Page))
	var all []change
	for {
		found, err := c.Search(r.request(paging))
		if err != nil {
			return err
		}
		changes, err := r.changes(found)
		if err != nil {
			return err
		}
		all = append(all, changes...)
		next, ok := ldap.FindControl(found.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
		if !ok || len(next.Cookie) == 0 {
			break
		}
		if bytes.Equal(next.Cookie, paging.Cookie) && len(found.Entries) == 0 {
			return errors.New("the search does not come to an end")
		}
		paging.SetCookie(next.Cookie)
	}
	r.users = users{}.with(all)
	return nil
}

func (r *Reader) request(controls ...ldap.Control) *ldap.SearchRequest {
	return ldap.NewSearchRequest(r.o.Base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, int(r.o.Timeout/time.Second), false,
		r.o.Filter, []string{"objectGUID", "isDeleted", r.o.Addresses, r.o.Server}, controls)
}
