package document

import (
	"reflect"
	"strconv"
	"strings"
)

// field is a field of a struct as its tags describe it.
type field struct {
	name  string
	index int
	need  string
	about string
	rules rules
}

// rules are what a scalar must keep to.
type rules struct {
	enum     []string
	min, max *float64
}

// bounds is the tail of a fix: " from 1 to 16".
func (r rules) bounds() string {
	show := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	switch {
	case r.min != nil && r.max != nil:
		return " from " + show(*r.min) + " to " + show(*r.max)
	case r.min != nil:
		return " of at least " + show(*r.min)
	case r.max != nil:
		return " of at most " + show(*r.max)
	}
	return ""
}

// fieldsOf are the fields of a struct type; the same type is asked for once per list element.
func (d *decoder) fieldsOf(t reflect.Type) []field {
	if known, ok := d.fields[t]; ok {
		return known
	}
	d.fields[t] = fieldsOf(t)
	return d.fields[t]
}

func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		r := rules{min: number(f.Tag.Get("min")), max: number(f.Tag.Get("max"))}
		if enum := f.Tag.Get("enum"); enum != "" {
			r.enum = strings.Split(enum, "|")
		}
		out = append(out, field{name, i, f.Tag.Get("need"), f.Tag.Get("doc"), r})
	}
	return out
}

func find(fields []field, name string) *field {
	for i := range fields {
		if fields[i].name == name {
			return &fields[i]
		}
	}
	return nil
}

// number is a bound in a tag, or nil.
func number(text string) *float64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil
	}
	return &f
}
