package document

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time as people write it: 90s, 5m, 1h30m, 7d, 2w.
type Duration time.Duration

// unit is a unit of time; days are 24 hours, because a replay lag of 7d is meant so.
type unit struct {
	name   string
	length time.Duration
}

// units are the units, longest first.
func units() []unit {
	return []unit{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}}
}

// ParseDuration reads a Duration.
func ParseDuration(text string) (Duration, error) {
	bad := fmt.Errorf("%q is no duration; write a number with its unit, as in 90s, 5m, 1h30m or 7d", text)
	if text == "0" {
		return 0, nil
	}
	var total time.Duration
	rest := text
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		letters := len(rest[digits:]) - len(strings.TrimLeft(rest[digits:], "abcdefghijklmnopqrstuvwxyz"))
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		length := lengthOf(rest[digits : digits+letters])
		if err != nil || length == 0 || n > (math.MaxInt64-int64(total))/int64(length) {
			return 0, bad
		}
		total += time.Duration(n) * length
		rest = rest[digits+letters:]
	}
	if text == "" {
		return 0, bad
	}
	return Duration(total), nil
}

// lengthOf is the length of the unit with this name, or 0.
func lengthOf(name string) time.Duration {
	for _, u := range units() {
		if u.name == name {
			return u.length
		}
	}
	return 0
}

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}

// MarshalText is String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is the shortest form that ParseDuration reads, in whole milliseconds.
func (d Duration) String() string {
	var b strings.Builder
	left := time.Duration(d)
	for _, u := range units() {
		if u.name == "w" { // people say 14d
			continue
		}
		if n := left / u.length; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			left -= n * u.length
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}

// Std is d as the standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// Pattern is the regular expression of a duration in a JSON schema.
func (Duration) Pattern() string { return "^(0|([0-9]+(w|d|h|ms|m|s))+)$" }
