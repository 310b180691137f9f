package console

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// clock is mm:ss; minutes go on counting beyond an hour, as a drill's start is what people count from.
func clock(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// span is a duration with its units: "4 s", "13 min 20 s", "2 h 5 min".
func span(d time.Duration) string {
	s := d.Seconds()
	if s < 10 {
		return strings.TrimSuffix(strconv.FormatFloat(math.Round(s*10)/10, 'f', 1, 64), ".0") + " s"
	}
	whole := int64(math.Round(s))
	h, m, sec := whole/3600, whole/60%60, whole%60
	switch {
	case whole < 60:
		return fmt.Sprintf("%d s", whole)
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

// progress is "4 s of at most 30 s": a wait says how long already and until when at the latest.
func progress(elapsed, atMost time.Duration) string {
	switch {
	case elapsed <= 0 && atMost <= 0:
		return ""
	case atMost <= 0:
		return span(elapsed)
	default:
		return span(elapsed) + " of at most " + span(atMost)
	}
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// Table is rows as aligned columns, two spaces apart; the last column is not padded.
func Table(rows [][]string) string {
	var wide []int
	for _, r := range rows {
		for i, c := range r {
			if i == len(wide) {
				wide = append(wide, 0)
			}
			wide[i] = max(wide[i], width(c))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		var line strings.Builder
		for i, c := range r {
			if i == len(r)-1 {
				line.WriteString(c)
				continue
			}
			line.WriteString(pad(c, wide[i]+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}
