package document

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Encode writes v as YAML that Decode reads back to an equal value: sections as blocks, every element of a list on one
// line, as our examples are written.
func Encode(v any) ([]byte, error) {
	t, err := tree(reflect.ValueOf(v))
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	block(&b, t, 0)
	return []byte(b.String()), nil
}

// block writes a mapping one field a line, and lists of mappings one element a line; everything else in brackets.
func block(b *strings.Builder, v any, depth int) {
	m, ok := v.(fields)
	if !ok || len(m) == 0 {
		b.WriteString(flow(v) + "\n")
		return
	}
	indent := strings.Repeat("  ", depth)
	for _, p := range m {
		b.WriteString(indent + quoted(p.key) + ":")
		list, isList := p.value.([]any)
		sub, isMap := p.value.(fields)
		switch {
		case isList && slices.ContainsFunc(list, isFields):
			b.WriteString("\n")
			for _, e := range list {
				b.WriteString(indent + "  - " + flow(e) + "\n")
			}
		case isMap && slices.ContainsFunc(sub, func(p pair) bool { return isFields(p.value) || isListOfFields(p.value) }):
			b.WriteString("\n")
			block(b, sub, depth+1)
		default:
			b.WriteString(" " + flow(p.value) + "\n")
		}
	}
}

func isFields(v any) bool { _, ok := v.(fields); return ok }

func isListOfFields(v any) bool {
	list, ok := v.([]any)
	return ok && slices.ContainsFunc(list, isFields)
}

// flow writes a value on one line.
func flow(v any) string {
	var parts []string
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		text := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	case string:
		return quoted(v)
	case []any:
		for _, e := range v {
			parts = append(parts, flow(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case fields:
		for _, p := range v {
			parts = append(parts, quoted(p.key)+": "+flow(p.value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return "null"
}

// bare is text that no reader takes for anything but text.
var bare = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$|^[0-9]+(\.[0-9]+){3}$|^[0-9]+[smhd]$`)

// quoted is text as a YAML scalar, in quotes unless it is bare.
func quoted(text string) string {
	words := []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
	if bare.MatchString(text) && !slices.Contains(words, strings.ToLower(text)) {
		return text
	}
	if !strings.ContainsAny(text, "'\n\r\t") && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "'" + text + "'"
	}
	out, err := json.Marshal(text) // a JSON string is a YAML string
	if err != nil {
		return `""`
	}
	return string(out)
}
