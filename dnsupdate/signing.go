package dnsupdate

import (
	"context"
	"runtime"
	"time"

	"github.com/miekg/dns"
)

const windows = runtime.GOOS == "windows"

// signing is what one update is signed with: the server's shared key, or a session that nobody else uses meanwhile.
type signing struct {
	key     TSIG
	session *session
}

// signingFor gives the signature of one update to a server. Logging on may fail; then nothing was sent.
func (c *Client) signingFor(ctx context.Context, s Server) (signing, error) {
	if s.GSS == nil {
		return signing{key: s.TSIG}, nil
	}
	made, err := c.sessions.take(ctx, c, s)
	return signing{session: made}, err
}

func (g signing) sign(m *dns.Msg, at time.Time) (raw []byte, mac string, err error) {
	if g.session != nil {
		return g.session.sign(m, at)
	}
	return g.key.sign(m, at)
}

// request is what [Judge] needs of a message that was signed with it.
func (g signing) request(id uint16, mac string, at time.Time) Signed {
	r := Signed{Key: g.key, ID: id, MAC: mac, Time: at}
	if g.session != nil {
		r.Key.Name, r.verifier = "of the Kerberos session", g.session.client
	}
	return r
}

// done keeps a session whose signatures still work for the next update, and ends one of which that is not sure.
func (c *Client) done(s Server, g signing, good bool) {
	if g.session == nil {
		return
	}
	if good {
		c.sessions.give(s.Address, g.session)
		return
	}
	g.session.close()
}
