package standdown_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"siteswap/internal/standdown"
)

var (
	key  = []byte("0123456789abcdef0123456789abcdef")
	made = time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC)
	prod = standdown.Evidence{DAG: "DAG1", Site: "Prod", Servers: []string{"EX2010-1", "EX2010-2"}, At: made}
)

func TestCode(t *testing.T) {
	code, err := standdown.Code(key, prod)
	if err != nil || len(code) != 19 {
		t.Fatalf("%q %v", code, err)
	}
	if again, _ := standdown.Code(key, prod); again != code {
		t.Error("the same evidence has two codes")
	}
	heard := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(code, "0", "o"), "-", " "))
	for _, text := range []string{code, heard} {
		at, err := standdown.Check(key, text, prod, made.Add(90*time.Minute))
		if err != nil || at.Sub(made).Abs() > time.Minute {
			t.Errorf("%s: %v %v", text, at, err)
		}
	}
}

func TestCodeIsRefused(t *testing.T) {
	code, _ := standdown.Code(key, prod)
	one := prod
	one.Servers = []string{"EX2010-1"}
	other := prod
	other.Site = "DR"
	wrong := []byte(code)
	wrong[10] = map[bool]byte{true: '3', false: '2'}[wrong[10] == '2']
	for name, check := range map[string]func() error{
		"fewer servers": func() error { _, err := standdown.Check(key, code, one, made); return err },
		"another site":  func() error { _, err := standdown.Check(key, code, other, made); return err },
		"another key": func() error {
			_, err := standdown.Check([]byte("another key that is long"), code, prod, made)
			return err
		},
		"too old":       func() error { _, err := standdown.Check(key, code, prod, made.Add(5*time.Hour)); return err },
		"of the future": func() error { _, err := standdown.Check(key, code, prod, made.Add(-time.Hour)); return err },
		"misheard":      func() error { _, err := standdown.Check(key, string(wrong), prod, made); return err },
		"cut short":     func() error { _, err := standdown.Check(key, code[:14], prod, made); return err },
	} {
		if err := check(); !errors.Is(err, standdown.ErrCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := standdown.Check(nil, code, prod, made); err == nil || !strings.Contains(err.Error(), "key_file") {
		t.Errorf("no key: %v", err)
	}
	if _, err := standdown.Code(key[:8], prod); err == nil {
		t.Error("a short key signs")
	}
	if _, err := standdown.Code(key, standdown.Evidence{}); err == nil {
		t.Error("nothing is signed")
	}
}

func FuzzCheck(f *testing.F) {
	code, _ := standdown.Code(key, prod)
	f.Add(code)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		other := prod
		other.DAG = "DAG2"
		if _, err := standdown.Check(key, text, other, made); err == nil {
			t.Errorf("%q holds for a DAG that nobody signed for", text)
		}
	})
}
