package wire

import (
	"fmt"
	"sort"
	"strings"
)

// Text is the call as a person would type it, for the paper runbook and for reports. Identity stands first and unnamed, as
// in every example of the product's documentation; Confirm stands last; switches carry their value, since -Confirm:$false
// is the one that matters (domain-exchange.md 10.2).
func (c Call) Text() string {
	names := make([]string, 0, len(c.Parameters))
	for name := range c.Parameters {
		if name != identity && name != confirm {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	if _, ok := c.Parameters[confirm]; ok {
		names = append(names, confirm)
	}
	var b strings.Builder
	b.WriteString(c.Cmdlet)
	if v, ok := c.Parameters[identity]; ok {
		b.WriteString(" " + valueText(v))
	}
	for _, name := range names {
		if on, ok := c.Parameters[name].(bool); ok {
			fmt.Fprintf(&b, " -%s:$%t", name, on)
			continue
		}
		fmt.Fprintf(&b, " -%s %s", name, valueText(c.Parameters[name]))
	}
	return b.String()
}

const (
	identity = "Identity"
	confirm  = "Confirm"
)

func valueText(v any) string {
	switch v := v.(type) {
	case bool:
		return fmt.Sprintf("$%t", v)
	case string:
		return quote(v)
	case []string:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = quote(v[i])
		}
		return strings.Join(parts, ",")
	case []any: // as JSON decodes a list
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = valueText(v[i])
		}
		return strings.Join(parts, ",")
	case nil:
		return "$null"
	}
	return fmt.Sprint(v)
}

// quote writes a value so that PowerShell takes it as one literal string: in single quotes nothing is expanded, and a
// quote is doubled. PowerShell takes the typographic quotes for the plain one, so they are doubled as well.
func quote(s string) string {
	if s != "" && s[0] != '-' && strings.Trim(s, plain) == "" {
		return s
	}
	double := strings.NewReplacer("'", "''", "\u2018", "\u2018\u2018", "\u2019", "\u2019\u2019", "\u201a", "\u201a\u201a", "\u201b", "\u201b\u201b")
	return "'" + double.Replace(s) + "'"
}

const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/\\-"
