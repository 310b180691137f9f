package witness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	smb2 "github.com/cloudsoda/go-smb2"
	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/keytab"
)

// Login is the account that connects to a share: a user with a password (NTLM), or Kerberos.
type Login struct {
	User     string
	Domain   string
	Password func() string // a function, so that no verb prints it
	Kerberos *Kerberos
}

// Kerberos is where tickets come from. Exactly one of keytab, credential cache and the login's password is used.
type Kerberos struct {
	Config string // text of a krb5.conf
	Realm  string
	Keytab string // file
	CCache string // file
}

// SMB is a folder on a share. Server and Address are those of its [Target].
type SMB struct {
	Share     string
	Directory string // below the share; "" is its root
	Login     Login
	// Lock looks whether witness.log is held by a cluster. It opens the file for reading for a moment, in which a cluster that
	// takes the witness would have to try again, so that a caller that probes often asks for it seldom.
	Lock bool
}

// session is an open share.
type session struct {
	conn  net.Conn
	whole *smb2.Session
	share *smb2.Share
}

// step says how far a connection came, for what to do about it.
type step string

const (
	stepReach step = "reach" // TCP
	stepLogin step = "login"
	stepShare step = "share"
)

// stepError is a failure with the step in which it came.
type stepError struct {
	step step
	err  error
}

func (e *stepError) Error() string { return e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// connect opens the share; ctx bounds everything that is done with it.
func (s SMB) connect(ctx context.Context, d Dialer, t Target) (*session, error) {
	c, err := d.DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return nil, &stepError{stepReach, err}
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(deadline); err != nil {
			c.Close()
			return nil, &stepError{stepReach, err}
		}
	}
	who, err := s.Login.initiator(t.Server)
	if err != nil {
		c.Close()
		return nil, &stepError{stepLogin, err}
	}
	whole, err := (&smb2.Dialer{Initiator: who}).DialConn(ctx, c, t.Address)
	if err != nil {
		c.Close()
		return nil, &stepError{stepLogin, err}
	}
	whole = whole.WithContext(ctx)
	share, err := whole.Mount(s.Share)
	if err != nil {
		c.Close()
		return nil, &stepError{stepShare, err}
	}
	return &session{conn: c, whole: whole, share: share.WithContext(ctx)}, nil
}

// close drops the connection; a server frees what belonged to it.
func (s *session) close() { s.conn.Close() }

func (l Login) initiator(server string) (smb2.Initiator, error) {
	password := ""
	if l.Password != nil {
		password = l.Password()
	}
	if l.Kerberos == nil {
		if l.User == "" {
			return nil, errors.New("no account for the share; name one in the site file")
		}
		return &smb2.NTLMInitiator{User: l.User, Password: password, Domain: l.Domain}, nil
	}
	k := l.Kerberos
	conf, err := config.NewFromString(k.Config)
	if err != nil {
		return nil, fmt.Errorf("kerberos configuration: %w", err)
	}
	var c *client.Client
	off := client.DisablePAFXFAST(true) // Active Directory does not speak it before 2012
	switch {
	case k.CCache != "":
		cache, err := credentials.LoadCCache(k.CCache)
		if err != nil {
			return nil, fmt.Errorf("credential cache: %w; renew it with kinit", err)
		}
		if c, err = client.NewFromCCache(cache, conf, off); err != nil {
			return nil, fmt.Errorf("credential cache: %w; renew it with kinit", err)
		}
	case k.Keytab != "":
		keys, err := keytab.Load(k.Keytab)
		if err != nil {
			return nil, fmt.Errorf("keytab: %w", err)
		}
		c = client.NewWithKeytab(l.User, k.Realm, keys, conf, off)
	default:
		c = client.NewWithPassword(l.User, k.Realm, password, conf, off)
	}
	return &smb2.Krb5Initiator{Client: c, TargetSPN: "cifs/" + server}, nil
}

// path is a name below the probed folder.
func (s SMB) path(name string) string {
	dir := strings.Trim(strings.ReplaceAll(s.Directory, `\`, "/"), "/")
	if dir == "" {
		return name
	}
	if name == "" {
		return dir
	}
	return dir + "/" + name
}
