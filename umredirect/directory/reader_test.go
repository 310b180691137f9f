package directory_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"siteswap/umredirect/directory"
	"siteswap/umredirect/mailbox"
)

// eum are the attributes of a user with a mailbox.
func eum(extension, server string) map[string][]string {
	return map[string][]string{
		"proxyAddresses":       {"SMTP:" + extension + "@test.local", "EUM:" + extension + ";phone-context=HQ.test.local", "eum:" + extension + "@test.local;phone-context=Names.test.local"},
		"msExchHomeServerName": {"/o=Test/ou=Exchange Administrative Group/cn=Configuration/cn=Servers/cn=" + server},
	}
}

func options(f *fake) directory.Options {
	return directory.Options{URL: f.url(), StartTLS: !f.secure, TLS: &tls.Config{RootCAs: f.pool}, Base: "DC=test,DC=local", Page: 5,
		Account: "svc", Password: func() (string, error) { return "secret", nil },
		Plans: []string{"HQ", "Names"}, Homes: map[string][]string{"OLD": {"EX2007-1", "ex2007-2"}}}
}

// rows are mailboxes in short, those of the names left out.
func rows(m directory.Mailboxes) (out []string) {
	for _, r := range m.Rows {
		if r.DialPlan == "HQ" {
			out = append(out, r.Extension+" "+r.Home)
		}
	}
	return out
}

func refresh(t *testing.T, r *directory.Reader) (directory.Mailboxes, bool) {
	t.Helper()
	m, changed, err := r.Refresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m, changed
}

// each way of reading is held to the same story, over both ways of securing the connection.
func TestReaderFollows(t *testing.T) {
	for name, search := range map[string]bool{"dirsync": false, "search": true} {
		for _, secure := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, ldaps %t", name, secure), func(t *testing.T) {
				f := newFake(t, secure)
				o := options(f)
				o.Search = search
				follows(t, f, directory.New(o))
				if f.plain > 0 {
					t.Errorf("%d logins in clear", f.plain)
				}
			})
		}
	}
}

func follows(t *testing.T, f *fake, r *directory.Reader) {
	var want []string
	for i := range 23 {
		f.set(fmt.Sprint("user", i), eum(fmt.Sprint(1000+i), "EX2010-1"))
		want = append(want, fmt.Sprint(1000+i, " current"))
	}
	f.set("nobody", map[string][]string{"msExchHomeServerName": {"/cn=EX2007-1"}})
	m, changed := refresh(t, r)
	if diff := cmp.Diff(want, rows(m)); diff != "" || !changed || len(m.Rows) != 46 {
		t.Errorf("first: %s, changed %t", diff, changed)
	}
	if _, changed := refresh(t, r); changed {
		t.Error("changed, and nothing has")
	}
	f.set("user3", map[string][]string{"msExchHomeServerName": {"/o=Test/cn=Servers/cn=ex2007-1"}})
	f.set("user4", map[string][]string{"proxyAddresses": {"SMTP:4@test.local"}}) // no longer enabled
	f.set("nobody", map[string][]string{"proxyAddresses": {"EUM:2000;phone-context=hq.test.local"}})
	f.remove("user5")
	want[3] = "1003 OLD"
	want = append(append(want[:4:4], want[6:]...), "2000 OLD")
	m, changed = refresh(t, r)
	if diff := cmp.Diff(want, rows(m)); diff != "" || !changed {
		t.Errorf("after changes: %s, changed %t", diff, changed)
	}
	f.set("user6", map[string][]string{"proxyAddresses": nil, "msExchHomeServerName": nil})
	m, _ = refresh(t, r)
	if diff := cmp.Diff(append(want[:4:4], want[5:]...), rows(m)); diff != "" {
		t.Errorf("after an attribute was taken away: %s", diff)
	}
}

// A server that stops in the middle changes nothing, at whatever entry it stops, and what it would have said is not lost.
func TestServerStopsInTheMiddle(t *testing.T) {
	for _, search := range []bool{false, true} {
		for stop := 1; stop <= 12; stop++ {
			f := newFake(t, true)
			for i := range 12 {
				f.set(fmt.Sprint("user", i), eum(fmt.Sprint(1000+i), "EX2007-1"))
			}
			o := options(f)
			o.Search = search
			r := directory.New(o)
			before, _ := refresh(t, r)
			for i := range 12 {
				f.set(fmt.Sprint("user", i), eum(fmt.Sprint(1000+i), "EX2010-1"))
			}
			f.stopAfter = stop
			if m, changed, err := r.Refresh(t.Context()); err == nil || changed || len(m.Rows) > 0 {
				t.Fatalf("stopped at %d: %v, changed %t, %v", stop, m, changed, err)
			}
			after, changed := refresh(t, r)
			if len(after.Rows) != len(before.Rows) || !changed || rows(after)[0] != "1000 current" || rows(after)[11] != "1011 current" {
				t.Errorf("after it stopped at %d: %v, changed %t", stop, rows(after), changed)
			}
		}
	}
}

func TestCookies(t *testing.T) {
	f := newFake(t, true)
	f.set("a", eum("1001", "EX2007-1"))
	r := directory.New(options(f))
	refresh(t, r)
	f.remove("a")
	f.set("b", eum("1002", "EX2007-1"))
	for name, lose := range map[string]func(){
		"another domain controller":           func() { f.service = "CN=NTDS Settings,CN=DC2" },
		"a cookie that the server has forgot": func() { f.badCookies = true },
	} {
		lose()
		m, _ := refresh(t, r)
		if diff := cmp.Diff([]string{"1002 OLD"}, rows(m)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRefreshRefuses(t *testing.T) {
	for want, do := range map[string]func(*fake, *directory.Options){
		"give the account the right to replicate": func(f *fake, _ *directory.Options) { f.noRights = true },
		"without a DirSync cookie":                func(f *fake, _ *directory.Options) { f.noCookie = true },
		"is this a domain controller":             func(f *fake, _ *directory.Options) { f.service = "" },
		"Invalid Credentials":                     func(_ *fake, o *directory.Options) { o.Password = func() (string, error) { return "wrong", nil } },
		"it is empty":                             func(_ *fake, o *directory.Options) { o.Password = func() (string, error) { return "", nil } },
		"password of svc: gone": func(_ *fake, o *directory.Options) {
			o.Password = func() (string, error) { return "", errors.New("gone") }
		},
		"would cross the network in clear":        func(_ *fake, o *directory.Options) { o.URL = strings.Replace(o.URL, "ldaps:", "ldap:", 1) },
		"certificate signed by unknown authority": func(_ *fake, o *directory.Options) { o.TLS = nil },
		"1001 of dial plan HQ belongs to CN=a and to CN=b": func(f *fake, _ *directory.Options) {
			f.set("a", eum("1001", "EX2007-1"))
			f.set("b", map[string][]string{"proxyAddresses": {"EUM:1001;phone-context=HQ.test.local"}})
		},
	} {
		f := newFake(t, true)
		o := options(f)
		do(f, &o)
		if m, changed, err := directory.New(o).Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), want) || changed || len(m.Rows) > 0 {
			t.Errorf("%v, want %q", err, want)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%v tells the password", err)
		}
	}
}

func TestRefreshEndsWithItsContext(t *testing.T) {
	f := newFake(t, true)
	f.endless = true
	ctx, cancel := context.WithCancel(t.Context())
	r := directory.New(options(f))
	done := make(chan error)
	go func() {
		_, _, err := r.Refresh(ctx)
		done <- err
	}()
	for {
		f.mu.Lock()
		n := f.searches
		f.mu.Unlock()
		if n > 3 {
			break
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestUnknownDialPlansAreCounted(t *testing.T) {
	f := newFake(t, true)
	f.set("a", map[string][]string{"proxyAddresses": {"EUM:1;phone-context=Rome.test.local", "EUM:2;phone-context=HQ", "EUM:3", "X400:x", "eum:2;phone-context=HQ.Test.Local"}})
	m, _ := refresh(t, directory.New(options(f)))
	want := directory.Mailboxes{Rows: []mailbox.Row{{Extension: "2", DialPlan: "HQ", Home: "current"}}, Skipped: 1, Example: "1 of Rome.test.local"}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
}
