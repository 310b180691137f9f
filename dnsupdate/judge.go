package dnsupdate

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/miekg/dns"
)

// Result is how a change stands at one server. The zero value claims nothing.
type Result uint8

// The results. They are ordered by how much a person must look: see [Worst].
const (
	Unknown  Result = iota // it cannot be said; it may still be applied, until Fudge has passed
	Done                   // the new values were read back
	Failed                 // it was not applied and will not be
	Conflict               // the name holds something that nobody planned: a hand edit
)

var resultWords = [...]string{"unknown", "done", "failed", "conflict"}

// String is the word in the report.
func (r Result) String() string {
	if int(r) < len(resultWords) {
		return resultWords[r]
	}
	return "result " + strconv.Itoa(int(r))
}

// MarshalText writes the word.
func (r Result) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the word.
func (r *Result) UnmarshalText(text []byte) error {
	for i, w := range resultWords {
		if w == string(text) {
			*r = Result(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no result", text)
}

// Worst is the result that stands for both: a conflict needs a person before all else, then what is unknown (it must be
// looked at again before anything is repeated), then a failure.
func Worst(a, b Result) Result {
	for _, r := range []Result{Conflict, Unknown, Failed} {
		if a == r || b == r {
			return r
		}
	}
	return Done
}

// Verdict is what an answer to an update proves by itself, before the server is read back.
type Verdict struct {
	Result Result
	Why    string // for a person: what was answered and what to do; empty for Done
}

// Signed is a request that was sent: what is needed to judge its answer.
type Signed struct {
	Key  TSIG
	ID   uint16
	MAC  string    // of the request, hexadecimal
	Time time.Time // that it was signed with

	verifier dns.TsigProvider // nil: Key
}

func (s Signed) provider() dns.TsigProvider {
	if s.verifier != nil {
		return s.verifier
	}
	return signer{s.Key}
}

// Judge says what the answer to a signed update proves. A good answer must be signed; a bad one must be too, except that a
// server which does not know the key or refuses the signature cannot sign (RFC 8945, 5.2.2).
func Judge(raw []byte, req Signed) Verdict {
	m := new(dns.Msg)
	if err := m.Unpack(bytes.Clone(raw)); err != nil {
		return Verdict{Unknown, "the answer is not a DNS message"}
	}
	if !m.Response || m.Id != req.ID || m.Opcode != dns.OpcodeUpdate {
		return Verdict{Unknown, "the answer does not belong to the update"}
	}
	if m.Rcode == dns.RcodeNotAuth {
		return judgeNotAuth(m, req)
	}
	if why := unverified(m, raw, req); why != "" {
		return Verdict{Unknown, fmt.Sprintf("answered %s, but %s", rcodeWord(m.Rcode), why)}
	}
	return judgeRcode(m.Rcode)
}

// unverified says why the answer's signature proves nothing; empty: it verifies.
func unverified(m *dns.Msg, raw []byte, req Signed) string {
	if m.IsTsig() == nil {
		return "the answer is not signed"
	}
	err := dns.TsigVerifyWithProvider(bytes.Clone(raw), req.provider(), req.MAC, false)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errOtherKey), errors.Is(err, dns.ErrSecret), errors.Is(err, dns.ErrKeyAlg):
		return "it is " + errOtherKey.Error()
	case errors.Is(err, dns.ErrTime):
		return "its signature has the wrong time"
	}
	return "its signature does not verify"
}

// judgeNotAuth tells the four meanings of NOTAUTH apart: three faults of the key (RFC 8945, 5.2), and a server that does
// not hold the zone (RFC 2136, 3.1.2).
func judgeNotAuth(m *dns.Msg, req Signed) Verdict {
	t := m.IsTsig()
	if t == nil || t.Error == 0 {
		return Verdict{Failed, "the server is not authoritative for the zone (NOTAUTH), or does not know the key; check the zone and the server's zones"}
	}
	switch int(t.Error) {
	case dns.RcodeBadKey:
		return Verdict{Failed, fmt.Sprintf("the server does not know the key %s (BADKEY); check tsig name and algorithm", req.Key.Name)}
	case dns.RcodeBadSig:
		return Verdict{Failed, fmt.Sprintf("the server's secret of the key %s is another one (BADSIG); check key_file", req.Key.Name)}
	case dns.RcodeBadTime:
		return Verdict{Failed, "the clocks differ too much (BADTIME)" + skew(t, req.Time) + "; set the clocks right, here or at the server"}
	}
	return Verdict{Failed, fmt.Sprintf("the server refuses the signature (TSIG error %d)", t.Error)}
}

// forgot says whether an answer is that of a server which does not know the key (RFC 8945, 5.2.1): it has done nothing.
func forgot(answer []byte) bool {
	m := new(dns.Msg)
	if m.Unpack(bytes.Clone(answer)) != nil || m.Rcode != dns.RcodeNotAuth {
		return false
	}
	t := m.IsTsig()
	return t != nil && int(t.Error) == dns.RcodeBadKey
}

// skew reads the server's time from a BADTIME answer: 48 bits in the other data (RFC 8945, 5.2.3).
func skew(t *dns.TSIG, sent time.Time) string {
	b, err := hex.DecodeString(t.OtherData)
	if err != nil || len(b) != 6 {
		return ""
	}
	var at int64
	for _, v := range b {
		at = at<<8 | int64(v)
	}
	d := time.Duration(at-sent.Unix()) * time.Second
	if at > 1<<40 {
		return ""
	}
	if d < 0 {
		return fmt.Sprintf(": the server's is %s behind ours", -d)
	}
	return fmt.Sprintf(": the server's is %s ahead of ours", d)
}

func judgeRcode(rcode int) Verdict {
	switch rcode {
	case dns.RcodeSuccess:
		return Verdict{Done, ""}
	case dns.RcodeNXRrset, dns.RcodeYXRrset, dns.RcodeYXDomain, dns.RcodeNameError:
		return Verdict{Conflict, "the server holds something else than planned (" + rcodeWord(rcode) + ")"}
	case dns.RcodeNotZone:
		return Verdict{Failed, "a name is not in the zone (NOTZONE); check the zone of each name"}
	case dns.RcodeRefused:
		return Verdict{Failed, "the server refused (REFUSED); the key may not update this name there"}
	case dns.RcodeServerFailure:
		return Verdict{Failed, "the server failed (SERVFAIL); look in its log: often the right to change the record, or a zone it cannot write"}
	}
	return Verdict{Failed, "the server answered " + rcodeWord(rcode)}
}

func rcodeWord(rcode int) string {
	if w, ok := dns.RcodeToString[rcode]; ok {
		return w
	}
	return "RCODE " + strconv.Itoa(rcode)
}
