package dnsupdate

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted stands wherever a secret would be printed.
const redacted = "[secret]"

// Secret is a key that does not print: not by any verb of fmt, in JSON, in a log, nor as an unexported field of something
// else. The key sits in a closure, because fmt cannot call methods of unexported fields and follows a pointer where a verb
// does not fit it.
type Secret struct {
	reveal func() []byte
}

// NewSecret keeps a copy of the key.
func NewSecret(key []byte) Secret {
	kept := append([]byte(nil), key...)
	return Secret{reveal: func() []byte { return append([]byte(nil), kept...) }}
}

// IsZero says whether there is no key.
func (s Secret) IsZero() bool { return len(s.Reveal()) == 0 }

// Reveal is the key itself, for signing.
func (s Secret) Reveal() []byte {
	if s.reveal == nil {
		return nil
	}
	return s.reveal()
}

// String hides the key.
func (Secret) String() string { return redacted }

// GoString hides the key.
func (Secret) GoString() string { return redacted }

// Format hides the key from every verb, %x too.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText hides the key, in JSON and YAML too.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue hides the key.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
