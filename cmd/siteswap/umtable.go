package main

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"siteswap/internal/config"
	"siteswap/umredirect"
)

// tableOptions is what the site file says of who is called where.
func tableOptions(site *config.Site) umredirect.TableOptions {
	um := site.UM
	to := umredirect.TableOptions{Diversion: um.Diversion, HistoryInfo: um.HistoryInfo, Unknown: um.Unknown}
	for _, p := range um.DialPlans {
		d := umredirect.DialPlan{Name: p.Name, URIType: p.URIType, ExtensionDigits: p.ExtensionDigits, Patterns: p.Patterns, Security: p.Security,
			Version: umredirect.Version(p.Version), Current: map[string][]umredirect.Target{}, WhenDown: p.WhenDown, Unknown: p.Unknown}
		for s, contacts := range p.Current {
			d.Current[s] = contactTargets(contacts)
		}
		for _, pilot := range p.Pilots {
			d.Pilots = append(d.Pilots, umredirect.Pilot{Number: pilot.Number, Home: pilot.Home})
		}
		to.DialPlans = append(to.DialPlans, d)
	}
	for _, l := range um.Legacy {
		to.Legacy = append(to.Legacy, umredirect.Legacy{Name: l.Name, FQDN: l.FQDN, Port: l.ServicePort(), Transport: l.Transport, Version: umredirect.Version(l.Version),
			Also: contactTargets(l.Also), WhenDown: l.WhenDown, Decline: l.Decline, Operator: umredirect.Operator{Number: l.Operator.Number, Target: contactTarget(l.Operator.Target)}})
	}
	for _, m := range um.Mailboxes {
		to.Mailboxes = append(to.Mailboxes, umredirect.Mailbox{Extension: m.Extension, DialPlan: m.DialPlan, Home: m.Home})
	}
	if um.MailboxFile != "" {
		to.More = umredirect.CSVFile(site.Path(um.MailboxFile))
	}
	for _, r := range um.Redirectors {
		for _, l := range r.Listen {
			to.Self = append(to.Self, l.AddrPort.String())
		}
	}
	return to
}

func contactTarget(t config.Target) umredirect.Target {
	return umredirect.Target{Host: t.Host, Port: t.Port, Transport: t.Transport}
}

func contactTargets(contacts []config.Contact) (out []umredirect.Target) {
	for _, c := range contacts {
		t := contactTarget(c.Target)
		t.Q, t.Weight = c.Preference(), c.Weight
		out = append(out, t)
	}
	return out
}

// certificateLook is how often the files of a certificate are looked at.
const certificateLook = 10 * time.Second

// serveTLS answers on a tls listener with the certificate of the site file, which may be replaced while it runs.
func serveTLS(cmd *cobra.Command, srv *umredirect.Server, site *config.Site, me *config.Redirector, b config.Listener, ended chan<- error) error {
	if me.TLS == nil {
		return usage("listen on %s: no certificate; write um.redirectors[].tls", b)
	}
	certs, err := umredirect.NewCertificates(site.Path(me.TLS.Certificate), site.Path(me.TLS.KeyFile), site.Path(me.TLS.ClientCA))
	if err != nil {
		return usage("um.redirectors[].tls: %v", err)
	}
	l, err := net.Listen("tcp", b.AddrPort.String())
	if err != nil {
		return usage("listen on %s: %v; end what holds it, or change um.redirectors[].bind", b, err)
	}
	ctx, cancel := context.WithCancel(cmd.Context())
	go certs.Watch(ctx, certificateLook, slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)))
	go func() {
		defer cancel()
		ended <- srv.ServeTLS(l, certs)
	}()
	return nil
}
