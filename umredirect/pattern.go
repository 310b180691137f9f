package umredirect

import (
	"fmt"
	"strings"
)

// pattern is a form of telephone numbers: an optional +, then digits and X for any one digit, then * for any more digits.
type pattern struct {
	text string
	each string // + and digits as they are, X
	more bool   // any digits may follow
}

func parsePattern(text string) (pattern, error) {
	p := pattern{text: text}
	p.each, p.more = strings.CutSuffix(strings.ToUpper(text), "*")
	digits := strings.TrimPrefix(p.each, "+")
	if strings.Trim(digits, "0123456789X") != "" || p.each == "" && !p.more {
		return pattern{}, fmt.Errorf("pattern %q: write digits, X for any digit, and * at the end for any more, as in +4989XXXX", text)
	}
	return p, nil
}

// matches says whether a number has the form.
func (p pattern) matches(number string) bool {
	if len(number) < len(p.each) || len(number) > len(p.each) && !p.more {
		return false
	}
	for i := range len(p.each) {
		if !one(p.each[i], number[i]) {
			return false
		}
	}
	return isDigits("0" + number[len(p.each):])
}

// one says whether a place of a pattern takes a character.
func one(place, c byte) bool {
	return place == c || place == 'X' && c >= '0' && c <= '9'
}

// overlaps says whether some number has both forms.
func (p pattern) overlaps(q pattern) bool {
	if len(p.each) > len(q.each) {
		p, q = q, p
	}
	if len(p.each) < len(q.each) && !p.more {
		return false
	}
	for i := range len(p.each) {
		if !one(p.each[i], q.each[i]) && !one(q.each[i], p.each[i]) {
			return false
		}
	}
	// What q has more must be digits: a lone * takes no +.
	return len(p.each) == len(q.each) || q.each[len(p.each)] != '+'
}
