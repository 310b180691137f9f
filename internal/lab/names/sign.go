package names

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/miekg/dns"
)

// Generate signs for miekg/dns, with the key that the record names.
func (s *Server) Generate(msg []byte, t *dns.TSIG) ([]byte, error) {
	k, ok := s.keys[dns.CanonicalName(t.Hdr.Name)]
	if !ok || dns.CanonicalName(t.Algorithm) != k.digestName() {
		return nil, dns.ErrSecret
	}
	h := hmac.New(k.digest(), k.Secret)
	h.Write(msg)
	return h.Sum(nil), nil
}

// Verify checks a signature for miekg/dns. An error is either [dns.ErrSecret], the key is not known, or [dns.ErrSig].
func (s *Server) Verify(msg []byte, t *dns.TSIG) error {
	want, err := s.Generate(msg, t)
	if err != nil {
		return err
	}
	got, err := hex.DecodeString(t.MAC)
	if err != nil || !hmac.Equal(got, want) {
		return dns.ErrSig
	}
	return nil
}

func (k Key) digest() func() hash.Hash {
	switch k.digestName() {
	case dns.HmacSHA384:
		return sha512.New384
	case dns.HmacSHA512:
		return sha512.New
	}
	return sha256.New
}

// checkSignature is section 5.2 of RFC 8945: the key, then the signature, then the time. sig is the record for the answer:
// nil for an unsigned request.
func (s *Server) checkSignature(status error, m *dns.Msg) (sig *dns.TSIG, ok bool) {
	t := m.IsTsig()
	if t == nil {
		return nil, true
	}
	sig = &dns.TSIG{
		Hdr:       dns.RR_Header{Name: t.Hdr.Name, Rrtype: dns.TypeTSIG, Class: dns.ClassANY},
		Algorithm: t.Algorithm, Fudge: t.Fudge, OrigId: m.Id, TimeSigned: t.TimeSigned,
	}
	at := time.Now().Add(s.skew()).Unix()
	switch {
	case errors.Is(status, dns.ErrSecret):
		sig.Error = dns.RcodeBadKey
		return sig, false
	case status != nil && !errors.Is(status, dns.ErrTime):
		sig.Error = dns.RcodeBadSig
		return sig, false
	case abs(at-int64(t.TimeSigned)) > int64(t.Fudge):
		// The answer repeats the client's time, so that it can be verified, and tells the server's (5.2.3).
		sig.Error, sig.OtherLen, sig.OtherData = dns.RcodeBadTime, 6, fmt.Sprintf("%012x", at)
		return sig, false
	}
	sig.TimeSigned = uint64(at)
	return sig, true
}

func abs(n int64) int64 { return max(n, -n) }

// forger signs with a key that nobody has.
type forger struct{}

func (forger) Generate(msg []byte, _ *dns.TSIG) ([]byte, error) {
	h := sha256.Sum256(append([]byte("forged"), msg...))
	return h[:], nil
}

func (forger) Verify([]byte, *dns.TSIG) error { return dns.ErrSig }

// pack gives the bytes of the answer, signed if sig says so.
func (s *Server) pack(r *dns.Msg, sig *dns.TSIG, request *dns.Msg, fault Fault) []byte {
	if sig == nil {
		raw, err := r.Pack()
		if err != nil {
			return nil
		}
		return raw
	}
	var provider dns.TsigProvider = s
	if fault == ForgedAnswer || fault == ForgedLie {
		provider = forger{}
	}
	r.Extra = append(r.Extra, sig)
	raw, _, err := dns.TsigGenerateWithProvider(r, provider, request.IsTsig().MAC, false)
	if err != nil {
		return nil
	}
	return raw
}
