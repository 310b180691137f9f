package dnsupdate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"siteswap/dnsupdate"
)

const plainKey = "0123456789abcdef0123456789abcdef"
const plainBase64 = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

func goodKey() dnsupdate.TSIG {
	return dnsupdate.TSIG{Name: "siteswap.", Algorithm: "hmac-sha256", Secret: dnsupdate.NewSecret([]byte(plainKey))}
}

func TestSecretDoesNotPrint(t *testing.T) {
	server := dnsupdate.Server{Address: "127.0.0.1:53", TSIG: goodKey()}
	client, err := dnsupdate.NewClient(dnsupdate.Options{Servers: []dnsupdate.Server{server}})
	if err != nil {
		t.Fatal(err)
	}
	hidden := struct{ inner dnsupdate.TSIG }{goodKey()}
	var out strings.Builder
	for _, v := range []any{goodKey().Secret, goodKey(), server, &server, client, *client, hidden, []dnsupdate.Server{server}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "server", server, "secret", goodKey().Secret)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "server", server, "secret", goodKey().Secret)
	all := out.String() + log.String()
	for _, form := range []string{plainKey, plainBase64, fmt.Sprintf("%x", plainKey), fmt.Sprintf("%X", plainKey), fmt.Sprint([]byte(plainKey)), "48 49 50", "0x30, 0x31"} {
		if strings.Contains(all, form) {
			t.Errorf("the key is printed as %q", form)
		}
	}
	if !strings.Contains(all, "[secret]") {
		t.Error("nothing shows that there is a secret")
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		mend func(*dnsupdate.TSIG)
		want string
	}{
		"good":      {func(*dnsupdate.TSIG) {}, ""},
		"dots":      {func(k *dnsupdate.TSIG) { k.Algorithm = "HMAC-SHA512." }, ""},
		"no name":   {func(k *dnsupdate.TSIG) { k.Name = "" }, "name"},
		"sha1":      {func(k *dnsupdate.TSIG) { k.Algorithm = "hmac-sha1" }, "hmac-sha256"},
		"md5":       {func(k *dnsupdate.TSIG) { k.Algorithm = "hmac-md5.sig-alg.reg.int" }, "hmac-sha256"},
		"no secret": {func(k *dnsupdate.TSIG) { k.Secret = dnsupdate.Secret{} }, "key_file"},
		"short":     {func(k *dnsupdate.TSIG) { k.Secret = dnsupdate.NewSecret([]byte("short")) }, "128 bits"},
	} {
		t.Run(name, func(t *testing.T) {
			k := goodKey()
			c.mend(&k)
			_, err := dnsupdate.NewClient(dnsupdate.Options{Servers: []dnsupdate.Server{{Address: "127.0.0.1:53", TSIG: k}}})
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := dnsupdate.NewClient(dnsupdate.Options{Servers: []dnsupdate.Server{{Address: "127.0.0.1", TSIG: goodKey()}}}); err == nil {
		t.Error("an address without a port was accepted")
	}
}

func TestParseKey(t *testing.T) {
	bind := `key "siteswap." { algorithm hmac-sha256; secret "` + plainBase64 + `"; };`
	for _, c := range []struct {
		name, text, want string
		full             bool
	}{
		{"secret alone", plainBase64 + "\n", "", false},
		{"secret in quotes", `"` + plainBase64 + `"`, "", false},
		{"bind", bind, "", true},
		{"bind in lines, with comments", "# made by hand\n/* two\nlines */\n" + strings.ReplaceAll(bind, " ", "\n\t") + " // end\n", "", true},
		{"bind without quotes", strings.ReplaceAll(bind, `"`, ""), "", true},
		{"bind without the last semicolon", strings.TrimSuffix(bind, ";"), "", true},
		{"empty", " \n", "empty", false},
		{"not base64", "hunter2!", "not base64", false},
		{"two words", plainBase64 + "\nnonsense", "line 2", false},
		{"two keys", bind + "\n" + bind, "line 2: text after the key", false},
		{"cut off", bind[:40], "line 1", false},
		{"unclosed quotation", `key "siteswap`, "quotation", false},
		{"unclosed comment", "/* x", "comment", false},
		{"weak", strings.Replace(bind, "sha256", "md5", 1), "hmac-sha256", false},
		{"unknown word", strings.Replace(bind, "algorithm", "algorythm", 1), "line 1: expected", false},
		{"a short secret", `key k { algorithm hmac-sha256; secret "c2hvcnQ="; };`, "128 bits", false},
		{"only the word", "key", "not base64", false},
		{"a large file", strings.Repeat("x", 70000), "right file", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := dnsupdate.ParseKey([]byte(c.text))
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("got %v, want %q", err, c.want)
				}
				return
			}
			if err != nil || string(k.Secret.Reveal()) != plainKey {
				t.Fatalf("%v, secret right: %v", err, string(k.Secret.Reveal()) == plainKey)
			}
			if c.full && (k.Name != "siteswap." || k.Algorithm != "hmac-sha256") {
				t.Errorf("name %q, algorithm %q", k.Name, k.Algorithm)
			}
		})
	}
}

func TestReadKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dns.key")
	if _, err := dnsupdate.ReadKeyFile(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte(plainBase64+" x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dnsupdate.ReadKeyFile(path); err == nil || strings.Contains(err.Error(), plainBase64) {
		t.Errorf("error %v; it must be there and not show the key", err)
	}
	if err := os.WriteFile(path, []byte(plainBase64), 0o600); err != nil {
		t.Fatal(err)
	}
	if k, err := dnsupdate.ReadKeyFile(path); err != nil || string(k.Secret.Reveal()) != plainKey {
		t.Error(err)
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add([]byte(plainBase64))
	f.Add([]byte(`key "siteswap." { algorithm hmac-sha256; secret "` + plainBase64 + `"; };`))
	f.Add([]byte("/* */ // # \n key { ; } \""))
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := dnsupdate.ParseKey(text)
		if err == nil && k.Secret.IsZero() {
			t.Error("accepted without a secret")
		}
		if err == nil && k.Name != "" && k.Validate() != nil {
			t.Error("accepted a clause that no client takes")
		}
	})
}
