package directory_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// fake is a directory with the parts of Active Directory that a Reader uses.
type fake struct {
	t    testing.TB
	l    net.Listener
	conf *tls.Config
	pool *x509.CertPool

	mu      sync.Mutex
	objects []*object
	usn     int
	service string
	secure  bool // TLS from the start

	// Faults.
	stopAfter  int  // the connection is cut after so many entries; 0: never
	badCookies bool // no cookie is known
	noRights   bool
	noCookie   bool
	endless    bool
	plain      int // logins that came over a connection in clear
	searches   int // that read users
}

type object struct {
	dn, id  string
	attrs   map[string][]string
	changed map[string]int // attribute -> the change that it came with
	created int
	deleted bool
}

func newFake(t testing.TB, secure bool) *fake {
	t.Helper()
	f := &fake{t: t, service: "CN=NTDS Settings,CN=DC1", secure: secure, pool: x509.NewCertPool()}
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "dc"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, _ := x509.ParseCertificate(raw)
	f.pool.AddCert(cert)
	f.conf = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
	if f.l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var tasks sync.WaitGroup
	tasks.Go(func() {
		for {
			c, err := f.l.Accept()
			if err != nil {
				return
			}
			tasks.Go(func() { f.serve(c) })
		}
	})
	t.Cleanup(func() {
		f.l.Close()
		tasks.Wait()
	})
	return f
}

func (f *fake) url() string {
	if f.secure {
		return "ldaps://" + f.l.Addr().String()
	}
	return "ldap://" + f.l.Addr().String()
}

// set writes attributes of a user, which is made when it is not there; nil values take an attribute away.
func (f *fake) set(name string, attrs map[string][]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.usn++
	i := slices.IndexFunc(f.objects, func(o *object) bool { return o.dn == "CN="+name && !o.deleted })
	if i < 0 {
		f.objects = append(f.objects, &object{dn: "CN=" + name, id: fmt.Sprintf("%016d", len(f.objects)), attrs: map[string][]string{}, changed: map[string]int{}, created: f.usn})
		i = len(f.objects) - 1
	}
	for a, v := range attrs {
		f.objects[i].attrs[a], f.objects[i].changed[a] = v, f.usn
	}
}

func (f *fake) remove(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.usn++
	for _, o := range f.objects {
		if o.dn == "CN="+name {
			o.dn, o.deleted, o.attrs = o.dn+"\\0ADEL:"+o.id, true, map[string][]string{"isDeleted": {"TRUE"}}
			o.changed = map[string]int{"isDeleted": f.usn}
		}
	}
}

func (f *fake) serve(c net.Conn) {
	defer func() { c.Close() }()
	safe := f.secure
	if safe {
		c = tls.Server(c, f.conf)
	}
	for {
		p, err := ber.ReadPacket(c)
		if err != nil || len(p.Children) < 2 {
			return
		}
		id, op := p.Children[0].Value.(int64), p.Children[1]
		switch op.Tag {
		case ldap.ApplicationExtendedRequest:
			f.reply(c, id, ldap.ApplicationExtendedResponse, 0, nil)
			c, safe = tls.Server(c, f.conf), true
		case ldap.ApplicationBindRequest:
			code := uint16(0)
			if op.Children[2].Data.String() != "secret" {
				code = ldap.LDAPResultInvalidCredentials
			}
			if !safe {
				f.mu.Lock()
				f.plain++
				f.mu.Unlock()
			}
			f.reply(c, id, ldap.ApplicationBindResponse, code, nil)
		case ldap.ApplicationSearchRequest:
			if f.search(c, id, p, op) != nil {
				return
			}
		default:
			return
		}
	}
}

func (f *fake) reply(c net.Conn, id int64, tag ber.Tag, code uint16, control *ber.Packet) error {
	p := envelope(id)
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, uint64(code), ""))
	op.AppendChild(octets(""))
	op.AppendChild(octets("as the test wants"))
	p.AppendChild(op)
	if control != nil {
		all := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
		all.AppendChild(control)
		p.AppendChild(all)
	}
	_, err := c.Write(p.Bytes())
	return err
}

func envelope(id int64) *ber.Packet {
	p := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	return p
}

func octets(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

var errCut = errors.New("cut")

func (f *fake) entry(c net.Conn, id int64, dn string, attrs map[string][]string) error {
	p := envelope(id)
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	op.AppendChild(octets(dn))
	list := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	for name, values := range attrs {
		a := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
		a.AppendChild(octets(name))
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, v := range values {
			set.AppendChild(octets(v))
		}
		a.AppendChild(set)
		list.AppendChild(a)
	}
	op.AppendChild(list)
	p.AppendChild(op)
	_, err := c.Write(p.Bytes())
	return err
}

func (f *fake) search(c net.Conn, id int64, p, op *ber.Packet) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if op.Children[0].Data.String() == "" {
		if err := f.entry(c, id, "", map[string][]string{"dsServiceName": {f.service}}); err != nil {
			return err
		}
		return f.reply(c, id, ldap.ApplicationSearchResultDone, 0, nil)
	}
	f.searches++
	filter, _ := ldap.DecompileFilter(op.Children[6])
	var control ldap.Control
	if len(p.Children) > 2 && len(p.Children[2].Children) > 0 {
		control, _ = decode(p.Children[2].Children[0])
	}
	if request, is := control.(*ldap.ControlDirSync); is {
		return f.dirSync(c, id, request, strings.Contains(filter, "EUM"))
	}
	return f.paged(c, id, control, strings.Contains(filter, "EUM"))
}
