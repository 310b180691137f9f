package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// number is seconds as people write them: one digit after the point below ten, none above, no ".0".
func number(s float64) string {
	if math.Abs(s) < 10 {
		return strings.TrimSuffix(strconv.FormatFloat(s, 'f', 1, 64), ".0")
	}
	return strconv.FormatFloat(s, 'f', 0, 64)
}

// tenth is seconds with one digit after the point, none where it is zero.
func tenth(s float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(s, 'f', 1, 64), ".0")
}

// span is a duration with its units: "16 s", "13 min 20 s", "2 h 5 min".
func span(s float64) string {
	if s < 60 && number(s) != "60" {
		return number(s) + " s"
	}
	whole := int64(math.Round(s))
	h, m, sec := whole/3600, whole/60%60, whole%60
	switch {
	case h > 0 && m == 0:
		return fmt.Sprintf("%d h", h)
	case h > 0:
		return fmt.Sprintf("%d h %d min", h, m)
	case sec == 0:
		return fmt.Sprintf("%d min", m)
	default:
		return fmt.Sprintf("%d min %d s", m, sec)
	}
}

// clock is mm:ss since the start.
func clock(s float64) string {
	whole := int64(max(s, 0))
	return fmt.Sprintf("%02d:%02d", whole/60, whole%60)
}

// count is a whole number with its thousands apart: 4,120.
func count(n int64) string {
	if n < 0 {
		return "-" + count(-n)
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// clean makes text from outside fit to show: control characters and invalid bytes become spaces. Escaping is the
// template's work; this keeps terminals' escapes and bytes that no page may hold out of it.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || r == 0xFFFE || r == 0xFFFF {
			return ' '
		}
		if unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
}

// short cuts text to at most n characters.
func short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	if n < 2 {
		return ""
	}
	return string(r[:n-1]) + "…"
}

// sortedKeys is the keys in order: a report made twice from one document is the same.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
