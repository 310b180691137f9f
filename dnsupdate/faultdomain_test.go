package dnsupdate_test

import (
	"testing"
	"time"

	"siteswap/dnsupdate"
	"siteswap/internal/peers"
)

// domainFaults: secure updates, as in Active Directory. The rows share one domain controller but for the one with a wrong
// clock.
func domainFaults(t *testing.T) []fault {
	d := startDirectory(t, peers.Controller{Name: "dc1"})
	c := clientOf(t, 5*time.Second, d.listed...)
	d.create(t, c, "fault.test.local")
	apply := func(mend func(*dnsupdate.GSS)) func(*testing.T) told {
		return func(t *testing.T) told {
			s := d.listed[0]
			g := *s.GSS
			mend(&g)
			s.GSS = &g
			o := clientOf(t, 5*time.Second, s).Apply(bounded(t), s, setOf(t, move("fault.test.local")))
			a, err := c.Query(bounded(t), d.listed[0], "fault.test.local")
			if err != nil || len(a.Addresses) != 1 || a.Addresses[0] != "10.0.1.10" {
				t.Errorf("the server holds %v, %v", a.Addresses, err)
			}
			return of(o)
		}
	}
	return []fault{
		{"the record belongs to another account", "Samba AD", "REFUSED", apply(func(g *dnsupdate.GSS) {
			g.User, g.Password = stranger, dnsupdate.NewSecret([]byte(d.Password(stranger)))
		})},
		{"the password is wrong", "Samba AD", "KDC_ERR_PREAUTH_FAILED", apply(func(g *dnsupdate.GSS) { g.Password = dnsupdate.NewSecret([]byte("Wrong0ne!")) })},
		{"the account does not exist", "Samba AD", "KDC_ERR_C_PRINCIPAL_UNKNOWN", apply(func(g *dnsupdate.GSS) { g.User = "nobody" })},
		{"the server has another name", "Samba AD", "KDC_ERR_S_PRINCIPAL_UNKNOWN", apply(func(g *dnsupdate.GSS) { g.Host = "dc9.test.local" })},
		{"the domain controller's clock is 10 minutes fast", "Samba AD", "KRB_AP_ERR_SKEW", func(t *testing.T) told {
			fast := startDirectory(t, peers.Controller{Name: "dc1", Skew: 10 * time.Minute})
			one := clientOf(t, 5*time.Second, fast.listed...)
			ch := move("skew.test.local")
			ch.Old = nil
			return of(one.Apply(bounded(t), fast.listed[0], setOf(t, ch)))
		}},
	}
}
