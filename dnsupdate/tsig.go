package dnsupdate

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Fudge is how far a signature's time may be from the server's (RFC 8945, section 10). It also bounds how long after its
// sending an update may still be applied.
const Fudge = 300 * time.Second

// minSecret is the shortest key that is accepted, in bytes (128 bits).
const minSecret = 16

// TSIG is a shared key (RFC 8945).
type TSIG struct {
	Name      string `json:"name"`
	Algorithm string `json:"algorithm"` // hmac-sha256, hmac-sha384 or hmac-sha512
	Secret    Secret `json:"secret"`
}

var (
	errOtherKey  = errors.New("signed with another key or algorithm")
	errSignature = errors.New("the signature does not verify")
)

func (k TSIG) digest() func() hash.Hash {
	switch strings.TrimSuffix(strings.ToLower(k.Algorithm), ".") {
	case "hmac-sha256":
		return sha256.New
	case "hmac-sha384":
		return sha512.New384
	case "hmac-sha512":
		return sha512.New
	}
	return nil
}

// Validate says what is wrong with the key, without showing it.
func (k TSIG) Validate() error {
	if _, ok := dns.IsDomainName(k.Name); k.Name == "" || !ok {
		return fmt.Errorf("tsig name %q is not a domain name", k.Name)
	}
	if k.digest() == nil {
		return fmt.Errorf("tsig algorithm %q of key %s; one of hmac-sha256, hmac-sha384, hmac-sha512", k.Algorithm, k.Name)
	}
	if k.Secret.IsZero() {
		return fmt.Errorf("key %s has no secret; give its key_file", k.Name)
	}
	if len(k.Secret.Reveal()) < minSecret {
		return fmt.Errorf("key %s is shorter than 128 bits; make one with `tsig-keygen %s`", k.Name, k.Name)
	}
	return nil
}

// signer signs and verifies for miekg/dns. Unlike the one of that library it insists that an answer names the same key and
// the same algorithm.
type signer struct{ key TSIG }

func (s signer) Generate(msg []byte, _ *dns.TSIG) ([]byte, error) {
	h := hmac.New(s.key.digest(), s.key.Secret.Reveal())
	h.Write(msg)
	return h.Sum(nil), nil
}

func (s signer) Verify(msg []byte, t *dns.TSIG) error {
	if dns.CanonicalName(t.Hdr.Name) != dns.CanonicalName(s.key.Name) || dns.CanonicalName(t.Algorithm) != dns.CanonicalName(s.key.Algorithm) {
		return errOtherKey
	}
	got, err := hex.DecodeString(t.MAC)
	if err != nil {
		return errSignature
	}
	want, err := s.Generate(msg, t)
	if err != nil {
		return err
	}
	if !hmac.Equal(got, want) {
		return errSignature
	}
	return nil
}

// sign packs the message with its signature; mac is needed to verify the answer.
func (k TSIG) sign(m *dns.Msg, at time.Time) (raw []byte, mac string, err error) {
	m.SetTsig(dns.CanonicalName(k.Name), dns.CanonicalName(k.Algorithm), uint16(Fudge.Seconds()), at.Unix())
	return dns.TsigGenerateWithProvider(m, signer{k}, "", false)
}
