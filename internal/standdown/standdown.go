// Package standdown is the word of a cut-off site that its servers have stopped: a short code that can be read over the telephone
// and that nobody makes without the key. It is pure: key, time and what was seen are inputs.
package standdown

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Evidence is what the code stands for: every one of these servers was read back with its cluster service Stopped and Disabled,
// which outlasts the return of power (domain-exchange.md section 11, I1).
type Evidence struct {
	DAG     string
	Site    string
	Servers []string
	At      time.Time // by the minute
}

// Holds is how long a code is believed: long enough for a telephone call in a bad night, too short for the next outage.
const Holds = 4 * time.Hour

// MinKey is the shortest key, in bytes.
const MinKey = 16

// alphabet has no letter that sounds or looks like another one or like a digit (Crockford).
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func encoding() *base32.Encoding { return base32.NewEncoding(alphabet).WithPadding(base32.NoPadding) }

// Code is the evidence as four groups of four letters: the minute and 64 bits that only the key's holder can make.
func Code(key []byte, e Evidence) (string, error) {
	if len(key) < MinKey {
		return "", fmt.Errorf("the key has %d bytes; it takes %d or more", len(key), MinKey)
	}
	if e.DAG == "" || e.Site == "" || len(e.Servers) == 0 {
		return "", errors.New("there is nothing to sign: DAG, site and servers are missing")
	}
	minute := uint16(e.At.Unix() / 60)
	text := encoding().EncodeToString(append(binary.BigEndian.AppendUint16(nil, minute), seal(key, e, minute)...))
	return text[0:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:], nil
}

func seal(key []byte, e Evidence, minute uint16) []byte {
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "siteswap standdown 1\n%q\n%q\n%q\n%d\n", e.DAG, e.Site, slices.Sorted(slices.Values(e.Servers)), minute)
	return m.Sum(nil)[:8]
}

// ErrCode: it is no code of this site, or not of now.
var ErrCode = errors.New("the code does not hold")

// Check says whether a code stands for the evidence, made at most [Holds] before now, and when it was made.
func Check(key []byte, code string, e Evidence, now time.Time) (time.Time, error) {
	if len(key) < MinKey {
		return time.Time{}, errors.New("no key to check it with: write standdown.key_file in the site file of the controllers")
	}
	raw, err := encoding().DecodeString(plain(code))
	if err != nil || len(raw) != 10 {
		return time.Time{}, fmt.Errorf("%w: it is no whole code; have it read again, letter by letter", ErrCode)
	}
	minute := binary.BigEndian.Uint16(raw)
	if !hmac.Equal(raw[2:], seal(key, e, minute)) {
		return time.Time{}, fmt.Errorf("%w: it is not of %s with %s, or another key made it", ErrCode, e.Site, strings.Join(e.Servers, ", "))
	}
	age := time.Duration(uint16(now.Unix()/60)-minute) * time.Minute // minutes go round every 45 days
	if age > Holds {
		return time.Time{}, fmt.Errorf("%w: it is older than %s; stand down again", ErrCode, Holds)
	}
	return now.Add(-age).Truncate(time.Minute), nil
}

// plain is a code as it was meant: without dashes and blanks, and with letters that are heard for digits.
func plain(code string) string {
	return strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(code))
}
